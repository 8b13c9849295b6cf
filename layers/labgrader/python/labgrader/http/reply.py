"""What came back from one request, and what it says about the function where it went to Lambda's Invoke API."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from labgrader.evidence.question import Answer, Json
from labgrader.evidence.untrusted_json import parse_json
from labgrader.http.lambda_report import Report, read_report
from labgrader.messages import quote
from labgrader.reasons import Reason, reason_of

MAX_LOG_CHARACTERS = 8192
"""Characters of the log's tail that are kept; Lambda sends 4 KB."""

FUNCTION_FAULTS = frozenset(
    {
        "CodeArtifactUserDeletedException",
        "CodeArtifactUserFailedException",
        "EC2AccessDeniedException",
        "EFSIOException",
        "EFSMountConnectivityException",
        "EFSMountFailureException",
        "EFSMountTimeoutException",
        "InvalidRuntimeException",
        "InvalidSecurityGroupIDException",
        "InvalidSubnetIDException",
        "InvalidZipFileException",
        "KMSAccessDeniedException",
        "KMSDisabledException",
        "KMSInvalidStateException",
        "KMSNotFoundException",
        "NoPublishedVersionException",
        "RecursiveInvocationException",
        "SnapStartException",
        "SnapStartTimeoutException",
        "SubnetIPAddressLimitReachedException",
    }
)
"""Errors of Invoke which say that the function cannot run as it is configured; many are HTTP 502, yet AWS is well.

Source: Lambda API Reference, Invoke, "Errors"."""

Trouble = Literal["", "timeout", "abandoned", "unreachable", "broken"]
Result = Literal["succeeded", "throttled", "function_error", "application_error", "timeout", "other_error"]


