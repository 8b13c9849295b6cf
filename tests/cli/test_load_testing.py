"""`labgrader load-test` from the outside, against a server that speaks enough of STS, Lambda and API Gateway."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from cli.output.load_progress import line
from cli.output.load_test import give_load_result, verdict
from labgrader.evidence.load.load_test import LoadResult, Threshold
from labgrader.load_testing.progress import LoadProgress
from tests.load_testing.stub_lambda import Request, Response, StubLambda, error, function_error, throttle

IDENTITY = b"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::111122223333:user/ada</Arn><UserId>A</UserId><Account>111122223333</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>"""

Run = Callable[..., int]


def _aws(invoked: Callable[[Request], Response], account_limit: int) -> Callable[[Request], Response]:
    """Answer who we are and what there is; ``invoked`` answers the calls of functions and stages."""

    def respond(request: Request) -> Response:
        if request.target == "/":
            return Response(IDENTITY, headers={"Content-Type": "text/xml"})
        if request.target.endswith("/configuration"):
            if "/nope/" in request.target:
                return error(404, "ResourceNotFoundException", "Function not found")
            return Response(json.dumps({"MemorySize": 256, "Architectures": ["arm64"]}).encode())
        if "account-settings" in request.target:
            limits = {"ConcurrentExecutions": account_limit, "UnreservedConcurrentExecutions": account_limit}
            return Response(json.dumps({"AccountLimit": limits}).encode())
        if request.method == "GET" and "concurrency" in request.target:
            return Response(b"{}")
        if request.target.startswith("/restapis"):
            return Response(json.dumps({"item": [{"id": "a1", "name": "user1-api"}]}).encode())
        if request.target.startswith("/apikeys/"):
            return Response(json.dumps({"id": "k1", "name": "user1-key", "value": "secret-key-value"}).encode())
        if request.target.startswith("/apikeys"):
            return Response(json.dumps({"item": [{"id": "k1", "name": "user1-key"}]}).encode())
        return invoked(request)

    return respond


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run the command against a server that answers as it is told."""
    seen: list[StubLambda] = []

    def start(
        *arguments: str,
        invoked: Callable[[Request], Response] = lambda request: Response(),
        account_limit: int = 1000,
    ) -> int:
        stub = StubLambda(_aws(invoked, account_limit))
        stub.__enter__()
        seen.append(stub)
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{stub.port}")
        return main(["load-test", *arguments, "--aws"])

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    start.stubs = seen  # type: ignore[attr-defined]
    yield start
    for stub in seen:
        stub.__exit__(None, None, None)


def test_a_closed_test_says_what_it_measured(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    status = run("user1-f:prod", "--requests", "30", "--concurrency", "5", "--warm-up", "5")
    said = capsys.readouterr()
    assert status == 0
    lines = dict(re.split(r"\s{2,}", text, maxsplit=1) for text in said.out.splitlines()[:9])
    assert lines["cold starts"] == "unknown (no REPORT line)"
    assert lines["target"] == "user1-f:prod"
    assert lines["model"] == "closed, 5 in flight"
    assert lines["requests"].startswith("30 sent, 30 served in ")
    assert lines["not served"] == "none"
    assert lines["connections"] == "5 opened, 0 requests sent again"
    assert lines["warm-up"].startswith("5 sent, 5 served, unknown cold starts, p50 ")
    assert lines["cost"].endswith("cap $0.05")
    assert [text.split()[0] for text in said.out.splitlines()[-4:]] == ["p50", "p90", "p95", "p99"]
    assert "warm-up 5/5" in said.err or "load " in said.err


def test_an_open_test_keeps_its_rate_and_counts_throttles(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    def every_second(request: Request) -> Response:
        return throttle() if request.number % 2 else Response()

    assert run("user1-f", "--rate", "100", "--duration", "0.5", "--json", invoked=every_second) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["model"], result["requests"]) == ("open", 50)
    assert result["throttled"] == 25
    assert result["throttle_reasons"] == {"ReservedFunctionConcurrentInvocationLimitExceeded": 25}


@pytest.mark.parametrize(
    ("bound", "sentence"),
    [("60000", "p95 is below 60000 ms (95% sure: "), ("0.001", "p95 is above 0.001 ms (95% sure: ")],
)
def test_a_bound_is_decided_in_words(run: Run, capsys: pytest.CaptureFixture[str], bound: str, sentence: str) -> None:
    assert run("user1-f", "--requests", "100", "--threshold-ms", bound) == 0
    assert f"note: {sentence}" in capsys.readouterr().out


def test_two_functions_are_compared_in_turn(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    def slower(request: Request) -> Response:
        return Response(delay_s=0.2 if request.function == "user1-slow" else 0.0)

    assert run("user1-fast", "--compare-with", "user1-slow", "--rounds", "10", invoked=slower) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    found = re.fullmatch(r"user1-fast is ([\d.]+) times as fast as user1-slow \(95% sure: ([\d.]+) to ([\d.]+)\)", last)
    assert found is not None
    assert float(found.group(2)) > 1


def test_a_stage_is_called_with_its_key_which_is_never_shown(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    keys = []

    def stage(request: Request) -> Response:
        keys.append(request.headers.get("x-api-key"))
        return Response(b"you sent " + str(request.headers.get("x-api-key")).encode(), status=500)

    assert run("GET user1-api/prod/x", "--api-key", "user1-key", "--requests", "3", invoked=stage) == 0
    said = capsys.readouterr()
    assert keys == ["secret-key-value"] * 3
    assert "secret-key-value" not in said.out + said.err
    assert "3 answers of 500 or more" in said.out


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
    run: Run, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, sentence: str
) -> None:
    assert run(*arguments) == status
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
    run: Run, capsys: pytest.CaptureFixture[str], arguments: list[str], old: str, new: str
) -> None:
    warning = f"warning: {old} is now called {new}; the next release no longer accepts {old}"
    assert run("user1-f", *arguments, "--quiet") == 0
    written = capsys.readouterr()
    assert written.err == f"{warning}\n"
    by_the_old_name = json.loads(written.out)
    assert run("user1-f", *(new if argument == old else argument for argument in arguments), "--quiet") == 0
    written = capsys.readouterr()
    assert written.err == ""
    assert json.loads(written.out).keys() == by_the_old_name.keys()


def test_the_old_name_of_an_option_does_what_the_new_one_does(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("user1-f", "--threshold-ms", "5", "--most", "10") == 2
    assert capsys.readouterr().err.splitlines()[-1] == "error: --max-requests is at least --requests, 100, not 10"
    assert run("user1-f", "--against", "user1-g", "--below", "5") == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == "error: --threshold-ms does nothing with --compare-with"


def test_the_help_shows_the_new_names_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["load-test", "--help"]) == 0
    shown = capsys.readouterr().out
    assert {"--threshold-ms", "--max-requests", "--compare-with"} <= set(re.findall(r"--[a-z-]+", shown))
    assert not {"--below", "--most", "--against"} & set(re.findall(r"--[a-z-]+", shown))


def test_an_event_can_come_from_a_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "event.json").write_text('{"from": "a file"}')
    events = []

    def keep(request: Request) -> Response:
        events.append(json.loads(request.event))
        return Response()

    assert run("user1-f", "--event", f"@{tmp_path / 'event.json'}", "--requests", "1", invoked=keep) == 0
    assert events == [{"from": "a file"}]


def test_what_the_account_has_no_room_for_is_reduced_and_said(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("user1-f", "--requests", "30", account_limit=30) == 0
    said = capsys.readouterr().out
    assert "closed, 15 in flight" in said
    note = (
        "note: 20 requests in flight were planned; this account has 30 concurrent executions left, half of them for "
        "load tests, so 15 were kept in flight"
    )
    assert note in said


def test_what_the_account_has_no_room_for_at_all_is_refused(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("user1-f", "--requests", "30", account_limit=10) == 2
    assert "error: this account allows 10 concurrent executions" in capsys.readouterr().err


def _result(**fields: Any) -> LoadResult:
    found = LoadResult(
        target="user1-f",
        model="closed",
        concurrency=20,
        requests=400,
        planned_requests=400,
        duration_s=1.0,
        offered_rps=400.0,
        achieved_rps=400.0,
        succeeded=400,
        throttled=0,
        function_errors=0,
        application_errors=0,
        timeouts=0,
        other_errors=0,
        cold_starts=0,
        latency_ms={},
        warm_latency_ms={},
        p95_interval_ms=(90.0, 110.0),
        intervals_ms={"p95": (90.0, 110.0), "p99": (120.0, 130.0)},
    )
    return replace(found, **fields)


@pytest.mark.parametrize(
    ("fields", "percentile", "bound", "sentence"),
    [
        ({}, 95, 110, "p95 is below 110 ms (95% sure: 90.0 to 110.0 ms)"),
        (
            {},
            95,
            109,
            "p95 is too close to call: it lies between 90.0 and 110.0 ms (95% sure), and more requests are needed to "
            "tell whether that is below 109 ms",
        ),
        ({}, 95, 89, "p95 is above 89 ms (95% sure: 90.0 to 110.0 ms)"),
        (
            {"succeeded": 100, "function_errors": 300},
            95,
            110,
            "p95 is not below 110 ms: 300 of 400 requests failed, and p95 leaves out no more than 5 of 100",
        ),
        (
            {"succeeded": 380, "function_errors": 20},
            95,
            110,
            "p95 of the 380 of 400 requests that were served is below 110 ms (95% sure: 90.0 to 110.0 ms)",
        ),
        (
            {"succeeded": 379, "function_errors": 21},
            95,
            110,
            "p95 is not below 110 ms: 21 of 400 requests failed, and p95 leaves out no more than 5 of 100",
        ),
        ({"succeeded": 50, "requests": 50}, 95, 89, "p95 is above 89 ms (95% sure: at least 90.0 ms)"),
        (
            {"late_ms": 20.0},
            95,
            70,
            "p95 cannot be said: the load tester itself was late by 20 ms, which may be all of it",
        ),
        ({"late_ms": 20.0}, 95, 69, "p95 is above 69 ms (95% sure: 90.0 to 110.0 ms)"),
        (
            {"succeeded": 0, "function_errors": 400},
            95,
            110,
            "p95 cannot be said: none of 400 requests was served",
        ),
        (
            {"dropped": 100},
            95,
            110,
            "p95 cannot be said: 100 of 500 arrivals found no room in flight and were not sent; raise --concurrency or "
            "lower --rate",
        ),
        ({"dropped": 100}, 95, 89, "p95 is above 89 ms (95% sure: 90.0 to 110.0 ms)"),
        ({"succeeded": 368, "requests": 368}, 99, 130, "p99 is below 130 ms (95% sure: 120.0 to 130.0 ms)"),
        (
            {"succeeded": 367, "requests": 367},
            99,
            130,
            "p99 is too close to call: 368 requests are the fewest that can say that it is below 130 ms",
        ),
    ],
)
def test_a_bound_is_decided_by_its_interval(
    fields: dict[str, Any], percentile: int, bound: float, sentence: str
) -> None:
    assert verdict(_result(**fields), Threshold(percentile, bound, 1000)) == sentence


@pytest.mark.parametrize(("fields", "cold", "warm"), [({"reported": 400}, "0", "7.0"), ({}, "unknown", "")])
def test_the_warm_column_needs_a_report_line(
    fields: dict[str, Any], cold: str, warm: str, capsys: pytest.CaptureFixture[str]
) -> None:
    latencies = {"p50": 7.0, "p90": 8.0, "p95": 9.0, "p99": 10.0}
    give_load_result(_result(latency_ms=latencies, warm_latency_ms={"p50": 7.0}, intervals_ms={}, **fields))
    said = capsys.readouterr().out.splitlines()
    (told,) = [text for text in said if text.startswith("cold starts")]
    assert told.split()[2] == cold
    (row,) = [text for text in said if text.startswith("p50")]
    assert row.split() == ["p50", "7.0", *([warm] if warm else [])]


def test_a_comparison_that_broke_off_says_so(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    def dies(request: Request) -> Response:
        return function_error("ValueError", "no") if request.function == "user1-bad" else Response()

    assert run("user1-f", "--compare-with", "user1-bad", invoked=dies) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "cannot be compared: one of them has no latency",
        "note: the comparison stopped after 2 failures of user1-bad, in round 1 of 20",
    ]


def test_nothing_served_shows_no_latency(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("user1-f", "--requests", "20", invoked=lambda request: function_error("ValueError", "no")) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[-1] == "no request was served: there is no latency to show"
    assert "20 function errors" in said


def test_it_can_be_drawn(run: Run, tmp_path: Path) -> None:
    assert run("user1-f", "--requests", "30", "-o", str(tmp_path / "load.html")) == 0
    page = (tmp_path / "load.html").read_text(encoding="utf-8")
    assert "<h1><bdi>Load test of user1-f</bdi></h1>" in page
    assert page.count("<svg") == 2
    assert "<script" not in page


def test_a_comparison_can_be_drawn(run: Run, tmp_path: Path) -> None:
    assert run("user1-f", "--compare-with", "user1-g", "--rounds", "3", "-o", str(tmp_path / "load.html")) == 0
    page = (tmp_path / "load.html").read_text(encoding="utf-8")
    assert "<h1><bdi>Two targets, measured in turn</bdi></h1>" in page
    assert page.count("<svg") == 1


def test_the_live_line() -> None:
    progress = LoadProgress(
        planned=100, sent=70, answered=63, succeeded=60, throttled=2, failed=1, elapsed_s=3.15, p50_ms=52.4,
        p95_ms=97.6, phase="load",
    )  # fmt: skip
    assert line(progress) == "load 63/100  3.1 s  20 answered/s  p50 52 ms  p95 98 ms  2 throttled  1 failed"
