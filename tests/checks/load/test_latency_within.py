"""latency_within: a percentile of the latency is within its limit, from recorded load tests."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.errors import BadInputError, NotGradedError
from labgrader.evidence.load.load_test import LoadResult
from labgrader.judging.check import find_check
from tests.checks.load_results import load_result, loaded, loading
from tests.checks.world import OPTIMIZED, World, perfect

TARGET = f"{OPTIMIZED}:user1-prod"
BOUND: dict[str, Any] = {
    "function": OPTIMIZED,
    "operation": "default",
    "percentile": 95,
    "milliseconds": 100.0,
    "qualifiers": ["user1-prod"],
}


def measured(low: float, high: float, succeeded: int = 200, **fields: Any) -> LoadResult:
    """Return a load test with this 95% interval of p95."""
    latency = {"p50": 20.0, "p95": (low + high) / 2}
    return load_result(succeeded, latency_ms=latency, intervals_ms={"p50": (19.0, 21.0), "p95": (low, high)}, **fields)


@pytest.mark.parametrize(
    ("low", "high", "status", "message"),
    [
        (80.0, 100.0, "passed", ""),
        (
            80.0,
            100.4,
            "partial",
            f"{TARGET}: p95 is between 80 and 100 ms (95% confidence), the limit is 100 ms. That is too close to call "
            "after 200 requests; a decision needs more.",
        ),
        (
            100.0,
            120.0,
            "partial",
            f"{TARGET}: p95 is between 100 and 120 ms (95% confidence), the limit is 100 ms. That is too close to call "
            "after 200 requests; a decision needs more.",
        ),
        (
            101.0,
            120.0,
            "failed",
            f"{TARGET}: p95 is between 101 and 120 ms (95% confidence), the limit is 100 ms.",
        ),
    ],
)
def test_the_interval_decides(low: float, high: float, status: str, message: str) -> None:
    verdict = loaded(perfect(), "latency_within", measured(low, high), **BOUND)
    assert (verdict.status, verdict.message) == (status, message)
    assert verdict.expected == "p95 within 100 ms"
    assert verdict.observed == f"p95 {(low + high) / 2:,.0f} ms (95% interval {low:,.0f} to {high:,.0f} ms)"
    assert verdict.fraction == {"passed": 1.0, "partial": 0.5, "failed": 0.0}[status]
    if status != "passed":
        assert verdict.hint.startswith(
            f"aws lambda get-function-configuration --function-name {OPTIMIZED} --query MemorySize"
        )


def test_plans_the_load_test_from_its_parameters() -> None:
    event = {"body": '{"operation": "heavy"}'}
    parameters = {**BOUND, "event": event, "concurrency": 5, "requests": 50, "most_requests": 400, "warm_up": 5}
    _, questions = loading(perfect(), "latency_within", [measured(1.0, 2.0)], **parameters)
    question = questions[0].arguments
    assert (question["Model"], question["Concurrency"], question["Requests"], question["WarmUp"]) == (
        "closed",
        5,
        50,
        5,
    )
    assert question["Threshold"] == {"Percentile": 95, "Milliseconds": 100.0, "MostRequests": 400}
    assert question["Target"]["Payload"] == event
    _, questions = loading(perfect(), "latency_within", [measured(1.0, 2.0)], **{**BOUND, "requests": 5000})
    assert questions[0].arguments["Threshold"]["MostRequests"] == 5000
    assert questions[0].arguments["Target"]["Payload"] == {"body": '{"operation": "default"}'}


def test_names_the_circumstances_of_the_figure() -> None:
    result = measured(
        80.0,
        90.0,
        cold_starts=2,
        warm_latency_ms={"p50": 19.0, "p95": 61.0},
        throttled=3,
        throttle_reasons={"ReservedFunctionConcurrentInvocationLimitExceeded": 3},
        notes=("100 requests were added to decide",),
        cut_short="stopped after 90 s",
    )
    verdict = loaded(perfect(), "latency_within", result, **BOUND)
    assert (verdict.status, verdict.message) == (
        "passed",
        "100 requests were added to decide. 2 cold starts among 200 requests; without them p95 is 61 ms. "
        "The function's reserved concurrency throttled 3 of 203 requests (429). The test ended early: stopped after "
        "90 s.",
    )


@pytest.mark.parametrize(("errors", "status"), [(10, "passed"), (11, "failed")])
def test_fails_when_too_many_requests_fail(errors: int, status: str) -> None:
    result = measured(
        1.0,
        2.0,
        succeeded=200 - errors,
        function_errors=errors,
        function_error_kinds={"out_of_memory": errors},
        error_samples=("<b>\n",),
    )
    verdict = loaded(perfect(), "latency_within", result, **BOUND)
    assert verdict.status == status
    if status == "failed":
        assert verdict.message == (
            f"{TARGET}: 11 of 200 requests that reached it failed (11 ran out of memory), so its latency was not "
            "judged."
        )
        assert verdict.hint == f"aws logs tail /aws/lambda/{OPTIMIZED} --since 1h --filter-pattern ERROR"
        assert verdict.evidence == ("<b>�",)


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (
            measured(1.0, 2.0, 89, throttled=11, throttle_reasons={"ConcurrentInvocationLimitExceeded": 11}),
            f"the account, not {TARGET}, had no concurrency left: it throttled 11 requests "
            "(ConcurrentInvocationLimitExceeded)",
        ),
        (
            measured(1.0, 2.0, 89, other_errors=11, error_samples=("ConnectionError: refused",)),
            f"{TARGET} could not be reached: ConnectionError: refused",
        ),
        (measured(1.0, 2.0, 9), f"{TARGET} served 9 requests: too few for p95"),
        (
            measured(1.0, 2.0, 71),
            f"{TARGET} served 71 requests, but 95% confidence in p95 needs 72",
        ),
        (
            measured(111.0, 130.0, late_ms=12.0),
            "the load tester itself sent 1% of the requests at least 12 ms late, which may have decided the result: "
            "p95 is between 111 and 130 ms (95% confidence), the limit is 100 ms",
        ),
        (load_result(200), f"{TARGET} served 200 requests: too few for p95"),
        (
            measured(1.0, 2.0, dropped=1),
            "1 of 201 requests could not be sent, because too many were in flight. Their latency is unknown; of the "
            "others, p95 is between 1 and 2 ms (95% confidence), the limit is 100 ms",
        ),
    ],
)
def test_is_not_graded_when_the_result_is_inconclusive(result: LoadResult, why: str) -> None:
    with pytest.raises(NotGradedError) as caught:
        loaded(perfect(), "latency_within", result, **BOUND)
    assert caught.value.reason == why


@pytest.mark.parametrize(
    ("result", "status"),
    [
        (measured(1.0, 2.0, 72), "passed"),
        (measured(101.0, 120.0, dropped=1), "failed"),  # dropped requests would not have been faster
        (measured(101.0, 120.0, 71), "failed"),  # a few requests are enough for a failure
        (measured(113.0, 130.0, late_ms=12.0), "failed"),  # the delay does not explain the result
        (measured(80.0, 100.0, late_ms=12.0), "passed"),  # within the limit despite the delay
    ],
)
def test_is_graded_when_the_result_is_clear(result: LoadResult, status: str) -> None:
    assert loaded(perfect(), "latency_within", result, **BOUND).status == status


@pytest.mark.parametrize(
    ("percentile", "errors", "status"), [(50, 40, "passed"), (50, 41, "failed"), (99, 4, "passed"), (99, 5, "failed")]
)
def test_failures_count_against_the_percentile(percentile: int, errors: int, status: str) -> None:
    intervals = {f"p{percentile}": (1.0, 2.0)}
    result = load_result(400 - errors, timeouts=errors, intervals_ms=intervals)
    assert loaded(perfect(), "latency_within", result, **{**BOUND, "percentile": percentile}).status == status


def test_times_nothing_if_the_function_or_alias_is_missing() -> None:
    assert loaded(World(), "latency_within", **BOUND).message == f"There is no function {OPTIMIZED}."
    no_alias = {**BOUND, "qualifiers": ["user1-blue"]}
    assert loaded(perfect(), "latency_within", **no_alias).message == f"{OPTIMIZED} has no alias or version user1-blue."
    assert loaded(perfect(), "latency_within", None, **BOUND).status == "failed"


def test_accepts_only_percentiles_with_an_interval() -> None:
    assert find_check("latency_within").schema["properties"]["percentile"] == {"enum": [50, 90, 95, 99]}
    with pytest.raises(BadInputError):
        find_check("latency_inside")


def test_fails_when_the_function_was_deleted_meanwhile() -> None:
    verdict = loaded(perfect(), "latency_within", None, **{**BOUND, "qualifiers": None})
    assert (verdict.status, verdict.message) == ("failed", f"{OPTIMIZED} does not exist.")
