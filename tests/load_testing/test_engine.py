"""A load test as a whole: warm-up, classes of errors, what is added to decide, what it may cost, how far it is."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from labgrader.evidence.load.latencies import Latencies
from labgrader.evidence.load.plan import FunctionTarget, LoadPlan, Threshold
from labgrader.evidence.load.result import LoadResult
from labgrader.evidence.question import Answer
from labgrader.http.endpoint import Host
from labgrader.load_testing.engine import run_load
from labgrader.load_testing.load_result import lateness_ms
from labgrader.load_testing.progress import LoadProgress
from labgrader.load_testing.targets import FunctionLoadTarget, StageLoadTarget
from labgrader.probing.stage_request import StageRequest
from tests.load_testing.stub_lambda import (
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

pytestmark = pytest.mark.usefixtures("virtual_time")


def _run(
    stub: StubLambda,
    concurrency: int = 5,
    requests: int = 20,
    *,
    on_progress: Callable[[LoadProgress], None] | None = None,
    limits: dict[str, float] | None = None,
    memory_mb: int = 0,
    architecture: str = "x86_64",
    **plan: Any,
) -> Answer:
    target = FunctionTarget("user1-f", memory_mb=memory_mb, architecture=architecture)
    planned = LoadPlan("closed", concurrency, requests=requests, **plan)
    return run_load(
        FunctionLoadTarget(stub.endpoint, target, b"{}"), planned, on_progress=on_progress, **(limits or {})
    )


def _load(stub: StubLambda, *numbers: int, **plan: Any) -> LoadResult:
    answer = _run(stub, *numbers, **plan)
    assert answer.error_code == ""
    stored = json.loads(json.dumps(answer.value, allow_nan=False))
    assert stored == answer.value
    result = LoadResult.from_dict(stored)
    assert result.requests == result.succeeded + result.throttled + result.failures
    return result


def _reported(billed_ms: int, memory_mb: int, more: str = "") -> Response:
    line = f"REPORT RequestId: 8f5\tDuration: {billed_ms}.00 ms\tBilled Duration: {billed_ms} ms\t"
    return Response(headers=logged(f"{line}Memory Size: {memory_mb} MB\tMax Memory Used: 40 MB\t{more}\n"))


# --- warm-up ------------------------------------------------------------------------------------------------------


def test_the_warm_up_is_reported_apart_and_not_counted() -> None:
    with StubLambda(lambda request: cold(0.15) if request.number <= 5 else warm(0.01)) as stub:
        result = _load(stub, 5, 20, warm_up=6)
        assert len(stub.requests) == 26
        assert stub.most_running == 5
        assert stub.connections == result.connections == 5  # those of the warm-up are used on
    assert (result.requests, result.planned_requests, result.succeeded, result.cold_starts) == (20, 20, 20, 0)
    assert (result.warm_up["requests"], result.warm_up["succeeded"], result.warm_up["cold_starts"]) == (6, 6, 5)
    assert result.warm_up["max"] >= 150 <= result.warm_up["p50"]
    assert result.latency_ms["max"] < 150


def test_without_a_warm_up_nothing_is_reported_of_it() -> None:
    with StubLambda() as stub:
        assert _load(stub).warm_up == {}


def test_errors_of_the_warm_up_are_not_those_of_the_test() -> None:
    with StubLambda(lambda request: function_error("E", "no") if request.number <= 4 else warm()) as stub:
        result = _load(stub, 2, 10, warm_up=4)
    assert (result.succeeded, result.failures, result.error_samples) == (10, 0, ())
    assert result.warm_up == {"requests": 4, "succeeded": 0, "cold_starts": 0, "reported": 0, "p50": 0, "max": 0}


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        (error(404, "ResourceNotFoundException"), Answer()),
        (error(403, "AccessDeniedException", "no"), Answer(error_code="AccessDeniedException", error_message="no")),
    ],
)
def test_a_warm_up_that_aws_refuses_is_the_answer(response: Response, answer: Answer) -> None:
    with StubLambda(lambda request: response) as stub:
        assert _run(stub, 2, 1000, warm_up=2) == answer
        assert 1 <= len(stub.requests) <= 2  # the first refusal ends it


def test_a_warm_up_without_an_answer_does_not_end_the_test() -> None:
    with StubLambda(lambda request: Response(hangs=request.number <= 2)) as stub:
        result = _load(stub, 2, 10, warm_up=4, limits={"request_timeout_s": 0.2})
    assert (result.succeeded, result.failures, result.cut_short) == (10, 0, "")
    assert (result.warm_up["requests"], result.warm_up["succeeded"]) == (2, 0)


def test_warm_and_cold_latencies_are_told_apart() -> None:
    with StubLambda(lambda request: cold(0.15) if request.number <= 5 else warm(0.01)) as stub:
        result = _load(stub, 5, 50)
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
def test_the_kinds_of_function_errors(response: Response, kind: str) -> None:
    with StubLambda(lambda request: response) as stub:
        result = _load(stub, 1, 2)
    assert (result.function_errors, result.function_error_kinds) == (2, {kind: 2})


def test_each_reason_of_a_throttle_is_counted() -> None:
    reasons = ["ConcurrentInvocationLimitExceeded", "ReservedFunctionConcurrentInvocationLimitExceeded"]
    with StubLambda(lambda request: throttle(reasons[request.number % 3 == 0])) as stub:
        result = _load(stub, 1, 6)
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
        result = _load(stub, 1, 1, failing_status=failing)
    assert (result.application_errors, result.succeeded, result.failing_status) == (failed, 1 - failed, failing)


def test_a_float_for_a_status_is_shown_as_a_number() -> None:
    with StubLambda(lambda request: _status(503.0)) as stub:
        assert _load(stub, 1, 1).error_samples == ("statusCode 503: no",)


@pytest.mark.parametrize(("response", "reported"), [(warm(), 2), (Response(), 0)])
def test_whether_a_report_line_came_is_counted(response: Response, reported: int) -> None:
    with StubLambda(lambda request: response) as stub:
        result = _load(stub, 1, 2, warm_up=2)
    assert (result.reported, result.warm_up["reported"]) == (reported, reported)
    assert result.cold_starts_known == bool(reported)


# --- enough requests to decide ------------------------------------------------------------------------------------


def _two_speeds(request: Request) -> Response:
    return warm(0.002 if request.number % 2 else 0.04)


def test_requests_are_added_while_it_is_open_on_which_side_the_percentile_is() -> None:
    with StubLambda(_two_speeds) as stub:
        result = _load(stub, 5, 20, threshold=Threshold(50, 20, 50))
        assert len(stub.requests) == 50
        assert stub.connections == 5
    assert (result.requests, result.planned_requests, result.succeeded) == (50, 50, 50)
    low, high = result.intervals_ms["p50"]
    assert low <= 20 < high
    assert result.notes == ("added 30 requests to decide whether p50 is below 20 ms",)


@pytest.mark.parametrize(("bound", "most"), [(10_000, 50), (0.1, 50), (20, 20), (20, 5)])
def test_none_are_added_where_it_is_decided_or_none_may_be(bound: float, most: int) -> None:
    with StubLambda(_two_speeds) as stub:
        result = _load(stub, 5, 20, threshold=Threshold(50, bound, most))
        assert len(stub.requests) == 20
    assert (result.requests, result.notes) == (20, ())


def test_none_are_added_where_nothing_succeeded() -> None:
    with StubLambda(lambda request: function_error("E", "no")) as stub:
        _load(stub, 5, 20, threshold=Threshold(50, 20, 100))
        assert len(stub.requests) == 20


def test_no_more_are_added_than_there_is_time_for() -> None:
    """Twenty take 0.4 s, and by a second before the deadline all shall be over."""
    with StubLambda(lambda request: warm(0.09 if request.number % 2 else 0.11)) as stub:
        result = _load(stub, 5, 20, threshold=Threshold(50, 100, 10_000), limits={"deadline_s": 2.2})
    assert 20 < result.requests < 110
    assert result.cut_short == ""
    assert result.notes == (f"added {result.requests - 20} requests to decide whether p50 is below 100 ms",)


@pytest.mark.parametrize(("percentile", "requests"), [(50, 20), (90, 36), (95, 72)])
def test_requests_are_added_until_there_are_enough_to_be_sure(percentile: int, requests: int) -> None:
    with StubLambda() as stub:
        result = _load(stub, 5, 20, threshold=Threshold(percentile, 10_000, requests))
    assert result.requests == requests


def test_each_addition_doubles_what_there_is() -> None:
    """A third are slow, and p50 is sure to be below: but not by twenty requests, nor by forty."""
    with StubLambda(lambda request: warm(0.1 if request.number % 3 == 0 else 0.0)) as stub:
        result = _load(stub, 5, 20, threshold=Threshold(50, 80, 1000))
    assert result.requests in (80, 160)


@pytest.mark.parametrize(("looks", "noted"), [(99, 0.0), (100, 20.0)])
def test_a_tester_is_late_in_one_of_a_hundred_from_a_hundred_on(looks: int, noted: float) -> None:
    assert lateness_ms(Latencies([20.0] * looks)) == noted
    assert lateness_ms(Latencies([10.0] * looks)) == 0


def test_a_closed_test_sees_how_late_its_own_timers_are() -> None:
    with StubLambda(lambda request: warm(0.1)) as stub:
        result = _load(stub, 1, 21, on_progress=lambda progress: time.sleep(0.05))
    assert result.late_ms > 10
    assert result.notes == (
        f"the load tester itself was late by {result.late_ms:.0f} ms in one request of a hundred: these latencies are "
        "partly its own",
    )


def test_what_was_changed_before_is_said_first() -> None:
    with StubLambda(_two_speeds) as stub:
        result = _load(stub, 5, 20, threshold=Threshold(50, 20, 21), notes=("10 in flight instead of 20",))
    assert result.notes == ("10 in flight instead of 20", "added 1 requests to decide whether p50 is below 20 ms")


# --- money --------------------------------------------------------------------------------------------------------


def test_a_test_that_would_cost_too_much_is_not_begun() -> None:
    with StubLambda() as stub:
        answer = _run(stub, 5, 1000, memory_mb=1024, cost_cap_usd=0.01)
        assert stub.requests == []
    assert (answer.error_code, answer.error_message) == (
        "TooExpensive", "the load test would cost about $0.0169, more than its cap of $0.01: not begun"
    )  # fmt: skip


def test_the_warm_up_says_what_it_will_cost() -> None:
    """By the warm-up's 100 ms of 1 GB, the thousand that are assumed to take a second each are no longer too much."""
    with StubLambda(lambda request: _reported(100, 1024)) as stub:
        result = _load(stub, 5, 1000, memory_mb=1024, cost_cap_usd=0.01, warm_up=5)
    assert result.cost["cap_usd"] == 0.01
    assert result.cost["estimated"] == {"requests": 1000, "gb_seconds": 100, "usd": 0.00186667}
    assert result.cost["actual"] == {"requests": 1005, "gb_seconds": 100.5, "usd": 0.001876}


