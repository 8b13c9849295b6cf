"""Closed load tests: every request counted once, in the right class, within the time that was promised."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from labgrader.evidence.load.plan import FunctionTarget, LoadPlan
from labgrader.evidence.load.result import LoadResult
from labgrader.evidence.question import Answer
from labgrader.http.lambda_invoke import InvokeEndpoint
from labgrader.load_testing.arrival_models import PAUSE_S
from labgrader.load_testing.engine import run_load
from labgrader.load_testing.targets import FunctionLoadTarget
from labgrader.reasons import Reason
from tests.load_testing.stub_lambda import (
    REPORT,
    Request,
    Response,
    StubLambda,
    cold,
    error,
    function_error,
    logged,
    throttle,
    warm,
)
from tests.virtual_time import ROUND_TRIP_MS

pytestmark = pytest.mark.usefixtures("virtual_time")


def _load(stub: StubLambda, *, concurrency: int = 20, requests: int = 100, **limits: float) -> LoadResult:
    return _result(_run(stub.endpoint, "user1-prod", concurrency=concurrency, requests=requests, **limits))


def _run(endpoint: InvokeEndpoint, qualifier: str = "", *, concurrency: int, requests: int, **limits: Any) -> Answer:
    caller = FunctionLoadTarget(endpoint, FunctionTarget("user1-f", qualifier), b"{}")
    return run_load(caller, LoadPlan("closed", concurrency, requests=requests), **limits)


def _result(answer: Answer) -> LoadResult:
    """Read the answer as it comes out of storage; every request stands in exactly one class."""
    assert answer.error_code == ""
    stored = json.loads(json.dumps(answer.value, allow_nan=False))
    assert stored == answer.value
    result = LoadResult.from_dict(stored)
    assert json.loads(json.dumps(result.to_dict())) == stored
    assert result.requests == result.succeeded + result.throttled + result.failures
    return result


def _app(status: Any) -> Response:
    return Response(json.dumps({"statusCode": status, "body": "<script>alert(1)</script>"}).encode())


# --- what is measured ---------------------------------------------------------------------------------------------


def test_a_constant_latency_is_measured_as_it_is() -> None:
    with StubLambda(lambda request: Response(delay_s=0.05)) as stub:
        result = _load(stub)
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
        result = _load(stub, concurrency=5, requests=60)
    assert result.duration_s < 1.0
    assert result.latency_ms["max"] >= 400


def test_no_more_workers_than_requests() -> None:
    with StubLambda() as stub:
        assert _load(stub, concurrency=20, requests=3).succeeded == 3
        assert stub.connections <= 3


def test_one_request_is_a_load_test() -> None:
    with StubLambda(lambda request: Response(delay_s=0.01)) as stub:
        result = _load(stub, concurrency=1, requests=1)
    latency = result.latency_ms["p50"]
    assert result.latency_ms == dict.fromkeys(("min", "mean", "p50", "p90", "p95", "p99", "max"), latency)
    assert result.p95_interval_ms == (latency, latency)


def test_without_a_qualifier_the_target_is_the_function() -> None:
    with StubLambda() as stub:
        answer = _run(stub.endpoint, concurrency=1, requests=1)
    assert _result(answer).target == "user1-f"


def test_cold_starts_are_told_apart_by_the_report_line() -> None:
    with StubLambda(lambda request: cold(0.15) if request.number <= 20 else warm(0.02)) as stub:
        result = _load(stub)
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
def test_what_a_cold_start_is(log: str, is_cold: bool) -> None:
    with StubLambda(lambda request: Response(headers=logged(log))) as stub:
        result = _load(stub, concurrency=1, requests=1)
    assert result.cold_starts == is_cold


def test_when_all_were_cold_there_is_no_warm_latency() -> None:
    with StubLambda(lambda request: cold()) as stub:
        result = _load(stub, requests=20)
    assert result.warm_latency_ms == {"p50": 0, "p95": 0}


# --- classes ------------------------------------------------------------------------------------------------------


def test_every_tenth_refused_is_counted_and_never_sent_again() -> None:
    with StubLambda(
        lambda request: error(500, "ServiceException", "oh") if request.number % 10 == 0 else warm()
    ) as stub:
        result = _load(stub)
        assert len(stub.requests) == 100
    assert (result.succeeded, result.other_errors, result.retries) == (90, 10, 0)
    assert result.error_samples == ("ServiceException: oh",)


def test_throttles_are_no_errors_and_name_their_limit() -> None:
    with StubLambda(lambda request: throttle() if request.number % 10 == 0 else warm()) as stub:
        result = _load(stub)
        assert len(stub.requests) == 100
    assert (result.succeeded, result.throttled, result.failures) == (90, 10, 0)
    assert result.throttle_reason == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert result.error_samples == ()


def test_the_commonest_limit_is_named() -> None:
    with StubLambda(
        lambda request: throttle("ConcurrentInvocationLimitExceeded" if request.number > 3 else "")
    ) as stub:
        assert _load(stub, concurrency=5, requests=10).throttle_reason == "ConcurrentInvocationLimitExceeded"


def test_errors_of_the_function_and_of_the_application_are_counted_apart() -> None:
    answers = {
        1: function_error("ZeroDivisionError", "division by zero\n<script>"),
        2: _app(500),
        3: _app("503"),
        4: _app(499),
        5: _app(True),
        6: _app("5000"),
        7: Response(b"\xff\xfe not JSON"),
        8: Response(b"[" * 100_000),
        9: Response(b'{"statusCode": 1e999}'),
    }
    with StubLambda(lambda request: answers[request.number]) as stub:
        result = _load(stub, concurrency=1, requests=9)
    assert (result.function_errors, result.application_errors, result.succeeded) == (1, 2, 6)
    assert result.error_samples == (
        "ZeroDivisionError: division by zero�<script>",
        "statusCode 500: <script>alert(1)</script>",
        "statusCode 503: <script>alert(1)</script>",
    )


def test_five_different_failures_are_described() -> None:
    with StubLambda(lambda request: function_error("E", f"{request.number % 7} {'x' * 1000}")) as stub:
        result = _load(stub, concurrency=1, requests=14)
    assert [sample[:5] for sample in result.error_samples] == ["E: 1 ", "E: 2 ", "E: 3 ", "E: 4 ", "E: 5 "]
    assert all(sample.endswith("… (805 more characters)") for sample in result.error_samples)


def test_one_request_that_hangs_is_one_timeout() -> None:
    with StubLambda(lambda request: Response(hangs=request.number == 3)) as stub:
        result = _load(stub, concurrency=4, requests=40, request_timeout_s=0.4)
    assert (result.succeeded, result.timeouts, result.cut_short) == (39, 1, "")
    assert result.error_samples == ("no answer within 0.4 s",)


def test_a_slow_drip_is_a_timeout() -> None:
    with StubLambda(lambda request: Response(b"x" * 1000, drip_s=0.01)) as stub:
        result = _load(stub, concurrency=1, requests=1, request_timeout_s=0.3)
    assert result.timeouts == 1
    assert result.duration_s < 2


def test_six_megabytes_do_not_end_the_connection() -> None:
    with StubLambda(lambda request: Response(b'"' + b"a" * 6_000_000 + b'"')) as stub:
        result = _load(stub, concurrency=2, requests=4)
        assert stub.connections == 2
    assert result.succeeded == 4


@pytest.mark.parametrize("said", [True, False])
def test_a_server_that_closes_its_connections_costs_the_student_nothing(said: bool) -> None:
    response = Response(headers={"Connection": "close"}) if said else Response(hangs_up=True)
    with StubLambda(lambda request: response) as stub:
        result = _load(stub, concurrency=5, requests=60)
        assert len(stub.requests) == 60
        assert stub.connections >= 60
    assert (result.succeeded, result.failures) == (60, 0)
    assert result.retries <= (0 if said else 5)  # once a connection, then it is not kept any more


def test_connections_that_break_are_counted() -> None:
    with StubLambda(lambda request: Response(drops=request.number == 1)) as stub:
        result = _load(stub, concurrency=1, requests=10)
    assert (result.succeeded, result.other_errors) == (9, 1)
    assert result.error_samples == ("ConnectionError: Remote end closed connection without response",)


# --- pace and limits ----------------------------------------------------------------------------------------------


def _slots(count: int, delay_s: float) -> Any:
    return lambda request: throttle() if request.running > count else Response(delay_s=delay_s)


def test_a_reservation_of_ten_throttles_half_of_twenty_not_nearly_all() -> None:
    """Without a pause, ten workers burn ninety requests in refusals while the first ten are still running."""
    with StubLambda(_slots(10, 0.1)) as stub:
        result = _load(stub)
        assert len(stub.requests) == 100
    assert 40 <= result.succeeded <= 60
    assert result.throttled == 100 - result.succeeded
    assert result.latency_ms["min"] >= 100


def test_a_function_that_is_switched_off_ends_soon_and_without_a_rush() -> None:
    with StubLambda(lambda request: throttle()) as stub:
        began = time.perf_counter()
        result = _load(stub)
        took = time.perf_counter() - began
    assert (result.throttled, result.succeeded, result.requests) == (100, 0, 100)
    assert result.latency_ms["p95"] == 0
    assert result.achieved_rps == 0
    assert 5 * PAUSE_S[0] <= took <= 5 * PAUSE_S[1] + 0.01  # five refusals in a row, each worker


def test_a_function_that_hangs_ends_the_test_early() -> None:
    with StubLambda(lambda request: Response(hangs=True)) as stub:
        began = time.perf_counter()
        result = _load(stub, request_timeout_s=0.5, deadline_s=10)
        assert time.perf_counter() - began < 3
        assert len(stub.requests) == result.requests
    assert 20 <= result.requests < 40  # the first twenty, and what a quick worker sent before the last of them gave up
    assert (result.timeouts + result.unanswered, result.planned_requests) == (result.requests, 100)
    assert result.timeouts >= 20
    sentence = r"stopped after [0-2] s, when 20 requests in a row had no answer: (\d+) of 100 requests were sent"
    assert re.match(sentence, result.cut_short)
    assert result.latency_ms == dict.fromkeys(("min", "mean", "p50", "p90", "p95", "p99", "max"), 0)


def test_a_few_that_hang_among_many_do_not_end_it() -> None:
    with StubLambda(lambda request: Response(hangs=request.number % 4 == 0, delay_s=0.01)) as stub:
        result = _load(stub, concurrency=4, requests=20, request_timeout_s=0.3)
    assert (result.succeeded, result.timeouts, result.cut_short) == (15, 5, "")


def test_a_function_that_begins_to_hang_ends_the_test_too() -> None:
    with StubLambda(lambda request: Response(hangs=request.number > 10)) as stub:
        result = _load(stub, concurrency=4, requests=100, request_timeout_s=0.2)
    assert (result.succeeded, result.timeouts + result.unanswered) == (10, result.requests - 10)
    assert 8 <= result.timeouts <= 11  # twice four, and what was in flight
    assert f"requests in a row had no answer: {result.requests} of 100 requests were sent" in result.cut_short


def test_all_that_were_to_be_sent_hang_and_nothing_was_cut() -> None:
    with StubLambda(lambda request: Response(hangs=True)) as stub:
        result = _load(stub, concurrency=3, requests=3, request_timeout_s=0.2)
    assert (result.timeouts, result.cut_short) == (3, "")


def test_the_deadline_abandons_what_is_in_flight() -> None:
    with StubLambda(lambda request: Response(delay_s=0.3)) as stub:
        began = time.perf_counter()
        result = _load(stub, concurrency=5, deadline_s=0.75)
        assert time.perf_counter() - began < 1.7  # the deadline and little more
    assert 1 <= result.unanswered == result.other_errors <= 5
    assert result.timeouts == 0
    assert result.error_samples == ()
    assert result.requests == result.succeeded + result.unanswered <= 15
    assert result.cut_short == (
        f"stopped after 0.75 s: {result.requests} of 100 requests were sent, {result.unanswered} of them "
        "unanswered by then"
    )


def test_a_request_that_had_all_its_time_is_a_timeout_and_its_successor_is_cut_off() -> None:
    with StubLambda(lambda request: Response(hangs=True)) as stub:
        result = _load(stub, concurrency=1, requests=2, request_timeout_s=0.4, deadline_s=0.7)
    assert (result.timeouts, result.other_errors, result.unanswered) == (1, 1, 1)
    assert result.error_samples == ("no answer within 0.4 s",)


def test_throttled_workers_wait_no_longer_than_the_deadline() -> None:
    with StubLambda(_slots(1, 5)) as stub:
        began = time.perf_counter()
        result = _load(stub, concurrency=3, requests=10, deadline_s=0.5)
        assert time.perf_counter() - began < 1.5
    assert (result.requests, result.throttled, result.unanswered, result.timeouts) == (3, 2, 1, 0)
    assert result.cut_short == "stopped after 0.5 s: 3 of 10 requests were sent, 1 of them unanswered by then"


def test_no_thread_is_left_behind() -> None:
    with StubLambda(lambda request: Response(hangs=True)) as stub:
        before = threading.active_count()
        _load(stub, concurrency=10, requests=50, request_timeout_s=5, deadline_s=0.3)
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


# --- what is no evidence ------------------------------------------------------------------------------------------


FAULT = Answer(error_code="ServiceException", error_message="oh", reason=Reason.SERVICE_FAULT)


@pytest.mark.parametrize(
    ("response", "answer", "most"),
    [
        (error(404, "ResourceNotFoundException"), Answer(), 20),
        (
            error(403, "AccessDeniedException", "not authorized"),
            Answer(error_code="AccessDeniedException", error_message="not authorized"),
            20,
        ),
        (error(500, "ServiceException", "oh"), FAULT, 100),
    ],
)
def test_a_load_test_that_aws_refuses_is_no_evidence(response: Response, answer: Answer, most: int) -> None:
    with StubLambda(lambda request: response) as stub:
        assert _run(stub.endpoint, concurrency=20, requests=100) == answer
        assert len(stub.requests) <= most + 20


def test_an_endpoint_that_is_not_there_is_no_evidence() -> None:
    with StubLambda() as stub:
        gone = stub.endpoint
    answer = _run(gone, concurrency=4, requests=20)
    assert answer.error_code == "ConnectionError"


def test_a_function_that_is_deleted_meanwhile_is_evidence_all_the_same() -> None:
    def respond(request: Request) -> Response:
        return warm() if request.number <= 10 else error(404, "ResourceNotFoundException", "Function not found")

    with StubLambda(respond) as stub:
        result = _load(stub, concurrency=2, requests=30)
    assert (result.succeeded, result.other_errors) == (10, 20)
    assert result.error_samples == ("ResourceNotFoundException: Function not found",)


def test_a_function_that_cannot_run_as_configured_is_evidence() -> None:
    with StubLambda(lambda request: error(502, "InvalidRuntimeException", "python2.7 is gone")) as stub:
        result = _load(stub, concurrency=2, requests=10)
    assert (result.function_errors, result.other_errors) == (10, 0)
    assert result.error_samples == ("InvalidRuntimeException: python2.7 is gone",)
