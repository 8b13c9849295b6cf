"""succeeds_under_load, faster_than, from recorded load tests."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.errors import NotGradedError
from labgrader.evidence.load import LoadResult
from tests.checks.world import BASELINE, OPTIMIZED, World, comparison, load_result, loaded, perfect

LOAD: dict[str, Any] = {
    "function": OPTIMIZED,
    "operation": "default",
    "concurrency": 20,
    "requests": 100,
    "qualifiers": ["user1-prod"],
}
FASTER: dict[str, Any] = {
    "baseline": BASELINE,
    "candidate": OPTIMIZED,
    "operation": "heavy",
    "factor": 2.0,
    "baseline_by_design_ms": 2000.0,
    "qualifiers": ["user1-prod"],
}
TARGET = f"{OPTIMIZED}:user1-prod"
RESERVED = "ReservedFunctionConcurrentInvocationLimitExceeded"


def test_all_requests_are_served() -> None:
    verdict = loaded(perfect(), "succeeds_under_load", load_result(100), **LOAD)
    assert (verdict.status, verdict.message) == ("passed", "")
    assert verdict.observed == "100 served, 0 throttled, 0 failed, p95 55 ms"


@pytest.mark.parametrize(("served", "status"), [(10, "passed"), (9, "failed")])
def test_throttles_are_no_errors_as_long_as_enough_is_served(served: int, status: str) -> None:
    result = load_result(served, throttled=100 - served, throttle_reason=RESERVED)
    verdict = loaded(perfect(), "succeeds_under_load", result, **LOAD)
    assert verdict.status == status
    if status == "passed":
        assert verdict.message == (
            "90 requests of 100 refused (429): the function has fewer executions than the 20 in flight. "
            "That is what a reservation does, not an error."
        )
    else:
        assert verdict.message == f"{TARGET} served 9 requests and refused 91: it reserves 10 executions."


def _ran_out(succeeded: int, **counts: Any) -> LoadResult:
    """A test whose deadline came while 20 requests were in flight."""
    sent = succeeded + 20 + sum(counts.values())
    counts = {**counts, "other_errors": 20 + counts.get("other_errors", 0)}
    cut = f"stopped after 90 s: {sent} of 100 requests were sent, 20 of them unanswered by then"
    return load_result(succeeded, **counts, cut_short=cut)


@pytest.mark.parametrize("served", [10, 59])
def test_what_was_in_flight_when_time_was_up_is_no_failure(served: int) -> None:
    verdict = loaded(perfect(), "succeeds_under_load", _ran_out(served), **LOAD)
    assert (verdict.status, verdict.message) == (
        "passed",
        "20 requests had no answer yet when the test's time was over: not counted.",
    )
    assert verdict.observed.startswith(f"{served} served, 0 throttled, 0 failed, p95 55 ms (ended early: ")


def test_what_failed_before_time_was_up_still_counts() -> None:
    verdict = loaded(perfect(), "succeeds_under_load", _ran_out(59, timeouts=10), **LOAD)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{TARGET}: 10 of 69 requests that it took failed under load (10 did not answer in time).",
    )


def test_a_function_that_stops_answering_is_not_excused() -> None:
    hung = "stopped after 35 s, when 20 requests in a row had no answer: 79 of 100 requests were sent"
    result = load_result(59, timeouts=20, concurrency=20, cut_short=hung)
    assert loaded(perfect(), "succeeds_under_load", result, **LOAD).status == "failed"


def test_a_test_that_ran_out_of_time_before_it_could_tell_is_not_graded() -> None:
    result = _ran_out(9)
    with pytest.raises(NotGradedError, match="was too slow for the load test, which stopped after 90 s"):
        loaded(perfect(), "succeeds_under_load", result, **LOAD)


@pytest.mark.parametrize("reason", ["ConcurrentInvocationLimitExceeded", "CallerRateLimitExceeded"])
def test_an_account_without_room_says_nothing_about_the_function(reason: str) -> None:
    refused = load_result(89, throttled=11, throttle_reason=reason)
    with pytest.raises(NotGradedError, match=f"the account, not {TARGET}, had no concurrency left: 11 requests"):
        loaded(perfect(), "succeeds_under_load", refused, **LOAD)
    few = load_result(90, throttled=10, throttle_reason=reason)
    verdict = loaded(perfect(), "succeeds_under_load", few, **LOAD)
    assert (verdict.status, verdict.message) == (
        "passed",
        f"10 requests of 100 refused (429) by the account's limit ({reason}), which is not the function's fault.",
    )


@pytest.mark.parametrize(("reserved", "own"), [(19, True), (20, False), (None, False)])
def test_a_refusal_without_a_reason_is_the_reservations_where_that_is_short(reserved: int | None, own: bool) -> None:
    world = perfect()
    world.functions[OPTIMIZED]["Concurrency"] = {"ReservedConcurrentExecutions": reserved} if reserved else {}
    result = load_result(50, throttled=50)
    if own:
        assert loaded(world, "succeeds_under_load", result, **LOAD).status == "passed"
        return
    with pytest.raises(NotGradedError, match=r"50 requests refused \(no reason given\)"):
        loaded(world, "succeeds_under_load", result, **LOAD)


@pytest.mark.parametrize(("lost", "graded"), [(10, True), (11, False)])
def test_more_than_a_tenth_that_never_arrived_says_nothing_about_the_function(lost: int, graded: bool) -> None:
    result = load_result(100 - lost, other_errors=lost, error_samples=("ConnectionError: refused",))
    if graded:
        assert loaded(perfect(), "succeeds_under_load", result, **LOAD).status == "passed"
        return
    with pytest.raises(NotGradedError, match="could not be reached: ConnectionError: refused"):
        loaded(perfect(), "succeeds_under_load", result, **LOAD)


@pytest.mark.parametrize(
    ("counts", "status", "message"),
    [
        ({"succeeded": 90, "function_errors": 10}, "partial", "10 of 100 requests that it took failed (10 crashed)"),
        ({"succeeded": 89, "function_errors": 11}, "failed", "11 of 100 requests that it took failed (11 crashed)"),
        (
            {"succeeded": 0, "function_errors": 1, "application_errors": 2, "timeouts": 3},
            "failed",
            "6 of 6 requests that it took failed (1 crashed, 2 answered 500 or more, 3 did not answer in time)",
        ),
        (
            {"succeeded": 18, "throttled": 80, "timeouts": 2},
            "partial",
            "2 of 20 requests that it took failed (2 did not answer in time)",
        ),
    ],
)
def test_errors_under_load(counts: dict[str, int], status: str, message: str) -> None:
    result = load_result(**counts, error_samples=("ValueError: <b>\n",))
    verdict = loaded(perfect(), "succeeds_under_load", result, **LOAD)
    assert verdict.status == status
    assert verdict.message == f"{TARGET}: {message.replace('failed (', 'failed under load (')}."
    assert verdict.evidence == ("ValueError: <b>�",)


def test_a_test_that_was_cut_short_says_why() -> None:
    verdict = loaded(perfect(), "succeeds_under_load", load_result(40, cut_short="90 s are over"), **LOAD)
    assert (verdict.status, verdict.observed) == (
        "passed",
        "40 served, 0 throttled, 0 failed, p95 55 ms (ended early: 90 s are over)",
    )


def test_what_is_not_the_functions_fault_costs_nothing() -> None:
    verdict = loaded(perfect(), "succeeds_under_load", load_result(95, other_errors=5), **LOAD)
    assert (verdict.status, verdict.message) == (
        "passed",
        "5 requests could not be sent, which is not the function's fault.",
    )
    broken = load_result(9, other_errors=91, error_samples=("connection refused",))
    with pytest.raises(NotGradedError, match="could not be reached: connection refused"):
        loaded(perfect(), "succeeds_under_load", broken, **LOAD)
    full = load_result(0, throttled=100, throttle_reason="ConcurrentInvocationLimitExceeded")
    with pytest.raises(NotGradedError, match=r"the account, not .*, had no concurrency left: 100 requests refused"):
        loaded(perfect(), "succeeds_under_load", full, **LOAD)


def test_a_function_that_is_switched_off() -> None:
    world = perfect()
    world.functions[OPTIMIZED]["Concurrency"] = {"ReservedConcurrentExecutions": 0}
    result = load_result(0, throttled=100, throttle_reason=RESERVED)
    assert loaded(world, "succeeds_under_load", result, **LOAD).message == (
        f"{TARGET} refused every request: its reserved concurrency is 0, which switches it off."
    )


@pytest.mark.parametrize("check", ["succeeds_under_load", "faster_than"])
def test_nothing_is_loaded_that_is_not_there(check: str) -> None:
    parameters = LOAD if check == "succeeds_under_load" else FASTER
    missing = BASELINE if check == "faster_than" else OPTIMIZED
    assert loaded(World(), check, **parameters).message == f"There is no function {missing}."
    no_alias = {**parameters, "qualifiers": ["user1-blue"]}
    assert loaded(perfect(), check, **no_alias).message == f"{OPTIMIZED} has no alias or version user1-blue."
    assert loaded(perfect(), check, None, **parameters).status == "failed"


@pytest.mark.parametrize(
    ("candidate_ms", "status", "fraction", "end"),
    [
        ((10.0, 500.0, 600.0), "passed", 1.0, ""),
        ((10.0, 501.0, 600.0), "partial", 0.5, " That is faster, but not 2 times."),
        ((999.0,), "partial", 0.5, " That is faster, but not 2 times."),
        ((1000.0,), "failed", 0.0, " That is not faster."),
        ((3000.0,), "failed", 0.0, " That is not faster."),
    ],
)
def test_medians_are_compared(candidate_ms: tuple[float, ...], status: str, fraction: float, end: str) -> None:
    result = comparison((900.0, 1000.0, 9000.0), candidate_ms)
    verdict = loaded(perfect(), "faster_than", result, **FASTER)
    assert (verdict.status, verdict.fraction) == (status, fraction)
    fast = sorted(candidate_ms)[len(candidate_ms) // 2]
    assert verdict.message == f"Operation heavy: {TARGET} took {fast:,.0f} ms; {BASELINE} took 1,000 ms.{end}"


OFFLINE = [
    "ConnectionError: HTTPSConnectionPool(host='api.github.com', port=443): Max retries exceeded with url: /repos",
    "URLError: <urlopen error [Errno -3] Temporary failure in name resolution>",
    "gaierror: [Errno -2] Name or service not known",
    "ConnectTimeout: timed out",
]
TOO_SLOW = ["Sandbox.Timedout: Task timed out after 30.00 seconds", "no answer within 35 s"]


@pytest.mark.parametrize(
    ("error", "why"),
    [*((one, "without the internet") for one in OFFLINE), *((one, "as it took too long") for one in TOO_SLOW)],
)
@pytest.mark.parametrize(("fast", "status"), [(1000.0, "passed"), (1001.0, "partial"), (2000.0, "failed")])
def test_a_baseline_that_cannot_be_timed_is_taken_at_what_it_sleeps(
    error: str, why: str, fast: float, status: str
) -> None:
    """The comparison ends when the baseline has failed twice; then the candidate is timed alone."""
    ended = comparison((), (), baseline_errors=(error, error))
    alone = load_result(4, latency_ms={"p50": fast})
    verdict = loaded(perfect(), "faster_than", ended, alone, **FASTER)
    assert verdict.status == status
    assert verdict.message.startswith(
        f"Operation heavy: {TARGET} took {fast:,.0f} ms; {BASELINE} could not be timed here {why}, "
        "so it is taken at the 2,000 ms that it sleeps."
    )
    both = comparison((), (fast,), baseline_errors=(error,))
    assert loaded(perfect(), "faster_than", both, **FASTER).status == status


@pytest.mark.parametrize(
    ("heavy", "idle", "status", "end"),
    [
        (5030.0, 5000.0, "passed", ""),
        (7000.0, 5000.0, "failed", " That is not faster."),
        (6500.0, 5000.0, "partial", " That is faster, but not 2 times."),
        (2100.0, 20.0, "failed", " That is not faster."),
    ],
)
def test_a_candidate_that_waits_for_the_internet_too_is_not_blamed_for_it(
    heavy: float, idle: float, status: str, end: str
) -> None:
    ended = comparison((), (heavy,), baseline_errors=(OFFLINE[0],) * 2)
    alone = load_result(4, latency_ms={"p50": idle})
    verdict = loaded(perfect(), "faster_than", ended, alone, **FASTER, idle_operation="default")
    assert (verdict.status, verdict.message) == (
        status,
        f"Operation heavy: {TARGET} took {heavy:,.0f} ms, {heavy - idle:,.0f} ms more than operation default; "
        f"{BASELINE} could not be timed here without the internet, so it is taken at the 2,000 ms that it sleeps.{end}",
    )


def test_a_baseline_that_crashes_for_another_reason_is_the_students() -> None:
    result = comparison((), (), baseline_errors=("Runtime.ImportModuleError: No module named 'requests'",) * 2)
    verdict = loaded(perfect(), "faster_than", result, **FASTER)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{BASELINE} could not be timed: Runtime.ImportModuleError: No module named 'requests'.",
    )
    assert verdict.hint == f"aws logs tail /aws/lambda/{BASELINE} --since 1h"


def test_a_candidate_that_crashes_is_the_students() -> None:
    result = comparison((1000.0,), (), candidate_errors=("statusCode 501: not yet",) * 2)
    verdict = loaded(perfect(), "faster_than", result, **FASTER)
    assert (verdict.status, verdict.message) == ("failed", f"{TARGET} could not be timed: statusCode 501: not yet.")
    offline = comparison((), (), baseline_errors=(OFFLINE[0],) * 2)
    alone = load_result(0, function_errors=4, error_samples=("KeyError: 'a'",))
    verdict = loaded(perfect(), "faster_than", offline, alone, **FASTER)
    assert verdict.message == f"{TARGET} could not be timed: KeyError: 'a'."


def test_a_throttle_of_the_account_is_nobodys_fault() -> None:
    result = comparison((1.0,), (), candidate_errors=("throttled: ConcurrentInvocationLimitExceeded",) * 2)
    with pytest.raises(NotGradedError, match="was throttled: ConcurrentInvocationLimitExceeded"):
        loaded(perfect(), "faster_than", result, **FASTER)
    own = comparison((), (1.0,), baseline_errors=(f"throttled: {RESERVED}",) * 2)
    assert (
        loaded(perfect(), "faster_than", own, **FASTER).message
        == f"{BASELINE} could not be timed: throttled: {RESERVED}."
    )
