"""The five verdicts, and the functions that return them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from labgrader.reasons import Reason

Status = Literal["passed", "partial", "failed", "skipped", "not_graded"]
STATUSES: tuple[Status, ...] = get_args(Status)

_REASONS: Mapping[Status, Reason | None] = {
    "passed": None,
    "partial": Reason.STUDENT,
    "failed": Reason.STUDENT,
    "skipped": Reason.PREREQUISITE,
    "not_graded": Reason.INCONCLUSIVE,
}
"""The default reason of each verdict."""


@dataclass(frozen=True)
class Verdict:
    """The verdict of a check on one student.

    Args:
        status: ``skipped`` means that a prerequisite failed; ``not_graded`` means that the evidence is missing.
        fraction: the share of the points that was earned, 0 to 1.
        message: one sentence for the student: what is wrong, or what labgrader found.
        expected, observed: the expected and the observed value, short.
        hint: the command that fixes it; empty for the check's own.
        evidence: lines that prove it (a log line, a response).
        reason: why it does not earn all of the points, as a code. By default the reason follows from the status:
            ``None`` for ``passed``, ``student`` for ``partial`` and ``failed``, ``prerequisite`` for ``skipped``,
            ``inconclusive`` for ``not_graded``.
    """

    status: Status
    fraction: float
    message: str = ""
    expected: str = ""
    observed: str = ""
    hint: str = ""
    evidence: tuple[str, ...] = ()
    reason: Reason | None = None

    def __post_init__(self) -> None:
        if self.reason is None:
            object.__setattr__(self, "reason", _REASONS[self.status])

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as JSON, with its reason only if that does not follow from the status."""
        reason = {} if self.reason is _REASONS[self.status] else {"reason": self.reason}
        return {
            "status": self.status,
            "fraction": self.fraction,
            "message": self.message,
            "expected": self.expected,
            "observed": self.observed,
            "hint": self.hint,
            "evidence": list(self.evidence),
            **reason,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Verdict:
        """Read what ``to_dict`` wrote."""
        reason = Reason(document["reason"]) if document.get("reason") else None
        return cls(**{**document, "evidence": tuple(document["evidence"]), "reason": reason})


def passed(message: str = "", *, expected: str = "", observed: str = "", evidence: Sequence[str] = ()) -> Verdict:
    """Return ``passed``: all of the points."""
    return Verdict("passed", 1.0, message, expected, observed, evidence=tuple(evidence))


def failed(
    message: str, *, expected: str = "", observed: str = "", hint: str = "", evidence: Sequence[str] = ()
) -> Verdict:
    """Return ``failed``: none of the points, with the reason."""
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
    """Return ``partial``: a share of the points (``0 < fraction < 1``), with the reason."""
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
    """Return the verdict for ``earned`` of ``of`` parts: passed with all, failed with none, partial otherwise.

    Args:
        message: what is missing; dropped if nothing is.
    """
    if earned >= of:
        return passed(expected=expected, observed=observed, evidence=evidence)
    if earned <= 0:
        return failed(message, expected=expected, observed=observed, hint=hint, evidence=evidence)
    return partial(earned / of, message, expected=expected, observed=observed, hint=hint, evidence=evidence)


def skipped(message: str) -> Verdict:
    """Return ``skipped``: a prerequisite failed, and its message says what to fix first."""
    return Verdict("skipped", 0.0, message)


def not_graded(message: str, reason: Reason = Reason.INCONCLUSIVE) -> Verdict:
    """Return ``not_graded``: the points stay open because the evidence is missing."""
    return Verdict("not_graded", 0.0, message, reason=reason)
