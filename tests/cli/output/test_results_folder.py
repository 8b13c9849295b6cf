"""A folder with the results of runs: nothing in it is replaced by less."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from cli.errors import UsageError
from cli.main import main
from cli.output.class_table import fetch
from cli.output.results_folder import forget_demo, prepare_folder
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.scoring import score
from labgrader.judging.verdict import Verdict, failed, not_graded, passed
from labgrader.labs.lab import Item, Lab
from labgrader.reporting.exports.csv import render_csv
from labgrader.reporting.gradebook import build_gradebook, build_row
from labgrader.reporting.html import render_class, render_student
from labgrader.reporting.report import build_report
from labgrader.reporting.run_summary import build_run
from labgrader.rosters import Student
from labgrader.schemas import validate
from labgrader.store import Keys, Store

CALLS = {"function": "{username}-f", "operation": "x", "statuses": [200], "tries": 1}
LAB = Lab(
    id="lambda-optimization",
    version="1.0.0",
    title="An example",
    handout="",
    points=10,
    checks=(Item("handled", "answers_only_with", "Failures are handled", "Task 2", 10, parameters=CALLS),),
)
CLASS_RUN = "20260101-120000-lambda-optimization-1a2b"
RERUN = "20260102-120000-lambda-optimization-3c4d"

Capture = pytest.CaptureFixture[str]


def student(username: str) -> Student:
    return Student(username, f"s-{username}", f"Name of {username}", f"{username}@example.edu", "A")


def keep_run(
    store: Store, run_id: str, day: int, verdicts: dict[str, Verdict], *, lab: Lab = LAB, mode: str = "grade"
) -> None:
    """Keep a run as the workflow does."""
    keys = Keys(run_id)
    graded_at, finished_at = f"2026-01-{day:02}T12:00:00Z", f"2026-01-{day:02}T12:05:00Z"
    reports: list[tuple[Student, Any, str]] = []
    for username, verdict in verdicts.items():
        mine = lab.for_student(username, "111122223333", "us-east-1")
        report = build_report(
            run_id=run_id,
            mode=mode,
            lab=mine,
            student=student(username),
            snapshot=Snapshot(username, "111122223333", "us-east-1", taken_at=graded_at),
            account_id="111122223333",
            region="us-east-1",
            score=score(mine.checks, {"handled": verdict}),
            load_results=[],
            advice=[],
            graded_at=graded_at,
        )
        store.put_json(keys.report(username), report)
        store.put(keys.report(username, ".html"), render_student(report, "../class.html").encode())
        reports.append((student(username), report, keys.report(username)))
    incomplete = any(report["status"] == "incomplete" for _, report, _ in reports)
    run = build_run(
        run_id=run_id,
        lab=lab,
        mode=mode,
        status="incomplete" if incomplete else "complete",
        started_at=f"2026-01-{day:02}T11:55:00Z",
        finished_at=finished_at,
        reports=reports,
    )
    gradebook = build_gradebook(
        run_id, lab, [build_row(who, report) for who, report, _ in reports], mode=mode, finished_at=finished_at
    )
    store.put_json(keys.run, run)
    store.put_json(keys.lab, lab.to_dict())
    store.put_json(keys.students, [who.to_dict() for who, _, _ in reports])
    store.put_json(keys.gradebook_json, gradebook)
    store.put(keys.gradebook, render_csv(gradebook))
    store.put(keys.class_page, render_class(run, [report for _, report, _ in reports], lab).encode())


def class_run(store: Store) -> None:
    keep_run(store, CLASS_RUN, 1, {"user1": passed(), "user2": not_graded("denied"), "user3": failed("no")})


def rows_of(folder: Path) -> dict[str, dict[str, str]]:
    text = (folder / "gradebook.csv").read_text()
    return {row["username"]: row for row in csv.DictReader(text.splitlines())}


def test_a_rerun_of_one_student_keeps_the_results_of_the_class(store: Store, tmp_path: Path, capsys: Capture) -> None:
    class_run(store)
    keep_run(store, RERUN, 2, {"user2": passed()})
    fetch(store, CLASS_RUN, tmp_path)
    fetched = fetch(store, RERUN, tmp_path)
    assert list(fetched.reports) == ["user2"], "the table is of the run"
    rows = rows_of(tmp_path)
    assert {
        name: (row["points"], row["run_id"], row["run_finished_at"], row["email"]) for name, row in rows.items()
    } == {
        "user1": ("10", CLASS_RUN, "2026-01-01T12:05:00Z", "user1@example.edu"),
        "user2": ("10", RERUN, "2026-01-02T12:05:00Z", "user2@example.edu"),
        "user3": ("0", CLASS_RUN, "2026-01-01T12:05:00Z", "user3@example.edu"),
    }
    run = json.loads((tmp_path / "run.json").read_text())
    validate(run, "run")
    assert run["runs"] == [{"run_id": CLASS_RUN, "students": 2}, {"run_id": RERUN, "students": 1}]
    assert run["counts"] == {"students": 3, "complete": 3, "incomplete": 0}
    assert run["status"] == "complete"
    assert [entry["report_key"].split("/")[1] for entry in run["students"]] == [CLASS_RUN, RERUN, CLASS_RUN]
    page = (tmp_path / "class.html").read_text()
    notice = (
        "<strong>These are results of 2 runs.</strong> Each student has the newest graded result: "
        f"2 students of run <bdi>{CLASS_RUN}</bdi>, 1 student of run <bdi>{RERUN}</bdi>."
    )
    assert notice in page
    for username in ("user1", "user2", "user3"):
        assert f'href="reports/{username}.html"' in page
        assert 'href="../class.html"' in (tmp_path / "reports" / f"{username}.html").read_text()
    assert capsys.readouterr().err.splitlines() == [
        f"{tmp_path} has the newest graded result of each student: 2 of run {CLASS_RUN}, 1 of run {RERUN}"
    ]


def test_a_result_that_is_not_graded_replaces_no_graded_one(store: Store, tmp_path: Path, capsys: Capture) -> None:
    class_run(store)
    keep_run(store, RERUN, 2, {"user1": not_graded("denied"), "user2": not_graded("denied"), "user3": passed()})
    fetch(store, CLASS_RUN, tmp_path)
    fetch(store, RERUN, tmp_path)
    rows = rows_of(tmp_path)
    assert {name: (row["status"], row["points"], row["run_id"]) for name, row in rows.items()} == {
        "user1": ("complete", "10", CLASS_RUN),
        "user2": ("incomplete", "0", RERUN),
        "user3": ("complete", "10", RERUN),
    }
    assert json.loads((tmp_path / "reports" / "user1.json").read_text())["run_id"] == CLASS_RUN
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"{tmp_path} keeps its results of user1: those of run {RERUN} are older or not fully graded"
    )


def test_an_earlier_run_that_is_fetched_again_replaces_no_newer_result(store: Store, tmp_path: Path) -> None:
    class_run(store)
    keep_run(store, RERUN, 2, {"user2": passed()})
    for run_id in (CLASS_RUN, RERUN, CLASS_RUN):
        fetch(store, run_id, tmp_path)
    assert {name: row["run_id"] for name, row in rows_of(tmp_path).items()} == {
        "user1": CLASS_RUN,
        "user2": RERUN,
        "user3": CLASS_RUN,
    }


def test_a_run_that_replaces_every_student_is_the_only_run_of_the_folder(
    store: Store, tmp_path: Path, capsys: Capture
) -> None:
    class_run(store)
    keep_run(store, RERUN, 2, dict.fromkeys(("user1", "user2", "user3"), passed()))
    for run_id in (CLASS_RUN, RERUN):
        fetch(store, run_id, tmp_path)
    run = json.loads((tmp_path / "run.json").read_text())
    assert (run["run_id"], run["started_at"], "runs" in run) == (RERUN, "2026-01-02T11:55:00Z", False)
    assert "These are results of" not in (tmp_path / "class.html").read_text()
    assert capsys.readouterr().err == ""


def test_the_head_of_a_merged_folder_is_of_the_newest_run(store: Store, tmp_path: Path) -> None:
    class_run(store)
    keep_run(store, RERUN, 2, {"user2": passed()})
    for run_id in (RERUN, CLASS_RUN):
        fetch(store, run_id, tmp_path)
    run = json.loads((tmp_path / "run.json").read_text())
    assert (run["run_id"], run["started_at"], run["finished_at"]) == (
        RERUN,
        "2026-01-02T11:55:00Z",
        "2026-01-02T12:05:00Z",
    )


def test_a_demo_forgets_the_class_of_an_earlier_demo_and_nothing_else(store: Store, tmp_path: Path) -> None:
    class_run(store)
    fetch(store, CLASS_RUN, tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    forget_demo(tmp_path)
    assert (tmp_path / "run.json").is_file(), "these results are of no demo"
    for name in ("truth.json", "roster.csv"):
        (tmp_path / name).write_text("{}")
    forget_demo(tmp_path)
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == ["notes.txt"]


def test_the_same_run_fetched_again_is_the_same(store: Store, tmp_path: Path) -> None:
    class_run(store)
    fetch(store, CLASS_RUN, tmp_path)
    before = {file: file.read_bytes() for file in tmp_path.rglob("*.*")}
    fetch(store, CLASS_RUN, tmp_path)
    assert {file: file.read_bytes() for file in tmp_path.rglob("*.*")} == before
    assert "runs" not in json.loads((tmp_path / "run.json").read_text())


@pytest.mark.parametrize(
    ("lab", "mode", "message"),
    [
        (
            "serverless-foundations",
            "grade",
            "has results of the lab lambda-optimization, not of serverless-foundations",
        ),
        ("lambda-optimization", "audit", "has results of a run in mode grade, not audit"),
    ],
)
def test_a_folder_of_another_lab_or_mode_is_refused_before_the_run(
    lab: str, mode: str, message: str, store: Store, tmp_path: Path
) -> None:
    class_run(store)
    fetch(store, CLASS_RUN, tmp_path)
    with pytest.raises(UsageError) as raised:
        prepare_folder(tmp_path, lab, mode)
    assert str(raised.value) == f"{tmp_path} {message}: use another --out"
    prepare_folder(tmp_path, "lambda-optimization", "grade")


def test_a_second_audit_is_refused(store: Store, tmp_path: Path) -> None:
    keep_run(store, CLASS_RUN, 1, {"user1": passed()}, mode="audit")
    fetch(store, CLASS_RUN, tmp_path)
    with pytest.raises(UsageError) as raised:
        prepare_folder(tmp_path, "lambda-optimization", "audit")
    assert str(raised.value) == f"{tmp_path} has the results of run {CLASS_RUN}: use another --out"
    fetch(store, CLASS_RUN, tmp_path)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"run_id": 1, "lab": "x", "mode": "grade", "students": []}'])
def test_a_run_json_of_something_else_is_not_written_over(content: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(UsageError) as raised:
        prepare_folder(tmp_path, "lambda-optimization", "grade")
    assert str(raised.value) == f"{tmp_path / 'run.json'} is not a run of labgrader: use another --out"


def test_a_folder_that_cannot_be_made_is_said_before_the_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"exists|Not a directory"):
        prepare_folder(tmp_path / "file", "lambda-optimization", "grade")


def test_report_fetches_the_folder_of_a_run_at_any_time(store: Store, tmp_path: Path, capsys: Capture) -> None:
    outputs = {"Bucket": "bucket", "Table": "table", "GradeClassArn": "arn"}
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    boto3.client("cloudformation").create_stack(StackName="labgrader", TemplateBody=json.dumps(template))
    class_run(store)
    folder = tmp_path / "again"
    assert main(["report", CLASS_RUN, "--aws", "--out", str(folder)]) == 0
    assert sorted(str(file.relative_to(folder)) for file in folder.rglob("*.*")) == [
        "class.html",
        "gradebook.csv",
        *(f"reports/user{number}{suffix}" for number in (1, 2, 3) for suffix in (".html", ".json")),
        "run.json",
    ]
    assert f"class report   {folder / 'class.html'}" in capsys.readouterr().out
    assert main(["report", RERUN, "--aws", "--out", str(folder)]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"error: there is no run {RERUN}; list them with `labgrader runs`"
    )


def test_grade_tries_out_before_a_run_starts(store: Store, tmp_path: Path, capsys: Capture) -> None:
    outputs = {"Bucket": "bucket", "Table": "table", "GradeClassArn": "arn"}
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    boto3.client("cloudformation").create_stack(StackName="labgrader", TemplateBody=json.dumps(template))
    class_run(store)
    fetch(store, CLASS_RUN, tmp_path)
    roster = tmp_path / "class.csv"
    roster.write_text("username\nuser1\n")
    command = ["grade", "--aws", "--lab", "serverless-foundations", "--roster", str(roster), "--out"]
    assert main([*command, str(tmp_path)]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"error: {tmp_path} has results of the lab lambda-optimization, not of serverless-foundations: "
        "use another --out"
    )
    assert main([*command, str(roster)]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == f"error: {roster}: File exists"
    assert not store.runs(), "no run has started"
