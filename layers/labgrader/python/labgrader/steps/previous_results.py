"""Results of earlier runs. A missing or unreadable one is never an error."""

from __future__ import annotations

import logging
from typing import Any

from labgrader.documents.report import Previous
from labgrader.judging.carry_over import checks_by_id
from labgrader.judging.scoring import Score
from labgrader.labs.lab import Lab
from labgrader.store import MissingError, Store

log = logging.getLogger(__name__)


def load_previous_json(store: Store, key: str) -> Any:
    """Return a JSON object of an earlier run, or ``None`` if it was deleted or is not JSON."""
    try:
        return store.get_json(key)
    except (MissingError, ValueError):
        log.warning("cannot read %s of an earlier run", key)
        return None


def load_previous(store: Store, run_id: str, mode: str, username: str, lab: Lab, scored: Score) -> Previous | None:
    """Return what changed since the student's last graded run, or ``None`` without a readable earlier run.

    A self-check compares with the student's last self-check or graded run, whichever is newer. It must not reveal
    hidden checks: it compares only the points of visible checks. If the lab has hidden checks, the field
    ``visible_points`` also has the points of the visible checks, for the student's copy of the report.

    Args:
        store: the stack's store.
        run_id, mode: this run.
        username, lab: the student and the lab.
        scored: the student's score in this run.
    """
    latest = _last_seen_by(store, username, lab.id, run_id) if mode == "self-check" else store.latest(username, lab.id)
    if latest is None or latest["run_id"] == run_id:
        return None
    hides = lab.hidden_checks > 0 or any(item.visibility != "visible" for item in lab.checks)
    visible = {"visible_points": latest["visible_points"]} if hides and "visible_points" in latest else {}
    before = checks_by_id(load_previous_json(store, latest["report_key"]))
    if not before or (mode == "self-check" and hides and not visible):
        return None
    previous: Previous = {
        "run_id": latest["run_id"],
        "points": visible.get("visible_points", latest["points"]) if mode == "self-check" else latest["points"],
        "changes": [
            {"check": check.item.id, "from": before[check.item.id]["status"], "to": check.verdict.status}
            for check in scored.checks
            if check.item.id in before and before[check.item.id]["status"] != check.verdict.status
        ],
    }
    if visible:
        previous["visible_points"] = visible["visible_points"]
    return previous


def _last_seen_by(store: Store, username: str, lab: str, run_id: str) -> dict[str, Any] | None:
    """Return the newer of the latest graded result and the latest self-check, without this run; ``None`` for none."""
    latest = (store.latest(username, lab), store.latest_self_check(username, lab))
    earlier = [result for result in latest if result is not None and result["run_id"] != run_id]
    return max(earlier, key=lambda result: str(result["graded_at"]), default=None)
