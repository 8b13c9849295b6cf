"""The verdicts of a student who built in another Region: one check says so, and the others wait for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from labgrader.evidence.elsewhere import found_elsewhere
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.verdict import Verdict, failed, skipped
from labgrader.labs.lab import Item
from labgrader.reasons import Reason


def name_wrong_region(items: Sequence[Item], verdicts: Mapping[str, Verdict], snapshot: Snapshot) -> dict[str, Verdict]:
    """Return the verdicts with the wrong Region named once, instead of a missing resource in every check.

    Only failed checks change, so no points are won or lost. The first of them that waits for no other one fails with
    the sentence; the others are skipped.

    Args:
        items: the lab's checks.
        verdicts: what each check said by itself, by its id.
        snapshot: of the student. Without resources in another Region, nothing changes.
    """
    elsewhere = found_elsewhere(snapshot)
    lost = [item for item in items if _failed(verdicts.get(item.id))]
    if elsewhere is None or not lost:
        return dict(verdicts)
    ids = {item.id for item in lost}
    first = min(lost, key=lambda item: (item.visibility == "hidden", not ids.isdisjoint(item.requires)))
    where = f"Your {elsewhere.kind} are in {elsewhere.region}; this course is graded in {snapshot.region}."
    named = failed(
        f"{where} Build them again in {snapshot.region}.",
        expected=f"resources in {snapshot.region}",
        observed=f"{elsewhere.kind} in {elsewhere.region}",
        hint=f"aws configure set region {snapshot.region}",
    )
    waiting = replace(skipped("Skipped: first build in the right Region."), observed=f"nothing in {snapshot.region}")
    return {**verdicts, **dict.fromkeys(ids, waiting), first.id: named}


def _failed(verdict: Verdict | None) -> bool:
    return verdict is not None and verdict.status == "failed" and verdict.reason is Reason.STUDENT
