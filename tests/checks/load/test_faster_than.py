"""faster_than: one function is faster than another, from recorded comparisons."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.errors import NotGradedError
from tests.checks.load_results import comparison, load_result, loaded, loading
from tests.checks.world import BASELINE, OPTIMIZED, World, perfect

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


def test_compares_nothing_if_a_function_or_alias_is_missing() -> None:
    assert loaded(World(), "faster_than", **FASTER).message == f"There is no function {BASELINE}."
    only = World().function(BASELINE)
    assert loaded(only, "faster_than", **FASTER).message == f"There is no function {OPTIMIZED}."
    no_alias = {**FASTER, "qualifiers": ["user1-blue"]}
    assert loaded(perfect(), "faster_than", **no_alias).message == f"{OPTIMIZED} has no alias or version user1-blue."
    assert loaded(perfect(), "faster_than", None, **FASTER).status == "failed"


CLOSE = (
    " That is too close to call: the ratio is 2.00, but its 95% interval {} to {} includes 2 after 5 requests to each "
    "function. A decision needs more requests. Half of the points are given."
)
NOT_SEEN = (
    " That is not 2 times faster, and it is not certain that it is faster at all (95% interval 1.00 to 1.99, after 5 "
    "requests to each function)."
)


@pytest.mark.parametrize(
    ("interval", "status", "fraction", "end"),
    [
        ((2.0, 2.6), "passed", 1.0, ""),
        ((1.99, 2.6), "partial", 0.5, CLOSE.format("1.99", "2.60")),
        ((0.5, 2.0), "partial", 0.5, CLOSE.format("0.50", "2.00")),
        ((1.01, 1.99), "partial", 0.5, " That is faster, but not 2 times (95% interval 1.01 to 1.99)."),
        ((1.0, 1.99), "failed", 0.0, NOT_SEEN),
        ((0.9, 1.0), "failed", 0.0, " That is not faster (95% interval 0.90 to 1.00)."),
        ((0.1, 0.2), "failed", 0.0, " That is not faster (95% interval 0.10 to 0.20)."),
    ],
)
def test_the_interval_of_the_ratio_decides(
    interval: tuple[float, float], status: str, fraction: float, end: str
) -> None:
    result = comparison((900.0, 1000.0, 1000.0, 1000.0, 9000.0), (10.0, 500.0, 500.0, 500.0, 600.0), interval)
    verdict = loaded(perfect(), "faster_than", result, **FASTER)
    assert (verdict.status, verdict.fraction) == (status, fraction)
    assert verdict.message == f"Operation heavy: {TARGET} took 500 ms; {BASELINE} took 1,000 ms.{end}"
    low, high = interval
    assert verdict.observed == (f"500 ms against 1,000 ms, 2.0 times faster (95% interval {low:.2f} to {high:.2f})")


@pytest.mark.parametrize(
    ("rounds", "confidence"),
    [
        (1, "interval 0.10 to 0.20 in a single round"),
        (4, "interval 0.10 to 0.20 in all 4 rounds"),
        (5, "95% interval 0.10 to 0.20"),
    ],
)
def test_the_interval_of_a_few_rounds_is_not_a_95_percent_interval(rounds: int, confidence: str) -> None:
    result = comparison((1000.0,) * rounds, (5000.0,) * rounds, (0.1, 0.2))
    verdict = loaded(perfect(), "faster_than", result, **FASTER)
    assert verdict.message == (
        f"Operation heavy: {TARGET} took 5,000 ms; {BASELINE} took 1,000 ms. That is not faster ({confidence})."
    )


def test_names_the_reason_of_an_early_end() -> None:
    why = "the comparison stopped after 60 s, in round 6 of 9"
    verdict = loaded(perfect(), "faster_than", comparison((1000.0,) * 5, (100.0,) * 5, notes=(why,)), **FASTER)
    assert verdict.message == (
        f"Operation heavy: {TARGET} took 100 ms; {BASELINE} took 1,000 ms. "
        "The comparison stopped after 60 s, in round 6 of 9."
    )


def test_adds_rounds_up_to_the_limit_of_the_lab() -> None:
    result = comparison((1000.0,), (100.0,), notes=("added 4 rounds to decide whether it is 2 times as fast",))
    verdict, questions = loading(perfect(), "faster_than", [result], **FASTER, requests=5, most_rounds=9)
    assert (verdict.status, verdict.message) == (
        "passed",
        f"Operation heavy: {TARGET} took 100 ms; {BASELINE} took 1,000 ms. Added 4 rounds to decide whether it is 2 "
        "times as fast.",
    )
    question = questions[0].arguments
    assert (question["Rounds"], question["MostRounds"], question["Factor"]) == (5, 9, 2.0)
    assert question["Baseline"]["Qualifier"] == ""
    assert (question["Candidate"]["FunctionName"], question["Candidate"]["Qualifier"]) == (OPTIMIZED, "user1-prod")


@pytest.mark.parametrize(
    ("interval", "status", "end"),
    [
        ((1.01, 1.4), "partial", " That is faster, but not 2 times (95% interval 1.01 to 1.40)."),
        (
            (0.95, 1.4),
            "failed",
            " That is not 2 times faster, and it is not certain that it is faster at all (95% interval 0.95 to 1.40, "
            "after 9 requests to each function).",
        ),
        (
            (1.9, 2.1),
            "partial",
            CLOSE.format("1.90", "2.10").replace("ratio is 2.00", "ratio is 1.25").replace("5 r", "9 r"),
        ),
    ],
)
def test_sends_more_requests_if_it_is_open_whether_it_is_faster(
    interval: tuple[float, float], status: str, end: str
) -> None:
    first = comparison((1000.0,) * 3, (900.0,) * 3, (1.0, 1.99))
    again = comparison((1000.0,) * 9, (800.0,) * 9, interval)
    verdict, questions = loading(perfect(), "faster_than", [first, again], **FASTER, most_rounds=9)
    assert (verdict.status, verdict.message) == (
        status,
        f"Operation heavy: {TARGET} took 800 ms; {BASELINE} took 1,000 ms.{end}",
    )
    assert [question.arguments["Factor"] for question in questions] == [2.0, 1.0]
    assert [question.arguments["MostRounds"] for question in questions] == [9, 9]


@pytest.mark.parametrize("interval", [(1.01, 1.99), (1.0, 2.0), (0.9, 1.0)])
def test_a_decided_comparison_is_not_measured_again(interval: tuple[float, float]) -> None:
    result = comparison((1000.0,) * 3, (900.0,) * 3, interval)
    assert len(loading(perfect(), "faster_than", [result], **FASTER, most_rounds=9)[1]) == 1


def test_a_second_comparison_that_fails_changes_nothing() -> None:
    first = comparison((1000.0,) * 5, (900.0,) * 5, (1.0, 1.99))
    verdict = loaded(perfect(), "faster_than", first, comparison((), ()), **FASTER, most_rounds=9)
    assert verdict.message == f"Operation heavy: {TARGET} took 900 ms; {BASELINE} took 1,000 ms.{NOT_SEEN}"


def test_times_the_candidate_alone_when_the_comparison_ended_before_its_turn() -> None:
    ended = comparison((1000.0,), ())
    verdict, questions = loading(perfect(), "faster_than", [ended, load_result(3, latency_ms={"p50": 500.0})], **FASTER)
    assert (verdict.status, verdict.message) == (
        "passed",
        f"Operation heavy: {TARGET} took 500 ms; {BASELINE} took 1,000 ms.",
    )
    assert (
        questions[1].arguments["Concurrency"],
        questions[1].arguments["WarmUp"],
        questions[1].arguments["Requests"],
    ) == (
        1,
        1,
        5,
    )


OFFLINE = [
    "ConnectionError: HTTPSConnectionPool(host='api.github.com', port=443): Max retries exceeded with url: /repos",
    "URLError: <urlopen error [Errno -3] Temporary failure in name resolution>",
    "gaierror: [Errno -2] Name or service not known",
    "ConnectTimeout: timed out",
]
TOO_SLOW = ["Sandbox.Timedout: Task timed out after 30.00 seconds", "no answer within 35 s"]


@pytest.mark.parametrize(
    ("error", "why"),
    [
        *((error, "without the internet") for error in OFFLINE),
        *((error, "because it took too long") for error in TOO_SLOW),
    ],
)
@pytest.mark.parametrize(("fast", "status"), [(1000.0, "passed"), (1001.0, "partial"), (2000.0, "failed")])
def test_a_baseline_that_cannot_be_timed_counts_as_its_sleep(error: str, why: str, fast: float, status: str) -> None:
    """The comparison ends after two failures of the baseline; then the candidate is timed alone."""
    ended = comparison((), (), baseline_errors=(error, error))
    alone = load_result(4, latency_ms={"p50": fast})
    verdict = loaded(perfect(), "faster_than", ended, alone, **FASTER)
    assert verdict.status == status
    assert verdict.message.startswith(
        f"Operation heavy: {TARGET} took {fast:,.0f} ms; {BASELINE} could not be timed here {why}, "
        "so its sleep of 2,000 ms counts."
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
def test_waiting_for_the_internet_is_subtracted_from_the_candidate(
    heavy: float, idle: float, status: str, end: str
) -> None:
    ended = comparison((), (heavy,), baseline_errors=(OFFLINE[0],) * 2)
    alone = load_result(4, latency_ms={"p50": idle})
    verdict = loaded(perfect(), "faster_than", ended, alone, **FASTER, idle_operation="default")
    assert (verdict.status, verdict.message) == (
        status,
        f"Operation heavy: {TARGET} took {heavy:,.0f} ms, {heavy - idle:,.0f} ms more than operation default; "
        f"{BASELINE} could not be timed here without the internet, so its sleep of 2,000 ms counts.{end}",
    )


def test_fails_when_the_baseline_crashes() -> None:
    result = comparison((), (), baseline_errors=("Runtime.ImportModuleError: No module named 'requests'",) * 2)
    verdict = loaded(perfect(), "faster_than", result, **FASTER)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{BASELINE} could not be timed: Runtime.ImportModuleError: No module named 'requests'.",
    )
    assert verdict.hint == f"aws logs tail /aws/lambda/{BASELINE} --since 1h"


def test_fails_when_the_candidate_crashes() -> None:
    result = comparison((1000.0,), (), candidate_errors=("statusCode 501: not yet",) * 2)
    verdict = loaded(perfect(), "faster_than", result, **FASTER)
    assert (verdict.status, verdict.message) == ("failed", f"{TARGET} could not be timed: statusCode 501: not yet.")
    offline = comparison((), (), baseline_errors=(OFFLINE[0],) * 2)
    alone = load_result(0, function_errors=4, error_samples=("KeyError: 'a'",))
    verdict = loaded(perfect(), "faster_than", offline, alone, **FASTER)
    assert verdict.message == f"{TARGET} could not be timed: KeyError: 'a'."


def test_is_not_graded_when_the_account_throttles() -> None:
    result = comparison((1.0,), (), candidate_errors=("throttled: ConcurrentInvocationLimitExceeded",) * 2)
    with pytest.raises(NotGradedError, match="was throttled: ConcurrentInvocationLimitExceeded"):
        loaded(perfect(), "faster_than", result, **FASTER)
    own = comparison((), (1.0,), baseline_errors=(f"throttled: {RESERVED}",) * 2)
    assert (
        loaded(perfect(), "faster_than", own, **FASTER).message
        == f"{BASELINE} could not be timed: throttled: {RESERVED}."
    )


def test_fails_when_the_function_was_deleted_meanwhile() -> None:
    verdict = loaded(perfect(), "faster_than", None, **{**FASTER, "qualifiers": None})
    assert (verdict.status, verdict.message) == ("failed", f"{OPTIMIZED} does not exist.")


def test_an_idle_operation_that_fails_subtracts_nothing() -> None:
    ended = comparison((), (7000.0,), baseline_errors=(OFFLINE[0],) * 2)
    idle = load_result(0, function_errors=4)
    verdict = loaded(perfect(), "faster_than", ended, idle, **FASTER, idle_operation="default")
    assert (verdict.status, verdict.message) == (
        "failed",
        f"Operation heavy: {TARGET} took 7,000 ms; {BASELINE} could not be timed here without the internet, so its "
        "sleep of 2,000 ms counts. That is not faster.",
    )
