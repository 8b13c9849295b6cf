"""The AWS side of probes: answers the question that calls a student's function once, and only theirs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from labgrader.errors import BadInputError, NotGradedError
from labgrader.evidence.load.statistics import rounded
from labgrader.evidence.probe import MAX_PAYLOAD_CHARACTERS, PROBE_TIMEOUT_S, Invocation, Outcome
from labgrader.evidence.question import Answer, Json, Question
from labgrader.http.connection import SyncConnection
from labgrader.http.lambda_invoke import InvokeEndpoint
from labgrader.http.reply import Reply
from labgrader.probing.ownership_guard import Ownership
from labgrader.probing.retry_policy import RetryPolicy
from labgrader.recording.api_errors import reason_for

INVOKE = "lambda:InvokeFunction"

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")  # Lambda API Reference, Invoke: a function's name, without ARN or qualifier
_QUALIFIER = re.compile(r"|\$LATEST|[A-Za-z0-9_-]{1,128}")


class Invoker:
    """Invokes the functions of one student.

    Args:
        endpoint: Lambda's endpoint, with the credentials for it.
        username: the student. Only functions with a name that begins with it and a hyphen may be invoked.
        forbidden: the prefix of the grader's own functions; these are never invoked.
        retry_policy: how often a throttled or failed request is repeated.
    """

    def __init__(
        self, endpoint: InvokeEndpoint, *, username: str, forbidden: str, retry_policy: RetryPolicy | None = None
    ) -> None:
        self.hung: set[str] = set()
        """Targets that once did not answer in time; probes of them are answered without calling."""
        self._endpoint = endpoint
        self._ownership = Ownership(username, forbidden)
        self._patience = retry_policy or RetryPolicy()

    @classmethod
    def from_client(
        cls, client: Any, *, username: str, forbidden: str, retry_policy: RetryPolicy | None = None
    ) -> Invoker:
        """Make one from a boto3 Lambda client of the student's account.

        Args:
            client: gives the endpoint, the Region and the credentials.
            username, forbidden, retry_policy: as for the class.

        Raises:
            NotGradedError: the client has no credentials.
        """
        return cls(
            InvokeEndpoint.from_client(client), username=username, forbidden=forbidden, retry_policy=retry_policy
        )

    def answer(self, question: Question) -> Answer:
        """Invoke a function once.

        Args:
            question: ``lambda:InvokeFunction``.

        Returns:
            An ``Invocation`` as JSON; no value where the function or the alias does not exist; an error where AWS
            refused, or failed to the end.

        Raises:
            NotGradedError: the function is not the student's to be invoked, or is the grader's own.
            BadInputError: the question is another one, or its arguments make no sense.
        """
        if question.action != INVOKE:
            raise BadInputError([f"{question.action} is not a question that invokes a function"])
        try:
            return self._probe(question.arguments)
        except (BotoCoreError, ClientError) as error:  # the credentials ended and could not be refreshed
            return Answer(error_code=type(error).__name__, error_message=str(error), reason=reason_for(error))

    def _probe(self, arguments: Mapping[str, Json]) -> Answer:
        function, qualifier = (
            own_function(self._ownership, arguments["FunctionName"]),
            qualifier_of(arguments["Qualifier"]),
        )
        target = f"{function}:{qualifier}" if qualifier else function
        if target in self.hung:
            why = "not called again, because an earlier call timed out"
            return Answer(Invocation(target, "timeout", error=why).to_dict())
        event = event_of(arguments["Payload"])
        timeout_s = float(arguments.get("TimeoutSeconds") or PROBE_TIMEOUT_S)
        connection = SyncConnection(self._endpoint)
        try:
            reply = self._patience.repeat(
                lambda: connection.exchange(self._endpoint.request(function, qualifier, event), timeout_s)
            )
        finally:
            connection.close()
        if refusal := reply.refusal():
            return refusal
        if reply.timed_out:
            self.hung.add(target)
        return Answer(_invocation(target, event, reply).to_dict())


def _invocation(target: str, event: bytes, reply: Reply) -> Invocation:
    text, sent = reply.text, event.decode()
    outcome: Outcome = "answered"
    error = ""
    if reply.timed_out:
        outcome, error = "timeout", reply.detail
    elif reply.throttled:
        outcome, error = "throttled", f"{reply.throttle_reason}: {reply.error_message}"
    elif reply.blames_function:
        outcome, error = "function_error", f"{reply.error_code}: {reply.error_message}"
    elif reply.function_error:
        outcome, error = "function_error", reply.function_error
    return Invocation(
        target=target,
        outcome=outcome,
        payload=text[:MAX_PAYLOAD_CHARACTERS],
        payload_size=reply.size,
        truncated=len(text) > MAX_PAYLOAD_CHARACTERS or reply.size > len(reply.body),
        duration_ms=rounded(1000 * reply.duration_s),
        executed_version=reply.headers.get("x-amz-executed-version", ""),
        error=error,
        log_tail=reply.log_tail,
        request=sent[:MAX_PAYLOAD_CHARACTERS],
        request_truncated=len(sent) > MAX_PAYLOAD_CHARACTERS,
        status=reply.status,
    )


def own_function(ownership: Ownership, function: str) -> str:
    """Return a function's name when it is the student's, and nothing else: no ARN, no other account, not ours.

    Raises:
        NotGradedError: it is not.
    """
    if not isinstance(function, str) or not _NAME.fullmatch(function):
        raise NotGradedError(INVOKE, f"{function!r} is not the name of a function")
    return ownership.require(INVOKE, "function", function)


def qualifier_of(qualifier: Json) -> str:
    """Return an alias or a version; empty for ``$LATEST``.

    Raises:
        BadInputError: it is neither.
    """
    if not isinstance(qualifier, str) or not _QUALIFIER.fullmatch(qualifier):
        raise BadInputError([f"{qualifier!r} is neither an alias nor a version"])
    return qualifier


def event_of(payload: Json) -> bytes:
    """Write the event as JSON; none is an empty object, as Lambda makes of a call without a payload."""
    return json.dumps({} if payload is None else payload).encode()
