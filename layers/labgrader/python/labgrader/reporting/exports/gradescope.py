"""The gradebook as ``results.json`` of a Gradescope autograder."""

from __future__ import annotations

import json
import re
from typing import Any

from labgrader.labs.points import points_text
from labgrader.reporting.exports import Export
from labgrader.reporting.formatting import clean, counted, rounded
from labgrader.reporting.gradebook import CheckColumn, CheckResult, GradebookDocument, StudentRow


def render_gradescope(gradebook: GradebookDocument) -> bytes:
    """Return the results of the class: a JSON object with the ``results.json`` of each student by username."""
    return _json({row["username"]: _results(row, gradebook["checks"]) for row in gradebook["students"]})


def render_one_student(gradebook: GradebookDocument) -> bytes:
    """Return the ``results.json`` of the only student of a gradebook."""
    (row,) = gradebook["students"]
    return _json(_results(row, gradebook["checks"]))


def _json(document: Any) -> bytes:
    return json.dumps(document, indent=1, allow_nan=False).encode() + b"\n"


def _results(row: StudentRow, columns: list[CheckColumn]) -> dict[str, Any]:
    """Return the results of one student. ``score`` is the sum of the tests, so the two agree."""
    by_id = {column["id"]: column for column in columns}
    tests, numbers = [], _numbers(columns)
    for check in row["checks"]:
        hidden = check["id"] in by_id and by_id[check["id"]].get("visibility", "visible") != "visible"
        tests.append(_test(check, numbers.get(check["id"], ""), hidden=hidden))
    return {
        "score": rounded(sum(test["score"] for test in tests)),
        "visibility": "visible",
        "stdout_visibility": "hidden",
        **({"output": _open_words(row)} if row["status"] != "complete" else {}),
        "tests": tests,
    }


def _open_words(row: StudentRow) -> str:
    """Say how many checks are not graded, and how many points they have."""
    count = sum(check["status"] == "not_graded" for check in row["checks"])
    verb, owner = ("is", "its") if count == 1 else ("are", "their")
    return f"{counted(count, 'check')} {verb} not graded: {owner} {points_text(row['open_points'])} points are open."


def _test(check: CheckResult, number: str, *, hidden: bool) -> dict[str, Any]:
    test: dict[str, Any] = {
        "name": clean(check["title"]),
        "score": rounded(check["points"]),
        "max_score": rounded(check["max_points"]),
        "status": "passed" if check["status"] == "passed" else "failed",
        "visibility": "hidden" if hidden else "visible",
    }
    if number:
        test["number"] = number
    if check["status"] != "passed":
        test["output"] = _output(check)
    if check["status"] == "not_graded":
        test["tags"] = ["not_graded"]
    return test


def _output(check: CheckResult) -> str:
    said = clean(check.get("message", ""))
    words = {"not_graded": "not graded", "skipped": "skipped", "partial": "partly passed"}.get(check["status"], "")
    return ": ".join(part for part in (words, said) if part)


def _numbers(columns: list[CheckColumn]) -> dict[str, str]:
    """Return the number of each check: ``3.1`` is the first check of Task 3. A task without a number gives none."""
    numbers: dict[str, str] = {}
    counts: dict[str, int] = {}
    for column in columns:
        task = re.search(r"[0-9]+", column.get("task", ""))
        if task:
            counts[task[0]] = counts.get(task[0], 0) + 1
            numbers[column["id"]] = f"{task[0]}.{counts[task[0]]}"
    return numbers


MEDIA_TYPE = "application/vnd.labgrader.gradescope+json"
"""A media type of its own: in the API, ``application/json`` is the gradebook of the format ``json``."""

EXPORT = Export(
    MEDIA_TYPE,
    ".json",
    "for a Gradescope autograder, results.json of one student or of each",
    render_gradescope,
    of_one_student=True,
    render_one=render_one_student,
)
