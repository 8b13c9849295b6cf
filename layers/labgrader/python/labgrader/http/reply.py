"""The reply to one HTTP request, and what it says about the function if Lambda's Invoke API sent it."""

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
"""Maximum characters of the log that are kept; Lambda sends the last 4 KB."""

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
"""Errors of Invoke that mean the function cannot run as configured. Many are HTTP 502, though AWS itself works.

Source: Lambda API Reference, Invoke, "Errors"."""

Trouble = Literal["", "timeout", "abandoned", "unreachable", "broken"]


@dataclass(frozen=True)
class Reply:
    """The reply to one request.

    Args:
        status: the HTTP status; 0 without a complete answer.
        headers: the answer's headers, by name in lower case.
        body: the first ``KEPT_BYTES`` of the answer's body.
        size: bytes of the body (a lower bound if reading stopped early). If the connection broke: bytes that came, head
            included.
        started: when the request was sent, on the clock of ``time.perf_counter``.
        duration_s: seconds from sending it, on an open connection, to the answer's last byte.
        trouble: why there is no answer: ``timeout``; ``abandoned`` (the caller stopped waiting); ``unreachable`` (no
            connection); ``broken`` (the connection ended early, or the answer was not HTTP). Empty if there is one.
        detail: a sentence about the trouble.
        resent: whether the request was sent twice, because the server had closed the idle connection.
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
        """Whether the function ran and returned or failed."""
        return self.status == 200

    @property
    def function_error(self) -> str:
        """``Unhandled`` or ``Handled`` if the function failed (also HTTP 200), else empty."""
        return self.headers.get("x-amz-function-error", "") if self.answered else ""

    @property
    def throttled(self) -> bool:
        """Whether AWS throttled the request before it reached the function."""
        return self.status == 429

    @property
    def timed_out(self) -> bool:
        """Whether the caller stopped waiting for the answer."""
        return self.trouble in ("timeout", "abandoned")

    @property
    def text(self) -> str:
        """The kept part of the body as text."""
        return self.body.decode("utf-8", errors="replace")

    @cached_property
    def document(self) -> Json:
        """The parsed body, or ``None`` if it was cut or is not JSON."""
        return parse_json(self.text)[0] if self.size == len(self.body) else None

    @property
    def status_code(self) -> int | None:
        """The ``statusCode`` in the body, or ``None``. API Gateway also accepts ``"503"`` and ``503.0``."""
        if b"statusCode" not in self.body and b"\\u" not in self.body:  # parsing a megabyte takes 10 ms
            return None
        value = self.document.get("statusCode") if isinstance(self.document, dict) else None
        if isinstance(value, str) and value.isdecimal() and len(value) == 3:
            return int(value)
        if isinstance(value, float) and value.is_integer():
            return int(value)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    @property
    def error_code(self) -> str:
        """AWS's error code (``TooManyRequestsException``), our own if there was no answer, or empty."""
        if self.trouble:
            return "Timeout" if self.timed_out else "ConnectionError"
        if self.answered:
            return ""
        named = self.headers.get("x-amzn-errortype") or self.text_field("__type") or self.text_field("code")
        return named.partition(":")[0].rpartition("#")[2] or f"HTTP {self.status}"

    @property
    def error_message(self) -> str:
        """AWS's error message, or why there was no answer."""
        return self.detail or self.text_field("message") or self.text_field("Message")

    @property
    def throttle_reason(self) -> str:
        """The limit that throttled the request, for example ``ReservedFunctionConcurrentInvocationLimitExceeded``."""
        return self.text_field("Reason") or self.error_code if self.throttled else ""

    @property
    def blames_function(self) -> bool:
        """Whether the error means that the function cannot run as configured."""
        return self.error_code in FUNCTION_FAULTS

    @property
    def log_tail(self) -> str:
        """The end of the function's log; empty if it is missing or malformed."""
        try:
            log = base64.b64decode(self.headers.get("x-amz-log-result", ""))
        except (binascii.Error, ValueError):  # ValueError: a character beyond ASCII
            return ""
        return log.decode("utf-8", errors="replace")[-MAX_LOG_CHARACTERS:]

    @cached_property
    def report(self) -> Report:
        """The REPORT line of the log. Lambda writes it last, so the function's own output cannot replace it."""
        return read_report(self.log_tail)

    @property
    def function_error_kind(self) -> str:
        """``handled``, ``unhandled``, ``timeout`` or ``out_of_memory``; empty if the function did not fail.

        Source: Lambda Developer Guide, "Troubleshoot invocation issues in Lambda" and "Understanding retry behavior"
        (``Task timed out after``, ``Runtime.ExitError … signal: killed``, ``Runtime.OutOfMemory``).
        """
        if not self.function_error:
            return ""
        kind, message = self.text_field("errorType"), self.text_field("errorMessage")
        if kind == "Sandbox.Timedout" or "Task timed out after" in message:
            return "timeout"
        if kind == "Runtime.OutOfMemory" or (kind == "Runtime.ExitError" and "signal: killed" in message):
            return "out_of_memory"
        return "handled" if self.function_error == "Handled" else "unhandled"

    def refusal(self) -> Answer | None:
        """Return the answer to the question if this reply is no evidence of how the function behaves.

        Returns:
            ``None`` if the reply is evidence: the function answered, was throttled, did not answer in time, or cannot
            run as configured. An empty answer if the function or alias does not exist. An error if AWS refused the
            request, failed or could not be reached.
        """
        if self.answered or self.throttled or self.timed_out or self.blames_function:
            return None
        if self.error_code == "ResourceNotFoundException":
            return Answer()
        reason = Reason.SERVICE_FAULT if self.trouble else reason_of(self.error_code, self.status)
        return Answer(error_code=self.error_code, error_message=quote(self.error_message), reason=reason)

    def text_field(self, name: str) -> str:
        """Return a text field of the JSON object in the body, or an empty text if it is missing."""
        value = self.document.get(name) if isinstance(self.document, dict) else None
        return value if isinstance(value, str) else ""
