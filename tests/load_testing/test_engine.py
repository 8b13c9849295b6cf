"""A load test as a whole: its warm-up, classes of errors, its progress, and how late the tester itself was."""

from __future__ import annotations

import json
import time

import pytest

from labgrader.evidence.load.latencies import Latencies
from labgrader.evidence.question import Answer
from labgrader.load_testing.load_result import lateness_ms
from labgrader.load_testing.progress import LoadProgress
from tests.load_testing.planned_load import load, run
from tests.load_testing.stub_lambda import Response, StubLambda, cold, error, function_error, throttle, warm

pytestmark = pytest.mark.usefixtures("virtual_time")


# --- warm-up ------------------------------------------------------------------------------------------------------


def test_the_warm_up_is_reported_separately() -> None:
    with StubLambda(lambda request: cold(0.15) if request.number <= 5 else warm(0.01)) as stub:
        result = load(stub, 5, 20, warm_up=6)
        assert len(stub.requests) == 26
        assert stub.most_running == 5
        assert stub.connections == result.connections == 5  # those of the warm-up are used on
    assert (result.requests, result.planned_requests, result.succeeded, result.cold_starts) == (20, 20, 20, 0)
    assert (result.warm_up["requests"], result.warm_up["succeeded"], result.warm_up["cold_starts"]) == (6, 6, 5)
    assert result.warm_up["max"] >= 150 <= result.warm_up["p50"]
    assert result.latency_ms["max"] < 150


def test_without_a_warm_up_no_warm_up_is_reported() -> None:
    with StubLambda() as stub:
        assert load(stub).warm_up == {}


def test_errors_of_the_warm_up_are_not_counted() -> None:
    with StubLambda(lambda request: function_error("E", "no") if request.number <= 4 else warm()) as stub:
        result = load(stub, 2, 10, warm_up=4)
    assert (result.succeeded, result.failures, result.error_samples) == (10, 0, ())
    assert result.warm_up == {"requests": 4, "succeeded": 0, "cold_starts": 0, "reported": 0, "p50": 0, "max": 0}


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        (error(404, "ResourceNotFoundException"), Answer()),
        (error(403, "AccessDeniedException", "no"), Answer(error_code="AccessDeniedException", error_message="no")),
    ],
)
def test_a_refused_warm_up_is_the_result(response: Response, answer: Answer) -> None:
    with StubLambda(lambda request: response) as stub:
        assert run(stub, 2, 1000, warm_up=2) == answer
        assert 1 <= len(stub.requests) <= 2  # the first refusal ends it


def test_a_warm_up_without_an_answer_does_not_end_the_test() -> None:
    with StubLambda(lambda request: Response(hangs=request.number <= 2)) as stub:
        result = load(stub, 2, 10, warm_up=4, limits={"request_timeout_s": 0.2})
    assert (result.succeeded, result.failures, result.cut_short) == (10, 0, "")
    assert (result.warm_up["requests"], result.warm_up["succeeded"]) == (2, 0)


def test_warm_and_cold_latencies_are_separated() -> None:
    with StubLambda(lambda request: cold(0.15) if request.number <= 5 else warm(0.01)) as stub:
        result = load(stub, 5, 50)
    assert result.cold_starts == 5
    assert 10 <= result.warm_latency_ms["p95"] < 150 <= result.cold_latency_ms["p50"] <= result.cold_latency_ms["p95"]


# --- classes of errors --------------------------------------------------------------------------------------------


def _kind(kind: str, message: str, header: str = "Unhandled") -> Response:
    body = json.dumps({"errorType": kind, "errorMessage": message}).encode()
    return Response(body, headers={"X-Amz-Function-Error": header})


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (_kind("ValueError", "no", header="Handled"), "handled"),
        (_kind("ValueError", "no"), "unhandled"),
        (_kind("Runtime.ExitError", "RequestId: 8f5 Error: Runtime exited with error: exit status 1"), "unhandled"),
        (
            _kind("Runtime.ExitError", "RequestId: 8f5 Error: Runtime exited with error: signal: killed"),
            "out_of_memory",
        ),
        (_kind("Runtime.OutOfMemory", "RequestId: 8f5 Error: Runtime exited"), "out_of_memory"),
        (_kind("Sandbox.Timedout", "RequestId: 8f5 Error: Task timed out after 3.00 seconds"), "timeout"),
        (_kind("", "2026-11-21T15:00:00.000Z 8f5 Task timed out after 3.00 seconds"), "timeout"),
        (Response(b"\xff", headers={"X-Amz-Function-Error": "Unhandled"}), "unhandled"),
        (Response(b"[" * 100_000, headers={"X-Amz-Function-Error": "Unhandled"}), "unhandled"),
        (
            Response(b'{"errorType": 5, "errorMessage": NaN}', headers={"X-Amz-Function-Error": "Unhandled"}),
            "unhandled",
        ),
    ],
)
def test_function_errors_are_counted_by_kind(response: Response, kind: str) -> None:
    with StubLambda(lambda request: response) as stub:
        result = load(stub, 1, 2)
    assert (result.function_errors, result.function_error_kinds) == (2, {kind: 2})


