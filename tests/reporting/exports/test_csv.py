"""The gradebook as CSV: columns, numbers a program can read, cells no spreadsheet runs."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from typing import Any, cast

import pytest

from labgrader.judging.verdict import failed, passed
from labgrader.labs.lab import Item
from labgrader.reporting.exports.csv import COLUMNS, MAX_CELL, RUN_COLUMNS, heading, render_csv
from labgrader.reporting.gradebook import GradebookDocument, build_gradebook, build_row
from labgrader.rosters import Student

LEGAL_ID = re.compile(r"[a-z][a-z0-9-]{0,60}")


def csv_of(example: Any, *rows: tuple[Student, Any]) -> bytes:
    return render_csv(gradebook_of(example, *rows))


def gradebook_of(example: Any, *rows: tuple[Student, Any]) -> GradebookDocument:
    finished_at = "2026-01-01T09:02:00Z"
    return build_gradebook("r1", example.lab, [build_row(*row) for row in rows], mode="grade", finished_at=finished_at)


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
        "baseline-function,layers-attached,answers-bad-json,holds-under-load,run_id,run_mode,run_finished_at",
        "s-user1,user1,Ada Lovelace,ada@example.org,A,incomplete,49.99,100,49.99,20,33.33,16.66,0,,"
        "r1,grade,2026-01-01T09:02:00Z",
        's-user2,user2,"Hopper, Grace",,,complete,100,100,100,0,33.33,33.33,13.34,20,r1,grade,2026-01-01T09:02:00Z',
        "s-user3,user3,عمر الخيام,,,complete,0,100,0,0,0,0,0,0,r1,grade,2026-01-01T09:02:00Z",
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
    rows = [build_row(student, report)]
    content = render_csv(build_gradebook("r1", lab, rows, mode="audit", finished_at="2026-01-01T09:02:00Z"))
    assert content.decode().split("\r\n") == [
        "student_id,username,name,email,section,status,points,max_points,percent,open_points,"
        "check:username,check:name,check:email,check:section,check:status,check:points,check:percent,"
        "run_id,run_mode,run_finished_at",
        "s-user1,user1,Ada,ada@example.org,A,complete,60,70,85.71,0,10,0,10,10,10,10,10,r1,audit,2026-01-01T09:02:00Z",
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


def test_no_check_can_be_called_as_a_column_of_the_run() -> None:
    assert [column for column in RUN_COLUMNS if LEGAL_ID.fullmatch(column)] == []


def test_a_gradebook_of_an_earlier_version_has_an_empty_mode_and_date(example: Any) -> None:
    old = {**gradebook_of(example, (example.student(), example.perfect("user1")))}
    del old["mode"], old["finished_at"]
    (row,) = rows_of(render_csv(cast(GradebookDocument, old)))
    assert [row[column] for column in RUN_COLUMNS] == ["r1", "", ""]


def test_semicolons_and_a_byte_order_mark_for_spreadsheets(example: Any) -> None:
    gradebook = gradebook_of(example, (example.student(name="Hopper; Grace"), example.perfect("user1")))
    plain = render_csv(gradebook)
    assert render_csv(gradebook, bom=True) == b"\xef\xbb\xbf" + plain
    lines = render_csv(gradebook, delimiter=";").decode().split("\r\n")
    assert lines[0] == plain.decode().split("\r\n")[0].replace(",", ";")
    assert lines[1].startswith('s-user1;user1;"Hopper; Grace";;;complete;100;100;100;0;33.33;')
