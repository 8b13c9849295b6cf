"""What is kept of a student beside the results themselves, computed again after a run was published or deleted."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from labgrader.runs.baseline import remember_seen
from labgrader.store import Keys, MissingError, RunRecord, Store

WORKERS = 8
"""How many students are computed at the same time."""


def usernames_of(store: Store, run_id: str) -> list[str]:
    """Return the students of a run: those who were planned, and those who have a result."""
    found = {str(result["username"]) for result in store.results(run_id)}
    with suppress(MissingError):  # the run failed before it was planned, or its deletion broke off
        found |= {student.username for student in store.students(run_id)}
    return sorted(found)


def recompute(store: Store, run: RunRecord, usernames: Iterable[str]) -> None:
    """Compute the latest and best results and the baselines of students again, from the results that are stored.

    Args:
        store: the stack's store.
        run: the run that was published or deleted.
        usernames: its students.
    """

    def student(username: str) -> None:
        store.recompute_latest_and_best(username, run.lab, run.run_id)
        if run.mode != "self-check":
            _recompute_baselines(store, username, run.lab, run.run_id)

    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        list(pool.map(student, usernames))


def _recompute_baselines(store: Store, username: str, lab: str, run_id: str) -> None:
    """Build the baselines of a student for a lab again: from each graded run and audit, the oldest first."""
    private = store.private_runs()
    store.forget_baselines(username, lab, run_id)
    for result in reversed(store.history(username, lab)):
        if result.get("mode") not in ("grade", "audit"):
            continue
        keys = Keys(result["run_id"])
        try:
            report = store.get_json(keys.report(username))
        except MissingError:  # the bucket was emptied, but not the table
            continue
        before = store.seen(username, lab, private=result["run_id"] in private)
        recorded = keys.snapshot(username) in store.keys(keys.snapshot(username))
        remember_seen(store, report, before, recorded=recorded)
