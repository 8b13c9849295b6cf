"""succeeds_under_load: every request that reaches the function succeeds, from recorded load tests."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.errors import NotGradedError
from labgrader.evidence.load.load_test import LoadResult
from labgrader.evidence.question import Answer, Answers
from labgrader.judging.judge import judge, next_question
from tests.checks.load_results import load_result, loaded, loading
from tests.checks.world import OPTIMIZED, World, item, perfect

LOAD: dict[str, Any] = {
    "function": OPTIMIZED,
    "operation": "default",
    "concurrency": 20,
    "requests": 100,
    "qualifiers": ["user1-prod"],
}
TARGET = f"{OPTIMIZED}:user1-prod"
RESERVED = "ReservedFunctionConcurrentInvocationLimitExceeded"


def test_passes_when_all_requests_are_served() -> None:
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
            "The function's reserved concurrency throttled 90 of 100 requests (429), with 20 in flight. That is "
            "expected and costs no points."
        )
    else:
        assert verdict.message == f"{TARGET} served 9 requests and throttled 91: its reserved concurrency is 10."


def _ran_out(succeeded: int, **counts: Any) -> LoadResult:
    """Return a test that ended at its deadline with 20 requests in flight."""
    sent = succeeded + 20 + sum(counts.values())
    counts = {**counts, "other_errors": 20 + counts.get("other_errors", 0)}
    cut = f"stopped after 90 s: {sent} of 100 requests were sent, 20 of them unanswered by then"
    return load_result(succeeded, **counts, cut_short=cut)


@pytest.mark.parametrize("served", [10, 59])
def test_requests_in_flight_at_the_deadline_are_not_failures(served: int) -> None:
    verdict = loaded(perfect(), "succeeds_under_load", _ran_out(served), **LOAD)
    assert (verdict.status, verdict.message) == (
        "passed",
        "20 requests had no response when the test ended, which costs no points.",
    )
    assert verdict.observed.startswith(f"{served} served, 0 throttled, 0 failed, p95 55 ms (ended early: ")


def test_failures_before_the_deadline_count() -> None:
    verdict = loaded(perfect(), "succeeds_under_load", _ran_out(59, timeouts=10), **LOAD)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{TARGET}: 10 of 69 requests that reached it failed under load (10 did not respond in time).",
    )


def test_fails_when_the_function_stops_answering() -> None:
    hung = "stopped after 35 s, because 20 requests in a row had no response: 79 of 100 requests were sent"
    result = load_result(59, timeouts=20, concurrency=20, cut_short=hung)
    verdict = loaded(perfect(), "succeeds_under_load", result, **LOAD)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{TARGET}: 20 of 79 requests that reached it failed under load (20 did not respond in time).",
    )


def test_is_not_graded_when_time_ran_out_too_early() -> None:
    result = _ran_out(9)
    with pytest.raises(NotGradedError, match="was too slow for the load test, which stopped after 90 s"):
        loaded(perfect(), "succeeds_under_load", result, **LOAD)


@pytest.mark.parametrize("reason", ["ConcurrentInvocationLimitExceeded", "CallerRateLimitExceeded"])
def test_is_not_graded_when_the_account_has_no_concurrency_left(reason: str) -> None:
    refused = load_result(89, throttled=11, throttle_reason=reason)
    with pytest.raises(
        NotGradedError, match=f"the account, not {TARGET}, had no concurrency left: it throttled 11 requests"
    ):
        loaded(perfect(), "succeeds_under_load", refused, **LOAD)
    few = load_result(90, throttled=10, throttle_reason=reason)
    verdict = loaded(perfect(), "succeeds_under_load", few, **LOAD)
    assert (verdict.status, verdict.message) == (
        "passed",
        f"The account's limit ({reason}) throttled 10 of 100 requests (429), which costs no points.",
    )


@pytest.mark.parametrize("reasons", [{}, {"TooManyRequestsException": 50}])  # the error's own name says nothing
@pytest.mark.parametrize(("reserved", "own"), [(19, True), (20, False), (None, False)])
def test_a_refusal_without_a_reason_counts_as_the_reservation_if_that_is_small(
    reserved: int | None, own: bool, reasons: dict[str, int]
) -> None:
    world = perfect()
    world.functions[OPTIMIZED]["Concurrency"] = {"ReservedConcurrentExecutions": reserved} if reserved else {}
    result = load_result(50, throttled=50, throttle_reasons=reasons)
    if own:
        assert loaded(world, "succeeds_under_load", result, **LOAD).status == "passed"
        return
    with pytest.raises(NotGradedError, match=r"it throttled 50 requests \(no reason given\)"):
        loaded(world, "succeeds_under_load", result, **LOAD)


def test_is_not_graded_when_hardly_anything_was_sent() -> None:
    result = load_result(3, cut_short="stopped at its cost cap: 3 of 100 requests were sent")
    with pytest.raises(NotGradedError) as caught:
        loaded(perfect(), "succeeds_under_load", result, **LOAD)
    assert caught.value.reason == (
        f"the load test of {OPTIMIZED}:user1-prod was too short for a verdict: "
        "stopped at its cost cap: 3 of 100 requests were sent"
    )


@pytest.mark.parametrize(("lost", "graded"), [(10, True), (11, False)])
def test_is_not_graded_when_more_than_a_tenth_never_arrived(lost: int, graded: bool) -> None:
    result = load_result(100 - lost, other_errors=lost, error_samples=("ConnectionError: refused",))
    if graded:
        assert loaded(perfect(), "succeeds_under_load", result, **LOAD).status == "passed"
        return
    with pytest.raises(NotGradedError, match="could not be reached: ConnectionError: refused"):
        loaded(perfect(), "succeeds_under_load", result, **LOAD)


@pytest.mark.parametrize(
    ("counts", "status", "message"),
    [
        ({"succeeded": 90, "function_errors": 10}, "partial", "10 of 100 requests that reached it failed (10 crashed)"),
        ({"succeeded": 89, "function_errors": 11}, "failed", "11 of 100 requests that reached it failed (11 crashed)"),
        (
            {"succeeded": 0, "function_errors": 1, "application_errors": 2, "timeouts": 3},
            "failed",
            "6 of 6 requests that reached it failed (1 crashed, 2 returned a statusCode of 500 or more, 3 did not "
            "respond in time)",
        ),
        (
            {"succeeded": 18, "throttled": 80, "timeouts": 2},
            "partial",
            "2 of 20 requests that reached it failed (2 did not respond in time)",
        ),
    ],
)
def test_more_than_a_tenth_of_errors_fails(counts: dict[str, int], status: str, message: str) -> None:
    result = load_result(**counts, error_samples=("ValueError: <b>\n",))
    verdict = loaded(perfect(), "succeeds_under_load", result, **LOAD)
    assert verdict.status == status
    assert verdict.message == f"{TARGET}: {message.replace('failed (', 'failed under load (')}."
    assert verdict.evidence == ("ValueError: <b>�",)


def test_names_the_reason_of_an_early_end() -> None:
    verdict = loaded(perfect(), "succeeds_under_load", load_result(40, cut_short="90 s are over"), **LOAD)
    assert (verdict.status, verdict.observed) == (
        "passed",
        "40 served, 0 throttled, 0 failed, p95 55 ms (ended early: 90 s are over)",
    )


def test_requests_that_could_not_be_sent_cost_nothing() -> None:
    verdict = loaded(perfect(), "succeeds_under_load", load_result(95, other_errors=5), **LOAD)
    assert (verdict.status, verdict.message) == (
        "passed",
        "5 requests could not be sent, which costs no points.",
    )
    broken = load_result(9, other_errors=91, error_samples=("connection refused",))
    with pytest.raises(NotGradedError, match="could not be reached: connection refused"):
        loaded(perfect(), "succeeds_under_load", broken, **LOAD)
    full = load_result(0, throttled=100, throttle_reason="ConcurrentInvocationLimitExceeded")
    with pytest.raises(
        NotGradedError, match=r"the account, not .*, had no concurrency left: it throttled 100 requests"
    ):
        loaded(perfect(), "succeeds_under_load", full, **LOAD)


@pytest.mark.parametrize(
    ("own", "by_account", "status"),
    [(80, 10, "passed"), (79, 11, "not_graded"), (0, 10, "passed"), (0, 11, "not_graded")],
)
def test_separates_throttles_by_their_reasons(own: int, by_account: int, status: str) -> None:
    reasons = {RESERVED: own, "ConcurrentInvocationLimitExceeded": by_account}
    served = 100 - own - by_account
    result = load_result(
        served,
        throttled=own + by_account,
        throttle_reason=max(reasons, key=lambda reason: reasons[reason]),
        throttle_reasons={reason: count for reason, count in reasons.items() if count},
    )
    if status == "not_graded":
        with pytest.raises(NotGradedError) as caught:
            loaded(perfect(), "succeeds_under_load", result, **LOAD)
        assert caught.value.reason == (
            f"the account, not {TARGET}, had no concurrency left: it throttled 11 requests "
            "(ConcurrentInvocationLimitExceeded)"
        )
        return
    verdict = loaded(perfect(), "succeeds_under_load", result, **LOAD)
    reservation = (
        "The function's reserved concurrency throttled 80 of 100 requests (429), with 20 in flight. That is expected "
        "and costs no points. "
    )
    assert (verdict.status, verdict.message) == (
        "passed",
        f"{reservation if own else ''}The account's limit (ConcurrentInvocationLimitExceeded) throttled 10 of 100 "
        "requests (429), which costs no points.",
    )


def test_names_a_reduced_plan() -> None:
    note = "10 requests in flight instead of 20, as this account allows 20 concurrent executions\n<b>"
    result = load_result(100, concurrency=10, notes=(note, "It waited 3 s for provisioned concurrency."))
    verdict = loaded(perfect(), "succeeds_under_load", result, **LOAD)
    assert (verdict.status, verdict.message) == (
        "passed",
        "10 requests in flight instead of 20, as this account allows 20 concurrent executions�<b>. "
        "It waited 3 s for provisioned concurrency.",
    )


def test_is_not_graded_when_the_load_tester_refuses() -> None:
    snapshot, answers = perfect().snapshot(), Answers()
    question = next_question(item("succeeds_under_load", **LOAD), snapshot, answers)
    assert question is not None
    assert (question.action, question.arguments["WarmUp"]) == ("labgrader:LoadTest", 0)
    answers.record(question, Answer(error_code="NoRoom", error_message="this account allows 10 concurrent executions"))
    with pytest.raises(NotGradedError, match="this account allows 10 concurrent executions"):
        judge(item("succeeds_under_load", **LOAD), snapshot, answers)


def test_a_status_code_of_400_is_a_failure() -> None:
    result = load_result(67, application_errors=33, other_errors=2, failing_status=400)
    verdict, questions = loading(perfect(), "succeeds_under_load", [result], **LOAD)
    assert questions[0].arguments["FailingStatus"] == 400
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{TARGET}: 33 of 100 requests that reached it failed under load (33 returned a statusCode of 400 or more).",
    )
    assert verdict.observed == "67 served, 0 throttled, 33 failed, 2 not reached, p95 55 ms"


def test_the_cost_of_the_test_is_not_part_of_the_verdict() -> None:
    notes = ("the cost is that of the API's calls, without the function behind them", "it waited 3 s")
    verdict = loaded(perfect(), "succeeds_under_load", load_result(100, notes=notes), **LOAD)
    assert verdict.message == "It waited 3 s."


def test_requests_the_warm_up() -> None:
    _, questions = loading(perfect(), "succeeds_under_load", [load_result(100)], **LOAD, warm_up=20)
    assert (questions[0].arguments["WarmUp"], questions[0].arguments["Requests"]) == (20, 100)


PUBLISH = [
    f"aws lambda wait function-updated-v2 --function-name {OPTIMIZED}",
    f"aws lambda publish-version --function-name {OPTIMIZED}",
    f"aws lambda update-alias --function-name {OPTIMIZED} --name user1-prod --function-version N  # the number that "
    "publish-version printed",
]


@pytest.mark.parametrize(
    ("kinds", "said", "setting"),
    [
        ({"timeout": 11, "unhandled": 9}, "11 exceeded the function's timeout, 9 crashed", "--timeout 60"),
        ({"timeout": 10, "unhandled": 6, "handled": 4}, "10 exceeded the function's timeout, 10 crashed", ""),
        ({"out_of_memory": 20}, "20 ran out of memory", "--memory-size 1024"),
    ],
)
def test_names_function_errors_by_their_kind(kinds: dict[str, int], said: str, setting: str) -> None:
    result = load_result(80, function_errors=20, function_error_kinds=kinds)
    verdict = loaded(perfect(), "succeeds_under_load", result, **LOAD)
    assert verdict.message == f"{TARGET}: 20 of 100 requests that reached it failed under load ({said})."
    if setting:
        update = f"aws lambda update-function-configuration --function-name {OPTIMIZED} {setting}"
        assert verdict.hint.splitlines() == [update, *PUBLISH]
        without = loaded(perfect(), "succeeds_under_load", result, **{**LOAD, "qualifiers": ["1"]})
        assert without.hint == update
    else:
        assert verdict.hint == f"aws logs tail /aws/lambda/{OPTIMIZED} --since 1h --filter-pattern ERROR"


@pytest.mark.parametrize(
    ("kind", "settings", "setting"),
    [
        ("timeout", {"Timeout": 600}, "--timeout 900"),
        ("out_of_memory", {"MemorySize": 10_000}, "--memory-size 10240"),
    ],
)
def test_suggests_no_more_than_lambda_allows(kind: str, settings: dict[str, int], setting: str) -> None:
    result = load_result(0, function_errors=1, function_error_kinds={kind: 1})
    verdict = loaded(perfect().configure(OPTIMIZED, **settings), "succeeds_under_load", result, **LOAD)
    assert verdict.hint.splitlines()[0].endswith(setting)


def test_fails_when_the_function_is_switched_off() -> None:
    world = perfect()
    world.functions[OPTIMIZED]["Concurrency"] = {"ReservedConcurrentExecutions": 0}
    result = load_result(0, throttled=100, throttle_reason=RESERVED)
    assert loaded(world, "succeeds_under_load", result, **LOAD).message == (
        f"{TARGET} served no request: its reserved concurrency is 0, so Lambda throttles every invocation."
    )


def test_tests_nothing_if_the_function_or_alias_is_missing() -> None:
    assert loaded(World(), "succeeds_under_load", **LOAD).message == f"There is no function {OPTIMIZED}."
    no_alias = {**LOAD, "qualifiers": ["user1-blue"]}
    verdict = loaded(perfect(), "succeeds_under_load", **no_alias)
    assert verdict.message == f"{OPTIMIZED} has no alias or version user1-blue."
    assert loaded(perfect(), "succeeds_under_load", None, **LOAD).status == "failed"


def test_is_not_graded_when_too_few_were_served_and_some_never_arrived() -> None:
    result = load_result(9, other_errors=1, error_samples=("ConnectionError: refused",))
    with pytest.raises(NotGradedError) as caught:
        loaded(perfect(), "succeeds_under_load", result, **LOAD)
    assert caught.value.reason == f"{TARGET} could not be reached: ConnectionError: refused"


def test_is_not_graded_when_a_function_without_a_reservation_is_throttled() -> None:
    world = World().function(OPTIMIZED).version(OPTIMIZED, 1).alias(OPTIMIZED, "user1-prod", "1")
    result = load_result(9, throttled=91, throttle_reasons={RESERVED: 91})
    with pytest.raises(NotGradedError) as caught:
        loaded(world, "succeeds_under_load", result, **LOAD)
    assert caught.value.reason == (
        f"the account, not {TARGET}, had no concurrency left: it throttled 91 requests (no reason given)"
    )


def test_fails_when_the_function_was_deleted_meanwhile() -> None:
    verdict = loaded(perfect(), "succeeds_under_load", None, **{**LOAD, "qualifiers": None})
    assert (verdict.status, verdict.message) == ("failed", f"{OPTIMIZED} does not exist.")
