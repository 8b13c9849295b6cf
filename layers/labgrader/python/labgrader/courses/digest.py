"""The digest of an audit of a course: the results of all its labs, in one document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from labgrader.courses.course import Course, CourseLab
from labgrader.messages import quote, said_by

Json = Any

SCHEMA = "labgrader.digest/1"

NOT_FINISHED = "the run did not finish; nobody is graded by it"


def build_digest(
    course: Course, audit_name: str, started_at: str, finished_at: str, runs: Sequence[Mapping[str, Json]]
) -> dict[str, Json]:
    """Put together what the runs of a night came to.

    Args:
        course: the course.
        night: its name.
        started_at, finished_at: ISO 8601 in UTC.
        runs: what ``audited`` or ``not_audited`` returned of each lab, in the course's order.

    Returns:
        The digest: ``status`` is ``complete`` where every lab was audited, also where some student could not be graded
        in full, and ``failed`` where a lab's run failed. ``counts`` are students, each once, in whatever labs they have
        something; of those not graded in full, the sum over the labs. What one student runs is counted once in
        ``usd_per_day``, though two labs saw it.
    """
    total = sum(run["usd_per_day"] for run in runs) - _seen_twice(runs)
    return {
        "schema": SCHEMA,
        "course": course.id,
        "title": course.title,
        "time_zone": course.time_zone,
        "night": audit_name,
        "started_at": started_at,
        "finished_at": finished_at,
        "status": "failed" if any(run["status"] == "failed" for run in runs) else "complete",
        "counts": {
            "labs": len(runs),
            "failed": sum(run["status"] == "failed" for run in runs),
            **{name: _students_with(name, runs) for name in ("drifted", "mended", "gone", "running")},
            "incomplete": sum(run["incomplete"] for run in runs),
        },
        "usd_per_day": round(max(0.0, total), 2),
        "runs": [dict(run) for run in runs],
    }


def audited(lab: CourseLab, run: Mapping[str, Json], audit: Mapping[str, Json]) -> dict[str, Json]:
    """Return what a finished run found.

    Args:
        lab: the lab, as the course has it.
        run: its ``run.json``.
        audit: its ``audit.json``.
    """
    counts = audit["counts"]
    return {
        "run_id": run["run_id"],
        "lab": lab.lab,
        "title": audit["lab_title"],
        "due": lab.due,
        "roster": lab.roster,
        "status": run["status"],
        "error": "",
        "students": counts["students"],
        "first": counts.get("first", 0),
        **{name: counts[name] for name in ("drifted", "mended", "gone", "running")},
        "incomplete": run["counts"]["incomplete"],
        "usd_per_day": audit["usd_per_day"],
        "found": list(audit["students"]),
        "more_students": audit["more_students"],
        "carried_over": audit.get("carried_over"),
        "not_graded": list(audit.get("not_graded", ())),
    }


def not_audited(lab: CourseLab, run_id: str, reason: str) -> dict[str, Json]:
    """Return what is known of a run that failed.

    Args:
        lab: the lab, as the course has it.
        run_id: the run.
        reason: why, or empty where nobody knows.
    """
    return {
        "run_id": run_id,
        "lab": lab.lab,
        "title": lab.lab,
        "due": lab.due,
        "status": "failed",
        "error": quote(said_by(reason), 1000) or NOT_FINISHED,
        **dict.fromkeys(("students", "drifted", "mended", "gone", "running", "incomplete", "more_students"), 0),
        "usd_per_day": 0,
        "found": [],
    }


def _students_with(name: str, runs: Sequence[Mapping[str, Json]]) -> int:
    """How many students have something of a kind, each once; whom the lists leave out, they cannot tell apart."""
    listed = [{student["username"] for student in run["found"] if student[name]} for run in runs]
    counted = sum(int(run[name]) for run in runs)
    return counted - sum(map(len, listed)) + len(set().union(*listed))


def _seen_twice(runs: Iterable[Mapping[str, Json]]) -> float:
    """US dollars a day of what is in the lists of more than one lab: the same resource of the same student."""
    seen: set[tuple[str, str, str]] = set()
    twice = 0.0
    for run in runs:
        mine = {
            (student["username"], one["resource"], one["what"]): one["usd_per_day"]
            for student in run["found"]
            for one in student["running"]
        }
        twice += sum(dollars for what, dollars in mine.items() if what in seen)
        seen |= set(mine)
    return twice
