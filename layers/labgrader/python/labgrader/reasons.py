"""Why a check did not earn all of its points, as a code: decisions are made by it, sentences are for people only."""

from __future__ import annotations

import re
from enum import StrEnum


class Reason(StrEnum):
    """A closed set; the schemas of reports, audits and events list the same codes.

    Args:
        student: what the student built is wrong: the check failed, or passed in part.
        prerequisite: a check that this one requires failed (this one is skipped), or is not graded (neither is this).
        denied: AWS denied labgrader a request: a permission or the way into the account is missing.
        throttled: AWS throttled a request until labgrader gave up.
        service_fault: AWS failed on its side until labgrader gave up: HTTP 5xx, or a broken connection.
        quota: no room was left: a limit of the account or of a usage plan, or another load test that takes all of it.
        no_internet: the student's code needs the internet, and there was none where it ran.
        inconclusive: nothing failed, and what labgrader saw, or may touch, does not decide the check.
        time_over: labgrader's time was over before everything was tried.
        needs_graded_run: an audit invokes nothing, and no graded run left a verdict that it can carry over.
        carried_over: an audit invokes nothing: the points were lost in the last graded run, whose verdict this is.
        grader: labgrader failed, the lab file or a check has a fault, or AWS gave an error of no other kind here.
    """

    STUDENT = "student"
    PREREQUISITE = "prerequisite"
    DENIED = "denied"
    THROTTLED = "throttled"
    SERVICE_FAULT = "service_fault"
    QUOTA = "quota"
    NO_INTERNET = "no_internet"
    INCONCLUSIVE = "inconclusive"
    TIME_OVER = "time_over"
    NEEDS_GRADED_RUN = "needs_graded_run"
    CARRIED_OVER = "carried_over"
    GRADER = "grader"

    @property
    def ours(self) -> bool:
        """Whether labgrader or AWS failed. A self-check that is not graded for this reason is given back."""
        return self in _OURS


_OURS = frozenset({Reason.DENIED, Reason.THROTTLED, Reason.SERVICE_FAULT, Reason.TIME_OVER, Reason.GRADER})

THROTTLES = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "KMSThrottlingException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
"""The error codes of a throttle, of all services.

Sources: botocore's standard retries (``ThrottledRetryableChecker``); the API references of SNS (``Throttled``) and of
Lambda and SNS for KMS (``KMSThrottlingException``). botocore's ``LimitExceededException`` is left out: IAM and API
Gateway use it for a quota, and a quota is not over in a moment.
"""

DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "Forbidden"}
)
"""What services call it when IAM forbids a request."""


def reason_of(code: str, status: int = 0) -> Reason:
    """Return the reason that an error of AWS is.

    Args:
        code: AWS's error code, or the name of what went wrong.
        status: the HTTP status of the reply; 0 where there is none.
    """
    if code in DENIED or status == 403:
        return Reason.DENIED
    if code in THROTTLES or status == 429:
        return Reason.THROTTLED
    return Reason.SERVICE_FAULT if status >= 500 else Reason.GRADER


_WITH_REASON = re.compile(rf"\[({'|'.join(Reason)})\] (.*)", re.DOTALL)


def with_reason(reason: Reason, text: str) -> str:
    """Return an error's text with its reason in front: Lambda and Step Functions pass on nothing but text."""
    return f"[{reason}] {text}"


def split_reason(text: str) -> tuple[Reason | None, str]:
    """Return the reason and the text that ``with_reason`` put together; ``None`` and all of the text for any other."""
    found = _WITH_REASON.match(text)
    return (Reason(found.group(1)), found.group(2)) if found else (None, text)
