"""What the runs before this one left behind: read where it can be, and never the reason why nobody is graded."""

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
    """Return a JSON object of an earlier run, or ``None`` where it is not there any more or is no JSON."""
    try:
        return store.get_json(key)
    except (MissingError, ValueError):
        log.warning("%s cannot be read", key)
        return None


def load_previous(store: Store, run_id: str, mode: str, username: str, lab: Lab, scored: Score) -> Previous | None:
    """Return what changed since the student's last graded run, or ``None`` where there is no other that can be read.

    A self-check compares with what the student saw last, a self-check or the graded run, whichever is newer. The points
    of before are those of what is compared: a self-check has no hidden checks, and must not tell of any. Where the lab
    hides some, what the others came to stands beside them, for the student's copy.
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
    """The newer of a student's latest graded result and latest self-check, another than this run."""
    found = (store.latest(username, lab), store.latest_self_check(username, lab))
    others = [one for one in found if one is not None and one["run_id"] != run_id]
    return max(others, key=lambda one: str(one["graded_at"]), default=None)
