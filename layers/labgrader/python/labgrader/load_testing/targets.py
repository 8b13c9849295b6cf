"""The targets of load tests and comparisons: Lambda functions and stages of REST APIs, and what their replies mean."""

from __future__ import annotations

from typing import Protocol

from labgrader.evidence.load import cost
from labgrader.evidence.load.cost import Cost
from labgrader.evidence.load.plan import FunctionTarget
from labgrader.evidence.load.result import WITHOUT_FUNCTION
from labgrader.evidence.question import Answer
from labgrader.http.endpoint import Host
from labgrader.http.lambda_invoke import InvokeEndpoint, SignedRequest
from labgrader.http.lambda_report import Report
from labgrader.http.reply import Reply
from labgrader.load_testing.counters import RequestSample, Result
from labgrader.messages import quote
from labgrader.probing.api_caller import is_retryable
from labgrader.probing.retry_policy import worth_repeating
from labgrader.probing.stage_request import StageRequest
from labgrader.reasons import Reason

DEFAULT_MEMORY_MB = 128
"""Lambda's default memory, and what is assumed if the memory is not known."""

_MB_PER_GB = 1024
_RATE, _QUOTA = "TooManyRequestsException", "LimitExceededException"
_LIMITS = frozenset({_RATE, _QUOTA})
_LIMIT_MESSAGES = {"Too Many Requests": _RATE, "Limit Exceeded": _QUOTA}  # an embedded AWS sends no error type


class LoadTarget(Protocol):
    """One target: what to send to it, and what its replies mean."""

    @property
    def name(self) -> str:
        """The target's name in a result."""

    @property
    def host(self) -> Host:
        """The host that requests go to."""

    @property
    def method(self) -> str:
        """The HTTP method."""

    @property
    def memory_mb(self) -> float:
        """The memory that a request is billed for, in MB, as far as it is known beforehand; 0 if none is billed."""

    @property
    def without(self) -> str:
        """What the cost leaves out, in a sentence; empty if nothing."""

    def request(self) -> bytes:
        """Return the whole HTTP request, as it is to be sent now."""

    def sample(self, reply: Reply, failing_status: int) -> RequestSample:
        """Return a reply as a load test counts it.

        Args:
            reply: the reply to one request.
            failing_status: an answer with this status of the application or a higher one is an application error.
        """

    def report(self, reply: Reply) -> Report:
        """Return the figures of Lambda's REPORT line; all 0 if the reply has none."""

    def is_success(self, reply: Reply) -> bool:
        """Return whether the target did its work, so that the reply's time can be compared."""

    def describe(self, reply: Reply, limit: int) -> str:
        """Describe a failure, in text that is safe to quote.

        Args:
            reply: the reply of the failed request.
            limit: maximum characters.
        """

    def refusal(self, reply: Reply) -> Answer | None:
        """Return the answer to the question if a reply is no evidence about the target, else ``None``.

        Only replies of the result ``other_error`` may be no evidence.
        """

    def is_retryable(self, reply: Reply) -> bool:
        """Return whether a comparison may send the request again."""

    def cost(self, requests: int, gb_ms: float) -> Cost:
        """Return the cost of requests.

        Args:
            requests: billed requests.
            gb_ms: billed gigabyte-milliseconds of all of them together.
        """


class FunctionLoadTarget:
    """A Lambda function, called through Lambda's Invoke API.

    Args:
        endpoint: Lambda's endpoint, and the credentials to sign with.
        target: the function to call.
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

    def sample(self, reply: Reply, failing_status: int) -> RequestSample:
        """Return a reply as a load test counts it.

        A 200 with a function error, or with a ``statusCode`` of at least ``failing_status``, is an error.
        """
        report = reply.report
        billed_gb_ms = None
        if reply.answered or reply.timed_out:
            billed_ms = report.billed_ms or cost.billed_ms(1000 * reply.duration_s)
            billed_gb_ms = billed_ms * (report.memory_mb or self.memory_mb) / _MB_PER_GB
        result = _function_result(reply, failing_status)
        return RequestSample(
            started=reply.started,
            duration_s=reply.duration_s,
            result=result,
            service_s=reply.duration_s,
            cold=report.cold,
            reported=report.found,
            throttle_reason=reply.throttle_reason,
            function_error_kind=reply.function_error_kind if result == "function_error" else "",
            resent=reply.resent,
            billed_gb_ms=billed_gb_ms,
        )

    def report(self, reply: Reply) -> Report:
        """Return the figures of the REPORT line."""
        return reply.report

    def is_success(self, reply: Reply) -> bool:
        """Return whether the function answered without an error and without a ``statusCode`` of 400 or more."""
        return reply.answered and not reply.function_error and (reply.status_code or 0) < 400

    def describe(self, reply: Reply, limit: int) -> str:
        """Describe the function's error, or AWS's."""
        if reply.throttled:
            return quote(f"throttled: {reply.throttle_reason}", limit)
        if reply.function_error:
            kind, message = reply.text_field("errorType"), reply.text_field("errorMessage")
            return quote(": ".join(part for part in (kind, message) if part) or reply.text, limit)
        if reply.answered:
            body = reply.document.get("body", "") if isinstance(reply.document, dict) else ""
            return f"statusCode {reply.status_code}: {quote(body, limit)}"
        if reply.timed_out:
            return reply.detail
        return quote(f"{reply.error_code}: {reply.error_message}", limit)

    def refusal(self, reply: Reply) -> Answer | None:
        """Return an empty answer if there is no such function, and an error if AWS refused."""
        return reply.refusal()

    def is_retryable(self, reply: Reply) -> bool:
        """Return whether the request was throttled, AWS failed or the connection broke, as for a probe."""
        return worth_repeating(reply)

    def cost(self, requests: int, gb_ms: float) -> Cost:
        """Return Lambda's price for duration and requests."""
        return cost.lambda_cost(requests, gb_ms, _MB_PER_GB, self._architecture)


