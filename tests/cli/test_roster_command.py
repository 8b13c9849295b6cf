"""`labgrader roster`, and `grade` with the class list of a platform."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest

from cli.main import main
from labgrader.rosters import COLUMNS, Student
from labgrader.store import Store

pytestmark = pytest.mark.usefixtures("own_state_and_signals")

LAB = "lambda-optimization"
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Lab 5 (4711)\n    Points Possible,,,,,100.00\n"
    '"Lovelace, Ada",1,0012,ada@x.edu,A,\n"Kahn, Bob",2,0013,Bob.Kahn,A,\n'
)
NOTICES = [
    "notice: passed over 1 column: Lab 5 (4711)",
    "notice: skipped, not a student: row 2 (Points Possible)",
]
MADE = "notice: usernames are made from login: ada@x.edu → ada, Bob.Kahn → bob-kahn"
NO_USERNAMES = (
    "a gradebook of Canvas has no usernames, which begin the names of resources; "
    "use --username-from login or --username-from student_id or --accounts FILE"
)

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def canvas(tmp_path: Path) -> Path:
    file = tmp_path / "canvas.csv"
    file.write_text(CANVAS, encoding="utf-8")
    return file


@pytest.fixture
def deployed(store: Store) -> Store:
    """A stack without its state machine: a run is stored, and then it cannot start."""
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:labgrader-grade-class"
    template = {
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {
            name: {"Value": value}
            for name, value in {"Bucket": "bucket", "Table": "table", "GradeClassArn": arn}.items()
        },
    }
    boto3.client("cloudformation").create_stack(StackName="labgrader", TemplateBody=json.dumps(template))
    return store


def test_a_class_list_is_shown_as_it_is_read(canvas: Path, capsys: Capture) -> None:
    assert main(["roster", str(canvas), "--username-from", "login"]) == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines() == [
        "student_id  username  name           section",
        "0012        ada       Lovelace, Ada  A",
        "0013        bob-kahn  Kahn, Bob      A",
        "",
        "2 students, format canvas, encoding utf-8",
    ]
    assert captured.err.splitlines() == [*NOTICES, MADE]


def test_json_has_all_columns_of_each_student(canvas: Path, capsys: Capture) -> None:
    assert main(["roster", str(canvas), "--username-from", "login", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert list(shown) == ["format", "encoding", "students", "notices", "problems"]
    assert (shown["format"], shown["encoding"], shown["problems"]) == ("canvas", "utf-8", [])
    assert [tuple(student) for student in shown["students"]] == [COLUMNS, COLUMNS]
    assert shown["notices"] == [notice.removeprefix("notice: ") for notice in [*NOTICES, MADE]]


def test_a_list_with_problems_is_2_and_its_students_are_shown(canvas: Path, capsys: Capture) -> None:
    assert main(["roster", str(canvas), "--json"]) == 2
    shown = json.loads(capsys.readouterr().out)
    assert [student["student_id"] for student in shown["students"]] == ["0012", "0013"]
    assert shown["problems"] == [f"{canvas}: {NO_USERNAMES}"]


def test_a_run_refuses_a_list_with_the_same_text(canvas: Path, capsys: Capture) -> None:
    assert main(["roster", str(canvas)]) == 2
    shown = capsys.readouterr().err
    assert shown.splitlines() == [*NOTICES, f"error: {canvas}: {NO_USERNAMES}"]
    assert main(["grade", "--lab", LAB, "--roster", str(canvas)]) == 2
    assert capsys.readouterr().err == shown


def test_a_missing_file_is_2(tmp_path: Path, canvas: Path, capsys: Capture) -> None:
    none = tmp_path / "none.csv"
    assert main(["roster", str(none)]) == 2
    assert main(["roster", str(canvas), "--accounts", str(none)]) == 2
    assert main(["grade", "--lab", LAB, "--roster", str(canvas), "--accounts", str(none)]) == 2
    assert capsys.readouterr().err.splitlines() == [f"error: {none}: No such file or directory"] * 3


def test_ten_thousand_wrong_rows_are_twenty_lines_and_a_count(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "class.csv"
    file.write_text("username\n" + "".join(f"../{number}\n" for number in range(10_000)))
    assert main(["grade", "--lab", LAB, "--roster", str(file)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 21
    assert lines[-1] == f"error: {file}: 9,980 more problems"


def grade(roster: Path, *options: str) -> int:
    return main(["grade", "--lab", LAB, "--roster", str(roster), *options, "--aws"])


def test_the_rows_of_an_export_are_stored_with_the_run(deployed: Store, canvas: Path, capsys: Capture) -> None:
    assert grade(canvas, "--username-from", "login") == 3
    errors = capsys.readouterr().err.splitlines()
    assert errors[0].startswith("AWS account 123456789012")
    assert errors[1:4] == [*NOTICES, MADE]
    (key,) = deployed.keys("rosters/")
    (run,) = deployed.runs()
    assert key == f"rosters/{run.run_id}.json"
    assert [Student.from_dict(row) for row in deployed.get_json(key)] == [
        Student("ada", "0012", "Lovelace, Ada", "", "A"),
        Student("bob-kahn", "0013", "Kahn, Bob", "", "A"),
    ]


def test_the_accounts_of_a_second_file_are_stored_with_the_run(deployed: Store, canvas: Path, tmp_path: Path) -> None:
    accounts = tmp_path / "accounts.csv"
    role = "arn:aws:iam::444455556666:role/reader"
    accounts.write_text(f"student_id,username,role_arn\n0012,user1,{role}\n0013,user2,\n")
    assert grade(canvas, "--accounts", str(accounts), "--student", "user1") == 3
    (run,) = deployed.runs()
    (student,) = deployed.students(run.run_id)
    assert (student.username, student.student_id, student.role_arn) == ("user1", "0012", role)


def test_a_plain_list_is_stored_as_it_is(deployed: Store, tmp_path: Path) -> None:
    file = tmp_path / "class.csv"
    file.write_bytes(b"\xef\xbb\xbfusername;name\r\nuser1;Ada\r\n")
    assert grade(file) == 3
    (key,) = deployed.keys("rosters/")
    assert key.endswith(".csv")
    assert deployed.get(key) == file.read_bytes()
