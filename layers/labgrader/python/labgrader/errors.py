"""The errors that labgrader raises. The state machines retry and catch them by class name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from labgrader.reasons import Reason


class LabgraderError(Exception):
    """The base class of all errors.

    Attributes:
        reason_code: why a check is not graded if this error ends it.
    """

    reason_code: Reason = Reason.GRADER


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with an input.

    Args:
        message: what is wrong, and what would be right.
        source: the file that contains it.
        line: its line in that file, counted from 1.
        field: the column, or the path of the value (``checks[3].with.memory``).
    """

    message: str
    source: str = ""
    line: int | None = None
    field: str = ""

    def __str__(self) -> str:
        place = self.source
        if self.line is not None:
            place = f"{place}:{self.line}" if place else f"line {self.line}"
        return ": ".join(part for part in (place, self.field, self.message) if part)


class BadInputError(LabgraderError):
    """A roster, a lab or a request cannot be used. Lists all problems, not only the first.

    Args:
        problems: what is wrong.
        notices: what was passed over or changed before the problems were found.
    """

    def __init__(self, problems: Iterable[Problem | str], notices: Iterable[str] = ()) -> None:
        self.notices = list(notices)
        self.problems = [problem if isinstance(problem, Problem) else Problem(problem) for problem in problems]
        super().__init__("\n".join(str(problem) for problem in self.problems))


class MissingError(LabgraderError):
    """An object of the bucket, or a record, is missing."""


NOT_GRADED = "could not be graded, and no points are lost"
"""The beginning of a ``NotGradedError``, and of every other error with a text for the student. Reports show this text.
The error's ``reason_code`` says who caused it."""


class NotGradedError(LabgraderError):
    """A check has no verdict: access is denied, AWS throttles, or labgrader failed. The student loses no points.

    Args:
        action: the IAM action without a response (``lambda:GetFunction``), or the part of labgrader that failed.
            Empty if nothing failed and the evidence is not sufficient.
        reason: why, as a sentence for the instructor.
        reason_code: why, as a code.
    """

    def __init__(self, action: str, reason: str, reason_code: Reason = Reason.INCONCLUSIVE) -> None:
        self.action = action
        self.reason = reason
        self.reason_code = reason_code
        super().__init__(": ".join(part for part in (NOT_GRADED, action, reason) if part))


class ThrottledError(LabgraderError):
    """AWS throttled one of labgrader's own requests, not a request about a student. A retry can succeed.

    Args:
        message: what was throttled.
        reason_code: why a check is not graded if no retry succeeds.
    """

    def __init__(self, message: str, reason_code: Reason = Reason.THROTTLED) -> None:
        self.reason_code = reason_code
        super().__init__(message)


class ServiceFaultError(LabgraderError):
    """AWS failed on its side (HTTP 5xx, a broken connection). A retry can succeed.

    Args:
        message: what failed.
        reason_code: why a check is not graded if no retry succeeds.
    """

    def __init__(self, message: str, reason_code: Reason = Reason.SERVICE_FAULT) -> None:
        self.reason_code = reason_code
        super().__init__(message)


class RefusedError(LabgraderError):
    """AWS refused one of labgrader's own requests (no permission, no such bucket). A retry cannot succeed."""
