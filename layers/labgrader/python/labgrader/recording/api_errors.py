"""Classify errors of AWS, of botocore and of labgrader's requests: missing, transient or refused, and why."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.parsers import ResponseParserError

from labgrader.errors import BadInputError, LabgraderError, ServiceFaultError
from labgrader.evidence.question import Answer
from labgrader.reasons import THROTTLES, Reason, reason_of
from labgrader.recording.packages.package import UnreadablePackageError
from labgrader.recording.redaction import scrubbed

UNREADABLE = "UnreadableAnswer"
"""The error code of a response that cannot be read. Only the checks that asked for it are not graded."""

NOT_REACHED = "NotReached"
"""The error code of a question that was not asked because the time was over."""

MISSING = frozenset(
    {
        "ResourceNotFoundException",
        "ProvisionedConcurrencyConfigNotFoundException",
        "ResourceNotFound",
        "DashboardNotFoundError",
        "NotFoundException",  # API Gateway
        "NoSuchEntity",  # IAM
        "NoSuchEntityException",
        "NoSuchBucket",
        "InvalidBucketName",  # there can be none of that name
        "AWS.SimpleQueueService.NonExistentQueue",
        "QueueDoesNotExist",
    }
)
"""The error codes that say that there is no such resource."""


class MissingResourceError(LabgraderError):
    """AWS says that there is no such resource.

    Args:
        code: AWS's error code.
    """

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class AwsCallError(LabgraderError):
    """AWS gave no answer: access denied, throttled until we gave up, or a fault.

    Args:
        code: AWS's error code, or the name of what went wrong.
        message: the reason, short, without secrets.
        transient: whether the same request may succeed in a minute (after a throttle or a fault).
        reason_code: why a check that needs the answer is not graded. [default: the reason of the code]
    """

    def __init__(self, code: str, message: str, *, transient: bool = False, reason_code: Reason | None = None) -> None:
        self.code = code
        self.message = message
        self.transient = transient
        self.reason_code = reason_code or reason_of(code)
        super().__init__(f"{code}: {message}")

    def saying(self, message: str, *, transient: bool = False) -> AwsCallError:
        """Return the same error with another message."""
        return AwsCallError(self.code, message, transient=transient, reason_code=self.reason_code)

    def answer(self, message: str = "") -> Answer:
        """Return the error as the answer to a question.

        Args:
            message: another message; empty for its own.
        """
        return Answer(error_code=self.code, error_message=message or self.message, reason=self.reason_code)


def classify_error(error: Exception) -> AwsCallError:
    """Turn an error of AWS, of botocore or of ours into an ``AwsCallError``.

    Raises:
        MissingResourceError: the error says that there is no such resource.
    """
    if isinstance(error, ClientError):
        code = str(error.response.get("Error", {}).get("Code") or "Unknown")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in MISSING:
            raise MissingResourceError(code) from None
        message = scrubbed(str(error.response.get("Error", {}).get("Message") or code))
        if status == 429 and code not in THROTTLES:
            code = "TooManyRequestsException"
        return AwsCallError(
            code, message, transient=code in THROTTLES or status >= 500, reason_code=reason_of(code, status)
        )
    if isinstance(error, ServiceFaultError | HTTPClientError | BotoConnectionError | ResponseParserError):
        said = scrubbed(str(error))
        return AwsCallError(type(error).__name__, said, transient=True, reason_code=Reason.SERVICE_FAULT)
    if isinstance(error, BotoCoreError | UnreadablePackageError | BadInputError):
        return AwsCallError(type(error).__name__, scrubbed(str(error)))
    raise error


def reason_for(error: BotoCoreError | ClientError) -> Reason:
    """Return the reason code of an error of AWS or of botocore."""
    try:
        return classify_error(error).reason_code
    except MissingResourceError as missing:
        return reason_of(missing.code)
