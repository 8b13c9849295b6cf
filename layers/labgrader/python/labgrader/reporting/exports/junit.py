"""The gradebook as JUnit XML: a suite for each student, a case for each check."""

from __future__ import annotations

from xml.etree import ElementTree

from labgrader.labs.points import points_text
from labgrader.reporting.exports import Export
from labgrader.reporting.formatting import clean
from labgrader.reporting.gradebook import CheckColumn, CheckResult, GradebookDocument, StudentRow

_ELEMENTS = {"failed": "failure", "partial": "failure", "skipped": "skipped", "not_graded": "error"}
"""The element of a case for each status. A passed case has none."""


def render_junit(gradebook: GradebookDocument) -> bytes:
    """Return JUnit XML. A check that is not graded is an error, and a partial check is a failure.

    The pair of ``classname`` and ``name`` is unique in the file. Characters that XML 1.0 does not have become U+FFFD.
    """
    root = ElementTree.Element("testsuites", name=clean(gradebook["lab"]))
    columns = {check["id"]: check for check in gradebook["checks"]}
    for row in gradebook["students"]:
        root.append(_suite(row, gradebook, columns))
    ElementTree.indent(root, " ")
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=False)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body + b"\n"


def _suite(row: StudentRow, gradebook: GradebookDocument, columns: dict[str, CheckColumn]) -> ElementTree.Element:
    found = [_ELEMENTS.get(check["status"], "") for check in row["checks"]]
    suite = ElementTree.Element(
        "testsuite",
        name=f"{gradebook['lab']}.{row['username']}",
        tests=str(len(found)),
        failures=str(found.count("failure")),
        errors=str(found.count("error")),
        skipped=str(found.count("skipped")),
        time="0",
    )
    graded_at = row.get("graded_at") or gradebook.get("finished_at", "")
    if graded_at:
        suite.set("timestamp", graded_at.removesuffix("Z"))
    for check in row["checks"]:
        task = columns[check["id"]].get("task", "") if check["id"] in columns else ""
        suite.append(_case(check, ".".join(part for part in (row["username"], clean(task, 200)) if part)))
    return suite


def _case(check: CheckResult, class_name: str) -> ElementTree.Element:
    case = ElementTree.Element("testcase", classname=class_name, name=check["id"], time="0")
    element = _ELEMENTS.get(check["status"], "")
    if element:
        ElementTree.SubElement(case, element, message=_message(check))
    return case


def _message(check: CheckResult) -> str:
    """Return the message of a case: ``4 of 8 points: not attached: user1-lambda-utils``."""
    said = clean(check.get("message", "")) or clean(check["title"])
    if check["status"] == "not_graded":
        return f"not graded: {said}"
    if check["status"] == "partial":
        return f"{points_text(check['points']) or '0'} of {points_text(check['max_points'])} points: {said}"
    return said


EXPORT = Export(
    "application/xml",
    ".xml",
    "for CI systems as JUnit XML, a suite for each student",
    render_junit,
    of_one_student=True,
)
