"""Invoke a function that stores items, with the events that API Gateway would send for one user."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from checks.wording import InvocationFailure, invocation_failure, invoke_command, last_lines
from checks.wording.structure import ANY
from labgrader.judging import Invocation, Probe, Verdict, parse_json, quote, share

_UNREACHED = ("ResourceNotFoundException", "AccessDenied")
"""Words in the log of a function that cannot access its table."""

_ID = "ID-OF-AN-ITEM"

MOST_DELETED = 5
"""Items to delete at most, if the function did not return the id of the new item."""


@dataclass
class ItemCalls:
    """The requests of one check. Call ``clean_up`` at the end, which deletes the created items.

    Args:
        probe: invokes the function.
        function: the function's name.
        path: the path of all items (``/todos``). The path of one item is ``/todos/ID``.
        id_field: the field of an item with its id.
        purpose: the check's name. Checks run in parallel, so each has its own users. Equal events are sent only once,
            so each request id contains this name and the number of the request.
        explanation: added to the message if the function's log shows that it cannot access its table.
    """

    probe: Probe
    function: str
    path: str
    id_field: str
    purpose: str
    explanation: str = ""
    trouble: InvocationFailure | None = None
    call: str = ""
    event: Mapping[str, Any] = field(default_factory=dict)
    evidence: list[str] = field(default_factory=list)
    _calls: int = 0
    _created: list[str] = field(default_factory=list)
    _unknown: bool = False
    _log: str = ""

    @property
    def user(self) -> str:
        """The user who creates the items and sends the requests by default."""
        return f"labgrader-{self.purpose.replace('_', '-')}-a"

    @property
    def other_user(self) -> str:
        """The user who must not access them."""
        return f"{self.user[:-1]}b"

    # --- one call each ----------------------------------------------------------------------------------------------

    def create(self, item: Mapping[str, Any], status: int = 201) -> tuple[Invocation, str]:
        """Create an item of ``user``.

        Args:
            item: the fields that are sent.
            status: the right status, for the message about another one. Any 2xx status is accepted here.

        Returns:
            The response and the item's id. If the response lacks the id, it is searched in the list. Without an id,
            the text is empty and ``trouble`` is set. ``trouble`` is also set if API Gateway would reject the response.
        """
        invocation = self.send("POST", "", body=item)
        self.trouble = invocation_failure(invocation, [status, *_success(invocation)])
        if self.trouble is not None:
            self._unknown = not (self.trouble.fatal or self.trouble.module)
            return invocation, ""
        request = self.call, self.event
        identity = _id_in(self.item_in(invocation), self.id_field)
        if not identity:
            items = self.read_list() or {}
            identity = next((item_id for item_id, found in items.items() if item_id and not differing(found, item)), "")
            self.call, self.event = request
        if identity:
            self._created.append(identity)
            self.trouble = no_text(invocation)
        else:
            body = quote(invocation.response.body)
            self.trouble = no_text(invocation) or InvocationFailure(
                f"returned {invocation.response.status_code} without the {self.id_field} of the item ({body}), and GET "
                f"{self.path} does not return it"
            )
            self.evidence.append(
                f"An item of user {self.user} may remain: the grader can delete only items that it finds"
            )
        return invocation, identity

    def send(self, method: str, identity: str, *, user: str = "", body: Mapping[str, Any] | None = None) -> Invocation:
        """Send a request of a user for one item, or for all items if the id is empty."""
        return self.send_to(
            f"{self.path}/{identity}" if identity else self.path, method, identity, user=user, body=body
        )

    def send_to(
        self, path: str, method: str, identity: str = "", *, user: str = "", body: Mapping[str, Any] | None = None
    ) -> Invocation:
        """Send a request of a user to any path."""
        self._calls += 1
        self.call = f"{method} {path}" if not identity else f"{method} {self.path}/ID"
        caller = user or self.user
        # the fields of a Cognito user pool authorizer and of a Lambda authorizer
        context = {"authorizer": {"claims": {"sub": caller}, "principalId": caller}}
        # a stored lab may have its keys in another order, but the question must stay the same
        text = None if body is None else json.dumps(body, sort_keys=True)
        # a placeholder for the id: the real one is a student's text, and its item is deleted before anyone reads this
        shown = f"{self.path}/{_ID}" if identity else path
        self.event = {"httpMethod": method, "path": shown, "requestContext": context, "body": text}
        invocation = self.probe.invoke(
            self.function,
            "",
            {
                "resource": f"{self.path}/{{id}}" if identity else path,
                "path": path,
                "httpMethod": method,
                "headers": {"Content-Type": "application/json"},
                "queryStringParameters": None,
                "pathParameters": {"id": identity, self.id_field: identity} if identity else None,
                "requestContext": {"requestId": f"labgrader-{self.purpose}-{self._calls}", "path": path, **context},
                "body": text,
                "isBase64Encoded": False,
            },
        )
        # the function existed at the start of the check, so it was deleted since
        invocation = invocation or Invocation(
            self.function, "function_error", json.dumps({"errorMessage": "the function no longer exists"})
        )
        self._remember(invocation)
        return invocation

    # --- items ------------------------------------------------------------------------------------------------------

    def item_in(self, invocation: Invocation) -> Mapping[str, Any]:
        """Return the item in a response, bare or below one key. Empty if the response has no item."""
        content = content_of(invocation)
        if not isinstance(content, dict) or self.id_field in content:
            return content if isinstance(content, dict) else {}
        below = [value for value in content.values() if isinstance(value, dict) and self.id_field in value]
        return below[0] if below else content

    def read(self, identity: str, *, user: str = "") -> Mapping[str, Any] | None:
        """Return the item from ``GET /items/ID`` of a user, or ``None``."""
        invocation = self.send("GET", identity, user=user)
        item = self.item_in(invocation) if invocation_failure(invocation, _success(invocation)) is None else {}
        return item if _id_in(item, self.id_field) == identity else None

    def read_list(self, *, user: str = "") -> Mapping[str, Mapping[str, Any]] | None:
        """Return the items from ``GET /items`` of a user, by id. ``None`` without a list."""
        invocation = self.send("GET", "", user=user)
        return self.items_in(invocation) if invocation_failure(invocation, _success(invocation)) is None else None

    def items_in(self, invocation: Invocation) -> Mapping[str, Mapping[str, Any]] | None:
        """Return the items in the response to ``GET /items``, by id. The list may be bare or below one key."""
        content = content_of(invocation)
        if isinstance(content, dict):
            content = next((value for value in content.values() if isinstance(value, list)), None)
        if not isinstance(content, list):
            return None
        return {_id_in(item, self.id_field): item for item in content if isinstance(item, dict)}

    def find(self, identity: str) -> Mapping[str, Any] | None:
        """Return the item for its owner, by its id or from the list, so that one broken request costs points once."""
        return self.read(identity) or (self.read_list() or {}).get(identity)

    # --- the end ----------------------------------------------------------------------------------------------------

    def deleted(self, identity: str) -> None:
        """Record that an item was deleted."""
        self._created = [created for created in self._created if created != identity]

    def clean_up(self) -> None:
        """Delete the created items, and add those that remain to the evidence."""
        request = self.trouble, self.call, self.event
        if self._unknown:
            self._created += list(self.read_list() or {})[:MOST_DELETED]
        for identity in filter(None, self._created):
            if not is_success(self.send("DELETE", identity)):
                self.evidence.append(
                    f"The grader could not delete the item {quote(identity, 60)} of user {self.user}, because DELETE "
                    "did not work"
                )
        self._created, self._unknown = [], False
        self.trouble, self.call, self.event = request

    def verdict(self, wrong: Sequence[str], of: int, *, expected: str, observed: str, hint: str) -> Verdict:
        """Clean up and return the verdict. Each phrase costs one part of ``of``; equal phrases appear once."""
        self.clean_up()
        return share(
            of - len(wrong),
            of,
            sentence(self.function, list(dict.fromkeys(wrong)), self.note),
            expected=expected,
            observed=observed,
            hint=hint,
            evidence=self.evidence,
        )

    @property
    def hint(self) -> str:
        """The command that repeats the last request."""
        return invoke_command(self.function, "", self.event)

    @property
    def note(self) -> str:
        """The explanation, if a log shows that the function cannot access its table."""
        return self.explanation if any(word in self._log for word in _UNREACHED) else ""

    def _remember(self, invocation: Invocation) -> None:
        if invocation.outcome != "answered" or (invocation.response.status_code or 500) >= 500:
            self._log += invocation.log_tail + invocation.payload
            self.evidence = (self.evidence + last_lines(invocation.log_tail))[-6:]


def is_success(invocation: Invocation) -> bool:
    """Return whether a function returned a 2xx status."""
    return bool(_success(invocation))


def _success(invocation: Invocation) -> list[int]:
    """Return the status of a response if it is a 2xx status, else nothing."""
    status = invocation.response.status_code
    return [status] if status is not None and 200 <= status < 300 else []


def no_text(invocation: Invocation) -> InvocationFailure | None:
    """Return a failure for a response with a body that is not text, because API Gateway rejects it.

    Source: API Gateway Developer Guide, "Output format of a Lambda function for proxy integration".
    """
    body = invocation.response.body
    if body is None or isinstance(body, str):
        return None
    kind = "an object" if isinstance(body, dict) else "a list" if isinstance(body, list) else "a bare value"
    return InvocationFailure(
        f"returned {invocation.response.status_code} with a body that is {kind} instead of text, so API Gateway "
        "returns 502. Use json.dumps(…) for the body"
    )


def dumped_twice(invocation: Invocation) -> bool:
    """Return whether an object or a list was encoded as JSON twice."""
    return isinstance(invocation.response.content, str) and not isinstance(content_of(invocation), str)


def content_of(invocation: Invocation) -> Any:
    """Return the content of a response. JSON that was encoded twice is decoded twice, so that it costs points once."""
    content = invocation.response.content
    if not isinstance(content, str) or not isinstance(invocation.response.body, str):
        return content
    again, _ = parse_json(content)
    return again if isinstance(again, dict | list) else content


def differing(item: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Return the differences of an item as phrases: ``title is "a" instead of "b"``. ``…`` accepts any value."""
    phrases = []
    for name, value in wanted.items():
        if name not in item:
            phrases.append(f"{name} is missing")
        elif value != ANY and (type(item[name]) is not type(value) or item[name] != value):
            phrases.append(f"{name} is {_shown(item[name])} instead of {_shown(value)}")
    return phrases


def _shown(value: Any) -> str:
    return quote(json.dumps(value, ensure_ascii=False, default=str), 80)


def _id_in(item: Any, id_field: str) -> str:
    """Return the id of an item as text. Empty if it is missing or cannot be part of a path."""
    identity = item.get(id_field) if isinstance(item, dict) else None
    if isinstance(identity, int) and not isinstance(identity, bool) and abs(identity) < 10**18:
        identity = str(identity)
    usable = isinstance(identity, str) and 0 < len(identity) <= 200 and identity.isprintable() and "/" not in identity
    return identity if usable else ""  # type: ignore[return-value]


def sentence(function: str, phrases: Sequence[str], note: str) -> str:
    """Return a sentence of the form ``FUNCTION: this; that. Why.``"""

    return f"{function}: {'; '.join(phrases)}. {note}".rstrip()
