"""The AWS side of probes and load tests: answers the questions that call a student's functions, and only theirs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from labgrader.errors import BadInputError, NotGradedError
from labgrader.evidence.live.closed_load import run_closed_load
from labgrader.evidence.live.comparison import COMPARE_DEADLINE_S, run_compare
from labgrader.evidence.live.invoke_api import InvokeEndpoint, Line
from labgrader.evidence.live.patience import Patience
from labgrader.evidence.live.reply import Reply
from labgrader.evidence.load import DEADLINE_S, REQUEST_TIMEOUT_S
from labgrader.evidence.probe import MAX_PAYLOAD_CHARACTERS, PROBE_TIMEOUT_S, Invocation, Outcome
from labgrader.evidence.question import Answer, Json, Question
from labgrader.evidence.statistics import rounded

INVOKE = "lambda:InvokeFunction"

MAX_CONCURRENCY = 200
"""Requests in flight that one load test may ask for: as many threads and connections."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")  # Lambda API Reference, Invoke: a function's name, without ARN or qualifier
_QUALIFIER = re.compile(r"|\$LATEST|[A-Za-z0-9_-]{1,128}")


class Invoker:
    """Invokes the functions of one student.

    Args:
        endpoint: where Lambda is, and who we are there.
        username: the student whose functions may be invoked: those that begin with it and a hyphen.
        forbidden: what the names of the grader's own functions begin with; these are never invoked.
        patience: how often a throttled or failed request is repeated; load tests never do.
        request_timeout_s, load_deadline_s, compare_deadline_s: seconds for a request of a load test, for a whole load
            test, and for a whole comparison.
    """

    def __init__(
        self,
        endpoint: InvokeEndpoint,
        *,
        username: str,
        forbidden: str,
        patience: Patience | None = None,
        request_timeout_s: float = REQUEST_TIMEOUT_S,
        load_deadline_s: float = DEADLINE_S,
        compare_deadline_s: float = COMPARE_DEADLINE_S,
    ) -> None:
        self.hung: set[str] = set()
        """Targets that once did not answer in time; probes of them are answered without calling."""
        self._endpoint = endpoint
        self._username = username
        self._forbidden = forbidden
        self._patience = patience or Patience()
        self._request_timeout_s = request_timeout_s
        self._load_deadline_s = load_deadline_s
        self._compare_deadline_s = compare_deadline_s

    @classmethod
    def from_client(cls, client: Any, *, username: str, forbidden: str, **limits: Any) -> Invoker:
        """Make one from a boto3 Lambda client of the student's account.

        Args:
            client: gives the endpoint, the Region and the credentials.
            username, forbidden, limits: as for the class.

        Raises:
            NotGradedError: the client has no credentials.
        """
        return cls(InvokeEndpoint.from_client(client), username=username, forbidden=forbidden, **limits)

    def answer(self, question: Question) -> Answer:
        """Ask AWS one question that calls a function.

        Args:
            question: ``lambda:InvokeFunction`` (a probe), ``labgrader:ClosedLoad`` or ``labgrader:Compare``.

        Returns:
            An ``Invocation``, ``LoadResult`` or ``Comparison`` as JSON; no value where the function or the alias does
            not exist; an error where AWS refused, or failed to the end.

        Raises:
            NotGradedError: the function is not the student's to be invoked, or is the grader's own.
            BadInputError: the question is none of these, or its arguments make no sense.
        """
        ask = {INVOKE: self._probe, "labgrader:ClosedLoad": self._load, "labgrader:Compare": self._compare}
        if question.action not in ask:
            raise BadInputError([f"{question.action} is no question that calls a function"])
        try:
            return ask[question.action](question.arguments)
        except (BotoCoreError, ClientError) as error:  # the credentials ended and could not be refreshed
            return Answer(error_code=type(error).__name__, error_message=str(error))

    def _probe(self, arguments: Mapping[str, Json]) -> Answer:
        function, qualifier = self._own(arguments["FunctionName"]), _qualifier(arguments["Qualifier"])
        target = f"{function}:{qualifier}" if qualifier else function
        if target in self.hung:
            why = "not tried again: an earlier call did not return"
            return Answer(Invocation(target, "timeout", error=why).to_dict())
        event = _event(arguments["Payload"])
        timeout_s = float(arguments.get("TimeoutSeconds") or PROBE_TIMEOUT_S)
        line = Line(self._endpoint)
        try:
            reply = self._patience.repeat(lambda: line.invoke(function, qualifier, event, timeout_s))
        finally:
            line.close()
        if refusal := reply.refusal():
            return refusal
        if reply.timed_out:
            self.hung.add(target)
        return Answer(_invocation(target, reply).to_dict())

    def _load(self, arguments: Mapping[str, Json]) -> Answer:
        return run_closed_load(
            self._endpoint,
            self._own(arguments["FunctionName"]),
            _qualifier(arguments["Qualifier"]),
            _event(arguments["Payload"]),
            concurrency=_count("Concurrency", arguments["Concurrency"], MAX_CONCURRENCY),
            requests=_count("Requests", arguments["Requests"], 100_000),
            request_timeout_s=self._request_timeout_s,
            deadline_s=self._load_deadline_s,
        )

    def _compare(self, arguments: Mapping[str, Json]) -> Answer:
        return run_compare(
            self._endpoint,
            self._own(arguments["Baseline"]),
            self._own(arguments["Candidate"]),
            _qualifier(arguments["CandidateQualifier"]),
            _event(arguments["Payload"]),
            requests=_count("Requests", arguments["Requests"], 1_000),
            request_timeout_s=self._request_timeout_s,
            deadline_s=self._compare_deadline_s,
            patience=self._patience,
        )

    def _own(self, function: str) -> str:
        """Return the function's name when it is the student's, and nothing else: no ARN, no other account, not ours."""
        if not _NAME.fullmatch(function):
            raise NotGradedError(INVOKE, f"{function!r} is not the name of a function")
        if self._forbidden and function.lower().startswith(self._forbidden.lower()):
            raise NotGradedError(INVOKE, f"{function} belongs to the grader and is never invoked for a student")
        if not self._username or not function.startswith(f"{self._username}-"):
            raise NotGradedError(
                INVOKE, f"{function} does not begin with {self._username}- and may be another student's: not invoked"
            )
        return function


def _invocation(target: str, reply: Reply) -> Invocation:
    text = reply.text
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
    )


def _event(payload: Json) -> bytes:
    """Write the event as JSON; none is an empty object, as Lambda makes of a call without a payload."""
    return json.dumps({} if payload is None else payload).encode()


def _qualifier(qualifier: str) -> str:
    if not _QUALIFIER.fullmatch(qualifier):
        raise BadInputError([f"{qualifier!r} is neither an alias nor a version"])
    return qualifier


def _count(name: str, value: Json, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise BadInputError([f"{name} is a whole number from 1 to {most}, not {value!r}"])
    return value
