"""The gradebook for Brightspace, imported by its rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from labgrader.reporting.exports.brightspace import render_brightspace
from tests.reporting.exports.example_class import GRADES, STUDENTS, gradebook, old_gradebook
from tests.reporting.exports.importers.brightspace import import_grades
from tests.reporting.exports.importers.refusal import RefusedError

SAMPLES = Path(__file__).parent / "samples"
USERS = [(f"000{name}", name) for name in ("ada", "bob", "kim", "lee", "eve")]
ITEM = {"Lab 5, Lambda": 100.0}


def test_every_graded_student_gets_the_points_by_username_if_one_has_no_id() -> None:
    content = render_brightspace(gradebook())
    assert import_grades(content, USERS, ITEM) == {"Lab 5, Lambda": GRADES}
    assert content.decode().split("\r\n") == [
        'Username,"Lab 5, Lambda Points Grade",End-of-Line Indicator',
        "#ada,87.5,#",
        "#bob,0,#",
        "#kim,0.7,#",
        "#lee,100,#",
        "",
    ]


def test_students_with_ids_are_found_by_them_with_zeros_at_the_beginning() -> None:
    content = render_brightspace(gradebook(students=STUDENTS[:2]))
    assert import_grades(content, USERS, ITEM) == {"Lab 5, Lambda": {"ada": 87.5, "bob": 0}}
    assert content.decode().split("\r\n")[:2] == [
        'OrgDefinedId,"Lab 5, Lambda Points Grade",End-of-Line Indicator',
        "#000ada,87.5,#",
    ]


def test_a_gradebook_of_an_earlier_version_can_be_imported() -> None:
    grades = import_grades(render_brightspace(old_gradebook()), USERS, {"lambda-optimization": 100})
    assert grades == {"lambda-optimization": GRADES}


def test_the_importer_takes_a_file_of_the_platform_and_refuses_what_the_platform_refuses() -> None:
    sample = (SAMPLES / "brightspace.csv").read_bytes()
    users = [("0001234", "ada")]
    assert import_grades(sample, users, {"Lab 5": 100}) == {"Lab 5": {"ada": 87.5}}
    assert import_grades(sample, users, {"Lab 5": 50}) == {"Lab 5": {"ada": 50}}
    for changed, why in (
        (sample.replace(b"Lab 5", b"Lab 6"), "create the item Lab 6"),
        (sample.replace(b",#\r", b",\r"), "End-of-Line Indicator"),
        (sample.replace(b"OrgDefinedId", b"Name"), "has to be first"),
        (sample.replace(b"Points Grade", b"Points Grade <Numeric MaxPoints:100>"), "no grade column"),
    ):
        with pytest.raises(RefusedError, match=why):
            import_grades(changed, users, {"Lab 5": 100})
