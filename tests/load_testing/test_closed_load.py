"""Closed load tests: what is measured, at which pace, and within the time that was promised."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from labgrader.load_testing.arrival_models import PAUSE_S
from tests.load_testing.closed_load import load, read_result, run
from tests.load_testing.stub_lambda import REPORT, Response, StubLambda, cold, logged, throttle, warm
from tests.virtual_time import ROUND_TRIP_MS

pytestmark = pytest.mark.usefixtures("virtual_time")


# --- what is measured ---------------------------------------------------------------------------------------------


def test_a_constant_latency_is_measured_exactly() -> None:
    with StubLambda(lambda request: Response(delay_s=0.05)) as stub:
        result = load(stub)
        assert len(stub.requests) == 100
        assert stub.most_running <= 20
        assert stub.connections == 20
    assert (result.target, result.model) == ("user1-f:user1-prod", "closed")
    assert (result.concurrency, result.requests, result.planned_requests) == (20, 100, 100)
    assert result.succeeded == 100
    assert result.retries == 0
    assert result.cut_short == ""
    assert result.error_samples == ()
    assert result.latency_ms["min"] == result.latency_ms["max"] == pytest.approx(50 + ROUND_TRIP_MS, rel=0.001)
    assert result.p95_interval_ms[0] <= result.latency_ms["p95"] <= result.p95_interval_ms[1]
    assert result.p95_interval_ms[1] == result.latency_ms["max"]
    assert result.duration_s == pytest.approx(0.25, abs=0.002)  # five in a row, each worker
    assert result.offered_rps == result.achieved_rps
    assert result.offered_rps == pytest.approx(100 / result.duration_s, rel=0.01)
    assert len(result.samples) == 100
    assert result.samples[0][0] == 0
    assert {outcome for _, _, outcome in result.samples} == {"succeeded"}


def test_workers_do_not_wait_for_each_other() -> None:
    """Each of four slow requests holds up its own worker; batches of five would wait 1.6 s for them."""
    with StubLambda(lambda request: Response(delay_s=0.4 if request.number % 15 == 1 else 0.02)) as stub:
        result = load(stub, concurrency=5, requests=60)
    assert result.duration_s < 1.0
    assert result.latency_ms["max"] >= 400


def test_no_more_workers_than_requests() -> None:
    with StubLambda() as stub:
        assert load(stub, concurrency=20, requests=3).succeeded == 3
        assert stub.connections <= 3


def test_one_request_is_a_load_test() -> None:
    with StubLambda(lambda request: Response(delay_s=0.01)) as stub:
        result = load(stub, concurrency=1, requests=1)
    latency = result.latency_ms["p50"]
    assert result.latency_ms == dict.fromkeys(("min", "mean", "p50", "p90", "p95", "p99", "max"), latency)
    assert result.p95_interval_ms == (latency, latency)


def test_without_a_qualifier_the_target_is_the_function() -> None:
    with StubLambda() as stub:
        answer = run(stub.endpoint, concurrency=1, requests=1)
    assert read_result(answer).target == "user1-f"


def test_cold_starts_are_recognized_by_the_report_line() -> None:
    with StubLambda(lambda request: cold(0.15) if request.number <= 20 else warm(0.02)) as stub:
        result = load(stub)
    assert result.cold_starts == 20
    assert result.succeeded == 100
    assert result.latency_ms["p95"] >= 150
    assert 20 <= result.warm_latency_ms["p50"] <= result.warm_latency_ms["p95"] < 140


@pytest.mark.parametrize(
    ("log", "is_cold"),
    [
        (f"{REPORT}Init Duration: 120.00 ms\t\n", True),
        (f"{REPORT}Restore Duration: 300.00 ms\tBilled Restore Duration: 10 ms\t\n", True),
        (f"{REPORT}\n", False),
        (f"{REPORT}Init Duration: 120.00 ms\t\nXRAY TraceId: 1-5\tSegmentId: 2\tSampled: true\n", True),
        (f"{REPORT}Init Duration: 1.00 ms (printed by the function)\n{REPORT}\n", False),
        ('{"type":"platform.report","record":{"metrics":{"durationMs":3.1,"initDurationMs":120.1}}}\n', True),
        ('{"type":"platform.report","record":{"metrics":{"restoreDurationMs":120.1}}}\n', True),
        ('{"type":"platform.report","record":{"metrics":{"durationMs":3.1}}}\n', False),
        ("a log that says Init Duration: 5 ms\n", False),
        ("", False),
    ],
)
def test_an_init_or_restore_duration_is_a_cold_start(log: str, is_cold: bool) -> None:
    with StubLambda(lambda request: Response(headers=logged(log))) as stub:
        result = load(stub, concurrency=1, requests=1)
    assert result.cold_starts == is_cold


def test_when_all_were_cold_there_is_no_warm_latency() -> None:
    with StubLambda(lambda request: cold()) as stub:
        result = load(stub, requests=20)
    assert result.warm_latency_ms == {"p50": 0, "p95": 0}


# --- pace and limits ----------------------------------------------------------------------------------------------


def _slots(count: int, delay_s: float) -> Any:
    return lambda request: throttle() if request.running > count else Response(delay_s=delay_s)


def test_a_reserved_concurrency_of_ten_throttles_half_of_twenty() -> None:
    """Without a pause, ten workers burn ninety requests in refusals while the first ten are still running."""
    with StubLambda(_slots(10, 0.1)) as stub:
        result = load(stub)
        assert len(stub.requests) == 100
    assert 40 <= result.succeeded <= 60
    assert result.throttled == 100 - result.succeeded
    assert result.latency_ms["min"] >= 100


def test_a_reserved_concurrency_of_zero_ends_the_test_early() -> None:
    with StubLambda(lambda request: throttle()) as stub:
        began = time.perf_counter()
        result = load(stub)
        took = time.perf_counter() - began
    assert (result.throttled, result.succeeded, result.requests) == (100, 0, 100)
    assert result.latency_ms["p95"] == 0
    assert result.achieved_rps == 0
    assert 5 * PAUSE_S[0] <= took <= 5 * PAUSE_S[1] + 0.01  # five refusals in a row, each worker


def test_a_function_that_hangs_ends_the_test_early() -> None:
    with StubLambda(lambda request: Response(hangs=True)) as stub:
        began = time.perf_counter()
        result = load(stub, request_timeout_s=0.5, deadline_s=10)
        assert time.perf_counter() - began < 3
        assert len(stub.requests) == result.requests
    assert 20 <= result.requests < 40  # the first twenty, and what a quick worker sent before the last of them gave up
    assert (result.timeouts + result.unanswered, result.planned_requests) == (result.requests, 100)
    assert result.timeouts >= 20
    sentence = r"stopped after [0-2] s, because 20 requests in a row had no response: (\d+) of 100 requests were sent"
    assert re.match(sentence, result.cut_short)
    assert result.latency_ms == dict.fromkeys(("min", "mean", "p50", "p90", "p95", "p99", "max"), 0)


def test_a_few_hanging_requests_do_not_end_the_test() -> None:
    with StubLambda(lambda request: Response(hangs=request.number % 4 == 0, delay_s=0.01)) as stub:
        result = load(stub, concurrency=4, requests=20, request_timeout_s=0.3)
    assert (result.succeeded, result.timeouts, result.cut_short) == (15, 5, "")


def test_a_function_that_begins_to_hang_ends_the_test_too() -> None:
    with StubLambda(lambda request: Response(hangs=request.number > 10)) as stub:
        result = load(stub, concurrency=4, requests=100, request_timeout_s=0.2)
    assert (result.succeeded, result.timeouts + result.unanswered) == (10, result.requests - 10)
    assert 8 <= result.timeouts <= 11  # twice four, and what was in flight
    assert f"requests in a row had no response: {result.requests} of 100 requests were sent" in result.cut_short


def test_a_test_of_only_hanging_requests_is_not_cut_short() -> None:
    with StubLambda(lambda request: Response(hangs=True)) as stub:
        result = load(stub, concurrency=3, requests=3, request_timeout_s=0.2)
    assert (result.timeouts, result.cut_short) == (3, "")


def test_the_deadline_cancels_requests_in_flight() -> None:
    with StubLambda(lambda request: Response(delay_s=0.3)) as stub:
        began = time.perf_counter()
        result = load(stub, concurrency=5, deadline_s=0.75)
        assert time.perf_counter() - began < 1.7  # the deadline and little more
    assert 1 <= result.unanswered == result.other_errors <= 5
    assert result.timeouts == 0
    assert result.error_samples == ()
    assert result.requests == result.succeeded + result.unanswered <= 15
    assert result.cut_short == (
        f"stopped after 0.75 s: {result.requests} of 100 requests were sent, {result.unanswered} of them "
        "unanswered by then"
    )


def test_at_the_deadline_only_full_waits_are_timeouts() -> None:
    with StubLambda(lambda request: Response(hangs=True)) as stub:
        result = load(stub, concurrency=1, requests=2, request_timeout_s=0.4, deadline_s=0.7)
    assert (result.timeouts, result.other_errors, result.unanswered) == (1, 1, 1)
    assert result.error_samples == ("no answer within 0.4 s",)


def test_throttled_workers_wait_no_longer_than_the_deadline() -> None:
    with StubLambda(_slots(1, 5)) as stub:
        began = time.perf_counter()
        result = load(stub, concurrency=3, requests=10, deadline_s=0.5)
        assert time.perf_counter() - began < 1.5
    assert (result.requests, result.throttled, result.unanswered, result.timeouts) == (3, 2, 1, 0)
    assert result.cut_short == "stopped after 0.5 s: 3 of 10 requests were sent, 1 of them unanswered by then"


def test_no_thread_is_left_behind() -> None:
    with StubLambda(lambda request: Response(hangs=True)) as stub:
        before = threading.active_count()
        load(stub, concurrency=10, requests=50, request_timeout_s=5, deadline_s=0.3)
        assert threading.active_count() == before


def test_a_hanging_function_does_not_keep_the_process_alive() -> None:
    program = """
import sys
from tests.load_testing.stub_lambda import Response, StubLambda
from labgrader.load_testing.targets import FunctionLoadTarget
from labgrader.load_testing.engine import run_load
from labgrader.evidence.load.plan import FunctionTarget, LoadPlan
with StubLambda(lambda request: Response(hangs=True)) as stub:
    caller = FunctionLoadTarget(stub.endpoint, FunctionTarget("user1-f"), b"{}")
    answer = run_load(caller, LoadPlan("closed", 5, requests=9), deadline_s=0.3)
    sys.stdout.write(str(answer.value["other_errors"]))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=True)
    assert done.stdout == "5"
