"""The options of `labgrader load-test`: those that do nothing are refused, and old names are accepted."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cli.main import main
from tests.cli.account_under_load import Run
from tests.load_testing.stub_lambda import Request, Response


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["nope"], 3, "error: there is no function nope"),
        (["GET x"], 2, "error: 'GET x' is neither FUNCTION, FUNCTION:ALIAS nor 'POST API/STAGE/PATH'"),
        (["GET nope/prod/x"], 3, "error: there is no REST API nope"),
        (["GET user1-api/prod/x", "--api-key", "nope"], 3, "error: there is no API key nope"),
        (["user1-f", "--concurrency", "0"], 2, "error: --concurrency is a whole number from 1 to 200, not 0"),
        (["user1-f", "--event", "{"], 2, "error: --event is not JSON: Expecting property name"),
        (
            ["user1-f", "--threshold-ms", "5", "--percentile", "70"],
            2,
            "error: --percentile is one of 50, 90, 95, 99, not 70",
        ),
        (
            ["user1-f", "--threshold-ms", "-5"],
            2,
            "error: --threshold-ms is a number above 0 and at most 900000, not -5.0",
        ),
        (
            ["user1-f", "--rate", "5", "--duration", "0"],
            2,
            "error: --duration is a number above 0 and at most 60, not 0",
        ),
        (["user1-f", "--duration", "5"], 2, "error: --duration needs --rate"),
        (["user1-f", "--rate", "5", "--requests", "5"], 2, "error: --requests does nothing with --rate"),
        (["user1-f", "--percentile", "95"], 2, "error: --percentile needs --threshold-ms"),
        (
            ["user1-f", "--threshold-ms", "5", "--max-requests", "10"],
            2,
            "error: --max-requests is at least --requests, 100, not 10",
        ),
        (
            ["user1-f", "--compare-with", "user1-g", "--threshold-ms", "5"],
            2,
            "error: --threshold-ms does nothing with --compare-with",
        ),
        (["user1-f", "--rounds", "5"], 2, "error: --rounds needs --compare-with"),
        (["user1-f", "--api-key", "user1-key"], 2, "error: --api-key does nothing with a function"),
        (["user1-f", "-o", "/nowhere/load.html"], 2, "error: /nowhere/load.html cannot be written"),
        (["FETCH user1-api/prod/x"], 2, "error: 'FETCH user1-api/prod/x' is neither FUNCTION, FUNCTION:ALIAS nor"),
        ([""], 2, "error: '' is neither FUNCTION, FUNCTION:ALIAS nor 'POST API/STAGE/PATH'"),
        (
            ["user1-f", "--cost-cap", "0.000001", "--warm-up", "5"],
            2,
            "error: user1-f: the load test would cost about $0.0000",
        ),
    ],
)
def test_what_cannot_be_tested_is_said(
    load_test: Run, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, sentence: str
) -> None:
    assert load_test(*arguments) == status
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "old", "new"),
    [
        (["--below", "90000", "--json"], "--below", "--threshold-ms"),
        (["--threshold-ms", "90000", "--most", "100", "--json"], "--most", "--max-requests"),
        (["--against", "user1-g", "--rounds", "3", "--json"], "--against", "--compare-with"),
    ],
)
def test_the_old_name_of_an_option_is_accepted_with_a_warning(
    load_test: Run, capsys: pytest.CaptureFixture[str], arguments: list[str], old: str, new: str
) -> None:
    warning = f"warning: {old} is now called {new}; the next release no longer accepts {old}"
    assert load_test("user1-f", *arguments, "--quiet") == 0
    written = capsys.readouterr()
    assert written.err == f"{warning}\n"
    by_the_old_name = json.loads(written.out)
    assert load_test("user1-f", *(new if argument == old else argument for argument in arguments), "--quiet") == 0
    written = capsys.readouterr()
    assert written.err == ""
    assert json.loads(written.out).keys() == by_the_old_name.keys()


def test_the_old_name_of_an_option_does_what_the_new_one_does(
    load_test: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert load_test("user1-f", "--threshold-ms", "5", "--most", "10") == 2
    assert capsys.readouterr().err.splitlines()[-1] == "error: --max-requests is at least --requests, 100, not 10"
    assert load_test("user1-f", "--against", "user1-g", "--below", "5") == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == "error: --threshold-ms does nothing with --compare-with"


def test_the_help_shows_the_new_names_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["load-test", "--help"]) == 0
    shown = capsys.readouterr().out
    assert {"--threshold-ms", "--max-requests", "--compare-with"} <= set(re.findall(r"--[a-z-]+", shown))
    assert not {"--below", "--most", "--against"} & set(re.findall(r"--[a-z-]+", shown))


def test_an_event_can_come_from_a_file(load_test: Run, tmp_path: Path) -> None:
    (tmp_path / "event.json").write_text('{"from": "a file"}')
    events = []

    def keep(request: Request) -> Response:
        events.append(json.loads(request.event))
        return Response()

    assert load_test("user1-f", "--event", f"@{tmp_path / 'event.json'}", "--requests", "1", invoked=keep) == 0
    assert events == [{"from": "a file"}]
