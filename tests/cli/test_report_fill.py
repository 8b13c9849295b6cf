"""`labgrader report --fill`: a platform's own export with the grades of a run, and formats of one student."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from cli.main import main
from labgrader.store import Keys, Store
from tests.reporting.exports.example_class import STUDENTS, gradebook

RUN = "r1"

Capture = pytest.CaptureFixture[str]

EXPORT = "Username,Lab 5,Essay\nada,,\nBOB,12,\nstranger,,\neve,50,\n"
FILLED = "Username,Lab 5,Essay\nada,87.5,\nBOB,0,\nstranger,,\neve,50,\n"


@pytest.fixture(autouse=True)
def _stack(store: Store) -> None:
    outputs = {"Bucket": "bucket", "Table": "table", "GradeClassArn": "arn"}
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    boto3.client("cloudformation").create_stack(StackName="labgrader", TemplateBody=json.dumps(template))
    store.put_json(Keys(RUN).gradebook_json, gradebook())


def fill(tmp_path: Path, *options: str, export: str = EXPORT) -> int:
    (tmp_path / "export.csv").write_bytes(export.encode())
    return main(["report", RUN, "--aws", "--fill", str(tmp_path / "export.csv"), *options])


def filled(tmp_path: Path) -> str:
    return (tmp_path / "upload.csv").read_bytes().decode()


def last_error(capsys: Capture) -> str:
    return capsys.readouterr().err.splitlines()[-1]


def test_the_file_has_the_grades_and_the_output_says_what_was_left(tmp_path: Path, capsys: Capture) -> None:
    assert fill(tmp_path, "--column", "Lab 5", "-o", str(tmp_path / "upload.csv")) == 0
    assert filled(tmp_path) == FILLED
    captured = capsys.readouterr()
    assert captured.out.splitlines() == [
        "filled 2 rows of the column “Lab 5”",
        "",
        "2 rows stayed as before:",
        "row  why",
        "  4  no student of the run has any of these: stranger",
        "  5  eve is not fully graded: 30 of 100 points are open",
        "",
        "2 students of the run have no row in the file: kim, lee",
    ]
    assert captured.err.splitlines()[-1] == f"wrote {tmp_path / 'upload.csv'}"


def test_json(tmp_path: Path, capsys: Capture) -> None:
    assert fill(tmp_path, "--column", "Lab 5", "-o", str(tmp_path / "upload.csv"), "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "filled": 2,
        "left": [
            {"row": 4, "why": "no student of the run has any of these: stranger"},
            {"row": 5, "why": "eve is not fully graded: 30 of 100 points are open"},
        ],
        "missing": ["kim", "lee"],
        "column": "Lab 5",
    }


def test_one_student_is_filled_and_the_others_stay(tmp_path: Path, capsys: Capture) -> None:
    options = ["--column", "Lab 5", "-o", str(tmp_path / "upload.csv"), "--student", "BOB", "--json"]
    assert fill(tmp_path, *options) == 0
    assert filled(tmp_path) == EXPORT.replace("BOB,12", "BOB,0")
    assert json.loads(capsys.readouterr().out)["missing"] == []


def test_a_notice_says_that_the_points_of_the_column_differ(tmp_path: Path, capsys: Capture) -> None:
    export = "Username,Lab [Total Pts: 20 Score] |1\nada,\n"
    assert fill(tmp_path, "-o", str(tmp_path / "upload.csv"), export=export) == 0
    assert "the column has 20 points and the lab has 100: the grades are not scaled; add --scale to scale them" in (
        capsys.readouterr().err
    )
    assert fill(tmp_path, "-o", str(tmp_path / "upload.csv"), "--scale", export=export) == 0
    assert filled(tmp_path) == export.replace("ada,", "ada,17.5")
    assert "scaled" not in capsys.readouterr().err


def test_the_column_is_asked_for_if_it_is_not_plain(tmp_path: Path, capsys: Capture) -> None:
    assert fill(tmp_path, "-o", str(tmp_path / "upload.csv")) == 2
    assert last_error(capsys) == ("error: 2 columns can take the grades; choose one with --column: “Lab 5”, “Essay”")
    assert not (tmp_path / "upload.csv").exists()


@pytest.mark.parametrize(("mode", "what"), [("audit", "an audit"), ("self-check", "a self-check")])
def test_points_that_are_no_grades_are_not_filled_or_exported_for_a_platform(
    mode: str, what: str, store: Store, tmp_path: Path, capsys: Capture
) -> None:
    store.put_json(Keys(RUN).gradebook_json, gradebook(mode=mode))
    assert fill(tmp_path, "--column", "Lab 5", "-o", str(tmp_path / "upload.csv")) == 2
    assert last_error(capsys) == f"error: run r1 is {what}: its points are not grades"
    assert main(["report", RUN, "--aws", "--format", "canvas"]) == 2
    assert last_error(capsys) == f"error: run r1 is {what}: its points are not grades"
    assert main(["report", RUN, "--aws", "--format", "csv"]) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--fill", "export.csv"], "--fill needs a file for the result: add -o FILE"),
        (["--scale"], "--scale is an option of --fill"),
        (["--column", "Lab"], "--column is an option of --fill"),
        (["--json"], "--json is an option of --fill; for reports, use --format json"),
        (["--out", "dir", "-o", "x"], "--out fetches all results of the run: omit --fill, --student and -o"),
        (["--out", "dir", "--student", "ada"], "--out fetches all results of the run: omit --fill, --student and -o"),
    ],
)
def test_options_that_do_not_fit(options: list[str], message: str, capsys: Capture) -> None:
    assert main(["report", RUN, "--aws", *options]) == 2
    assert last_error(capsys) == f"error: {message}"


def test_the_teachers_file_is_not_written_over(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "export.csv"
    assert fill(tmp_path, "-o", str(file)) == 2
    assert last_error(capsys) == (f"error: -o is the file that --fill reads, {file}: name another file")
    assert file.read_text() == EXPORT


def test_a_file_that_is_missing(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "none.csv"
    assert main(["report", RUN, "--aws", "--fill", str(file), "-o", str(tmp_path / "upload.csv")]) == 2
    assert last_error(capsys) == f"error: {file}: No such file or directory"


def test_a_format_of_one_student(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "results.json"
    assert main(["report", RUN, "--aws", "--format", "gradescope", "--student", "ada", "-o", str(file)]) == 0
    assert json.loads(file.read_text())["score"] == 87.5
    assert main(["report", RUN, "--aws", "--format", "canvas", "--student", "bob", "-o", str(file)]) == 0
    assert len(file.read_text().splitlines()) == 3
    assert main(["report", RUN, "--aws", "--format", "ags", "--student", "zoe"]) == 2
    assert last_error(capsys) == "error: run r1 has no student zoe"
    assert main(["report", RUN, "--aws", "--format", "rubric", "--student", "ada"]) == 2


def test_the_feedback_has_the_address_of_the_report(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "scores.json"
    students: Any = STUDENTS[:1]
    store.put_json(Keys(RUN).gradebook_json, gradebook(students=students))
    link = "https://example.edu/{username}.html"
    assert main(["report", RUN, "--aws", "--format", "ags", "--link", link, "-o", str(file)]) == 0
    assert json.loads(file.read_text())[0]["comment"].split("\n")[0] == "Report: https://example.edu/ada.html"
