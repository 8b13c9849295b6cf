"""Closed load tests: every request is counted once, in the right class, and some are no evidence."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labgrader.evidence.question import Answer
from labgrader.reasons import Reason
from tests.load_testing.closed_load import load, run
from tests.load_testing.stub_lambda import Request, Response, StubLambda, error, function_error, throttle, warm

pytestmark = pytest.mark.usefixtures("virtual_time")


def _app(status: Any) -> Response:
    return Response(json.dumps({"statusCode": status, "body": "<script>alert(1)</script>"}).encode())


# --- classes ------------------------------------------------------------------------------------------------------


def test_throttled_requests_are_counted_and_not_retried() -> None:
    with StubLambda(
        lambda request: error(500, "ServiceException", "oh") if request.number % 10 == 0 else warm()
    ) as stub:
        result = load(stub)
        assert len(stub.requests) == 100
    assert (result.succeeded, result.other_errors, result.retries) == (90, 10, 0)
    assert result.error_samples == ("ServiceException: oh",)


def test_throttles_are_not_errors_and_name_their_limit() -> None:
    with StubLambda(lambda request: throttle() if request.number % 10 == 0 else warm()) as stub:
        result = load(stub)
        assert len(stub.requests) == 100
    assert (result.succeeded, result.throttled, result.failures) == (90, 10, 0)
    assert result.throttle_reason == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert result.error_samples == ()


def test_the_most_frequent_limit_is_named() -> None:
    with StubLambda(
        lambda request: throttle("ConcurrentInvocationLimitExceeded" if request.number > 3 else "")
    ) as stub:
        assert load(stub, concurrency=5, requests=10).throttle_reason == "ConcurrentInvocationLimitExceeded"


def test_function_and_application_errors_are_counted_separately() -> None:
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
        result = load(stub, concurrency=1, requests=9)
    assert (result.function_errors, result.application_errors, result.succeeded) == (1, 2, 6)
    assert result.error_samples == (
        "ZeroDivisionError: division by zero�<script>",
        "statusCode 500: <script>alert(1)</script>",
        "statusCode 503: <script>alert(1)</script>",
    )


def test_five_different_failures_are_described() -> None:
    with StubLambda(lambda request: function_error("E", f"{request.number % 7} {'x' * 1000}")) as stub:
        result = load(stub, concurrency=1, requests=14)
    assert [sample[:5] for sample in result.error_samples] == ["E: 1 ", "E: 2 ", "E: 3 ", "E: 4 ", "E: 5 "]
    assert all(sample.endswith("… (805 more characters)") for sample in result.error_samples)


def test_one_request_that_hangs_is_one_timeout() -> None:
    with StubLambda(lambda request: Response(hangs=request.number == 3)) as stub:
        result = load(stub, concurrency=4, requests=40, request_timeout_s=0.4)
    assert (result.succeeded, result.timeouts, result.cut_short) == (39, 1, "")
    assert result.error_samples == ("no answer within 0.4 s",)


def test_a_slow_response_is_a_timeout() -> None:
    with StubLambda(lambda request: Response(b"x" * 1000, drip_s=0.01)) as stub:
        result = load(stub, concurrency=1, requests=1, request_timeout_s=0.3)
    assert result.timeouts == 1
    assert result.duration_s < 2


def test_six_megabytes_do_not_end_the_connection() -> None:
    with StubLambda(lambda request: Response(b'"' + b"a" * 6_000_000 + b'"')) as stub:
        result = load(stub, concurrency=2, requests=4)
        assert stub.connections == 2
    assert result.succeeded == 4


@pytest.mark.parametrize("said", [True, False])
def test_closed_connections_are_not_failures_of_the_function(said: bool) -> None:
    response = Response(headers={"Connection": "close"}) if said else Response(hangs_up=True)
    with StubLambda(lambda request: response) as stub:
        result = load(stub, concurrency=5, requests=60)
        assert len(stub.requests) == 60
        assert stub.connections >= 60
    assert (result.succeeded, result.failures) == (60, 0)
    assert result.retries <= (0 if said else 5)  # once a connection, then it is not kept any more


def test_broken_connections_are_counted() -> None:
    with StubLambda(lambda request: Response(drops=request.number == 1)) as stub:
        result = load(stub, concurrency=1, requests=10)
    assert (result.succeeded, result.other_errors) == (9, 1)
    assert result.error_samples == ("ConnectionError: Remote end closed connection without response",)


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
def test_a_load_test_that_aws_refuses_gives_no_evidence(response: Response, answer: Answer, most: int) -> None:
    with StubLambda(lambda request: response) as stub:
        assert run(stub.endpoint, concurrency=20, requests=100) == answer
        assert len(stub.requests) <= most + 20


def test_a_missing_endpoint_gives_no_evidence() -> None:
    with StubLambda() as stub:
        gone = stub.endpoint
    answer = run(gone, concurrency=4, requests=20)
    assert answer.error_code == "ConnectionError"


def test_a_function_deleted_during_the_test_gives_evidence() -> None:
    def respond(request: Request) -> Response:
        return warm() if request.number <= 10 else error(404, "ResourceNotFoundException", "Function not found")

    with StubLambda(respond) as stub:
        result = load(stub, concurrency=2, requests=30)
    assert (result.succeeded, result.other_errors) == (10, 20)
    assert result.error_samples == ("ResourceNotFoundException: Function not found",)


def test_a_misconfigured_function_gives_evidence() -> None:
    with StubLambda(lambda request: error(502, "InvalidRuntimeException", "python2.7 is gone")) as stub:
        result = load(stub, concurrency=2, requests=10)
    assert (result.function_errors, result.other_errors) == (10, 0)
    assert result.error_samples == ("InvalidRuntimeException: python2.7 is gone",)
