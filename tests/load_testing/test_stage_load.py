"""Load tests of a REST API's stage: its key, its limits and its owner."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labgrader.errors import BadInputError, NotGradedError
from labgrader.evidence.load.plan import EndpointTarget
from labgrader.evidence.load.result import Comparison, LoadResult
from labgrader.evidence.services.api_gateway import RestApi
from labgrader.load_testing.load_tester import LoadTester
from tests.load_testing.questions import OWNERSHIP, STAGE, VALUE, compare_question, load_question, load_tester, with_key
from tests.load_testing.stub_lambda import Request, Response, StubLambda, error

pytestmark = pytest.mark.usefixtures("virtual_time")


def test_a_stage_is_load_tested_with_its_key_which_is_not_recorded() -> None:
    def respond(request: Request) -> Response:
        echo = json.dumps({"message": f"{VALUE} is wrong", "Reason": VALUE}).encode()
        status = {2: 200, 3: 429, 4: 403, 5: 500, 6: 302, 7: 404}[request.number]
        return Response(
            echo, status, {"X-Amz-Log-Result": "UkVQT1JUIFJlcXVlc3RJZDog", "X-Amz-Function-Error": "Handled"}
        )

    question = load_question(STAGE, Concurrency=1)
    with StubLambda(with_key(respond)) as stub:
        answer = load_tester(stub).answer(question)
        called = stub.requests[1:]
    assert {(request.method, request.target) for request in called} == {
        ("POST", "/_aws/execute-api/api1/prod/items/%C3%A4?a+b=c")
    }
    assert {(request.event, request.headers["x-api-key"], request.headers["cache-control"]) for request in called} == {
        (b'{"n": 1}', VALUE, "max-age=0")
    }
    assert VALUE not in json.dumps(answer.to_dict()) + question.key
    result = LoadResult.from_dict(answer.value)
    assert result.target == "POST user1-api/prod/items/ä"
    assert (result.succeeded, result.throttled, result.application_errors, result.other_errors) == (2, 1, 1, 2)
    assert (result.function_errors, result.function_error_kinds, result.cold_starts) == (0, {}, 0)
    assert result.error_samples == (
        "HTTP 403: [redacted] is wrong", "HTTP 500: [redacted] is wrong", "HTTP 404: [redacted] is wrong"
    )  # fmt: skip
    assert result.throttle_reasons == {"HTTP 429": 1}
    assert result.cost["actual"] == {"requests": 5, "gb_seconds": 0, "usd": 0.0000175}


@pytest.mark.parametrize(
    ("headers", "body", "reason"),
    [
        ({"x-amzn-ErrorType": "TooManyRequestsException"}, "{}", "TooManyRequestsException"),
        ({"x-amzn-ErrorType": "LimitExceededException"}, "{}", "LimitExceededException"),
        ({}, '{"message": "Too Many Requests"}', "TooManyRequestsException"),
        ({}, '{"message": "Limit Exceeded"}', "LimitExceededException"),
        ({"x-amzn-ErrorType": "SomethingElse"}, '{"Reason": "<b>"}', "HTTP 429"),
    ],
)
def test_the_limit_of_a_stage_is_named(headers: dict[str, str], body: str, reason: str) -> None:
    with StubLambda(with_key(lambda request: Response(body.encode(), 429, headers))) as stub:
        result = LoadResult.from_dict(load_tester(stub).answer(load_question(STAGE)).value)
    assert (result.throttled, result.throttle_reasons, result.failures) == (6, {reason: 6}, 0)


def test_a_missing_stage_gives_no_evidence() -> None:
    with StubLambda() as stub:
        gone = stub.client("apigateway")
    target = EndpointTarget(RestApi("api1", "user1-api"), "prod", "GET", "/")
    answer = LoadTester(None, gone, OWNERSHIP).answer(load_question(target))
    assert (answer.error_code, answer.error_message) == ("ConnectionError", "[Errno 111] Connection refused")


def test_another_students_api_and_key_are_not_used() -> None:
    with StubLambda(with_key(lambda request: Response(), name="user10-key")) as stub:
        with pytest.raises(NotGradedError, match="the API key user10-key may be another student's"):
            load_tester(stub).answer(load_question(STAGE))
        other = EndpointTarget(RestApi("api1", "user10-api"), "prod", "GET", "/")
        for question in (load_question(other), compare_question(candidate=other)):
            with pytest.raises(NotGradedError, match="the API user10-api does not begin with user1-"):
                load_tester(stub).answer(question)
        assert [request.target for request in stub.requests] == ["/apikeys/k1?includeValue=true"]


def test_an_unreadable_key_gives_no_verdict() -> None:
    with StubLambda(lambda request: error(403, "AccessDeniedException")) as stub:
        answer = load_tester(stub).answer(load_question(STAGE))
    assert (answer.error_code, answer.error_message) == ("AccessDeniedException", "apigateway:GetApiKey: no")


@pytest.mark.parametrize(
    ("headers", "problem"),
    [
        ({"X Y": "1"}, "'X Y' is no name of a header"),
        ({"X": "1\r\nY: 2"}, "'1\\r\\nY: 2' is no value of the header X"),
        ({"X": 5}, "5 is no value of the header X"),
        ({"Content-Length": "5"}, "the header Content-Length is not set by a question"),
        ({"x-api-key": "5"}, "the header x-api-key is not set by a question"),
    ],
)
def test_a_header_that_cannot_be_sent_is_bad_input(headers: dict[str, Any], problem: str) -> None:
    with StubLambda() as stub:
        with pytest.raises(BadInputError) as refused:
            load_tester(stub).answer(load_question({**STAGE.to_dict(), "Headers": headers}))
        assert str(refused.value) == problem
        assert stub.requests == []


def test_a_stage_and_a_function_are_compared() -> None:
    with StubLambda(with_key(lambda request: Response())) as stub:
        result = Comparison.from_dict(load_tester(stub).answer(compare_question(STAGE)).value)
    assert (result.baseline, result.candidate) == ("POST user1-api/prod/items/ä", "user1-f:user1-prod")
    assert len(result.baseline_ms) == len(result.candidate_ms) == 2