def test_a_warm_up_that_is_dear_keeps_the_test_from_beginning() -> None:
    with StubLambda(lambda request: _reported(10_000, 10_240)) as stub:
        answer = _run(stub, 2, 100, warm_up=2)
        assert len(stub.requests) == 2
    assert answer.error_message == "the load test would cost about $0.1667, more than its cap of $0.05: not begun"


def test_nothing_more_is_sent_when_the_cap_is_reached() -> None:
    """Each costs a sixth of a cent and a little: the third is beyond the cap of half a cent."""
    with StubLambda(lambda request: _reported(10_000, 10_240)) as stub:
        result = _load(stub, 1, 10, memory_mb=128, cost_cap_usd=0.005)
        assert len(stub.requests) == 3
    assert (result.requests, result.succeeded, result.unanswered) == (3, 3, 0)
    assert result.cut_short == "stopped at its cost cap: 3 of 10 requests were sent"
    assert result.cost["actual"]["usd"] > 0.005


@pytest.mark.parametrize(
    ("cap_usd", "notes"),
    [
        (0.005, ()),  # to a ten-thousandth
        (0.004, ("it cost about $0.005, more than its cap of $0.004: what was in flight had to be waited for",)),
    ],
)
def test_what_was_in_flight_at_the_cap_is_said_to_cost_more(cap_usd: float, notes: tuple[str, ...]) -> None:
    with StubLambda(lambda request: _reported(10_000, 10_240)) as stub:
        result = _load(stub, 1, 10, memory_mb=128, cost_cap_usd=cap_usd)
    assert (result.requests, result.notes) == (3, notes)