def test_each_reason_of_a_throttle_is_counted() -> None:
    reasons = ["ConcurrentInvocationLimitExceeded", "ReservedFunctionConcurrentInvocationLimitExceeded"]
    with StubLambda(lambda request: throttle(reasons[request.number % 3 == 0])) as stub:
        result = load(stub, 1, 6)
    assert result.throttle_reasons == {reasons[0]: 4, reasons[1]: 2}
    assert result.throttle_reason == reasons[0]


def _status(status: object) -> Response:
    return Response(json.dumps({"statusCode": status, "body": "no"}).encode())


@pytest.mark.parametrize(
    ("status", "failing", "failed"),
    [
        (404, 500, 0),
        (404, 400, 1),
        (399, 400, 0),
        (400, 400, 1),
        (429, 400, 1),
        (499, 500, 0),
        (500, 500, 1),
        (503.0, 500, 1),
        (499.0, 500, 0),
        (503.5, 500, 0),
        ("500", 500, 1),
    ],
)
def test_a_plan_says_from_which_status_on_an_answer_is_an_error(status: object, failing: int, failed: int) -> None:
    with StubLambda(lambda request: _status(status)) as stub:
        result = load(stub, 1, 1, failing_status=failing)
    assert (result.application_errors, result.succeeded, result.failing_status) == (failed, 1 - failed, failing)


def test_a_float_for_a_status_is_shown_as_a_number() -> None:
    with StubLambda(lambda request: _status(503.0)) as stub:
        assert load(stub, 1, 1).error_samples == ("statusCode 503: no",)


@pytest.mark.parametrize(("response", "reported"), [(warm(), 2), (Response(), 0)])
def test_responses_with_a_report_line_are_counted(response: Response, reported: int) -> None:
    with StubLambda(lambda request: response) as stub:
        result = load(stub, 1, 2, warm_up=2)
    assert (result.reported, result.warm_up["reported"]) == (reported, reported)
    assert result.cold_starts_known == bool(reported)


# --- how far it is ------------------------------------------------------------------------------------------------


def test_the_progress_is_reported() -> None:
    reported: list[LoadProgress] = []
    with StubLambda(lambda request: throttle() if request.number == 8 else warm(0.05)) as stub:
        load(stub, 2, 20, warm_up=2, on_progress=reported.append)
    assert reported[0].phase == "warm-up"
    assert {progress.phase for progress in reported} == {"warm-up", "load"}
    last = reported[-1]
    assert (last.planned, last.sent, last.answered) == (20, 20, 20)
    assert (last.succeeded, last.throttled, last.failed) == (19, 1, 0)
    assert 50 <= last.p50_ms <= last.p95_ms
    assert (
        len(reported) <= 2 + 5 * sum(progress.elapsed_s for progress in (reported[0], last)) + 2
    )  # five times a second, and each end


def test_the_progress_callback_can_end_the_test() -> None:
    def stop(progress: LoadProgress) -> None:
        raise KeyboardInterrupt

    with StubLambda(lambda request: warm(0.02)) as stub:
        with pytest.raises(KeyboardInterrupt):
            run(stub, 2, 1000, on_progress=stop)
        assert len(stub.requests) < 1000


# --- how late the tester itself was -------------------------------------------------------------------------------


@pytest.mark.parametrize(("looks", "noted"), [(99, 0.0), (100, 20.0)])
def test_a_tester_is_late_from_one_percent_of_late_requests_on(looks: int, noted: float) -> None:
    assert lateness_ms(Latencies([20.0] * looks)) == noted
    assert lateness_ms(Latencies([10.0] * looks)) == 0


def test_a_closed_test_measures_the_delay_of_its_timers() -> None:
    with StubLambda(lambda request: warm(0.1)) as stub:
        result = load(stub, 1, 21, on_progress=lambda progress: time.sleep(0.05))
    assert result.late_ms > 10
    assert result.notes == (
        f"the load tester itself was late by {result.late_ms:.0f} ms in 1% of requests; these latencies "
        "include its delay",
    )
