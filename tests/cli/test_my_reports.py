"""`labgrader my-reports`: the list of a student's reports, one report, and its page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from tests.api.reports import report_of
from tests.cli.self_checks import TOKEN, Capture
from tests.cli.stub_api import RUN, Reply, StubApi, problem
from tests.cli.terminal import be_a_terminal, plain

pytestmark = pytest.mark.usefixtures("student_environment")

GRADED = "20260228-120000-serverless-foundations-3c4d"


def result(run_id: str, **fields: Any) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "lab": "lambda-optimization",
        "mode": "self-check",
        "status": "complete",
        "points": 87.5,
        "max_points": 100,
        "open_points": 0,
        "percent": 87.5,
        "hidden": None,
        "graded_at": "2026-03-01T12:00:09.123Z",
        "report_url": f"/v1/me/reports/{run_id}",
        **fields,
    }


LISTED = Reply(200, {"reports": [result(RUN), result(GRADED, lab="serverless-foundations", mode="grade", points=90)]})


def my_reports(stub: StubApi, *arguments: str) -> int:
    return main(["my-reports", "--url", stub.url, *arguments])


def test_reports_are_listed(capsys: Capture) -> None:
    with StubApi(LISTED) as stub:
        assert my_reports(stub) == 0
        assert [request.path for request in stub.requests] == ["/api/v1/me/reports"]
        assert stub.requests[0].headers["Authorization"] == f"Bearer {TOKEN}"
        captured = capsys.readouterr()
        assert captured.err.splitlines() == [
            f"reports at {stub.url}",
            f"show one with `labgrader my-reports RUN_ID --url {stub.url}`",
        ]
    assert [re.split(" {2,}", line) for line in captured.out.splitlines()] == [
        ["run", "lab", "mode", "points", "of", "status", "graded"],
        [RUN, "lambda-optimization", "self-check", "87.5", "100", "complete", "2026-03-01 12:00 UTC"],
        [GRADED, "serverless-foundations", "grade", "90", "100", "complete", "2026-03-01 12:00 UTC"],
    ]


def test_a_terminal_never_breaks_an_id(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    be_a_terminal(monkeypatch)
    with StubApi(LISTED) as stub:
        assert my_reports(stub) == 0
    shown = plain(capsys.readouterr().out)
    assert RUN in shown
    assert GRADED in shown


def test_reports_of_a_lab_are_asked_for_by_its_id(capsys: Capture) -> None:
    with StubApi(Reply(200, {"reports": []})) as stub:
        assert my_reports(stub, "--lab", "a&b=c") == 0
        assert stub.requests[0].path == "/api/v1/me/reports?lab=a%26b%3Dc"
    captured = capsys.readouterr()
    assert (captured.out, captured.err.splitlines()[-1]) == ("", "you have no report yet")


def test_json_is_the_answer_of_the_api(capsys: Capture) -> None:
    with StubApi(LISTED) as stub:
        assert my_reports(stub, "--json") == 0
    assert json.loads(capsys.readouterr().out) == LISTED.body


@pytest.mark.parametrize("named", ["latest", RUN])
def test_one_report_is_shown_and_written_as_a_page(named: str, tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "report.html"
    replies = [LISTED] if named == "latest" else []
    with StubApi(*replies, Reply(200, report_of(RUN))) as stub:
        assert my_reports(stub, named, "-o", str(file)) == 0
        assert stub.requests[-1].path == f"/api/v1/me/reports/{RUN}"
    captured = capsys.readouterr()
    assert captured.out.startswith("Lambda optimization: 13 of 15 points\n")
    assert captured.err.splitlines()[-1] == f"wrote {file}"
    page = file.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "The title of shown-check" in page


def test_the_hidden_checks_are_those_that_the_report_names(capsys: Capture) -> None:
    hidden = {"checks": 1, "points": 5, "message": "1 more check, worth 5 points, is not shown to you."}
    with StubApi(Reply(200, report_of(RUN, hidden=hidden))) as stub:
        assert my_reports(stub, RUN) == 0
    assert capsys.readouterr().out.endswith("\n1 more check, worth 5 points, is not shown to you.\n")


def test_latest_without_a_report(capsys: Capture) -> None:
    with StubApi(Reply(200, {"reports": []})) as stub:
        assert my_reports(stub, "latest") == 2
    assert capsys.readouterr().err.splitlines()[-1] == "error: you have no report yet"


def test_a_report_that_does_not_exist_or_is_private(capsys: Capture) -> None:
    with StubApi(problem(404, f"you have no report of a run {RUN}")) as stub:
        assert my_reports(stub, RUN) == 3
    assert capsys.readouterr().err.splitlines()[-1] == f"error: you have no report of a run {RUN}"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "x.html"], "-o writes one report: name its run, or `latest`"),
        (["r1", "--lab", "x"], "--lab goes with the list or with `latest`; a run has one lab"),
    ],
)
def test_options_that_do_not_fit(arguments: list[str], said: str, capsys: Capture) -> None:
    with StubApi(LISTED) as stub:
        assert my_reports(stub, *arguments) == 2
        assert stub.requests == []
    assert capsys.readouterr().err == f"error: {said}\n"


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        ([], {"reports": "none"}),
        ([], {"reports": [{"run_id": RUN}]}),
        ([], {"reports": [result(RUN, points="many")]}),
        ([], {"reports": [result(RUN, graded_at="yesterday")]}),
        ([RUN], {"checks": []}),
    ],
)
def test_an_answer_that_is_not_from_labgrader(arguments: list[str], body: Any, capsys: Capture) -> None:
    with StubApi(Reply(200, body)) as stub:
        assert my_reports(stub, *arguments) == 3
        said = f"error: the API at {stub.url} did not send a response of labgrader; check the address"
    assert capsys.readouterr().err.splitlines()[-1] == said


def test_a_token_is_necessary(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LABGRADER_TOKEN")
    assert main(["my-reports"]) == 2
    assert capsys.readouterr().err == (
        "error: a token is missing: set LABGRADER_TOKEN to the token that your instructor gave you\n"
    )
