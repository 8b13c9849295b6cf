"""The gradebook for Moodle, imported by its rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from labgrader.reporting.exports.moodle import render_moodle
from tests.reporting.exports.example_class import FIXES, GRADES, STUDENTS, gradebook, old_gradebook, row
from tests.reporting.exports.importers.moodle import import_gradebook
from tests.reporting.exports.importers.refusal import RefusedError

SAMPLES = Path(__file__).parent / "samples"

USERS = [
    {"username": name, "idnumber": f"000{name}", "email": f"{name}@example.edu"}
    for name in ("ada", "bob", "kim", "eve")
] + [{"username": "lee", "idnumber": "", "email": "lee@example.edu"}]
TITLE = "Lab 5, Lambda"


@pytest.mark.parametrize("by", ["username", "idnumber"])
def test_every_graded_student_gets_the_points(by: str) -> None:
    grades = import_gradebook(render_moodle(gradebook()), USERS, by=by, item=TITLE)
    assert {name: grade for name, (grade, _) in grades.items()} == GRADES


def test_the_feedback_has_the_link_the_points_and_the_costliest_fixes() -> None:
    students = [{**STUDENTS[1], "report_url": "https://example.edu/bob.html"}]
    grades = import_gradebook(render_moodle(gradebook(students=students)), USERS, by="username", item=TITLE)
    assert grades["bob"][1].split("\n") == [
        "Report: https://example.edu/bob.html",
        "0 of 100 points",
        *(f"Fix: {fix}" for fix in FIXES),
    ]


def test_the_feedback_without_a_link_begins_with_the_points() -> None:
    grades = import_gradebook(render_moodle(gradebook()), USERS, by="username", item=TITLE)
    assert grades["ada"][1] == "87.5 of 100 points\nFix: Alias exists: 30 points"
    assert grades["lee"][1] == "100 of 100 points"


@pytest.mark.parametrize(
    ("points", "most", "grade"), [(150, 200, 75), (200, 200, 100), (1, 300, 0.33), (100, 100, 100), (9, 10, 9)]
)
def test_a_lab_with_more_than_100_points_is_scaled_to_100(points: float, most: float, grade: float) -> None:
    student = row("ada", [(60, "passed", ""), (0, "failed", ""), (0, "failed", "")], points=points, max_points=most)
    grades = import_gradebook(render_moodle(gradebook(students=[student])), USERS, by="username", item=TITLE)
    assert grades["ada"][0] == grade


def test_a_gradebook_of_an_earlier_version_has_points_as_feedback() -> None:
    grades = import_gradebook(render_moodle(old_gradebook()), USERS, by="username", item="lambda-optimization")
    assert grades["ada"] == (87.5, "87.5 of 100 points")


def test_the_importer_takes_a_file_of_the_platform_and_refuses_what_the_platform_refuses() -> None:
    sample = (SAMPLES / "moodle_gradebook.csv").read_bytes()
    users = [{"username": "ada", "idnumber": "0001234", "email": "ada@example.edu"}]
    assert import_gradebook(sample, users, by="idnumber", item="Lab 5") == {
        "ada": (87.5, "3 checks open: see the report")
    }
    for changed, why in (
        (sample.replace(b"87.5", b"not graded"), "is not a number"),
        (sample.replace(b"87.5", b"100.5"), "above the maximum"),
        (sample.replace(b"0001234", b"1234"), "unknown user"),
    ):
        with pytest.raises(RefusedError, match=why):
            import_gradebook(changed, users, by="idnumber", item="Lab 5")
    with pytest.raises(RefusedError, match="locked"):
        import_gradebook(sample, users, by="idnumber", item="Lab 5", locked=["ada"])
