"""What an audit takes from earlier runs of a student: verdicts to carry over, and the results to compare with."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from labgrader.documents.report import CarriedOverMark, OtherRun, ReportAudit
from labgrader.evidence.coerce import mapping, text
from labgrader.evidence.deleted_resources import deleted_resources
from labgrader.evidence.running_costs import running_costs
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.carry_over import carried_verdict, checks_by_id
from labgrader.judging.check import find_check
from labgrader.judging.scoring import ScoredCheck
from labgrader.judging.verdict import Verdict
from labgrader.labs.lab import Lab
from labgrader.reporting.audit import build_audit
from labgrader.steps.previous_results import load_previous_json
from labgrader.store import Keys, Store

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CarriedOver:
    """The verdicts that an audit takes from the last graded run, because it does not judge these checks itself.

    Args:
        origin: ``run_id``, ``graded_at`` and ``lab_version`` of that run; ``None`` without a graded run.
        verdicts: the verdicts of checks that invoke functions, by check id.
    """

    origin: OtherRun | None = None
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)

    def marks(self, scored: Sequence[ScoredCheck]) -> dict[str, CarriedOverMark]:
        """Return the ``carried_over`` field of each check that has one of these verdicts, by check id."""
        if self.origin is None:
            return {}
        mark: CarriedOverMark = {"run_id": self.origin["run_id"], "graded_at": self.origin["graded_at"]}
        return {check.item.id: mark for check in scored if check.verdict is self.verdicts.get(check.item.id)}


def carried_over(store: Store, username: str, lab: Lab, *, private: bool = False) -> CarriedOver:
    """Return the verdicts to carry over from a student's last graded run. Without a readable run there are none.

    Args:
        store: the stack's store.
        username: the student.
        lab: the lab, with the student's names filled in.
        private: whether the audit is private. Only then may it show verdicts of a private run.
    """
    latest = store.latest(username, lab.id, private=private)
    report = load_previous_json(store, latest["report_key"]) if latest else None
    checks = checks_by_id(report)
    if latest is None or not checks:
        return CarriedOver()
    found = {
        item.id: carried_verdict(item, checks.get(item.id))
        for item in lab.checks
        if find_check(item.check).kind != "configuration"
    }
    return CarriedOver(
        origin={
            "run_id": text(latest["run_id"]),
            "graded_at": text(latest["graded_at"]),
            "lab_version": text(mapping(mapping(report).get("lab")).get("version")),
        },
        verdicts={check_id: verdict for check_id, verdict in found.items() if verdict},
    )


def audit_of(
    store: Store,
    username: str,
    before: Mapping[str, Any] | None,
    snapshot: Snapshot | None,
    scored: Sequence[ScoredCheck],
    carried: CarriedOver,
) -> ReportAudit:
    """Return the ``audit`` field of a student's report.

    Args:
        store: the stack's store.
        username: the student.
        before: the baseline of the previous run (``Store.seen``), or ``None`` in the first run.
        snapshot: the student's resources now, or ``None`` if they could not be recorded.
        scored: the checks with their verdicts of this audit.
        carried: the verdicts that were carried over.
    """
    earlier = _snapshot_before(store, username, before) if before and snapshot else None
    return build_audit(
        compared_with=_other_run(before) if before else None,
        known=before["known"] if before else {},
        scored=scored,
        gone=deleted_resources(earlier, snapshot)
        if earlier and snapshot and _same_account_and_region(earlier, snapshot)
        else [],
        running=running_costs(snapshot) if snapshot else [],
        carried_over_from=carried.origin if carried.marks(scored) else None,
    )


def _snapshot_before(store: Store, username: str, before: Mapping[str, Any]) -> Snapshot | None:
    """Return the last snapshot of the student, or ``None`` without a readable snapshot."""
    if not before["snapshot_run"]:
        return None
    document = load_previous_json(store, Keys(before["snapshot_run"]).snapshot(username))
    try:
        return Snapshot.from_dict(document) if document else None
    except (KeyError, TypeError, AttributeError):
        log.warning("cannot read the snapshot of %s in run %s", username, before["snapshot_run"])
        return None


def _other_run(baseline: Mapping[str, Any]) -> OtherRun:
    return {
        "run_id": baseline["run_id"],
        "graded_at": baseline["graded_at"],
        "lab_version": baseline["lab_version"],
    }


def _same_account_and_region(before: Snapshot, now: Snapshot) -> bool:
    """Return whether both are of the same account and Region. Resources in another account are not deleted."""
    return (before.account_id, before.region) == (now.account_id, now.region)
