"""The options of `labgrader load-test`: options without effect are refused, and old names are accepted."""

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
        (
            ["nope"],
            3,
            "error: the function nope does not exist; list functions with `aws lambda list-functions`\n",
        ),
        (
            ["GET x"],
            2,
            "error: 'GET x' is not a target; write FUNCTION, FUNCTION:ALIAS, FUNCTION:VERSION or "
            "'POST API/STAGE/PATH'\n",
        ),
        (["GET nope/prod/x"], 3, "error: the REST API nope does not exist\n"),
        (["GET user1-api/prod/x", "--api-key", "nope"], 3, "error: the API key nope does not exist\n"),
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
        (
            ["user1-f", "--rate", "5", "--requests", "5"],
            2,
            "error: --requests has no effect with --rate; omit one of them\n",
        ),
        (["user1-f", "--percentile", "95"], 2, "error: --percentile needs --threshold-ms"),
        (
            ["user1-f", "--threshold-ms", "5", "--max-requests", "10"],
            2,
            "error: --max-requests is 10, less than the 100 of --requests; raise it, or lower --requests\n",
        ),
        (
            ["user1-f", "--compare-with", "user1-g", "--threshold-ms", "5"],
            2,
            "error: --threshold-ms has no effect with --compare-with; omit one of them\n",
        ),
        (["user1-f", "--rounds", "5"], 2, "error: --rounds needs --compare-with\n"),
        (
            ["user1-f", "--api-key", "user1-key"],
            2,
            "error: --api-key has no effect on a function; omit it, or give 'POST API/STAGE/PATH' as target\n",
        ),
        (
            ["user1-f", "-o", "/nowhere/load.html"],
            2,
            "error: /nowhere/load.html cannot be written: its folder does not exist; create the folder first\n",
        ),
        (["user1-f", "-o", "/"], 2, "error: / cannot be written: it is a folder; give the name of a file\n"),
        (["FETCH user1-api/prod/x"], 2, "error: 'FETCH user1-api/prod/x' is not a target; write FUNCTION,"),
        ([""], 2, "error: '' is not a target; write FUNCTION,"),
        (
            ["user1-f", "--cost-cap", "0.000001", "--warm-up", "5"],
            2,
            "error: user1-f: the load test would cost about $0.0000",
        ),
    ],
)
def test_an_impossible_load_test_is_refused_with_the_reason(
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
    assert capsys.readouterr().err.splitlines()[-1] == (
        "error: --max-requests is 10, less than the 100 of --requests; raise it, or lower --requests"
    )
    assert load_test("user1-f", "--against", "user1-g", "--below", "5") == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == "error: --threshold-ms has no effect with --compare-with; omit one of them"


def test_the_help_shows_only_the_new_names(capsys: pytest.CaptureFixture[str]) -> None:
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