def test_what_is_in_flight_counts_towards_the_cap() -> None:
    """One hangs with 10 GB, for 0.00017 dollars a second; the others are cheap, and no more than 40 fit beside it."""

    def respond(request: Request) -> Response:
        cheap = _reported(1, 128)
        return Response(delay_s=1.5) if request.number == 2 else Response(headers=cheap.headers, delay_s=0.01)

    with StubLambda(respond) as stub:
        result = _load(stub, 2, 200, memory_mb=10_240, cost_cap_usd=0.00006, warm_up=1)
    assert 2 <= result.requests <= 40
    assert result.cut_short == f"stopped at its cost cap: {result.requests} of 200 requests were sent"
    (note,) = result.notes
    assert note.startswith("it cost about $0.000")
    assert note.endswith(", more than its cap of $0.00006: what was in flight had to be waited for")


# --- stages -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "failing", "outcome"),
    [
        (399, 400, "succeeded"),
        (400, 400, "application_errors"),
        (404, 400, "application_errors"),
        (404, 500, "other_errors"),
        (500, 500, "application_errors"),
        (429, 400, "throttled"),
    ],
)
def test_a_plan_says_from_which_status_on_a_stage_failed(status: int, failing: int, outcome: str) -> None:
    with StubLambda(lambda request: Response(b"no", status)) as stub:
        content = b"GET /prod/x HTTP/1.1\r\nHost: x\r\n\r\n"
        stage = StageLoadTarget("x", StageRequest(Host(f"http://127.0.0.1:{stub.port}"), "GET", "", content, ""))
        answer = run_load(stage, LoadPlan("closed", 1, requests=1, failing_status=failing))
    result = LoadResult.from_dict(answer.value)
    assert (getattr(result, outcome), result.requests) == (1, 1)
    assert result.notes == ("the cost is that of the API's calls, without the function behind them",)
    assert not result.cold_starts_known