@dataclass(frozen=True)
class Reply:
    """What came back from one request.

    Args:
        status: the HTTP status; 0 where there was no whole answer.
        headers: the answer's headers, by name in lower case.
        body: the answer's bytes, as far as they were kept.
        size: how many there were (a lower bound where the reading stopped); where the connection broke, how many came
            with the head.
        started: when it was sent, on the clock of ``time.perf_counter``.
        duration_s: seconds from sending it, on an open connection, to the answer's last byte.
        trouble: why there is no answer: ``timeout``; ``abandoned`` (the caller stopped waiting); ``unreachable`` (no
            connection); ``broken`` (the connection ended early, or what came was not HTTP). Else empty.
        detail: a sentence about it.
        resent: whether it was sent twice, because the server had closed the idle connection meanwhile.
    """

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    size: int = 0
    started: float = 0.0
    duration_s: float = 0.0
    trouble: Trouble = ""
    detail: str = ""
    resent: bool = False

    @property
    def answered(self) -> bool:
        """Whether the function ran and ended, well or badly."""
        return self.status == 200

    @property
    def function_error(self) -> str:
        """``Unhandled`` or ``Handled`` where the function ended badly (HTTP 200 all the same), else empty."""
        return self.headers.get("x-amz-function-error", "") if self.answered else ""

    @property
    def throttled(self) -> bool:
        """Whether AWS did not let the request through to the function."""
        return self.status == 429

    @property
    def timed_out(self) -> bool:
        """Whether we stopped waiting for the answer."""
        return self.trouble in ("timeout", "abandoned")

    @property
    def text(self) -> str:
        """The answer as text, as far as it was kept."""
        return self.body.decode("utf-8", errors="replace")

    @cached_property
    def document(self) -> Json:
        """The answer parsed, or ``None`` where it was cut or is not JSON."""
        return parse_json(self.text)[0] if self.size == len(self.body) else None

    @property
    def status_code(self) -> int | None:
        """The ``statusCode`` in the answer, or ``None``; API Gateway takes it as text, and as ``503.0``, too."""
        if b"statusCode" not in self.body and b"\\u" not in self.body:  # a megabyte takes 10 ms to parse
            return None
        value = self.document.get("statusCode") if isinstance(self.document, dict) else None
        if isinstance(value, str) and value.isdecimal() and len(value) == 3:
            return int(value)
        if isinstance(value, float) and value.is_integer():
            return int(value)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    @property
    def error_code(self) -> str:
        """AWS's name of the error (``TooManyRequestsException``), or ours where there was no answer; else empty."""
        if self.trouble:
            return "Timeout" if self.timed_out else "ConnectionError"
        if self.answered:
            return ""
        named = self.headers.get("x-amzn-errortype") or self._field("__type") or self._field("code")
        return named.partition(":")[0].rpartition("#")[2] or f"HTTP {self.status}"

    @property
    def error_message(self) -> str:
        """What AWS said about the error, or why there was no answer."""
        return self.detail or self._field("message") or self._field("Message")

    @property
    def throttle_reason(self) -> str:
        """Which limit was reached: ``ReservedFunctionConcurrentInvocationLimitExceeded``, for example."""
        return self._field("Reason") or self.error_code if self.throttled else ""

    @property
    def blames_function(self) -> bool:
        """Whether the error says that the function cannot run as it is configured."""
        return self.error_code in FUNCTION_FAULTS

    @property
    def log_tail(self) -> str:
        """The end of the function's log; empty where there is none or it cannot be read."""
        try:
            log = base64.b64decode(self.headers.get("x-amz-log-result", ""))
        except (binascii.Error, ValueError):  # ValueError: a character beyond ASCII
            return ""
        return log.decode("utf-8", errors="replace")[-MAX_LOG_CHARACTERS:]

    @cached_property
    def report(self) -> Report:
        """What the report that ends the log says; Lambda writes it last, whatever the function prints before."""
        return read_report(self.log_tail)

    @property
    def function_error_kind(self) -> str:
        """``handled``, ``unhandled``, ``timeout`` or ``out_of_memory``; empty where the function did not end badly.

        Source: Lambda Developer Guide, "Troubleshoot invocation issues in Lambda" and "Understanding retry behavior"
        (``Task timed out after``, ``Runtime.ExitError … signal: killed``, ``Runtime.OutOfMemory``).
        """
        if not self.function_error:
            return ""
        kind, message = self._field("errorType"), self._field("errorMessage")
        if kind == "Sandbox.Timedout" or "Task timed out after" in message:
            return "timeout"
        if kind == "Runtime.OutOfMemory" or (kind == "Runtime.ExitError" and "signal: killed" in message):
            return "out_of_memory"
        return "handled" if self.function_error == "Handled" else "unhandled"

    def result(self, failing_status: int) -> Result:
        """Return the class of outcomes that a load test counts it in.

        Args:
            failing_status: from which ``statusCode`` on an answer is an application error.
        """
        if self.timed_out:
            return "timeout"
        if self.throttled:
            return "throttled"
        if self.function_error or self.blames_function:
            return "function_error"
        if not self.answered:
            return "other_error"
        return "application_error" if (self.status_code or 0) >= failing_status else "succeeded"

    def describe(self, limit: int) -> str:
        """Say what went wrong, in text that is safe to quote.

        Args:
            limit: characters of it.
        """
        if self.throttled:
            return quote(f"throttled: {self.throttle_reason}", limit)
        if self.function_error:
            kind, message = self._field("errorType"), self._field("errorMessage")
            return quote(": ".join(part for part in (kind, message) if part) or self.text, limit)
        if self.answered:
            body = self.document.get("body", "") if isinstance(self.document, dict) else ""
            return f"statusCode {self.status_code}: {quote(body, limit)}"
        if self.timed_out:
            return self.detail
        return quote(f"{self.error_code}: {self.error_message}", limit)

    def refusal(self) -> Answer | None:
        """Return the answer to the question when this reply says nothing about how the function behaves.

        That is no value where the function or alias does not exist, and an error where AWS refused (denied, a bad
        request) or failed, or could not be reached. ``None`` where the reply is evidence: it was answered, throttled,
        never came, or says that the function cannot run as it is configured.
        """
        if self.answered or self.throttled or self.timed_out or self.blames_function:
            return None
        if self.error_code == "ResourceNotFoundException":
            return Answer()
        reason = Reason.SERVICE_FAULT if self.trouble else reason_of(self.error_code, self.status)
        return Answer(error_code=self.error_code, error_message=quote(self.error_message), reason=reason)

    def _field(self, name: str) -> str:
        value = self.document.get(name) if isinstance(self.document, dict) else None
        return value if isinstance(value, str) else ""
