"""`labgrader gradebook`: one gradebook of a course, in the formats that hold several labs, and filled files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from labgrader.store import Store
from tests.courses.conftest import OUTPUTS, Output, deploy, run
from tests.courses.course_folder import COURSE
from tests.graded_course import ADA, BOB, COURSE_ID, EVE, FIRST_LAB, SECOND_LAB, graded, pushed_course
from tests.reporting.exports.importers.canvas import User, import_gradebook

__all__ = ["run"]

Run = Callable[..., Output]

USERS = [User("1", "user1", "Ada", "s-1"), User("2", "user2", "Bob", "s-2"), User("3", "user3", "Eve", "s-3")]
FIRST_TITLE, SECOND_TITLE = f"Title of {FIRST_LAB}", f"Title of {SECOND_LAB}"


@pytest.fixture
def course(store: Store, tmp_path: Path) -> Store:
    """A deployed stack with a pushed course."""
    deploy(OUTPUTS)
    pushed_course(store, tmp_path / "course")
    return store


def gradebook(run: Run, *options: str) -> Output:
    return run("gradebook", "--course", COURSE_ID, *options, "--aws")


def test_the_csv_has_a_row_for_each_student_and_the_run_of_each_number(course: Store, run: Run) -> None:
    graded(course, "r1", {ADA: 50, BOB: 60})
    graded(course, "r2", {BOB: 87.5}, at="2026-11-21T10:00:00Z")
    assert gradebook(run).out.split("\r\n") == [
        "student_id,username,name,email,section,enrolled,"
        "lambda-optimization,lambda-optimization:max_points,lambda-optimization:status,lambda-optimization:open_points,"
        "lambda-optimization:run_id,lambda-optimization:run_finished_at,lambda-optimization:private,"
        "performance-scaling,performance-scaling:max_points,performance-scaling:status,performance-scaling:open_points,"
        "performance-scaling:run_id,performance-scaling:run_finished_at,performance-scaling:private",
        "s-1,user1,Ada,,,yes,50,100,complete,0,r1,2026-11-20T10:00:00Z,no,,,,,,,",
        "s-2,user2,Bob,,,yes,87.5,100,complete,0,r2,2026-11-21T10:00:00Z,no,,,,,,,",
        "s-3,user3,,,,yes,,,,,,,,,,,,,,",
        "",
    ]


def test_the_points_of_a_student_who_is_not_fully_graded_are_empty(course: Store, run: Run) -> None:
    graded(course, "r1", {ADA: None, BOB: 0})
    ada, bob, _ = csv.DictReader(io.StringIO(gradebook(run).out))
    assert (ada[FIRST_LAB], ada[f"{FIRST_LAB}:status"], ada[f"{FIRST_LAB}:open_points"]) == ("", "incomplete", "100")
    assert bob[FIRST_LAB] == "0"


def test_json(course: Store, run: Run, tmp_path: Path) -> None:
    course.keep_private("r1")
    graded(course, "r1", {ADA: 50})
    done = gradebook(run, "--format", "json", "--policy", "best", "-o", str(tmp_path / "grades.json"))
    assert done.errors == [
        "results of private runs are included, which students do not see: user1",
        f"wrote {tmp_path / 'grades.json'}",
    ]
    document = json.loads((tmp_path / "grades.json").read_text())
    assert (document["course"], document["policy"]) == (COURSE_ID, "best")
    assert document["labs"] == [
        {"lab": FIRST_LAB, "title": FIRST_TITLE, "max_points": 100, "due": "2026-12-01T23:59:00+01:00"},
        {"lab": SECOND_LAB, "title": SECOND_LAB, "max_points": None, "due": None},
    ]
    assert document["students"][0] == {
        "student_id": "s-1",
        "username": "user1",
        "name": "Ada",
        "email": "",
        "section": "",
        "enrolled": True,
        "results": [
            {
                "status": "complete",
                "points": 50,
                "max_points": 100,
                "percent": 50,
                "open_points": 0,
                "run_id": "r1",
                "run_finished_at": "2026-11-20T10:00:00Z",
                "private": True,
            },
            None,
        ],
    }
    assert [student["results"] for student in document["students"][1:]] == [[None, None], [None, None]]


@pytest.mark.parametrize(("policy", "points"), [("latest", "60"), ("best", "70"), ("last-before-due", "50")])
def test_the_policy_decides_which_result_counts(policy: str, points: str, course: Store, run: Run) -> None:
    graded(course, "r1", {ADA: 50}, at="2026-11-20T10:00:00Z")
    graded(course, "r2", {ADA: 70}, at="2026-12-02T10:00:00Z")
    graded(course, "r3", {ADA: 60}, at="2026-12-03T10:00:00Z")
    ada = next(csv.DictReader(io.StringIO(gradebook(run, "--policy", policy).out)))
    assert ada[FIRST_LAB] == points


def test_canvas_has_an_assignment_for_each_lab_with_grades(course: Store, run: Run) -> None:
    graded(course, "r1", {ADA: 50, BOB: 60})
    imported = import_gradebook(gradebook(run, "--format", "canvas").out.encode(), USERS)
    assert imported.grades == {FIRST_TITLE: {"user1": 50, "user2": 60}}
    assert imported.new == {FIRST_TITLE: 100}


def test_canvas_has_no_empty_cell_which_would_delete_a_grade(course: Store, run: Run) -> None:
    graded(course, "r1", {ADA: 50, BOB: 60})
    graded(course, "r2", {BOB: 70, EVE: None}, lab=SECOND_LAB)
    done = gradebook(run, "--format", "canvas")
    imported = import_gradebook(done.out.encode(), USERS)
    assert imported.grades == {FIRST_TITLE: {"user2": 60}, SECOND_TITLE: {"user2": 70}}
    assert done.errors == [
        "left out, because they have no grade in one of the labs, and an empty cell deletes a grade in Canvas: user1. "
        "Add --lab ID to write a file for each lab."
    ]
    only = import_gradebook(gradebook(run, "--format", "canvas", "--lab", FIRST_LAB).out.encode(), USERS)
    assert only.grades == {FIRST_TITLE: {"user1": 50, "user2": 60}}


def test_canvas_has_the_ids_of_labs_that_have_one_title(course: Store, run: Run) -> None:
    for run_id, lab in (("r1", FIRST_LAB), ("r2", SECOND_LAB)):
        graded(course, run_id, {BOB: 60}, lab=lab, title="Week 3")
    imported = import_gradebook(gradebook(run, "--format", "canvas").out.encode(), USERS)
    assert imported.grades == {FIRST_LAB: {"user2": 60}, SECOND_LAB: {"user2": 60}}


def test_a_course_without_results_has_its_students(course: Store, run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(gradebook(run).out)))
    assert [row["username"] for row in rows] == ["user1", "user2", "user3"]
    assert import_gradebook(gradebook(run, "--format", "canvas").out.encode(), USERS).grades == {}


def test_a_format_of_one_lab_needs_the_lab(course: Store, run: Run) -> None:
    graded(course, "r1", {ADA: 50})
    refused = gradebook(run, "--format", "moodle")
    assert (refused.status, refused.out) == (2, "")
    assert refused.errors == ["error: the format moodle holds one lab: add --lab ID, or use one of: canvas, csv, json"]
    done = gradebook(run, "--format", "moodle", "--lab", FIRST_LAB)
    assert done.out.splitlines()[0] == f"username,idnumber,email,{FIRST_TITLE},Feedback"
    assert done.out.splitlines()[1].startswith("user1,s-1,,50,")


def test_a_student_on_no_class_list_is_in_tables_only(course: Store, run: Run, tmp_path: Path) -> None:
    graded(course, "r1", {ADA: 50})
    without_ada = COURSE.replace("first.csv", "second.csv")
    pushed_course(course, tmp_path / "without-ada", without_ada)
    rows = list(csv.DictReader(io.StringIO(gradebook(run).out)))
    assert [(row["username"], row["enrolled"], row[FIRST_LAB]) for row in rows][-1] == ("user1", "no", "50")
    done = gradebook(run, "--format", "canvas")
    assert "user1" not in done.out
    assert done.errors == ["left out, because they are on no class list of the course: user1"]


def test_graded_runs_without_a_course_are_named(course: Store, run: Run) -> None:
    graded(course, "r1", {ADA: 50}, course="")
    assert gradebook(run).errors == [
        "1 graded run of these labs belongs to no course and does not count: r1. "
        "Add `--course serverless-2026` to `labgrader grade`."
    ]
    graded(course, "r2", {ADA: 50}, course="")
    assert gradebook(run).errors == [
        "2 graded runs of these labs belong to no course and do not count: r2, r1. "
        "Add `--course serverless-2026` to `labgrader grade`."
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--course", "nope"], "there is no course nope; list them with `labgrader course list --aws`"),
        (
            ["--course", COURSE_ID, "--lab", "nope"],
            "the course serverless-2026 has no lab nope; its labs are: lambda-optimization, performance-scaling",
        ),
        (["--course", COURSE_ID, "--column", "Lab"], "--column is an option of --fill"),
        (["--course", COURSE_ID, "--fill", "export.csv"], "--fill needs a file for the result: add -o FILE"),
    ],
)
def test_options_that_are_refused(options: list[str], message: str, course: Store, run: Run) -> None:
    refused = run("gradebook", *options, "--aws")
    assert (refused.status, refused.out, refused.errors) == (2, "", [f"error: {message}"])


def fill(run: Run, tmp_path: Path, export: str, *options: str) -> Output:
    (tmp_path / "export.csv").write_bytes(export.encode())
    files = ["--fill", str(tmp_path / "export.csv"), "-o", str(tmp_path / "upload.csv")]
    return gradebook(run, *files, *options)


def filled(tmp_path: Path) -> str:
    return (tmp_path / "upload.csv").read_bytes().decode()


def test_fill_writes_the_column_of_each_lab(course: Store, run: Run, tmp_path: Path) -> None:
    graded(course, "r1", {ADA: 50, BOB: 60})
    graded(course, "r2", {BOB: 70}, lab=SECOND_LAB)
    export = f"Username,{FIRST_TITLE},Essay,{SECOND_LAB}\nuser1,,9,\nuser2,1,,\nuser3,7,,8\n"
    done = fill(run, tmp_path, export)
    assert filled(tmp_path) == f"Username,{FIRST_TITLE},Essay,{SECOND_LAB}\nuser1,50,9,\nuser2,60,,70\nuser3,7,,8\n"
    assert done.lines == [
        "lambda-optimization:",
        f"filled 2 rows of the column “{FIRST_TITLE}”",
        "",
        "1 row stayed as before:",
        "row  why",
        "  4  user3 is not fully graded: 100 of 100 points are open",
        "",
        "performance-scaling:",
        "filled 1 row of the column “performance-scaling”",
        "",
        "2 rows stayed as before:",
        "row  why",
        "  2  user1 is not fully graded: 100 of 100 points are open",
        "  4  user3 is not fully graded: 100 of 100 points are open",
    ]


def test_fill_one_column_with_one_lab(course: Store, run: Run, tmp_path: Path) -> None:
    graded(course, "r1", {ADA: 50})
    export = "Username,Week 3,Essay\nuser1,,9\n"
    done = fill(run, tmp_path, export, "--lab", FIRST_LAB, "--column", "Week 3", "--json")
    assert filled(tmp_path) == "Username,Week 3,Essay\nuser1,50,9\n"
    assert json.loads(done.out) == {
        "labs": [{"lab": FIRST_LAB, "filled": 1, "left": [], "missing": ["user2"], "column": "Week 3"}]
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            [],
            "no column has the title or the id of a lab of the course; add --column HEADING and --lab, which is one "
            "of: lambda-optimization",
        ),
        (
            ["--column", "Week 3"],
            "it is not plain which lab the column Week 3 is for; add --lab, which is one of: lambda-optimization, "
            "performance-scaling",
        ),
        (
            ["--column", "Week 3", "--lab", SECOND_LAB],
            "no student of the course serverless-2026 is graded in performance-scaling",
        ),
        (["--column", SECOND_LAB], "no student of the course serverless-2026 is graded in performance-scaling"),
    ],
)
def test_fill_refuses_what_is_not_plain(
    options: list[str], message: str, course: Store, run: Run, tmp_path: Path
) -> None:
    graded(course, "r1", {ADA: 50})
    refused = fill(run, tmp_path, "Username,Week 3,Essay\nuser1,,9\n", *options)
    assert (refused.status, refused.errors[-1]) == (2, f"error: {message}")
    assert not (tmp_path / "upload.csv").exists()


def test_fill_refuses_two_columns_of_one_lab(course: Store, run: Run, tmp_path: Path) -> None:
    graded(course, "r1", {ADA: 50})
    refused = fill(run, tmp_path, f"Username,{FIRST_TITLE},{FIRST_LAB}\nuser1,,\n")
    assert refused.errors[-1] == (
        "error: 2 columns can take the grades of lambda-optimization; choose one with --lab lambda-optimization "
        "--column: “Title of lambda-optimization”, “lambda-optimization”"
    )
