"""Whom a load test or a comparison calls, and what their replies mean: a function, or a stage of a REST API."""

from __future__ import annotations

from typing import Protocol

from labgrader.evidence.load import cost
from labgrader.evidence.load.cost import Cost
from labgrader.evidence.load.plan import FAILING_STATUS, FunctionTarget
from labgrader.evidence.load.result import WITHOUT_FUNCTION
from labgrader.evidence.question import Answer
from labgrader.http.endpoint import Host
from labgrader.http.lambda_invoke import InvokeEndpoint, SignedRequest
from labgrader.http.lambda_report import Report
from labgrader.http.reply import Reply, Result
from labgrader.messages import quote
from labgrader.probing.api_caller import is_retryable
from labgrader.probing.retry_policy import worth_repeating
from labgrader.probing.stage_request import StageRequest
from labgrader.reasons import Reason

DEFAULT_MEMORY_MB = 128
"""What Lambda gives a function that asks for nothing, and what is reckoned with where nobody says."""

_MB_PER_GB = 1024
_RATE, _QUOTA = "TooManyRequestsException", "LimitExceededException"
_LIMITS = frozenset({_RATE, _QUOTA})
_LIMIT_MESSAGES = {"Too Many Requests": _RATE, "Limit Exceeded": _QUOTA}  # an embedded AWS names no type


class LoadTarget(Protocol):
    """One target, ready to be called."""

    @property
    def name(self) -> str:
        """What it is called in a result."""

    @property
    def host(self) -> Host:
        """Where requests go."""

    @property
    def method(self) -> str:
        """The HTTP method."""

    @property
    def memory_mb(self) -> float:
        """Memory that a request is billed for, as far as it is known beforehand, in MB; 0 where none is."""

    def request(self) -> bytes:
        """Return the whole request as of now."""

    @property
    def without(self) -> str:
        """What the cost leaves out, in a sentence; empty where it is all there."""

    def result(self, reply: Reply, failing_status: int) -> Result:
        """Say which class of outcomes a reply belongs to, where this status or more is the application's error."""

    def throttle_reason(self, reply: Reply) -> str:
        """Name the limit that a throttled reply met; empty for others."""

    def report(self, reply: Reply) -> Report:
        """Return what Lambda reported of the invocation; nothing where it did not."""

    def is_success(self, reply: Reply) -> bool:
        """Say whether a reply has a time worth comparing."""

    def describe(self, reply: Reply, limit: int) -> str:
        """Say what went wrong, in text that is safe to quote."""

    def refusal(self, reply: Reply) -> Answer | None:
        """Return the answer to the question where a reply says nothing about the target, else ``None``."""

    def is_retryable(self, reply: Reply) -> bool:
        """Say whether a request of a comparison is worth repeating."""

    def gb_ms(self, reply: Reply) -> float | None:
        """Return the gigabyte-milliseconds that are billed for a reply, ``None`` where nothing ran."""

    def cost(self, requests: int, gb_ms: float) -> Cost:
        """Return what so many requests cost that were billed so many gigabyte-milliseconds in all."""


