"""Talking to a function that keeps items: the events API Gateway would send it for one user, and what it said."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from checks.wording import InvocationFailure, invocation_failure, invoke_command, last_lines
from checks.wording.structure import ANY
from labgrader.judging import Invocation, Probe, Verdict, parse_json, quote, share

_UNREACHED = ("ResourceNotFoundException", "AccessDenied")
"""What the log of a function says whose table is not there, or not allowed to it."""

_ID = "ID-OF-AN-ITEM"

MOST_DELETED = 5
"""Items that are deleted where the function did not say which one it created."""


@dataclass
class ItemCalls:
    """The calls of one check. Whatever is created is to be deleted again with ``clean_up``.

    Args:
        probe: what answers.
        function: the function.
        path: the path of all items (``/todos``); one item's is ``/todos/ID``.
        id_field: the field of an item that holds its id.
        purpose: the check's name. Checks run side by side, so each has users of its own; and equal calls are asked once
            while the account changes between ours, so each call carries this and its number as its request id.
        explanation: said where the function's log shows that it could not get at its table.
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
        """Whose items are created: who calls where nobody else is named."""
        return f"labgrader-{self.purpose.replace('_', '-')}-a"

    @property
    def other_user(self) -> str:
        """Who must not get at them."""
        return f"{self.user[:-1]}b"

    # --- one call each ----------------------------------------------------------------------------------------------

    def create(self, item: Mapping[str, Any], status: int = 201) -> tuple[Invocation, str]:
        """Create an item of ``user``.

        Args:
            item: what is sent.
            status: what is said to be right where the answer is no success; any success will do here.

        Returns:
            What was answered, and the item's id, which is looked for in the list where the answer lacks it; empty, with
            ``trouble`` set, where there is none. There is trouble too where API Gateway would not pass the answer on.
        """
        invocation = self.send("POST", "", body=item)
        self.trouble = invocation_failure(invocation, [status, *_success(invocation)])
        if self.trouble is not None:
            self._unknown = not (self.trouble.fatal or self.trouble.module)
            return invocation, ""
        said = self.call, self.event
        identity = _id_in(self.item_in(invocation), self.id_field)
        if not identity:
            there = self.read_list() or {}
            identity = next((one for one, found in there.items() if one and not differing(found, item)), "")
            self.call, self.event = said
        if identity:
            self._created.append(identity)
            self.trouble = no_text(invocation)
        else:
            body = quote(invocation.response.body)
            self.trouble = no_text(invocation) or InvocationFailure(
                f"answered {invocation.response.status_code} without the {self.id_field} of the item ({body}), and GET "
                f"{self.path} does not show it"
            )
            self.evidence.append(
                f"an item of user {self.user} may have stayed behind: the grader deletes only what it finds"
            )
        return invocation, identity

    def send(self, method: str, identity: str, *, user: str = "", body: Mapping[str, Any] | None = None) -> Invocation:
        """Send a request of a user about one item, or about all of them where the id is empty."""
        return self.send_to(
            f"{self.path}/{identity}" if identity else self.path, method, identity, user=user, body=body
        )

    def send_to(
        self, path: str, method: str, identity: str = "", *, user: str = "", body: Mapping[str, Any] | None = None
    ) -> Invocation:
        """Send a request of a user to any path."""
        self._calls += 1
        self.call = f"{method} {path}" if not identity else f"{method} {self.path}/ID"
        who = user or self.user
        # as an authorizer of a user pool says who it is, and as a Lambda authorizer does
        context = {"authorizer": {"claims": {"sub": who}, "principalId": who}}
        # a lab is kept with its keys in another order: the same question must stay the same
        text = None if body is None else json.dumps(body, sort_keys=True)
        # the ID stands for the item's own: that is a student's text, and the item is deleted when this is read
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
        # the check has seen that the function exists; one that was deleted meanwhile cannot be found by AWS either
        invocation = invocation or Invocation(
            self.function, "function_error", json.dumps({"errorMessage": "the function does not exist any more"})
        )
        self._remember(invocation)
        return invocation

    # --- what there is ----------------------------------------------------------------------------------------------

    def item_in(self, invocation: Invocation) -> Mapping[str, Any]:
        """The item in an answer, bare or below one key; an empty one where there is none."""
        content = content_of(invocation)
        if not isinstance(content, dict) or self.id_field in content:
            return content if isinstance(content, dict) else {}
        below = [one for one in content.values() if isinstance(one, dict) and self.id_field in one]
        return below[0] if below else content

    def read(self, identity: str, *, user: str = "") -> Mapping[str, Any] | None:
        """The item as ``GET /items/ID`` shows it to a user, or ``None``."""
        invocation = self.send("GET", identity, user=user)
        item = self.item_in(invocation) if invocation_failure(invocation, _success(invocation)) is None else {}
        return item if _id_in(item, self.id_field) == identity else None

    def read_list(self, *, user: str = "") -> Mapping[str, Mapping[str, Any]] | None:
        """The items that ``GET /items`` shows to a user, by id; ``None`` where it shows no list."""
        invocation = self.send("GET", "", user=user)
        return self.items_in(invocation) if invocation_failure(invocation, _success(invocation)) is None else None

    def items_in(self, invocation: Invocation) -> Mapping[str, Mapping[str, Any]] | None:
        """The items in the answer to ``GET /items``, by id, as a bare list or below one key."""
        content = content_of(invocation)
        if isinstance(content, dict):
            content = next((one for one in content.values() if isinstance(one, list)), None)
        if not isinstance(content, list):
            return None
        return {_id_in(one, self.id_field): one for one in content if isinstance(one, dict)}

    def find(self, identity: str) -> Mapping[str, Any] | None:
        """The item as its owner sees it, alone or else in the list, so that one broken way of reading costs once."""
        return self.read(identity) or (self.read_list() or {}).get(identity)

    # --- the end ----------------------------------------------------------------------------------------------------

    def deleted(self, identity: str) -> None:
        """Keep in mind that an item is gone."""
        self._created = [one for one in self._created if one != identity]

    def clean_up(self) -> None:
        """Delete what was created; what stays is said in the evidence."""
        said = self.trouble, self.call, self.event
        if self._unknown:
            self._created += list(self.read_list() or {})[:MOST_DELETED]
        for identity in [one for one in self._created if one]:
            if not is_success(self.send("DELETE", identity)):
                self.evidence.append(
                    "left behind by the grader, because DELETE did not work: "
                    f"item {quote(identity, 60)} of user {self.user}"
                )
        self._created, self._unknown = [], False
        self.trouble, self.call, self.event = said

    def verdict(self, wrong: Sequence[str], of: int, *, expected: str, observed: str, hint: str) -> Verdict:
        """Clean up, and say what was wrong: each phrase costs one part of ``of``, and is said once."""
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
        """The command that repeats the last call."""
        return invoke_command(self.function, "", self.event)

    @property
    def note(self) -> str:
        """The explanation, where the log of a call calls for it."""
        return self.explanation if any(word in self._log for word in _UNREACHED) else ""

    def _remember(self, invocation: Invocation) -> None:
        if invocation.outcome != "answered" or (invocation.response.status_code or 500) >= 500:
            self._log += invocation.log_tail + invocation.payload
            self.evidence = (self.evidence + last_lines(invocation.log_tail))[-6:]


