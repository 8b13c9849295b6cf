"""What load tests of functions and stages cost, and their cost cap."""

from __future__ import annotations

import pytest

from labgrader.evidence.load.plan import LoadPlan
from labgrader.evidence.load.result import LoadResult
from labgrader.http.endpoint import Host
from labgrader.load_testing.engine import run_load
from labgrader.load_testing.targets import StageLoadTarget
from labgrader.probing.stage_request import StageRequest
from tests.load_testing.planned_load import load, run
from tests.load_testing.stub_lambda import Request, Response, StubLambda, error, function_error, logged, throttle, warm

pytestmark = pytest.mark.usefixtures("virtual_time")


def _reported(billed_ms: int, memory_mb: int, more: str = "") -> Response:
    line = f"REPORT RequestId: 8f5\tDuration: {billed_ms}.00 ms\tBilled Duration: {billed_ms} ms\t"
    return Response(headers=logged(f"{line}Memory Size: {memory_mb} MB\tMax Memory Used: 40 MB\t{more}\n"))


# --- money --------------------------------------------------------------------------------------------------------


def test_a_test_above_the_cost_cap_is_not_started() -> None:
    with StubLambda() as stub:
        answer = run(stub, 5, 1000, memory_mb=1024, cost_cap_usd=0.01)
        assert stub.requests == []
    assert (answer.error_code, answer.error_message) == (
        "TooExpensive", "the load test would cost about $0.0169, more than its cap of $0.01: not begun"
    )  # fmt: skip


def test_the_warm_up_estimates_the_cost() -> None:
    """By the warm-up's 100 ms of 1 GB, the thousand that are assumed to take a second each are no longer too much."""
    with StubLambda(lambda request: _reported(100, 1024)) as stub:
        result = load(stub, 5, 1000, memory_mb=1024, cost_cap_usd=0.01, warm_up=5)
    assert result.cost["cap_usd"] == 0.01
    assert result.cost["estimated"] == {"requests": 1000, "gb_seconds": 100, "usd": 0.00186667}
    assert result.cost["actual"] == {"requests": 1005, "gb_seconds": 100.5, "usd": 0.001876}


def test_an_expensive_warm_up_prevents_the_test() -> None:
    with StubLambda(lambda request: _reported(10_000, 10_240)) as stub:
        answer = run(stub, 2, 100, warm_up=2)
        assert len(stub.requests) == 2
    assert answer.error_message == "the load test would cost about $0.1667, more than its cap of $0.05: not begun"


def test_no_request_is_sent_after_the_cap() -> None:
    """Each costs a sixth of a cent and a little: the third is beyond the cap of half a cent."""
    with StubLambda(lambda request: _reported(10_000, 10_240)) as stub:
        result = load(stub, 1, 10, memory_mb=128, cost_cap_usd=0.005)
        assert len(stub.requests) == 3
    assert (result.requests, result.succeeded, result.unanswered) == (3, 3, 0)
    assert result.cut_short == "stopped at its cost cap: 3 of 10 requests were sent"
    assert result.cost["actual"]["usd"] > 0.005


@pytest.mark.parametrize(
    ("cap_usd", "notes"),
    [
        (0.005, ()),  # to a ten-thousandth
        (0.004, ("it cost about $0.005, more than its cap of $0.004, because the requests in flight had to finish",)),
    ],
)
def test_requests_in_flight_at_the_cap_are_noted_as_extra_cost(cap_usd: float, notes: tuple[str, ...]) -> None:
    with StubLambda(lambda request: _reported(10_000, 10_240)) as stub:
        result = load(stub, 1, 10, memory_mb=128, cost_cap_usd=cap_usd)
    assert (result.requests, result.notes) == (3, notes)


def test_requests_in_flight_count_toward_the_cap() -> None:
    """One hangs with 10 GB, for 0.00017 dollars a second; the others are cheap, and no more than 40 fit beside it."""

    def respond(request: Request) -> Response:
        cheap = _reported(1, 128)
        return Response(delay_s=1.5) if request.number == 2 else Response(headers=cheap.headers, delay_s=0.01)

    with StubLambda(respond) as stub:
        result = load(stub, 2, 200, memory_mb=10_240, cost_cap_usd=0.00006, warm_up=1)
    assert 2 <= result.requests <= 40
    assert result.cut_short == f"stopped at its cost cap: {result.requests} of 200 requests were sent"
    (note,) = result.notes
    assert note.startswith("it cost about $0.000")
    assert note.endswith(", more than its cap of $0.00006, because the requests in flight had to finish")


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


def test_without_a_report_line_the_elapsed_time_is_billed() -> None:
    with StubLambda(lambda request: Response(delay_s=0.05)) as stub:
        result = load(stub, 1, 2, memory_mb=1024, architecture="arm64")
    assert result.cost["estimated"] == {"requests": 2, "gb_seconds": 2, "usd": 0.00002707}
    assert 0.1 <= result.cost["actual"]["gb_seconds"] < 2


def test_a_failed_request_costs_money_and_a_throttled_one_does_not() -> None:
    answers = {1: throttle(), 2: function_error("E", "no"), 3: error(500, "ServiceException"), 4: warm()}
    with StubLambda(lambda request: answers[request.number]) as stub:
        result = load(stub, 1, 4)
    assert result.cost["actual"]["requests"] == 2
