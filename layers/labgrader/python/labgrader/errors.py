"""Every error labgrader raises on purpose. Their class names are the error names the state machines retry or catch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from labgrader.reasons import Reason


class LabgraderError(Exception):
    """The root of all of them.

    Attributes:
        reason_code: why a check is not graded where this error is the end of it.
    """

    reason_code: Reason = Reason.GRADER


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with what somebody gave us.

    Args:
        message: what is wrong, and what would be right.
        source: the file it stands in.
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
    """A roster, a lab or a request cannot be used. Carries every problem found, not the first.

    Args:
        problems: what is wrong.
        notices: what was passed over or changed before the problems were found.
    """

    def __init__(self, problems: Iterable[Problem | str], notices: Iterable[str] = ()) -> None:
        self.notices = list(notices)
        self.problems = [problem if isinstance(problem, Problem) else Problem(problem) for problem in problems]
        super().__init__("\n".join(str(problem) for problem in self.problems))


NOT_GRADED = "could not be graded, and no points are lost"
"""What a ``NotGradedError`` begins with, and every other error whose text is for the student. A report shows such a
text; whose fault it is, the error's code says."""


class NotGradedError(LabgraderError):
    """We could not tell: access denied, throttled to the end, or our own fault. Never costs a student points.

    Args:
        action: the IAM action whose answer is missing (``lambda:GetFunction``), or the part of labgrader that failed;
            empty where nothing failed, and the evidence alone cannot tell.
        reason: why, as a sentence for the instructor.
        reason_code: why, as a code.
    """

    def __init__(self, action: str, reason: str, reason_code: Reason = Reason.INCONCLUSIVE) -> None:
        self.action = action
        self.reason = reason
        self.reason_code = reason_code
        super().__init__(": ".join(part for part in (NOT_GRADED, action, reason) if part))


class ThrottledError(LabgraderError):
    """AWS asked us to slow down while we did our own work (not a question about a student). Worth a retry.

    Args:
        message: what was throttled.
        reason_code: why a check is not graded where no retry helps.
    """

    def __init__(self, message: str, reason_code: Reason = Reason.THROTTLED) -> None:
        self.reason_code = reason_code
        super().__init__(message)


class ServiceFaultError(LabgraderError):
    """AWS failed on its side (HTTP 5xx, a broken connection). Worth a retry.

    Args:
        message: what failed.
        reason_code: why a check is not graded where no retry helps.
    """

    def __init__(self, message: str, reason_code: Reason = Reason.SERVICE_FAULT) -> None:
        self.reason_code = reason_code
        super().__init__(message)


class RefusedError(LabgraderError):
    """AWS refused a call of our own (no permission, no such bucket). A retry would be refused too."""
