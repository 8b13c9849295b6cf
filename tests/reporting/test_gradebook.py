"""The gradebook: columns, numbers a program can read, cells no spreadsheet runs."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from labgrader.reporting.gradebook import MAX_CELL, render_gradebook


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_a_class_of_three(example: Any) -> None:
    ada, grace, alan = (
        example.student("user1", name="Ada Lovelace", email="ada@example.org", section="A"),
        example.student("user2", name="Hopper, Grace"),
        example.student("user3", name="عمر الخيام"),
    )
    content = render_gradebook(
        example.lab, [(ada, example.mixed()), (grace, example.perfect()), (alan, example.empty())]
    )
    assert content.decode().split("\r\n") == [
        "student_id,username,name,email,section,status,points,max_points,percent,open_points,"
        "baseline-function,layers-attached,answers-bad-json,holds-under-load",
        "s-user1,user1,Ada Lovelace,ada@example.org,A,incomplete,49.99,100,49.99,20,33.33,16.66,0,",
        's-user2,user2,"Hopper, Grace",,,complete,100,100,100,0,33.33,33.33,13.34,20',
        "s-user3,user3,عمر الخيام,,,complete,0,100,0,0,0,0,0,0",
        "",
    ]


def test_a_check_that_was_not_graded_leaves_its_cell_empty(example: Any) -> None:
    (row,) = rows_of(render_gradebook(example.lab, [(example.student(), example.mixed())]))
    assert row["holds-under-load"] == ""
    assert row["answers-bad-json"] == "0"


def test_an_empty_class_has_its_header(example: Any) -> None:
    assert render_gradebook(example.lab, []).count(b"\r\n") == 1


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ('=HYPERLINK("http://example.org")', '\'=HYPERLINK("http://example.org")'),
        ("+1+cmd|' /C calc'!A0", "'+1+cmd\\|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1+1", "'=1+1"),
        ("\r\n=1+1", "'=1+1"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("two\nlines", "two lines"),
        ("a\ud800b", "a�b"),
        ("user1\u202egnp", "user1�gnp"),
        ("O'Brien", "O'Brien"),
        ("<script>", "<script>"),
    ],
)
def test_hostile_names(example: Any, name: str, cell: str) -> None:
    content = render_gradebook(example.lab, [(example.student(name=name, email=name), example.perfect("user1"))])
    (row,) = rows_of(content)
    assert row["name"] == row["email"] == cell
    assert row["points"] == "100"


def test_a_long_name_is_cut(example: Any) -> None:
    (row,) = rows_of(render_gradebook(example.lab, [(example.student(name="x" * 100_000), example.perfect("user1"))]))
    assert row["name"] == "x" * MAX_CELL + "… (99000 more characters)"


def test_written_twice_it_is_the_same(example: Any) -> None:
    rows = [(example.student("user1"), example.mixed())]
    assert render_gradebook(example.lab, rows) == render_gradebook(example.lab, rows)
