"""Whom load tests may call and how much of it, whatever a question asks for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.credentials import Credentials

from labgrader.errors import BadInputError, NotGradedError
from labgrader.evidence.load.plan import EndpointTarget, FunctionTarget, LoadPlan, Target, Threshold
from labgrader.evidence.load.result import Comparison, LoadResult
from labgrader.evidence.question import Answer, Question
from labgrader.evidence.services.api_gateway import RestApi
from labgrader.http.lambda_invoke import InvokeEndpoint
from labgrader.load_testing.load_tester import LoadTester
from labgrader.load_testing.progress import LoadProgress
from labgrader.probing.ownership_guard import Ownership
from tests.load_testing.stub_lambda import EndedCredentials, Request, Response, StubLambda, error

pytestmark = pytest.mark.usefixtures("virtual_time")

OWNERSHIP = Ownership("user1", "labgrader-")
FUNCTION = FunctionTarget("user1-f", "user1-prod", {"a": 1}, 256, "arm64")
STAGE = EndpointTarget(
    RestApi("api1", "user1-api"),
    "prod",
    "POST",
    "/items/ä",
    query={"a b": "c"},
    headers={"Cache-Control": "max-age=0"},
    body='{"n": 1}',
    api_key_id="k1",
)
VALUE = "Zk92xSECRETVALUEofthekey"


def _tester(stub: StubLambda, **changed: Any) -> LoadTester:
    return LoadTester(stub.endpoint, lambda: stub.client("apigateway"), OWNERSHIP, **changed)


def _load(target: Target | dict[str, Any] = FUNCTION, **changed: Any) -> Question:
    plan = LoadPlan("closed", 2, requests=6).to_dict()
    described = target if isinstance(target, dict) else target.to_dict()
    return Question("labgrader:LoadTest", {"Target": described, **plan, **changed})


def _compare(baseline: Target = FUNCTION, candidate: Target = FUNCTION, **changed: Any) -> Question:
    arguments = {"Rounds": 2, "Factor": 1.0, "MostRounds": 2}
    sides = {"Baseline": baseline.to_dict(), "Candidate": candidate.to_dict()}
    return Question("labgrader:Compare", {**sides, **arguments, **changed})


def _with_key(stage: Callable[[Request], Response], name: str = "user1-key") -> Callable[[Request], Response]:
    key = Response(json.dumps({"id": "k1", "name": name, "value": VALUE}).encode())
    return lambda request: key if request.target.startswith("/apikeys/") else stage(request)


# --- functions ----------------------------------------------------------------------------------------------------


def test_a_function_is_load_tested() -> None:
    with StubLambda() as stub:
        answer = _tester(stub).answer(_load())
        assert {(one.function, one.qualifier, one.event) for one in stub.requests} == {
            ("user1-f", "user1-prod", b'{"a": 1}')
        }
        assert len(stub.requests) == 6
    result = LoadResult.from_dict(answer.value)
    assert (result.target, result.model, result.succeeded) == ("user1-f:user1-prod", "closed", 6)
    assert result.cost["estimated"]["usd"] == 0.00002120  # six times a second of 256 MB on arm64


def test_an_open_test_is_carried_out() -> None:
    plan = LoadPlan("open", 10, rate_rps=50, duration_s=0.2, threshold=Threshold(50, 10_000, 20))
    with StubLambda() as stub:
        answer = _tester(stub).answer(_load(**plan.to_dict()))
    result = LoadResult.from_dict(answer.value)
    assert (result.model, result.requests, result.rate_rps, result.notes) == ("open", 10, 50, ())


def test_a_boto3_client_says_where_lambda_is() -> None:
    with StubLambda() as stub:
        tester = LoadTester(stub.client("lambda"), None, OWNERSHIP)
        assert tester.answer(_load()).value["succeeded"] == 6


def test_a_signature_serves_all_requests_of_a_second() -> None:
    with StubLambda(lambda request: Response(delay_s=0.0325)) as stub:
        _tester(stub).answer(_load(Requests=200))  # two in flight: for 3 seconds and a little
        signed = {(one.headers["x-amz-date"], one.headers["authorization"]) for one in stub.requests}
    assert len(signed) == len({date for date, _ in signed}) == 4


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        ("user10-f", "the function user10-f does not begin with user1- and may be another student's: not touched"),
        ("labgrader-run", "the function labgrader-run belongs to the grader and is never touched for a student"),
        ("user1-f:prod", "'user1-f:prod' is not the name of a function"),
        (5, "5 is not the name of a function"),
    ],
)
def test_only_the_students_own_functions_are_called(function: Any, reason: str) -> None:
    other = FunctionTarget(function)
    with StubLambda() as stub:
        for question in (_load(other), _compare(other), _compare(candidate=other)):
            with pytest.raises(NotGradedError) as refused:
                _tester(stub).answer(question)
            assert (refused.value.action, refused.value.reason) == ("lambda:InvokeFunction", reason)
        assert stub.requests == []


def test_credentials_that_end_are_our_own_failure() -> None:
    with StubLambda() as stub:
        endpoint = InvokeEndpoint(stub.endpoint.url, "us-east-1", EndedCredentials("a", "b"))
        for question in (_load(), _compare()):
            answer = LoadTester(endpoint, None, OWNERSHIP).answer(question)
            assert answer.error_code == "CredentialRetrievalError"
            assert "the role is gone" in answer.error_message
        assert stub.requests == []


def test_credentials_that_end_meanwhile_do_not_end_the_test() -> None:
    """To fetch others would keep all requests in flight waiting; botocore gives none that end within ten minutes."""

    class Fetched(Credentials):
        times = 0

        def get_frozen_credentials(self) -> Any:
            Fetched.times += 1
            return super().get_frozen_credentials()

    with StubLambda(lambda request: Response(delay_s=0.35)) as stub:
        endpoint = InvokeEndpoint(stub.endpoint.url, "us-east-1", Fetched("a", "b", "token"))
        answer = LoadTester(endpoint, None, OWNERSHIP).run(FUNCTION, LoadPlan("closed", 1, requests=4))
        assert {request.headers["x-amz-security-token"] for request in stub.requests} == {"token"}
        assert len({request.headers["x-amz-date"] for request in stub.requests}) == 2
    assert (LoadResult.from_dict(answer.value).succeeded, Fetched.times) == (4, 1)


def test_a_function_that_is_not_there_is_no_value() -> None:
    with StubLambda(lambda request: error(404, "ResourceNotFoundException")) as stub:
        assert _tester(stub).answer(_load()) == Answer()
        assert _tester(stub).answer(_compare()) == Answer()


# --- stages -------------------------------------------------------------------------------------------------------


def test_a_stage_is_load_tested_with_its_key_and_nothing_of_the_key_is_recorded() -> None:
    def respond(request: Request) -> Response:
        echo = json.dumps({"message": f"{VALUE} is wrong", "Reason": VALUE}).encode()
        status = {2: 200, 3: 429, 4: 403, 5: 500, 6: 302, 7: 404}[request.number]
        return Response(
            echo, status, {"X-Amz-Log-Result": "UkVQT1JUIFJlcXVlc3RJZDog", "X-Amz-Function-Error": "Handled"}
        )

    question = _load(STAGE, Concurrency=1)
    with StubLambda(_with_key(respond)) as stub:
        answer = _tester(stub).answer(question)
        called = stub.requests[1:]
    assert {(one.method, one.target) for one in called} == {("POST", "/_aws/execute-api/api1/prod/items/%C3%A4?a+b=c")}
    assert {(one.event, one.headers["x-api-key"], one.headers["cache-control"]) for one in called} == {
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
def test_the_limit_that_a_stage_met_is_named(headers: dict[str, str], body: str, reason: str) -> None:
    with StubLambda(_with_key(lambda request: Response(body.encode(), 429, headers))) as stub:
        result = LoadResult.from_dict(_tester(stub).answer(_load(STAGE)).value)
    assert (result.throttled, result.throttle_reasons, result.failures) == (6, {reason: 6}, 0)


def test_a_stage_that_is_not_there_is_no_evidence() -> None:
    with StubLambda() as stub:
        gone = stub.client("apigateway")
    target = EndpointTarget(RestApi("api1", "user1-api"), "prod", "GET", "/")
    answer = LoadTester(None, gone, OWNERSHIP).answer(_load(target))
    assert (answer.error_code, answer.error_message) == ("ConnectionError", "[Errno 111] Connection refused")


def test_another_students_api_and_key_are_not_used() -> None:
    with StubLambda(_with_key(lambda request: Response(), name="user10-key")) as stub:
        with pytest.raises(NotGradedError, match="the API key user10-key may be another student's"):
            _tester(stub).answer(_load(STAGE))
        other = EndpointTarget(RestApi("api1", "user10-api"), "prod", "GET", "/")
        for question in (_load(other), _compare(candidate=other)):
            with pytest.raises(NotGradedError, match="the API user10-api does not begin with user1-"):
                _tester(stub).answer(question)
        assert [one.target for one in stub.requests] == ["/apikeys/k1?includeValue=true"]


def test_a_key_that_cannot_be_read_is_no_verdict() -> None:
    with StubLambda(lambda request: error(403, "AccessDeniedException")) as stub:
        answer = _tester(stub).answer(_load(STAGE))
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
            _tester(stub).answer(_load({**STAGE.to_dict(), "Headers": headers}))
        assert str(refused.value) == problem
        assert stub.requests == []


def test_a_stage_and_a_function_are_compared() -> None:
    with StubLambda(_with_key(lambda request: Response())) as stub:
        result = Comparison.from_dict(_tester(stub).answer(_compare(STAGE)).value)
    assert (result.baseline, result.candidate) == ("POST user1-api/prod/items/ä", "user1-f:user1-prod")
    assert len(result.baseline_ms) == len(result.candidate_ms) == 2


# --- how much -----------------------------------------------------------------------------------------------------

OPEN = {"Model": "open", "Concurrency": 5, "Requests": 0, "Rate": 10.0, "DurationSeconds": 0.1}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"Model": "stepped"}, "Model is closed or open, not 'stepped'"),
        ({"Concurrency": 0}, "Concurrency is a whole number from 1 to 200, not 0"),
        ({"Concurrency": 201}, "Concurrency is a whole number from 1 to 200, not 201"),
        ({"Concurrency": True}, "Concurrency is a whole number from 1 to 200, not True"),
        ({"Requests": 0}, "Requests is a whole number from 1 to 100000, not 0"),
        ({"Requests": 100_001}, "Requests is a whole number from 1 to 100000, not 100001"),
        ({"WarmUp": -1}, "WarmUp is a whole number from 0 to 100000, not -1"),
        ({"FailingStatus": 399}, "FailingStatus is a whole number from 400 to 599, not 399"),
        ({"FailingStatus": 600}, "FailingStatus is a whole number from 400 to 599, not 600"),
        ({"CostCapUsd": 0}, "CostCapUsd is a number above 0 and at most 1000, not 0"),
        ({"CostCapUsd": float("nan")}, "CostCapUsd is a number above 0 and at most 1000, not nan"),
        ({**OPEN, "Concurrency": 1001}, "Concurrency is a whole number from 1 to 1000, not 1001"),
        ({**OPEN, "Rate": 0}, "Rate is a number above 0 and at most 5000, not 0"),
        ({**OPEN, "Rate": 5001}, "Rate is a number above 0 and at most 5000, not 5001"),
        ({**OPEN, "Rate": "5"}, "Rate is a number above 0 and at most 5000, not '5'"),
        ({**OPEN, "DurationSeconds": 61}, "DurationSeconds is a number above 0 and at most 60, not 61"),
        (
            {**OPEN, "Rate": 5000, "DurationSeconds": 20.1},
            "Rate times DurationSeconds is at most 100000 requests, not 100500",
        ),
        (
            {"Threshold": {"Percentile": 100, "Milliseconds": 5, "MostRequests": 5}},
            "Percentile is a whole number from 1 to 99, not 100",
        ),
        (
            {"Threshold": {"Percentile": 95, "Milliseconds": 0, "MostRequests": 5}},
            "Milliseconds is a number above 0 and at most 900000, not 0",
        ),
        ({"Target": {**FUNCTION.to_dict(), "Qualifier": "a b"}}, "'a b' is neither an alias nor a version"),
        ({"Target": {**STAGE.to_dict(), "Method": "get"}}, "'get' is no method"),
        ({"Target": {}}, "a target has a FunctionName or an ApiId"),
    ],
)
def test_a_load_test_that_makes_no_sense_is_bad_input(change: dict[str, Any], problem: str) -> None:
    with StubLambda() as stub:
        with pytest.raises(BadInputError) as refused:
            _tester(stub).answer(_load(**change))
        assert str(refused.value) == problem
        assert stub.requests == []


@pytest.mark.parametrize("change", [{"Concurrency": 200}, {**OPEN, "Concurrency": 1000}, {**OPEN, "Rate": 5000}])
def test_the_bounds_themselves_are_allowed(change: dict[str, Any]) -> None:
    with StubLambda() as stub:
        assert _tester(stub).answer(_load(**{**change, "CostCapUsd": 1000})).value["requests"] >= 1


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"Rounds": 0}, "Rounds is a whole number from 1 to 1000, not 0"),
        ({"Rounds": 1001}, "Rounds is a whole number from 1 to 1000, not 1001"),
        ({"MostRounds": 1001}, "MostRounds is a whole number from 1 to 1000, not 1001"),
        ({"Factor": 0}, "Factor is a number above 0 and at most 1000, not 0"),
    ],
)
def test_a_comparison_that_makes_no_sense_is_bad_input(change: dict[str, Any], problem: str) -> None:
    with StubLambda() as stub:
        with pytest.raises(BadInputError) as refused:
            _tester(stub).answer(_compare(**change))
        assert str(refused.value) == problem
        assert stub.requests == []


def test_another_question_is_bad_input() -> None:
    with StubLambda() as stub, pytest.raises(BadInputError) as refused:
        _tester(stub).answer(Question("lambda:InvokeFunction", {}))
    assert str(refused.value) == "lambda:InvokeFunction is no question that load-tests"


# --- admission and limits -----------------------------------------------------------------------------------------


class _Gate:
    """Admits, and writes down whom and when."""

    def __init__(self, stub: StubLambda) -> None:
        self.seen: list[tuple[tuple[Target, ...], str, int]] = []
        self._stub = stub

    @contextmanager
    def admit(self, targets: tuple[Target, ...], plan: LoadPlan) -> Iterator[LoadPlan]:
        self.seen.append((targets, "enter", len(self._stub.requests)))
        yield plan.within(1, "one in flight instead of two")
        self.seen.append((targets, "leave", len(self._stub.requests)))


def test_a_test_is_admitted_before_its_warm_up_and_until_its_end() -> None:
    with StubLambda() as stub:
        gate = _Gate(stub)
        answer = _tester(stub, admission=gate).answer(_load(WarmUp=3))
        assert gate.seen == [((FUNCTION,), "enter", 0), ((FUNCTION,), "leave", 9)]
        assert stub.most_running == 1
    result = LoadResult.from_dict(answer.value)
    assert (result.concurrency, result.notes) == (1, ("one in flight instead of two",))


def test_both_sides_of_a_comparison_are_admitted() -> None:
    other = FunctionTarget("user1-g")
    with StubLambda() as stub:
        gate = _Gate(stub)
        answer = _tester(stub, admission=gate).answer(_compare(candidate=other))
        assert gate.seen == [((FUNCTION, other), "enter", 0), ((FUNCTION, other), "leave", 6)]
    assert Comparison.from_dict(answer.value).notes == ("one in flight instead of two",)


def test_a_test_that_is_not_admitted_calls_nobody() -> None:
    class Closed:
        @contextmanager
        def admit(self, targets: tuple[Target, ...], plan: LoadPlan) -> Iterator[LoadPlan]:
            raise NotGradedError("", "no room")
            yield plan  # type: ignore[unreachable]  # it makes this a generator

    with StubLambda() as stub:
        for question in (_load(), _compare()):
            with pytest.raises(NotGradedError, match="no room"):
                _tester(stub, admission=Closed()).answer(question)
        assert stub.requests == []


def test_the_limits_are_passed_on() -> None:
    with StubLambda(lambda request: Response(hangs=True)) as stub:
        tester = _tester(stub, load_deadline_s=0.3, request_timeout_s=0.2, compare_deadline_s=5)
        result = LoadResult.from_dict(tester.answer(_load(Requests=2)).value)
        assert (result.timeouts, result.error_samples) == (2, ("no answer within 0.2 s",))
        comparison = Comparison.from_dict(tester.answer(_compare()).value)
        assert comparison.baseline_errors == ("no answer within 0.2 s",)


def test_a_plan_is_run_and_told_of() -> None:
    told: list[LoadProgress] = []
    with StubLambda() as stub:
        answer = _tester(stub).run(FUNCTION, LoadPlan("closed", 1, requests=2), told.append)
    assert answer.value["succeeded"] == told[-1].succeeded == 2