class StageLoadTarget:
    """A method of a stage of a REST API, called over HTTPS.

    Args:
        name: the target's name in a result.
        request: the request to send.
    """

    memory_mb = 0.0
    without = WITHOUT_FUNCTION

    def __init__(self, name: str, request: StageRequest) -> None:
        self.name = name
        self.host = request.host
        self.method = request.method
        self._request = request

    def request(self) -> bytes:
        """Return the request; it is the same each time."""
        return self._request.content

    def sample(self, reply: Reply, failing_status: int) -> RequestSample:
        """Return a reply as a load test counts it.

        A status of 400 or more, but below ``failing_status``, is another error. The function behind the stage is not
        known, so only the call itself is billed. API Gateway passes on no log: a header that looks like one was written
        by the student's code.
        """
        return RequestSample(
            started=reply.started,
            duration_s=reply.duration_s,
            result=_stage_result(reply, failing_status),
            service_s=reply.duration_s,
            throttle_reason=_stage_limit(reply) if reply.throttled else "",
            resent=reply.resent,
            billed_gb_ms=None if reply.throttled or reply.trouble == "unreachable" else 0.0,
        )

    def report(self, reply: Reply) -> Report:  # noqa: ARG002  the same signature for all targets
        """Return no figures: API Gateway passes on no log."""
        return Report()

    def is_success(self, reply: Reply) -> bool:
        """Return whether the stage answered with a status below 400."""
        return not reply.trouble and reply.status < 400

    def describe(self, reply: Reply, limit: int) -> str:
        """Describe the status and the message, without the API key's value."""
        if reply.timed_out:
            return reply.detail
        if reply.trouble:
            return quote(self._request.without_key(f"{reply.error_code}: {reply.detail}"), limit)
        message = self._request.without_key(reply.error_message or reply.text)
        return quote(f"HTTP {reply.status}: {message}" if message else f"HTTP {reply.status}", limit)

    def refusal(self, reply: Reply) -> Answer | None:
        """Return an error if the stage could not be reached; every HTTP status is evidence about the stage."""
        if not reply.trouble or reply.timed_out:
            return None
        message = quote(self._request.without_key(reply.detail))
        return Answer(error_code=reply.error_code, error_message=message, reason=Reason.SERVICE_FAULT)

    def is_retryable(self, reply: Reply) -> bool:
        """Return whether API Gateway did not let the request through."""
        return is_retryable(reply, self.method)

    def cost(self, requests: int, gb_ms: float) -> Cost:  # noqa: ARG002  the same signature for all targets
        """Return API Gateway's price for the calls, without the function behind them."""
        return cost.api_cost(requests)


def _function_result(reply: Reply, failing_status: int) -> Result:
    if reply.timed_out:
        return "timeout"
    if reply.throttled:
        return "throttled"
    if not reply.answered:
        return "function_error" if reply.blames_function else "other_error"
    if reply.function_error:
        return "function_error"
    return "application_error" if (reply.status_code or 0) >= failing_status else "succeeded"


def _stage_result(reply: Reply, failing_status: int) -> Result:
    if reply.timed_out:
        return "timeout"
    if reply.throttled:
        return "throttled"
    if not reply.trouble and reply.status >= failing_status:
        return "application_error"
    return "other_error" if reply.trouble or reply.status >= 400 else "succeeded"


def _stage_limit(reply: Reply) -> str:
    """Return the limit of API Gateway that throttled a request; never text that the student's code put into its 429.

    Source: API Gateway Developer Guide, "Gateway response types for API Gateway" (``THROTTLED``, ``QUOTA_EXCEEDED``).
    """
    return reply.error_code if reply.error_code in _LIMITS else _LIMIT_MESSAGES.get(reply.error_message, "HTTP 429")
