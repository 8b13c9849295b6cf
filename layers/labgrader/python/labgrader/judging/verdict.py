"""The five verdicts, and the words a check says them with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

Status = Literal["passed", "partial", "failed", "skipped", "not_graded"]
STATUSES: tuple[Status, ...] = get_args(Status)


@dataclass(frozen=True)
class Verdict:
    """What a check says about one student.

    Args:
        status: ``skipped`` means a prerequisite failed; ``not_graded`` means we could not tell.
        fraction: the share of the points that was earned, 0 to 1.
        message: one sentence for the student: what is wrong, or what was seen.
        expected, observed: the two sides of it, short.
        hint: the command that fixes it; empty for the check's own.
        evidence: lines that show where it was seen (a log line, a response).
    """

    status: Status
    fraction: float
    message: str = ""
    expected: str = ""
    observed: str = ""
    hint: str = ""
    evidence: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as JSON."""
        return {
            "status": self.status,
            "fraction": self.fraction,
            "message": self.message,
            "expected": self.expected,
            "observed": self.observed,
            "hint": self.hint,
            "evidence": list(self.evidence),
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Verdict:
        """Read what ``to_dict`` wrote."""
        return cls(**{**document, "evidence": tuple(document["evidence"])})


def passed(message: str = "", *, expected: str = "", observed: str = "", evidence: Sequence[str] = ()) -> Verdict:
    """Give all of the points."""
    return Verdict("passed", 1.0, message, expected, observed, evidence=tuple(evidence))


def failed(
    message: str, *, expected: str = "", observed: str = "", hint: str = "", evidence: Sequence[str] = ()
) -> Verdict:
    """Give none of the points, and say why."""
    return Verdict("failed", 0.0, message, expected, observed, hint, tuple(evidence))


def partial(
    fraction: float,
    message: str,
    *,
    expected: str = "",
    observed: str = "",
    hint: str = "",
    evidence: Sequence[str] = (),
) -> Verdict:
    """Give some of the points (``0 < fraction < 1``), and say why not the others."""
    if not 0 < fraction < 1:
        raise ValueError(f"a partial verdict earns more than nothing and less than all, not {fraction}")
    return Verdict("partial", fraction, message, expected, observed, hint, tuple(evidence))


def share(
    earned: int,
    of: int,
    message: str,
    *,
    expected: str = "",
    observed: str = "",
    hint: str = "",
    evidence: Sequence[str] = (),
) -> Verdict:
    """Give ``earned`` parts of ``of``: passed with all of them, failed with none, partial between.

    Args:
        message: says what is missing; dropped when nothing is.
    """
    if earned >= of:
        return passed(expected=expected, observed=observed, evidence=evidence)
    if earned <= 0:
        return failed(message, expected=expected, observed=observed, hint=hint, evidence=evidence)
    return partial(earned / of, message, expected=expected, observed=observed, hint=hint, evidence=evidence)


def skipped(message: str) -> Verdict:
    """A prerequisite failed: its own message says what to mend first."""
    return Verdict("skipped", 0.0, message)


def not_graded(message: str) -> Verdict:
    """We could not tell. The points stay open."""
    return Verdict("not_graded", 0.0, message)