class FunctionCaller:
    """A function, called through Lambda's Invoke API.

    Args:
        endpoint: where Lambda is, and who we are there.
        target: whom to call.
        event: the event, as JSON.
    """

    method = "POST"
    without = ""

    def __init__(self, endpoint: InvokeEndpoint, target: FunctionTarget, event: bytes) -> None:
        self.name = target.name
        self.host: Host = endpoint
        self.memory_mb: float = target.memory_mb or DEFAULT_MEMORY_MB
        self.request = SignedRequest(endpoint, target.function, target.qualifier, event).bytes
        self._architecture = target.architecture

    def result(self, reply: Reply, failing_status: int) -> Result:
        """A 200 with FunctionError or with such a ``statusCode`` is an error, too."""
        return reply.result(failing_status)

    def throttle_reason(self, reply: Reply) -> str:
        """Lambda's own word: ``ReservedFunctionConcurrentInvocationLimitExceeded``."""
        return reply.throttle_reason

    def report(self, reply: Reply) -> Report:
        """What the REPORT line says."""
        return reply.report

    def is_success(self, reply: Reply) -> bool:
        """What answers with a ``statusCode`` of 400 or more did not do the work."""
        return reply.answered and not reply.function_error and (reply.status_code or 0) < 400

    def describe(self, reply: Reply, limit: int) -> str:
        """What the function died of, or what AWS said."""
        return reply.describe(limit)

    def refusal(self, reply: Reply) -> Answer | None:
        """No value where there is no such function, an error where AWS refused."""
        return reply.refusal()

    def is_retryable(self, reply: Reply) -> bool:
        """Throttles, faults of AWS and lost connections, as for a probe."""
        return worth_repeating(reply)

    def gb_ms(self, reply: Reply) -> float | None:
        """What the REPORT line says; without one, the time that passed."""
        if not (reply.answered or reply.timed_out):
            return None
        report = reply.report
        billed_ms = report.billed_ms or cost.billed_ms(1000 * reply.duration_s)
        return billed_ms * (report.memory_mb or self.memory_mb) / _MB_PER_GB

    def cost(self, requests: int, gb_ms: float) -> Cost:
        """Lambda's price for duration and requests."""
        return cost.lambda_cost(requests, gb_ms, _MB_PER_GB, self._architecture)


class StageCaller:
    """A method of a stage of a REST API, called over HTTPS.

    Args:
        name: what it is called in a result.
        request: what is sent.
    """

    memory_mb = 0.0
    without = WITHOUT_FUNCTION

    def __init__(self, name: str, request: StageRequest) -> None:
        self.name = name
        self.host = request.host
        self.method = request.method
        self._request = request

    def request(self) -> bytes:
        """The same bytes each time: the key's value does not change."""
        return self._request.content

    def result(self, reply: Reply, failing_status: int) -> Result:
        """Refusals (403, 404) below the failing status are other errors."""
        if reply.timed_out:
            return "timeout"
        if reply.throttled:
            return "throttled"
        if not reply.trouble and reply.status >= failing_status:
            return "application_error"
        return "other_error" if reply.trouble or reply.status >= 400 else "succeeded"

    def throttle_reason(self, reply: Reply) -> str:
        """API Gateway's word: nothing that the student's own code may have written into its 429.

        Source: API Gateway Developer Guide, "Gateway response types for API Gateway" (``THROTTLED``,
        ``QUOTA_EXCEEDED``).
        """
        if not reply.throttled:
            return ""
        return reply.error_code if reply.error_code in _LIMITS else _LIMIT_MESSAGES.get(reply.error_message, "HTTP 429")

    def report(self, reply: Reply) -> Report:  # noqa: ARG002  a header that looks like one is the student's own
        """Nothing: API Gateway passes on no log."""
        return Report()

    def is_success(self, reply: Reply) -> bool:
        """What answers with 400 or more did not do the work."""
        return self.result(reply, FAILING_STATUS) == "succeeded"

    def describe(self, reply: Reply, limit: int) -> str:
        """The status and what was said with it, without the key's value."""
        if reply.timed_out:
            return reply.detail
        if reply.trouble:
            return quote(self._request.without_key(f"{reply.error_code}: {reply.detail}"), limit)
        said = self._request.without_key(reply.error_message or reply.text)
        return quote(f"HTTP {reply.status}: {said}" if said else f"HTTP {reply.status}", limit)

    def refusal(self, reply: Reply) -> Answer | None:
        """An error where there was no answer at all; every HTTP status is the stage's own."""
        if not reply.trouble or reply.timed_out:
            return None
        said = quote(self._request.without_key(reply.detail))
        return Answer(error_code=reply.error_code, error_message=said, reason=Reason.SERVICE_FAULT)

    def is_retryable(self, reply: Reply) -> bool:
        """Only what the gateway did not let through."""
        return is_retryable(reply, self.method)

    def gb_ms(self, reply: Reply) -> float | None:
        """What is behind the stage is not known; the call itself is paid for, unless it was throttled."""
        return None if reply.throttled or reply.trouble == "unreachable" else 0.0

    def cost(self, requests: int, gb_ms: float) -> Cost:  # noqa: ARG002  a call has one price, however long it took
        """API Gateway's price for calls, without what is behind it."""
        return cost.api_cost(requests)
