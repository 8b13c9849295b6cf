"""`labgrader load-test` from the outside, against a server that speaks enough of STS, Lambda and API Gateway."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.account_under_load import Run
from tests.load_testing.stub_lambda import Request, Response, function_error, throttle


def test_a_closed_test_prints_its_measurements(load_test: Run, capsys: pytest.CaptureFixture[str]) -> None:
    status = load_test("user1-f:prod", "--requests", "30", "--concurrency", "5", "--warm-up", "5")
    printed = capsys.readouterr()
    assert status == 0
    lines = dict(re.split(r"\s{2,}", text, maxsplit=1) for text in printed.out.splitlines()[:9])
    assert lines["cold starts"] == "unknown (no REPORT line)"
    assert lines["target"] == "user1-f:prod"
    assert lines["model"] == "closed, 5 in flight"
    assert lines["requests"].startswith("30 sent, 30 succeeded in ")
    assert lines["not successful"] == "none"
    assert lines["connections"] == "5 opened, 0 requests sent again"
    assert lines["warm-up"].startswith("5 sent, 5 succeeded, unknown cold starts, p50 ")
    assert lines["cost"].endswith("cap $0.05")
    assert [text.split()[0] for text in printed.out.splitlines()[-4:]] == ["p50", "p90", "p95", "p99"]
    assert "warm-up 5/5" in printed.err or "load " in printed.err


def test_an_open_test_keeps_its_rate_and_counts_throttles(load_test: Run, capsys: pytest.CaptureFixture[str]) -> None:
    def every_second(request: Request) -> Response:
        return throttle() if request.number % 2 else Response()

    assert load_test("user1-f", "--rate", "100", "--duration", "0.5", "--json", invoked=every_second) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["model"], result["requests"]) == ("open", 50)
    assert result["throttled"] == 25
    assert result["throttle_reasons"] == {"ReservedFunctionConcurrentInvocationLimitExceeded": 25}


@pytest.mark.parametrize(
    ("bound", "sentence"),
    [("60000", "p95 is below 60000 ms (95% confidence: "), ("0.001", "p95 is above 0.001 ms (95% confidence: ")],
)
def test_the_result_of_a_threshold_is_a_note(
    load_test: Run, capsys: pytest.CaptureFixture[str], bound: str, sentence: str
) -> None:
    assert load_test("user1-f", "--requests", "100", "--threshold-ms", bound) == 0
    assert f"note: {sentence}" in capsys.readouterr().out


def test_two_functions_are_compared_in_turn(load_test: Run, capsys: pytest.CaptureFixture[str]) -> None:
    def slower(request: Request) -> Response:
        return Response(delay_s=0.2 if request.function == "user1-slow" else 0.0)

    assert load_test("user1-fast", "--compare-with", "user1-slow", "--rounds", "10", invoked=slower) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    found = re.fullmatch(
        r"user1-fast is ([\d.]+) times as fast as user1-slow \(95% confidence: ([\d.]+) to ([\d.]+)\)", last
    )
    assert found is not None
    assert float(found.group(2)) > 1


def test_requests_to_a_stage_have_the_api_key_which_is_never_printed(
    load_test: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = []

    def stage(request: Request) -> Response:
        keys.append(request.headers.get("x-api-key"))
        return Response(b"you sent " + str(request.headers.get("x-api-key")).encode(), status=500)

    assert load_test("GET user1-api/prod/x", "--api-key", "user1-key", "--requests", "3", invoked=stage) == 0
    printed = capsys.readouterr()
    assert keys == ["secret-key-value"] * 3
    assert "secret-key-value" not in printed.out + printed.err
    assert "3 responses with status 500 or more" in printed.out


def test_a_plan_above_the_free_concurrency_of_the_account_is_reduced_with_a_note(
    load_test: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert load_test("user1-f", "--requests", "30", account_limit=30) == 0
    said = capsys.readouterr().out
    assert "closed, 15 in flight" in said
    note = (
        "note: 20 requests in flight were planned; this account has 30 concurrent executions left, half of them for "
        "load tests, so 15 were kept in flight"
    )
    assert note in said


def test_a_plan_without_free_concurrency_in_the_account_is_refused(
    load_test: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert load_test("user1-f", "--requests", "30", account_limit=10) == 2
    assert "error: this account allows 10 concurrent executions" in capsys.readouterr().err


def test_a_comparison_that_stopped_early_has_a_note(load_test: Run, capsys: pytest.CaptureFixture[str]) -> None:
    def dies(request: Request) -> Response:
        return function_error("ValueError", "no") if request.function == "user1-bad" else Response()

    assert load_test("user1-f", "--compare-with", "user1-bad", invoked=dies) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "the targets cannot be compared: one of them has no latency",
        "note: the comparison stopped after 2 failures of user1-bad, in round 1 of 20",
    ]


def test_no_latency_is_shown_when_no_request_succeeded(load_test: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert load_test("user1-f", "--requests", "20", invoked=lambda request: function_error("ValueError", "no")) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[-1] == "no request succeeded, so there is no latency to show"
    assert "20 function errors" in said


def test_a_result_is_drawn_on_a_page(load_test: Run, tmp_path: Path) -> None:
    assert load_test("user1-f", "--requests", "30", "-o", str(tmp_path / "load.html")) == 0
    page = (tmp_path / "load.html").read_text(encoding="utf-8")
    assert "<h1><bdi>Load test of user1-f</bdi></h1>" in page
    assert page.count("<svg") == 2
    assert "<script" not in page


def test_a_comparison_is_drawn_on_a_page(load_test: Run, tmp_path: Path) -> None:
    assert load_test("user1-f", "--compare-with", "user1-g", "--rounds", "3", "-o", str(tmp_path / "load.html")) == 0
    page = (tmp_path / "load.html").read_text(encoding="utf-8")
    assert "<h1><bdi>Two targets, measured in turn</bdi></h1>" in page
    assert page.count("<svg") == 1
