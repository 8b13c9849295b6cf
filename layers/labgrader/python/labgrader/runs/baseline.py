"""The baseline of a student and a lab: the last verdicts, which the next audit compares with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labgrader.documents.report import Report
from labgrader.reporting.audit import known_after
from labgrader.store import Store


def remember_seen(store: Store, report: Report, before: Mapping[str, Any] | None, *, recorded: bool) -> None:
    """Store the baseline of a graded run or an audit. The next audit compares with it.

    Args:
        store: the stack's store.
        report: the student's report, as it is stored.
        before: the baseline of the previous run.
        recorded: whether this run has a snapshot of the student. If not, the next audit uses the earlier snapshot.
    """
    run_id, username = report["run_id"], report["student"]["username"]
    seen = {
        "graded_at": report["graded_at"],
        "lab_version": report["lab"]["version"],
        "known": known_after(before["known"] if before else {}, report),
        "snapshot_run": run_id if recorded else before["snapshot_run"] if before else "",
    }
    store.save_baseline(run_id, username, report["lab"]["id"], seen)
