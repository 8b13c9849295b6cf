"""Findings of audits, in the form of `run.json` and `audit.json`."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def change(title: str, before: str, after: str, points: float, message: str = "") -> Any:
    """Return a check that changed."""
    return {
        "check": "a-check",
        "title": title,
        "from": before,
        "to": after,
        "message": message,
        "points": points,
    }


def running(resource: str, dollars: float, what: str = "provisioned concurrency, 2 × 512 MB") -> Any:
    """Return a resource that costs money by the hour."""
    return {"resource": resource, "what": what, "usd_per_day": dollars}


def student(username: str, **found: Any) -> Any:
    """Return the findings for a student."""
    lists = {name: list(found.get(name, ())) for name in ("drifted", "mended", "gone", "running")}
    return {
        "username": username,
        "student_id": f"s-{username}",
        "status": "complete",
        **lists,
        "not_shown": 0,
        "usd_per_day": sum(resource["usd_per_day"] for resource in lists["running"]),
    }


def audit_of(run_id: str, lab: str, students: list[Json], total: int = 24, *, more: int = 0) -> Any:
    """Return an `audit.json`."""
    counts = {
        name: sum(bool(student[name]) for student in students) for name in ("drifted", "mended", "gone", "running")
    }
    return {
        "schema": "labgrader.audit/1",
        "run_id": run_id,
        "lab": lab,
        "lab_title": lab.replace("-", " ").capitalize(),
        "course": "serverless-2026",
        "finished_at": "2026-11-21T21:40:00Z",
        "students": students,
        "more_students": more,
        "counts": {"students": total, **counts, "not_graded": 0},
        "usd_per_day": round(sum(student["usd_per_day"] for student in students), 2),
    }


def run_of(run_id: str, total: int = 24, incomplete: int = 0) -> Any:
    """Return the fields of a `run.json` that a digest reads."""
    counts = {"students": total, "complete": total - incomplete, "incomplete": incomplete}
    return {"run_id": run_id, "status": "incomplete" if incomplete else "complete", "counts": counts}
