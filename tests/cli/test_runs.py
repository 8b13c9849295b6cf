"""`labgrader runs`: the list, one run, publishing it, deleting it. The run may be named `latest`."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest

from cli.main import main
from labgrader.store import Keys, Store
from tests.api.reports import report_of
from tests.cli.terminal import be_a_terminal, plain
from tests.stored_runs import put_run

pytestmark = pytest.mark.usefixtures("own_state_and_signals")

OLD = "20260101-120000-serverless-foundations-1a2b"
NEW = "20260102-120000-lambda-optimization-3c4d"

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _stack(store: Store) -> None:
    outputs = {"Bucket": "bucket", "Table": "table", "GradeClassArn": "arn"}
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    boto3.client("cloudformation").create_stack(StackName="labgrader", TemplateBody=json.dumps(template))
    has_run(store, OLD, lab="serverless-foundations", status="incomplete", started_at="2026-01-01T12:00:00.123Z")
    has_run(store, NEW)


def has_run(store: Store, run_id: str, **fields: Any) -> None:
    record = {
        "run_id": run_id,
        "lab": "lambda-optimization",
        "mode": "grade",
        "status": "complete",
        "started_at": "2026-01-02T12:00:00.987Z",
        "finished_at": "2026-01-02T12:03:20Z",
        "counts": {"students": 40, "complete": 38, "incomplete": 2},
        "requested_by": "command ada",
        **fields,
    }
    put_run(store, record)


def runs(*arguments: str) -> int:
    return main(["runs", *arguments, "--aws"])


def test_a_pipe_gets_every_column_with_times_in_minutes(capsys: Capture) -> None:
    assert runs() == 0
    assert capsys.readouterr().out == (
        "run                                          lab                     mode   status      students  complete"
        "  started\n"
        f"{NEW}     lambda-optimization     grade  complete          40        38  2026-01-02 12:00 UTC\n"
        f"{OLD}  serverless-foundations  grade  incomplete        40        38  2026-01-01 12:00 UTC\n"
    )


@pytest.mark.parametrize("columns", [60, 80, 100, 140, 200])
def test_a_terminal_never_breaks_an_id(columns: int, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    be_a_terminal(monkeypatch, columns)
    assert runs() == 0
    lines = plain(capsys.readouterr().out).splitlines()
    assert [line for line in lines if NEW in line]
    assert [line for line in lines if OLD in line]
    assert len(lines) == 6, "a frame, a heading, a line, two runs and a frame"
    assert max(map(len, lines)) <= columns


def test_a_narrow_terminal_leaves_out_what_the_id_says(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    for columns, headings in (
        (80, ["run", "status", "students"]),
        (200, ["run", "lab", "mode", "status", "students", "complete", "started"]),
    ):
        be_a_terminal(monkeypatch, columns)
        assert runs() == 0
        heading = plain(capsys.readouterr().out).splitlines()[1]
        assert heading.replace("┃", " ").split() == headings


def test_private_runs_are_marked_as_such(store: Store, capsys: Capture) -> None:
    store.keep_private(NEW)
    assert runs() == 0
    heading, new, old = (line.split() for line in capsys.readouterr().out.splitlines())
    assert (heading[-1], new[-1], old[-1]) == ("private", "yes", "no")
    assert runs("--json") == 0
    assert [(run["run_id"], run["private"]) for run in json.loads(capsys.readouterr().out)] == [
        (NEW, True),
        (OLD, False),
    ]


def test_latest_is_the_newest_run(capsys: Capture) -> None:
    assert runs("show", "latest", "--quiet") == 0
    assert capsys.readouterr() == (
        f"run           {NEW}\n"
        "lab           lambda-optimization\n"
        "mode          grade\n"
        "status        complete\n"
        "students      40: 38 fully graded, 2 not fully graded\n"
        "started       2026-01-02 12:00 UTC\n"
        "finished      2026-01-02 12:03 UTC (3 min 19 s)\n"
        "requested by  command ada\n",
        "",
    )


def test_a_failed_run_shows_its_reason(store: Store, capsys: Capture) -> None:
    has_run(store, OLD, status="failed", error="BadInputError: there is no lab 'x'", course="cloud-2026")
    assert runs("show", OLD) == 0
    captured = capsys.readouterr()
    assert "reason        BadInputError: there is no lab 'x'\n" in captured.out
    assert "course        cloud-2026\n" in captured.out
    assert "labgrader report" not in captured.err
    assert runs("show", OLD, "--json") == 0
    assert json.loads(capsys.readouterr().out)["error"] == "BadInputError: there is no lab 'x'"


def test_a_private_run_shows_how_to_publish_it(store: Store, capsys: Capture) -> None:
    store.keep_private(NEW)
    assert runs("show", NEW) == 0
    captured = capsys.readouterr()
    assert captured.out.endswith("results       private: students do not see them\n")
    assert captured.err.splitlines()[1:] == [
        f"see the points with `labgrader report {NEW} --aws`",
        f"let students see the results with `labgrader runs publish {NEW} --aws`",
    ]


def test_publishing_is_said_once(store: Store, capsys: Capture) -> None:
    store.keep_private(NEW)
    assert runs("publish", "latest") == 0
    assert capsys.readouterr().out == f"{NEW} is published: its students see their results now\n"
    assert not store.is_private(NEW)
    assert runs("publish", NEW) == 0
    assert capsys.readouterr().out == f"{NEW} is not private: its students see their results already\n"


def test_delete_needs_yes_without_a_terminal(store: Store, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert runs("delete", NEW) == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"error: {NEW} is not deleted: a deletion cannot be undone; add --yes"
    )
    assert store.run(NEW) is not None


@pytest.mark.parametrize(("answer", "status"), [("n\n", 2), ("\n", 2), ("y\n", 0)])
def test_deleting_asks_on_a_terminal(
    store: Store, answer: str, status: int, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = io.StringIO(answer)
    monkeypatch.setattr(typed, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", typed)
    assert runs("delete", NEW) == status
    captured = capsys.readouterr()
    question = f"Delete run {NEW} (grade, complete, 40 students)? This cannot be undone. [y/N]:"
    assert question in captured.err
    assert (store.run(NEW) is None) is (status == 0)
    if status:
        assert captured.err.splitlines()[-1].endswith(f"error: {NEW} is not deleted")


def test_a_deleted_run_is_gone_from_its_students(store: Store, capsys: Capture) -> None:
    result = {"username": "user1", "lab": "lambda-optimization", "mode": "grade", "status": "complete", "points": 13}
    record = {**result, "graded_at": "2026-01-02T12:03:00Z", "report_key": Keys(NEW).report("user1")}
    store.put_json(Keys(NEW).report("user1"), report_of(NEW))
    store.record_result(NEW, record, keep_best=True)
    assert runs("delete", NEW, "--yes") == 0
    assert capsys.readouterr().out == f"{NEW} is deleted, with the results of 1 student\n"
    assert store.history("user1") == []
    assert store.latest("user1", "lambda-optimization") is store.best("user1", "lambda-optimization") is None
    assert store.keys(f"runs/{NEW}/") == []
    assert runs("show", "latest") == 0
    assert OLD in capsys.readouterr().out


@pytest.mark.parametrize("command", [["show"], ["publish"], ["delete", "--yes"]], ids=" ".join)
def test_a_run_that_does_not_exist(command: list[str], capsys: Capture) -> None:
    assert runs(*command, "r9\x1b[2J") == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        "error: there is no run r9\ufffd[2J; list them with `labgrader runs`"
    )


@pytest.mark.parametrize("command", [["runs", "show"], ["report"]], ids=" ".join)
def test_latest_without_a_run(command: list[str], store: Store, capsys: Capture) -> None:
    for run_id in (OLD, NEW):
        store.forget_run(run_id)
    assert main([*command, "latest", "--aws"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == ("error: there is no run yet; start one with `labgrader grade`")


@pytest.mark.parametrize("options", [["--aws"], ["--stack", "other"], ["--json"], ["--lab", "x"]], ids=" ".join)
def test_an_option_before_the_name_of_a_command_is_refused(options: list[str], store: Store, capsys: Capture) -> None:
    assert main(["runs", *options, "delete", NEW, "--yes", "--aws"]) == 2
    assert capsys.readouterr().err == "error: options of a command stand after its name: `labgrader runs delete …`\n"
    assert store.run(NEW) is not None


def test_a_folder_of_labs_in_the_environment_is_no_option(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABGRADER_LABS", str(tmp_path))
    assert runs("show", NEW) == 0
    assert NEW in capsys.readouterr().out
