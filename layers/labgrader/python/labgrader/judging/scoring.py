"""Compute points from verdicts. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from labgrader.judging.verdict import Verdict, not_graded, skipped
from labgrader.labs.lab import Item
from labgrader.reasons import Reason


@dataclass(frozen=True)
class ScoredCheck:
    """One check of the lab with its final verdict and its points, rounded to two decimals."""

    item: Item
    verdict: Verdict
    points: float


@dataclass(frozen=True)
class Score:
    """The sum of the points. ``open_points`` are those of checks that were not graded: they are not lost."""

    checks: tuple[ScoredCheck, ...]
    points: float
    max_points: float
    open_points: float

    @property
    def complete(self) -> bool:
        """Whether every check was graded."""
        return all(check.verdict.status != "not_graded" for check in self.checks)

    @property
    def percent(self) -> float:
        """The points as a percentage of the lab's, rounded to two decimals."""
        return round(100 * self.points / self.max_points, 2) if self.max_points else 0.0


def score(items: Sequence[Item], verdicts: Mapping[str, Verdict]) -> Score:
    """Apply prerequisites and add up.

    A check is ``skipped`` if its prerequisite failed or was skipped. A check that failed while a prerequisite could not
    be graded is ``not_graded``, because labgrader may have caused the failure. A check without a verdict is
    ``not_graded``.

    Args:
        items: the lab's checks, prerequisites in any order (``lint`` has refused loops).
        verdicts: each check's own verdict, by its id.
    """
    by_id = {item.id: item for item in items}
    final: dict[str, Verdict] = {}

    def own(item: Item) -> Verdict:
        return verdicts.get(item.id) or not_graded("labgrader recorded no verdict for this check", Reason.GRADER)

    checks = tuple(
        ScoredCheck(item, verdict, round(verdict.fraction * item.points, 2))
        for item, verdict in ((item, settle(item, by_id.__getitem__, own, final)) for item in items)
    )
    return Score(
        checks=checks,
        points=round(sum(check.points for check in checks), 2),
        max_points=round(sum(item.points for item in items), 2),
        open_points=round(sum(check.item.points for check in checks if check.verdict.status == "not_graded"), 2),
    )


def settle(
    item: Item, find: Callable[[str], Item], own: Callable[[Item], Verdict], known: dict[str, Verdict]
) -> Verdict:
    """Return the final verdict of a check, after those of all its prerequisites.

    Args:
        item: the check.
        find: a check of the lab by its id.
        own: returns a check's own verdict; called once for each.
        known: the final verdicts so far, by id; new ones are added.
    """
    if item.id not in known:
        before = [(required, settle(required, find, own, known)) for required in map(find, item.requires)]
        known[item.id] = apply_prerequisites(own(item), before)
    return known[item.id]


def apply_prerequisites(own: Verdict, prerequisites: Sequence[tuple[Item, Verdict]]) -> Verdict:
    """Return the final verdict of a check with final prerequisites: its own, ``skipped`` or ``not_graded``."""
    for item, verdict in prerequisites:
        if verdict.status in ("failed", "skipped"):
            return skipped(f"Skipped: fix “{item.title}” first.")
    for item, verdict in prerequisites:
        if verdict.status == "not_graded" and own.status in ("failed", "partial"):
            return not_graded(f"this depends on “{item.title}”, which is not graded", Reason.PREREQUISITE)
    return own
