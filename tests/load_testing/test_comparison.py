"""Comparisons: two targets in turn, what drifts hits both, and what failed is not timed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from labgrader.evidence.load.plan import FunctionTarget
from labgrader.evidence.load.result import Comparison
from labgrader.evidence.question import Answer
from labgrader.http.endpoint import Host
from labgrader.load_testing.comparison import run_compare
from labgrader.load_testing.targets import FunctionLoadTarget, StageLoadTarget
from labgrader.probing.retry_policy import RetryPolicy
from labgrader.probing.stage_request import StageRequest
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

pytestmark = pytest.mark.usefixtures("virtual_time")

BRISK = RetryPolicy(attempts=3, base_delay_s=0.001)


def _compare(stub: StubLambda, *, rounds: int = 3, **limits: Any) -> Answer:
    slow, fast = (
        FunctionLoadTarget(stub.endpoint, FunctionTarget(name, qualifier), b"{}")
        for name, qualifier in (("user1-slow", ""), ("user1-fast", "user1-prod"))
    )
    return run_compare(slow, fast, rounds=rounds, **{"retry_policy": BRISK, "request_timeout_s": 5, **limits})


def _turns(slow: Callable[[int], Response], fast: Callable[[int], Response]) -> Callable[[Request], Response]:
    """Answer each function by how often it was called before."""
    calls = {"user1-slow": 0, "user1-fast": 0}

    def respond(request: Request) -> Response:
        calls[request.function] += 1
        return (slow if request.function == "user1-slow" else fast)(calls[request.function])

    return respond


def _comparison(answer: Answer) -> Comparison:
    assert answer.error_code == ""
    document = json.loads(json.dumps(answer.value, allow_nan=False))
    assert document == answer.value
    return Comparison.from_dict(document)


def test_two_functions_are_measured_in_turn_without_their_cold_starts() -> None:
    respond = _turns(
        lambda call: cold(0.4) if call == 1 else warm(0.06), lambda call: cold(0.4) if call == 1 else warm(0.02)
    )
    with StubLambda(respond) as stub:
        result = _comparison(_compare(stub, rounds=3))
        assert [request.function for request in stub.requests] == ["user1-slow", "user1-fast"] * 4
        assert {request.qualifier for request in stub.requests if request.function == "user1-fast"} == {"user1-prod"}
        assert stub.most_running == 1
        assert stub.connections == 2
    assert (result.baseline, result.candidate) == ("user1-slow", "user1-fast:user1-prod")
    assert len(result.baseline_ms) == len(result.candidate_ms) == 3
    assert all(60 <= value < 400 for value in result.baseline_ms)
    assert all(20 <= value < 400 for value in result.candidate_ms)
    assert min(result.candidate_ms) < min(result.baseline_ms)
    assert result.baseline_errors == result.candidate_errors == ()


def test_a_function_that_fails_twice_ends_the_comparison_with_a_note() -> None:
    why = (
        "HTTPSConnectionPool(host='api.github.com', port=443): Max retries exceeded with url: /repos/aws/aws-sdk-python"
        " (Caused by NewConnectionError('<urllib3.connection.HTTPSConnection object at 0x7f2d4c0b1f10>: Failed to "
        "establish a new connection: [Errno -3] Temporary failure in name resolution'))"
    )
    respond = _turns(lambda call: function_error("ConnectionError", why), lambda call: warm())
    with StubLambda(respond) as stub:
        result = _comparison(_compare(stub, rounds=5))
        assert len(stub.requests) == 3
    assert result.baseline_errors == (f"ConnectionError: {why}",) * 2
    assert result.baseline_ms == ()
    assert result.notes == ("the comparison stopped after 2 failures of user1-slow, in round 1 of 5",)


def test_one_failure_is_tolerated_and_not_timed() -> None:
    bad = Response(json.dumps({"statusCode": 500, "body": "<b>no\n</b>"}).encode())
    respond = _turns(lambda call: warm(), lambda call: bad if call == 2 else warm())
    with StubLambda(respond) as stub:
        result = _comparison(_compare(stub, rounds=3))
    assert len(result.baseline_ms) == 3
    assert len(result.candidate_ms) == 2
    assert result.candidate_errors == ("statusCode 500: <b>no�</b>",)


@pytest.mark.parametrize(("status", "failures"), [(399, 0), (400, 2)])
def test_an_error_response_is_not_timed(status: int, failures: int) -> None:
    refusal = Response(json.dumps({"statusCode": status}).encode())
    with StubLambda(_turns(lambda call: warm(), lambda call: refusal)) as stub:
        result = _comparison(_compare(stub, rounds=3))
    assert len(result.candidate_errors) == failures
    assert len(result.candidate_ms) == (0 if failures else 3)


def test_a_function_that_hangs_ends_the_comparison() -> None:
    respond = _turns(lambda call: warm(), lambda call: Response(hangs=True))
    with StubLambda(respond) as stub:
        result = _comparison(_compare(stub, request_timeout_s=0.3))
        assert len(stub.requests) == 2
    assert result.candidate_errors == ("no answer within 0.3 s",)
    assert result.notes == (
        "the comparison stopped because user1-fast:user1-prod did not respond in time, in the warm-up",
    )


def test_the_deadline_ends_the_comparison_without_a_failure() -> None:
    respond = _turns(lambda call: warm(0.05), lambda call: warm(0.05))
    with StubLambda(respond) as stub:
        began = time.perf_counter()
        result = _comparison(_compare(stub, rounds=50, deadline_s=0.6))
        assert time.perf_counter() - began < 1.5
    assert 1 <= len(result.candidate_ms) <= len(result.baseline_ms) <= 5
    assert result.notes == (f"the comparison stopped after 0.6 s, in round {len(result.candidate_ms) + 1} of 50",)
    assert result.baseline_errors == result.candidate_errors == ()


def test_a_throttled_request_of_a_comparison_is_repeated_and_timed_once() -> None:
    respond = _turns(lambda call: throttle() if call % 2 else warm(), lambda call: warm())
    with StubLambda(respond) as stub:
        result = _comparison(_compare(stub, rounds=2))
    assert len(result.baseline_ms) == len(result.candidate_ms) == 2
    assert result.baseline_errors == ()


def test_a_function_that_is_always_throttled_is_noted() -> None:
    respond = _turns(lambda call: throttle(), lambda call: warm())
    with StubLambda(respond) as stub:
        result = _comparison(_compare(stub))
    assert result.baseline_errors == ("throttled: ReservedFunctionConcurrentInvocationLimitExceeded",) * 2


FAULT = Answer(error_code="ServiceException", error_message="oh", reason=Reason.SERVICE_FAULT)


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        (error(404, "ResourceNotFoundException"), Answer()),
        (
            error(403, "AccessDeniedException", "not authorized"),
            Answer(error_code="AccessDeniedException", error_message="not authorized"),
        ),
        (error(500, "ServiceException", "oh"), FAULT),
    ],
)
def test_a_comparison_that_aws_refuses_gives_no_evidence(response: Response, answer: Answer) -> None:
    with StubLambda(_turns(lambda call: warm(), lambda call: response)) as stub:
        assert _compare(stub) == answer


# --- how sure it is -----------------------------------------------------------------------------------------------


def test_the_ratio_of_medians_has_an_interval_and_the_reports_their_medians() -> None:
    def reported(duration: str, memory: int) -> Response:
        line = f"REPORT RequestId: 8f5\tDuration: {duration} ms\tBilled Duration: 9 ms\tMemory Size: {memory} MB\t"
        return Response(headers=logged(f"{line}Max Memory Used: 40 MB\t\n"), delay_s=float(duration) / 1000)

    respond = _turns(lambda call: reported("80.00", 512), lambda call: reported("20.00", 2048))
    with StubLambda(respond) as stub:
        result = _comparison(_compare(stub, rounds=5))
    low, high = result.ratio_interval
    assert 2 < low <= result.ratio <= high < 5
    assert result.baseline_report == {"duration_ms": 80, "billed_ms": 9, "memory_mb": 512, "max_memory_mb": 40}
    assert result.candidate_report == {"duration_ms": 20, "billed_ms": 9, "memory_mb": 2048, "max_memory_mb": 40}
    assert result.notes == ()


def test_without_report_lines_there_are_no_medians_of_them() -> None:
    with StubLambda() as stub:
        result = _comparison(_compare(stub))
    assert (result.baseline_report, result.candidate_report) == ({}, {})


def test_the_report_of_the_cold_start_is_not_counted() -> None:
    slow = Response(headers=logged(f"{REPORT.replace('3.10', '900.00')}Init Duration: 120.00 ms\t\n"))
    with StubLambda(lambda request: slow if request.number <= 2 else warm()) as stub:
        result = _comparison(_compare(stub))
    assert (result.baseline_report["duration_ms"], result.candidate_report["duration_ms"]) == (3.1, 3.1)


def test_an_empty_comparison_has_no_ratio() -> None:
    with StubLambda(_turns(lambda call: warm(), lambda call: function_error("E", "no"))) as stub:
        result = _comparison(_compare(stub))
    assert (result.ratio, result.ratio_interval) == (0, (0, 0))


def test_rounds_are_added_until_the_factor_is_decided() -> None:
    with StubLambda(lambda request: warm(0.005 if request.number % 4 < 2 else 0.015)) as stub:
        result = _comparison(_compare(stub, rounds=4, factor=1.0, most_rounds=10))
        assert len(stub.requests) == 2 * 11
    assert len(result.baseline_ms) == len(result.candidate_ms) == 10
    assert result.notes == ("added 6 rounds to decide whether user1-fast:user1-prod is 1 times as fast",)


def test_no_rounds_are_added_after_the_decision() -> None:
    with StubLambda(_turns(lambda call: warm(0.1), lambda call: warm(0.01))) as stub:
        result = _comparison(_compare(stub, rounds=5, factor=1.5, most_rounds=10))
        assert len(stub.requests) == 2 * 6
    assert result.notes == ()


def test_three_rounds_decide_nothing_if_more_are_allowed() -> None:
    with StubLambda(_turns(lambda call: warm(0.05), lambda call: warm(0.005))) as stub:
        result = _comparison(_compare(stub, rounds=3, factor=1.5, most_rounds=10))
        assert len(stub.requests) == 2 * 7
    assert result.notes == ("added 3 rounds to decide whether user1-fast:user1-prod is 1.5 times as fast",)


def test_no_rounds_are_added_after_the_deadline() -> None:
    with StubLambda(lambda request: warm(0.05)) as stub:
        result = _comparison(_compare(stub, rounds=3, factor=1.0, most_rounds=1000, deadline_s=0.6))
        assert len(stub.requests) <= 14
    assert 3 <= len(result.candidate_ms) <= 6
    assert result.baseline_errors == result.candidate_errors == ()


@pytest.mark.parametrize(("rounds", "sure"), [((5, 5), True), ((5, 4), False), ((4, 9), False), ((0, 0), False)])
def test_five_rounds_of_each_give_a_sure_result(rounds: tuple[int, int], sure: bool) -> None:
    result = Comparison("a", "b", (1.0,) * rounds[0], (1.0,) * rounds[1])
    assert (result.rounds, result.sure) == (min(rounds), sure)


def test_earlier_notes_of_a_comparison_are_kept() -> None:
    with StubLambda() as stub:
        assert _comparison(_compare(stub, notes=("waited 3 s",))).notes == ("waited 3 s",)


# --- stages -------------------------------------------------------------------------------------------------------


def _stages(stub: StubLambda) -> Answer:
    def stage(path: str) -> StageLoadTarget:
        content = f"GET /prod/{path} HTTP/1.1\r\nHost: x\r\nx-api-key: SECRET\r\n\r\n".encode()
        return StageLoadTarget(path, StageRequest(Host(f"http://127.0.0.1:{stub.port}"), "GET", "", content, "SECRET"))

    return run_compare(stage("miss"), stage("hit"), rounds=3, retry_policy=BRISK)


def test_two_stages_are_measured_in_turn() -> None:
    with StubLambda(lambda request: Response(delay_s=0.06 if request.target == "/prod/miss" else 0.01)) as stub:
        result = _comparison(_stages(stub))
        assert [request.target for request in stub.requests] == ["/prod/miss", "/prod/hit"] * 4
    assert (result.baseline, result.candidate) == ("miss", "hit")
    assert result.ratio > 1.5
    assert (result.baseline_report, result.candidate_report) == ({}, {})


@pytest.mark.parametrize(("status", "failures"), [(399, 0), (400, 2), (500, 2)])
def test_a_refused_request_of_a_stage_is_not_timed_or_retried(status: int, failures: int) -> None:
    with StubLambda(lambda request: Response(b"SECRET is wrong", status)) as stub:
        result = _comparison(_stages(stub))
        assert len(stub.requests) == (8 if not failures else 3)
    assert result.baseline_errors == (f"HTTP {status}: [redacted] is wrong",) * failures


def test_a_throttled_request_of_a_stage_is_retried() -> None:
    with StubLambda(lambda request: Response(status=429) if request.number % 2 else Response()) as stub:
        result = _comparison(_stages(stub))
    assert (len(result.baseline_ms), result.baseline_errors) == (3, ())
