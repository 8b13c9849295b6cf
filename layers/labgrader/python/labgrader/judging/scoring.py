"""Compute points from verdicts. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from labgrader.judging.verdict import Verdict, not_graded, skipped
from labgrader.labs.lab import Item
from labgrader.labs.points import DECIMALS, percent_of, rounded_below, shown_points, total_points
from labgrader.reasons import Reason


@dataclass(frozen=True)
class ScoredCheck:
    """One check of the lab with its final verdict and its points.

    The points and those of the item have two decimals. Only a passed check has all of its points.
    """

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
        return percent_of(self.points, self.max_points)


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

    shown = shown_points([item.points for item in items])
    checks = tuple(
        _scored(replace(item, points=points), settle(item, by_id.__getitem__, own, final))
        for item, points in zip(items, shown, strict=True)
    )
    return Score(
        checks=checks,
        points=total_points(check.points for check in checks),
        max_points=total_points(shown),
        open_points=total_points(check.item.points for check in checks if check.verdict.status == "not_graded"),
    )


def _scored(item: Item, verdict: Verdict) -> ScoredCheck:
    """Return a check with its points: rounded, and never up to all of them unless it passed."""
    earned = verdict.fraction * item.points
    if verdict.status == "passed":
        return ScoredCheck(item, verdict, round(earned, DECIMALS))
    part = min(earned, math.nextafter(item.points, 0))  # an earlier report may have rounded its share up to 1
    return ScoredCheck(item, verdict, rounded_below(part, item.points))


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
