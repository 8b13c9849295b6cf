"""Codes for the reason why a check did not earn all of its points. Programs decide by the code, not by sentences."""

from __future__ import annotations

import re
from enum import StrEnum


class Reason(StrEnum):
    """Why a check did not earn all of its points. The schemas of reports, audits and events list the same codes.

    Args:
        student: the student's work is wrong: the check failed, or passed in part.
        prerequisite: a required check failed (this check is skipped) or is not graded (this check is not graded).
        denied: AWS denied a request of labgrader: a permission is missing, or the account's role cannot be assumed.
        throttled: AWS throttled a request until labgrader gave up.
        service_fault: AWS failed on its side until labgrader gave up: HTTP 5xx, or a broken connection.
        quota: a limit of the account or of a usage plan is reached, or another load test uses all of it.
        no_internet: the student's code needs the internet, and it ran without internet access.
        inconclusive: nothing failed, but the evidence is not sufficient for a verdict.
        time_over: labgrader's time ran out before it had tried everything.
        needs_graded_run: audits invoke nothing, and no graded run has a verdict that the audit can carry over.
        carried_over: audits invoke nothing. The verdict, with points lost, is from the last graded run.
        grader: labgrader failed, the lab file or a check is faulty, or AWS returned an error of no other kind.
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
        """Whether labgrader or AWS failed. A self-check that is not graded for this reason does not count."""
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
Lambda and SNS for KMS (``KMSThrottlingException``). botocore's ``LimitExceededException`` is not included: IAM and API
Gateway return it for a quota, and a retry does not help against a quota.
"""

DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "Forbidden"}
)
"""The error codes of a request that IAM denies."""


def reason_of(code: str, status: int = 0) -> Reason:
    """Return the reason code for an error of AWS.

    Args:
        code: AWS's error code, or the name of the exception.
        status: the HTTP status of the reply; 0 without a reply.
    """
    if code in DENIED or status == 403:
        return Reason.DENIED
    if code in THROTTLES or status == 429:
        return Reason.THROTTLED
    return Reason.SERVICE_FAULT if status >= 500 else Reason.GRADER


_WITH_REASON = re.compile(rf"\[({'|'.join(Reason)})\] (.*)", re.DOTALL)


def with_reason(reason: Reason, text: str) -> str:
    """Return an error's text with its reason in front, because Lambda and Step Functions pass on only text."""
    return f"[{reason}] {text}"


def split_reason(text: str) -> tuple[Reason | None, str]:
    """Return the reason and the text that ``with_reason`` joined. The reason is ``None`` if the text has none."""
    found = _WITH_REASON.match(text)
    return (Reason(found.group(1)), found.group(2)) if found else (None, text)