def is_success(invocation: Invocation) -> bool:
    """Say whether a function answered with a status of success."""
    return bool(_success(invocation))


def _success(invocation: Invocation) -> list[int]:
    """The status of an answer, where it is one of success; else none."""
    status = invocation.response.status_code
    return [status] if status is not None and 200 <= status < 300 else []


def no_text(invocation: Invocation) -> InvocationFailure | None:
    """Say that API Gateway would not pass an answer on, whose body is no text.

    Source: API Gateway Developer Guide, "Output format of a Lambda function for proxy integration".
    """
    body = invocation.response.body
    if body is None or isinstance(body, str):
        return None
    kind = "an object" if isinstance(body, dict) else "a list" if isinstance(body, list) else "a bare value"
    return InvocationFailure(
        f"answered {invocation.response.status_code} with a body that is {kind} instead of text: API Gateway answers "
        "502 to that. Return json.dumps(…) of it as the body"
    )


def dumped_twice(invocation: Invocation) -> bool:
    """Say whether the body is JSON that holds one text, and that text is JSON: an object or a list went in twice."""
    return isinstance(invocation.response.content, str) and not isinstance(content_of(invocation), str)


def content_of(invocation: Invocation) -> Any:
    """The content of an answer, also where ``json.dumps`` was called twice, so that this costs points only once."""
    content = invocation.response.content
    if not isinstance(content, str) or not isinstance(invocation.response.body, str):
        return content
    again, _ = parse_json(content)
    return again if isinstance(again, dict | list) else content


def differing(item: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """What is otherwise than wanted in an item, as phrases: ``title is "a" instead of "b"``; ``…`` takes any value."""
    phrases = []
    for name, value in wanted.items():
        if name not in item:
            phrases.append(f"there is no {name}")
        elif value != ANY and (type(item[name]) is not type(value) or item[name] != value):
            phrases.append(f"{name} is {_shown(item[name])} instead of {_shown(value)}")
    return phrases


def _shown(value: Any) -> str:
    return quote(json.dumps(value, ensure_ascii=False, default=str), 80)


def _id_in(item: Any, id_field: str) -> str:
    """The id of an item as text, or empty; an id that would not stand in a path is none."""
    identity = item.get(id_field) if isinstance(item, dict) else None
    if isinstance(identity, int) and not isinstance(identity, bool) and abs(identity) < 10**18:
        identity = str(identity)
    usable = isinstance(identity, str) and 0 < len(identity) <= 200 and identity.isprintable() and "/" not in identity
    return identity if usable else ""  # type: ignore[return-value]


def sentence(function: str, phrases: Sequence[str], note: str) -> str:
    """``FUNCTION: this; that. Why.``"""
    return f"{function}: {'; '.join(phrases)}. {note}".rstrip()
