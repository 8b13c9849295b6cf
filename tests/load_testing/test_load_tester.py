"""The limits of load tests: which functions they may invoke, and how often, for any question."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.credentials import Credentials

from labgrader.errors import BadInputError, NotGradedError
from labgrader.evidence.load.plan import FunctionTarget, LoadPlan, Target, Threshold
from labgrader.evidence.load.result import Comparison, LoadResult
from labgrader.evidence.question import Answer, Question
from labgrader.http.lambda_invoke import InvokeEndpoint
from labgrader.load_testing.load_tester import LoadTester
from labgrader.load_testing.progress import LoadProgress
from tests.load_testing.questions import FUNCTION, OWNERSHIP, STAGE, compare_question, load_question, load_tester
from tests.load_testing.stub_lambda import EndedCredentials, Response, StubLambda, error

pytestmark = pytest.mark.usefixtures("virtual_time")


# --- functions ----------------------------------------------------------------------------------------------------


def test_a_function_is_load_tested() -> None:
    with StubLambda() as stub:
        answer = load_tester(stub).answer(load_question())
        assert {(request.function, request.qualifier, request.event) for request in stub.requests} == {
            ("user1-f", "user1-prod", b'{"a": 1}')
        }
        assert len(stub.requests) == 6
    result = LoadResult.from_dict(answer.value)
    assert (result.target, result.model, result.succeeded) == ("user1-f:user1-prod", "closed", 6)
    assert result.cost["estimated"]["usd"] == 0.00002120  # six times a second of 256 MB on arm64


def test_an_open_test_is_run() -> None:
    plan = LoadPlan("open", 10, rate_rps=50, duration_s=0.2, threshold=Threshold(50, 10_000, 20))
    with StubLambda() as stub:
        answer = load_tester(stub).answer(load_question(**plan.to_dict()))
    result = LoadResult.from_dict(answer.value)
    assert (result.model, result.requests, result.rate_rps, result.notes) == ("open", 10, 50, ())


def test_the_endpoint_is_that_of_the_boto3_client() -> None:
    with StubLambda() as stub:
        tester = LoadTester(stub.client("lambda"), None, OWNERSHIP)
        assert tester.answer(load_question()).value["succeeded"] == 6


def test_one_signature_is_used_for_all_requests_of_a_second() -> None:
    with StubLambda(lambda request: Response(delay_s=0.0325)) as stub:
        load_tester(stub).answer(load_question(Requests=200))  # two in flight: for 3 seconds and a little
        signed = {(request.headers["x-amz-date"], request.headers["authorization"]) for request in stub.requests}
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
def test_only_the_students_own_functions_are_load_tested(function: Any, reason: str) -> None:
    other = FunctionTarget(function)
    with StubLambda() as stub:
        for question in (load_question(other), compare_question(other), compare_question(candidate=other)):
            with pytest.raises(NotGradedError) as refused:
                load_tester(stub).answer(question)
            assert (refused.value.action, refused.value.reason) == ("lambda:InvokeFunction", reason)
        assert stub.requests == []


def test_expired_credentials_are_a_failure_of_labgrader() -> None:
    with StubLambda() as stub:
        endpoint = InvokeEndpoint(stub.endpoint.url, "us-east-1", EndedCredentials("a", "b"))
        for question in (load_question(), compare_question()):
            answer = LoadTester(endpoint, None, OWNERSHIP).answer(question)
            assert answer.error_code == "CredentialRetrievalError"
            assert "the role is gone" in answer.error_message
        assert stub.requests == []


def test_credentials_that_expire_during_a_test_do_not_end_it() -> None:
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


def test_a_missing_function_has_no_value() -> None:
    with StubLambda(lambda request: error(404, "ResourceNotFoundException")) as stub:
        assert load_tester(stub).answer(load_question()) == Answer()
        assert load_tester(stub).answer(compare_question()) == Answer()


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
def test_an_invalid_load_test_is_bad_input(change: dict[str, Any], problem: str) -> None:
    with StubLambda() as stub:
        with pytest.raises(BadInputError) as refused:
            load_tester(stub).answer(load_question(**change))
        assert str(refused.value) == problem
        assert stub.requests == []


@pytest.mark.parametrize("change", [{"Concurrency": 200}, {**OPEN, "Concurrency": 1000}, {**OPEN, "Rate": 5000}])
def test_values_at_the_bounds_are_allowed(change: dict[str, Any]) -> None:
    with StubLambda() as stub:
        assert load_tester(stub).answer(load_question(**{**change, "CostCapUsd": 1000})).value["requests"] >= 1


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"Rounds": 0}, "Rounds is a whole number from 1 to 1000, not 0"),
        ({"Rounds": 1001}, "Rounds is a whole number from 1 to 1000, not 1001"),
        ({"MostRounds": 1001}, "MostRounds is a whole number from 1 to 1000, not 1001"),
        ({"Factor": 0}, "Factor is a number above 0 and at most 1000, not 0"),
    ],
)
def test_an_invalid_comparison_is_bad_input(change: dict[str, Any], problem: str) -> None:
    with StubLambda() as stub:
        with pytest.raises(BadInputError) as refused:
            load_tester(stub).answer(compare_question(**change))
        assert str(refused.value) == problem
        assert stub.requests == []


def test_another_action_is_bad_input() -> None:
    with StubLambda() as stub, pytest.raises(BadInputError) as refused:
        load_tester(stub).answer(Question("lambda:InvokeFunction", {}))
    assert str(refused.value) == "lambda:InvokeFunction is not a load-test question"


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
        answer = load_tester(stub, admission=gate).answer(load_question(WarmUp=3))
        assert gate.seen == [((FUNCTION,), "enter", 0), ((FUNCTION,), "leave", 9)]
        assert stub.most_running == 1
    result = LoadResult.from_dict(answer.value)
    assert (result.concurrency, result.notes) == (1, ("one in flight instead of two",))


def test_both_sides_of_a_comparison_are_admitted() -> None:
    other = FunctionTarget("user1-g")
    with StubLambda() as stub:
        gate = _Gate(stub)
        answer = load_tester(stub, admission=gate).answer(compare_question(candidate=other))
        assert gate.seen == [((FUNCTION, other), "enter", 0), ((FUNCTION, other), "leave", 6)]
    assert Comparison.from_dict(answer.value).notes == ("one in flight instead of two",)


def test_a_test_that_is_not_admitted_sends_no_request() -> None:
    class Closed:
        @contextmanager
        def admit(self, targets: tuple[Target, ...], plan: LoadPlan) -> Iterator[LoadPlan]:
            raise NotGradedError("", "no room")
            yield plan  # type: ignore[unreachable]  # it makes this a generator

    with StubLambda() as stub:
        for question in (load_question(), compare_question()):
            with pytest.raises(NotGradedError, match="no room"):
                load_tester(stub, admission=Closed()).answer(question)
        assert stub.requests == []


def test_the_limits_are_passed_on() -> None:
    with StubLambda(lambda request: Response(hangs=True)) as stub:
        tester = load_tester(stub, load_deadline_s=0.3, request_timeout_s=0.2, compare_deadline_s=5)
        result = LoadResult.from_dict(tester.answer(load_question(Requests=2)).value)
        assert (result.timeouts, result.error_samples) == (2, ("no answer within 0.2 s",))
        comparison = Comparison.from_dict(tester.answer(compare_question()).value)
        assert comparison.baseline_errors == ("no answer within 0.2 s",)


def test_a_plan_is_run_and_its_progress_is_reported() -> None:
    reported: list[LoadProgress] = []
    with StubLambda() as stub:
        answer = load_tester(stub).run(FUNCTION, LoadPlan("closed", 1, requests=2), reported.append)
    assert answer.value["succeeded"] == reported[-1].succeeded == 2
