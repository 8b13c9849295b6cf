"""`labgrader report`: the gradebook of a run in each format, and the reason for a missing one."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import boto3
import pytest

from cli.main import main
from labgrader.labs.lab import Item, Lab
from labgrader.reporting.exports import exports
from labgrader.reporting.gradebook import GradebookDocument, build_gradebook, build_row
from labgrader.rosters import Student
from labgrader.store import Keys, RunRecord, Store
from labgrader.store.run_record import RunStatus
from tests.api.reports import report_of as student_report
from tests.cli.terminal import be_a_terminal, plain

RUN = "20260101-120000-example-1a2b"
KEYS = Keys(RUN)
IDS = ("points", "status", "name", "email")
LAB = Lab("example", "1.0.0", "Lab", "", 10, tuple(Item(check_id, "a", check_id, points=2.5) for check_id in IDS))
STUDENT = Student("user1", "s-1", "Ada", "ada@example.edu", "A")
FORMATS = ("html", "json", *(name for name in exports() if name != "json"))

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _stack(store: Store) -> None:
    outputs = {"Bucket": "bucket", "Table": "table", "GradeClassArn": "arn"}
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    boto3.client("cloudformation").create_stack(StackName="labgrader", TemplateBody=json.dumps(template))


def report_of() -> Any:
    checks = [
        {"id": check_id, "title": check_id, "points": 2.5, "max_points": 2.5, "status": "passed"}
        for check_id in IDS[:3]
    ]
    checks.append({"id": "email", "title": "email", "points": 0, "max_points": 2.5, "status": "not_graded"})
    score = {"points": 7.5, "max_points": 10, "percent": 75, "open_points": 2.5}
    return {"status": "incomplete", "score": score, "checks": checks}


def gradebook() -> GradebookDocument:
    rows = [build_row(STUDENT, report_of())]
    return build_gradebook(RUN, LAB, rows, mode="audit", finished_at="2026-01-01T12:02:00Z")


def record(store: Store, status: RunStatus) -> None:
    started_at = "2026-01-01T12:00:00Z"
    store.record_run(RunRecord(run_id=RUN, lab="example", mode="grade", status=status, started_at=started_at))


def test_checks_called_as_fixed_columns_stay_beside_the_students_total(
    store: Store, tmp_path: Path, capsys: Capture
) -> None:
    store.put_json(KEYS.gradebook_json, gradebook())
    file = tmp_path / "grades.csv"
    assert main(["report", RUN, "--aws", "--format", "csv", "-o", str(file)]) == 0
    assert capsys.readouterr().err.splitlines()[-1] == f"wrote {file}"
    assert list(csv.DictReader(io.StringIO(file.read_bytes().decode(), newline=""))) == [
        {
            "student_id": "s-1",
            "username": "user1",
            "name": "Ada",
            "email": "ada@example.edu",
            "section": "A",
            "status": "incomplete",
            "points": "7.5",
            "max_points": "10",
            "percent": "75",
            "open_points": "2.5",
            "check:points": "2.5",
            "check:status": "2.5",
            "check:name": "2.5",
            "check:email": "",
            "run_id": RUN,
            "run_mode": "audit",
            "run_finished_at": "2026-01-01T12:02:00Z",
        }
    ]


@pytest.mark.parametrize(
    ("options", "start", "separator"),
    [
        (["--semicolon"], b"student_id;", b";"),
        (["--bom"], b"\xef\xbb\xbfstudent_id,", b","),
        (["--semicolon", "--bom"], b"\xef\xbb\xbfstudent_id;", b";"),
    ],
)
def test_a_csv_with_semicolons_or_a_byte_order_mark(
    options: list[str], start: bytes, separator: bytes, store: Store, tmp_path: Path
) -> None:
    store.put_json(KEYS.gradebook_json, gradebook())
    file = tmp_path / "grades.csv"
    assert main(["report", RUN, "--aws", "--format", "csv", *options, "-o", str(file)]) == 0
    header, row, end = file.read_bytes().split(b"\r\n")
    assert header.startswith(start)
    assert row.split(separator)[:2] == [b"s-1", b"user1"]
    assert end == b""


@pytest.mark.parametrize("option", ["--semicolon", "--bom"])
@pytest.mark.parametrize("form", ["html", "json"])
def test_only_a_csv_has_semicolons_and_a_byte_order_mark(option: str, form: str, capsys: Capture) -> None:
    assert main(["report", RUN, "--aws", "--format", form, option]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == "error: --semicolon and --bom are options of --format csv"


def test_a_run_of_an_earlier_version_has_its_gradebook_too(store: Store, capsys: Capture) -> None:
    store.put_json(KEYS.lab, LAB.to_dict())
    store.put_json(KEYS.students, [STUDENT.to_dict()])
    store.put_json(KEYS.report("user1"), report_of())
    store.put(KEYS.gradebook, b"written by an earlier version")
    record(store, "complete")
    assert main(["report", RUN, "--aws", "--format", "csv"]) == 0
    header, row = capsys.readouterr().out.split()
    assert header.endswith(
        ",open_points,check:points,check:status,check:name,check:email,run_id,run_mode,run_finished_at"
    )
    assert row == f"s-1,user1,Ada,ada@example.edu,A,incomplete,7.5,10,75,2.5,2.5,2.5,2.5,,{RUN},grade,"


@pytest.mark.parametrize("form", ["csv", "html", "json"])
@pytest.mark.parametrize("status", ["running", "failed"])
def test_a_run_without_a_report(store: Store, status: RunStatus, form: str, capsys: Capture) -> None:
    record(store, status)
    assert main(["report", RUN, "--aws", "--format", form]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == f"error: run {RUN} is {status} and has no report yet"


@pytest.mark.parametrize("form", ["csv", "html", "json"])
def test_report_names_a_run_that_does_not_exist(form: str, capsys: Capture) -> None:
    assert main(["report", "r9", "--aws", "--format", form]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == "error: there is no run r9; list them with `labgrader runs`"


def test_json_is_the_runs_own_document(store: Store, capsys: Capture) -> None:
    store.put_json(KEYS.run, {"run_id": RUN})
    assert main(["report", RUN, "--aws", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"run_id": RUN}


def test_help_names_every_format_with_its_description(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "2000")
    assert main(["report", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "|".join(FORMATS) in shown
    described = "; ".join(f"{name} {exports()[name].description}" for name in FORMATS[2:])
    assert "csv for spreadsheets, a column for each check" in described
    assert (
        f"html and json: the report, of the class or of one student. The gradebook of the whole class: {described}."
        in shown
    )


def test_an_unknown_format_is_refused(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    assert main(["report", RUN, "--aws", "--format", "xlsx"]) == 2
    assert f"'xlsx' is not one of {', '.join(map(repr, FORMATS))}." in " ".join(capsys.readouterr().err.split())


def graded_run(store: Store) -> None:
    """Store a run of one student, with its pages."""
    student = {"username": "user1", "points": 13, "max_points": 15, "status": "complete"}
    store.put_json(KEYS.run, {"run_id": RUN, "mode": "grade", "students": [student]})
    store.put(KEYS.class_page, b"<!doctype html>class")
    store.put_json(KEYS.report("user1"), {**student_report(RUN), "advice": []})
    store.put(KEYS.report("user1", ".html"), b"<!doctype html>user1")
    record(store, "complete")


def test_a_terminal_shows_a_table_of_the_class(store: Store, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    graded_run(store)
    be_a_terminal(monkeypatch)
    assert main(["report", "latest", "--aws"]) == 0
    captured = capsys.readouterr()
    shown = plain(captured.out)
    assert re.search(r"│ user1 +│ Ada +│ +13 │ 15 │ complete │ The title of shown-check", shown)
    assert shown.endswith("\n1 student: mean 86.7%, full marks 0, not fully graded 0\n")
    assert "<" not in plain(captured.out)
    assert captured.err.splitlines()[-1] == "write the page to a file with `-o class.html`"


def test_a_terminal_shows_the_report_of_a_student(
    store: Store, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    graded_run(store)
    be_a_terminal(monkeypatch)
    assert main(["report", RUN, "--aws", "--student", "USER1"]) == 0
    captured = capsys.readouterr()
    assert plain(captured.out).startswith("Lambda optimization: 13 of 15 points\n")
    assert "The title of secret-check" in plain(captured.out)
    assert captured.err.splitlines()[-1] == "write the page to a file with `-o user1.html`"
    assert main(["report", RUN, "--aws", "--student", "user1", "--for-student"]) == 0
    shown = plain(capsys.readouterr().out)
    assert shown.startswith("Lambda optimization: 8 of 10 points\n")
    assert "secret-check" not in shown


def test_a_pipe_and_a_file_get_the_page(
    store: Store, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    graded_run(store)
    assert main(["report", RUN, "--aws"]) == 0
    assert capsys.readouterr().out == "<!doctype html>class"
    be_a_terminal(monkeypatch)
    file = tmp_path / "class.html"
    assert main(["report", "latest", "--aws", "-o", str(file)]) == 0
    assert file.read_bytes() == b"<!doctype html>class"


def test_a_terminal_gets_another_format_as_it_is(
    store: Store, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    graded_run(store)
    be_a_terminal(monkeypatch)
    assert main(["report", RUN, "--aws", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["run_id"] == RUN
