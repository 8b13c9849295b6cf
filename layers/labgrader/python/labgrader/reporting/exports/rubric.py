"""The checks of a lab as a rubric for the import of Canvas."""

from __future__ import annotations

from labgrader.labs.points import points_text
from labgrader.reporting.exports import Export
from labgrader.reporting.exports._platforms import csv_bytes, grade_heading, one_line
from labgrader.reporting.gradebook import CheckColumn, GradebookDocument

HEADING = ["Rubric Name", "Criteria Name", "Criteria Description", "Criteria Enable Range"]
RATING = ["Rating Name", "Rating Description", "Rating Points"]

HIDDEN = "Hidden checks"
"""The criterion of all hidden checks: students see a rubric."""


def render_rubric(gradebook: GradebookDocument) -> bytes:
    """Return a CSV with a criterion for each check and two ratings each. It has no students.

    Students see a rubric, so all hidden checks together are one criterion without their titles.
    """
    visible = [check for check in gradebook["checks"] if check.get("visibility", "visible") == "visible"]
    hidden = round(sum(check["max_points"] for check in gradebook["checks"]) - _points(visible), 2)
    titles = [one_line(check["title"]) for check in visible]
    name = grade_heading(gradebook)
    rows = [
        _criterion(
            name,
            title if titles.count(title) == 1 else f"{title} ({check['id']})",
            one_line(check.get("task", "")),
            check["max_points"],
        )
        for title, check in zip(titles, visible, strict=True)
    ]
    if hidden > 0:
        rows.append(_criterion(name, HIDDEN, "", hidden))
    return csv_bytes([[*HEADING, *RATING, *RATING], *rows])


def _points(checks: list[CheckColumn]) -> float:
    return sum(check["max_points"] for check in checks)


def _criterion(rubric: str, name: str, description: str, points: float) -> list[str]:
    return [rubric, name, description, "false", "Passed", "", points_text(points), "Failed", "", "0"]


EXPORT = Export("text/csv", ".csv", "for the rubric import of Canvas, without students", render_rubric)