def test_without_a_report_the_time_that_passed_is_reckoned() -> None:
    with StubLambda(lambda request: Response(delay_s=0.05)) as stub:
        result = _load(stub, 1, 2, memory_mb=1024, architecture="arm64")
    assert result.cost["estimated"] == {"requests": 2, "gb_seconds": 2, "usd": 0.00002707}
    assert 0.1 <= result.cost["actual"]["gb_seconds"] < 2


def test_a_throttled_request_costs_nothing_and_one_that_failed_does() -> None:
    answers = {1: throttle(), 2: function_error("E", "no"), 3: error(500, "ServiceException"), 4: warm()}
    with StubLambda(lambda request: answers[request.number]) as stub:
        result = _load(stub, 1, 4)
    assert result.cost["actual"]["requests"] == 2


# --- how far it is ------------------------------------------------------------------------------------------------


def test_it_is_told_how_far_the_test_is() -> None:
    told: list[LoadProgress] = []
    with StubLambda(lambda request: throttle() if request.number == 8 else warm(0.05)) as stub:
        _load(stub, 2, 20, warm_up=2, on_progress=told.append)
    assert told[0].phase == "warm-up"
    assert {one.phase for one in told} == {"warm-up", "load"}
    last = told[-1]
    assert (last.planned, last.sent, last.answered) == (20, 20, 20)
    assert (last.succeeded, last.throttled, last.failed) == (19, 1, 0)
    assert 50 <= last.p50_ms <= last.p95_ms
    assert len(told) <= 2 + 5 * sum(one.elapsed_s for one in (told[0], last)) + 2  # five times a second, and each end


def test_whoever_is_told_can_end_the_test() -> None:
    def stop(progress: LoadProgress) -> None:
        raise KeyboardInterrupt

    with StubLambda(lambda request: warm(0.02)) as stub:
        with pytest.raises(KeyboardInterrupt):
            _run(stub, 2, 1000, on_progress=stop)
        assert len(stub.requests) < 1000
