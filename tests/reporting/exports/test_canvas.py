"""The gradebook for Canvas, imported by its rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from labgrader.reporting.exports.canvas import render_canvas
from tests.reporting.exports.example_class import GRADES, gradebook, old_gradebook
from tests.reporting.exports.importers.canvas import User, import_gradebook
from tests.reporting.exports.importers.refusal import RefusedError

SAMPLES = Path(__file__).parent / "samples"

USERS = [
    User("1", "ada", "Name of ada", "000ada"),
    User("2", "b.ob", "Name of bob", "000bob"),
    User("3", "kim", '=Kim "K", Jr', "000kim"),
    User("4", "lee", "Lee"),
    User("5", "eve", "Name of eve", "000eve"),
]
BY_LOGIN = {"ada": 87.5, "b.ob": 0.0, "kim": 0.7, "lee": 100.0}


def test_every_graded_student_gets_the_points_in_one_new_assignment() -> None:
    imported = import_gradebook(render_canvas(gradebook()), USERS)
    assert imported.grades == {"Lab 5, Lambda": BY_LOGIN}
    assert imported.new == {"Lab 5, Lambda": 100}
    assert imported.unknown == []


def test_an_assignment_with_the_same_title_is_taken() -> None:
    imported = import_gradebook(render_canvas(gradebook()), USERS, {"4711": "Lab 5, Lambda"})
    assert imported.grades == {"Lab 5, Lambda": BY_LOGIN}
    assert imported.new == {}


def test_a_student_who_is_not_graded_has_no_row_because_an_empty_cell_clears_a_grade() -> None:
    content = render_canvas(gradebook())
    assert b"eve" not in content
    assert import_gradebook(content.replace(b",87.5", b","), USERS).grades["Lab 5, Lambda"]["ada"] is None


def test_the_file_is_this() -> None:
    assert render_canvas(gradebook()).decode().split("\n") == [
        'Student,ID,SIS User ID,SIS Login ID,Section,"Lab 5, Lambda"',
        "    Points Possible,,,,,100",
        "Name of ada,,000ada,ada,A,87.5",
        "Name of bob,,000bob,bob,A,0",
        '"=Kim ""K"", Jr",,000kim,kim,,0.7',
        "lee,,,lee,A,100",
        "",
    ]


def test_a_line_break_in_a_name_becomes_a_blank() -> None:
    students = [{**gradebook()["students"][0], "name": "Ada\r\nKing"}]
    content = render_canvas(gradebook(students=students))
    assert content.decode().split("\n")[2] == "Ada King,,000ada,ada,A,87.5"


@pytest.mark.parametrize("title", ["Final Score of lab 5", "Lab 5 (2024)", "Lab 5 |12", ""])
def test_a_title_that_a_platform_drops_or_takes_for_an_id_is_replaced_by_the_id_of_the_lab(title: str) -> None:
    imported = import_gradebook(render_canvas(gradebook(lab_title=title)), USERS)
    assert imported.grades == {"lambda-optimization": BY_LOGIN}


def test_a_gradebook_of_an_earlier_version_has_the_id_of_the_lab_as_its_title() -> None:
    assert import_gradebook(render_canvas(old_gradebook()), USERS).grades == {"lambda-optimization": BY_LOGIN}


def test_an_empty_class_has_a_file_without_students() -> None:
    assert import_gradebook(render_canvas(gradebook(students=[])), USERS).grades == {}


def test_the_importer_takes_a_file_of_the_platform_and_refuses_what_the_platform_refuses() -> None:
    sample = (SAMPLES / "canvas.csv").read_bytes()
    users = [User("10011", "ada", "Lovelace, Ada"), User("10012", "bob.kahn", "Kahn, Bob")]
    titles = {"4711": "Lab 5 Lambda"}
    assert import_gradebook(sample, users, titles).grades == {"Lab 5 Lambda": {"ada": 87.5, "bob.kahn": 71}}
    with pytest.raises(RefusedError, match="Invalid header row"):
        import_gradebook(sample.replace(b",Section", b"").replace(b",CLD-301-01,", b","), users, titles)
    with pytest.raises(RefusedError, match="no assignment 2024"):
        import_gradebook(sample.replace(b"(4711)", b"(2024)"), users, titles)
    assert import_gradebook(sample.replace(b"Lab 5 Lambda (4711)", b"Final Score"), users, titles).grades == {}
    assert GRADES.keys() == {"ada", "bob", "kim", "lee"}
