"""The digest of an audit of a course: the results of all its labs, in one document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from labgrader.courses.course import Course, CourseLab
from labgrader.documents.audit import Audit
from labgrader.documents.digest import Digest, DigestRun
from labgrader.messages import quote, said_by

SCHEMA = "labgrader.digest/1"

NOT_FINISHED = "the run did not finish; no student is graded"

StudentList = Literal["drifted", "mended", "gone", "running"]
"""The lists that an audit has of each student, and the counts of students who are in them."""


def build_digest(
    course: Course, audit_name: str, started_at: str, finished_at: str, runs: Sequence[DigestRun]
) -> Digest:
    """Build the digest of an audit.

    Args:
        course: the course.
        audit_name: the name of the audit.
        started_at, finished_at: ISO 8601 in UTC.
        runs: the entries of ``audited`` or ``not_audited`` for each lab, in the course's order.

    Returns:
        The digest. ``status`` is ``failed`` if the run of a lab failed. It is ``complete`` even if students are not
        graded in full. ``counts`` are students. Each student counts once, even with entries in several labs; only
        ``incomplete`` is the sum over the labs. A running resource of a student counts once in ``usd_per_day``, even if
        two labs list it.
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
            "drifted": _students_with("drifted", runs),
            "mended": _students_with("mended", runs),
            "gone": _students_with("gone", runs),
            "running": _students_with("running", runs),
            "incomplete": sum(run["incomplete"] for run in runs),
        },
        "usd_per_day": round(max(0.0, total), 2),
        "runs": list(runs),
    }


def audited(lab: CourseLab, run: Mapping[str, Any], audit: Audit) -> DigestRun:
    """Return the entry of a run that finished.

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
        "drifted": counts["drifted"],
        "mended": counts["mended"],
        "gone": counts["gone"],
        "running": counts["running"],
        "incomplete": run["counts"]["incomplete"],
        "usd_per_day": audit["usd_per_day"],
        "found": audit["students"],
        "more_students": audit["more_students"],
        "carried_over": audit.get("carried_over"),
        "not_graded": audit.get("not_graded", []),
    }


def not_audited(lab: CourseLab, run_id: str, reason: str) -> DigestRun:
    """Return the entry of a run that failed.

    Args:
        lab: the lab, as the course has it.
        run_id: the run.
        reason: why it failed, or empty.
    """
    return {
        "run_id": run_id,
        "lab": lab.lab,
        "title": lab.lab,
        "due": lab.due,
        "status": "failed",
        "error": quote(said_by(reason), 1000) or NOT_FINISHED,
        "students": 0,
        "drifted": 0,
        "mended": 0,
        "gone": 0,
        "running": 0,
        "incomplete": 0,
        "more_students": 0,
        "usd_per_day": 0,
        "found": [],
    }


def _students_with(name: StudentList, runs: Sequence[DigestRun]) -> int:
    """Return how many students have an entry in a list, each once. Students who are not listed count for each lab."""
    listed = [{student["username"] for student in run["found"] if student[name]} for run in runs]
    counted = sum(run[name] for run in runs)
    return counted - sum(map(len, listed)) + len(set().union(*listed))


def _seen_twice(runs: Iterable[DigestRun]) -> float:
    """Return the US dollars a day of resources that more than one lab lists for the same student."""
    seen: set[tuple[str, str, str]] = set()
    twice = 0.0
    for run in runs:
        costs = {
            (student["username"], resource["resource"], resource["what"]): resource["usd_per_day"]
            for student in run["found"]
            for resource in student["running"]
        }
        twice += sum(dollars for resource_key, dollars in costs.items() if resource_key in seen)
        seen |= set(costs)
    return twice
