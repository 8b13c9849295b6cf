"""The gradebook as CSV: columns, numbers a program can read, cells no spreadsheet runs."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from typing import Any

import pytest

from labgrader.judging.verdict import failed, passed
from labgrader.labs.lab import Item
from labgrader.reporting.exports.csv import COLUMNS, MAX_CELL, heading, render_csv
from labgrader.reporting.gradebook import build_gradebook, build_row
from labgrader.rosters import Student

LEGAL_ID = re.compile(r"[a-z][a-z0-9-]{0,60}")


def csv_of(example: Any, *rows: tuple[Student, Any]) -> bytes:
    return render_csv(build_gradebook("r1", example.lab, [build_row(*row) for row in rows]))


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_a_class_of_three(example: Any) -> None:
    ada, grace, alan = (
        example.student("user1", name="Ada Lovelace", email="ada@example.org", section="A"),
        example.student("user2", name="Hopper, Grace"),
        example.student("user3", name="عمر الخيام"),
    )
    content = csv_of(example, (ada, example.mixed()), (grace, example.perfect()), (alan, example.empty()))
    assert content.decode().split("\r\n") == [
        "student_id,username,name,email,section,status,points,max_points,percent,open_points,"
        "baseline-function,layers-attached,answers-bad-json,holds-under-load",
        "s-user1,user1,Ada Lovelace,ada@example.org,A,incomplete,49.99,100,49.99,20,33.33,16.66,0,",
        's-user2,user2,"Hopper, Grace",,,complete,100,100,100,0,33.33,33.33,13.34,20',
        "s-user3,user3,عمر الخيام,,,complete,0,100,0,0,0,0,0,0",
        "",
    ]


def test_a_check_that_was_not_graded_leaves_its_cell_empty(example: Any) -> None:
    (row,) = rows_of(csv_of(example, (example.student(), example.mixed())))
    assert row["holds-under-load"] == ""
    assert row["answers-bad-json"] == "0"


def test_an_empty_class_has_its_header(example: Any) -> None:
    assert csv_of(example).count(b"\r\n") == 1


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
    (row,) = rows_of(csv_of(example, (example.student(name=name, email=name), example.perfect("user1"))))
    assert row["name"] == row["email"] == cell
    assert row["points"] == "100"


def test_a_long_name_is_cut(example: Any) -> None:
    (row,) = rows_of(csv_of(example, (example.student(name="x" * 100_000), example.perfect("user1"))))
    assert row["name"] == "x" * MAX_CELL + "… (99000 more characters)"


def test_written_twice_it_is_the_same(example: Any) -> None:
    rows = [(example.student("user1"), example.mixed())]
    assert csv_of(example, *rows) == csv_of(example, *rows)


def test_checks_that_are_called_as_fixed_columns_have_columns_of_their_own(example: Any) -> None:
    ids = [column for column in COLUMNS if LEGAL_ID.fullmatch(column)]
    assert ids == ["username", "name", "email", "section", "status", "points", "percent"]
    checks = tuple(Item(check_id, "report_configuration", check_id, "Task 1", 10) for check_id in ids)
    lab = replace(example.lab, points=70.0, checks=checks)
    student = example.student(name="Ada", email="ada@example.org", section="A")
    verdicts = {check_id: failed("no") if check_id == "name" else passed() for check_id in ids}
    report = example.report(student, verdicts, lab=lab)
    content = render_csv(build_gradebook("r1", lab, [build_row(student, report)]))
    assert content.decode().split("\r\n") == [
        "student_id,username,name,email,section,status,points,max_points,percent,open_points,"
        "check:username,check:name,check:email,check:section,check:status,check:points,check:percent",
        "s-user1,user1,Ada,ada@example.org,A,complete,60,70,85.71,0,10,0,10,10,10,10,10",
        "",
    ]


@pytest.mark.parametrize(
    ("check_id", "shown"),
    [
        ("student_id", "check:student_id"),
        ("points", "check:points"),
        ("open_points", "check:open_points"),
        ("check-points", "check-points"),
        ("points-1", "points-1"),
        ("point", "point"),
    ],
)
def test_only_the_name_of_a_fixed_column_is_changed(check_id: str, shown: str) -> None:
    assert heading(check_id) == shown
