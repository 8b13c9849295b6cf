"""Answers the questions that load-test a student's functions and stages, and refuses those of others."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from labgrader.errors import BadInputError
from labgrader.evidence.load.load_test import COMPARE, DEADLINE_S, LOAD_TEST, REQUEST_TIMEOUT_S
from labgrader.evidence.load.plan import (
    COST_CAP_USD,
    FAILING_STATUS,
    EndpointTarget,
    FunctionTarget,
    LoadPlan,
    Target,
    Threshold,
)
from labgrader.evidence.question import Answer, Json, Question
from labgrader.evidence.services.api_gateway import RestApi
from labgrader.http.lambda_invoke import InvokeEndpoint
from labgrader.load_testing.comparison import COMPARE_DEADLINE_S, run_compare
from labgrader.load_testing.engine import run_load
from labgrader.load_testing.progress import LoadProgress
from labgrader.load_testing.targets import FunctionLoadTarget, LoadTarget, StageLoadTarget
from labgrader.probing.function_invoker import event_of, own_function, qualifier_of
from labgrader.probing.ownership_guard import Ownership
from labgrader.probing.retry_policy import RetryPolicy
from labgrader.probing.stage_request import Stages
from labgrader.recording.api_errors import AwsCallError, reason_for

MAX_CLOSED_CONCURRENCY = 200
"""Maximum concurrency of a closed load test."""

MAX_OPEN_CONCURRENCY = 1_000
"""Maximum requests in flight of an open load test: each has a connection, and 1,000 is an account's default limit."""

MAX_RATE_RPS = 5_000
"""Maximum arrivals a second: what one core can send."""

MAX_DURATION_S = 60
"""Maximum seconds of arrivals. A request's timeout fits between their end and the deadline."""

MAX_REQUESTS = 100_000
"""Maximum requests of one load test."""

MAX_ROUNDS = 1_000
"""Maximum rounds of one comparison."""


class Admits(Protocol):
    """Decides whether a load test may run, and with what concurrency. ``Admission`` implements it."""

    def admit(self, targets: tuple[Target, ...], plan: LoadPlan) -> AbstractContextManager[LoadPlan]:
        """Yield the plan that may be carried out, within the block."""


class LoadTester:
    """Load-tests the functions and stages of one student, and compares them.

    Args:
        lambda_client: a boto3 Lambda client of the student's account, or Lambda's endpoint.
        apigateway_client: a boto3 API Gateway client of that account, or a function that makes one.
        ownership: the owner of the functions and APIs that may be called.
        admission: decides whether a test may run; without it, every test may.
        retry_policy: how often a comparison retries a throttled or failed request. Load tests never retry.
        request_timeout_s: seconds for each request.
        load_deadline_s: seconds for a whole load test.
        compare_deadline_s: seconds for a whole comparison.
    """

    def __init__(
        self,
        lambda_client: Any,
        apigateway_client: Any,
        ownership: Ownership,
        *,
        admission: Admits | None = None,
        retry_policy: RetryPolicy | None = None,
        request_timeout_s: float = REQUEST_TIMEOUT_S,
        load_deadline_s: float = DEADLINE_S,
        compare_deadline_s: float = COMPARE_DEADLINE_S,
    ) -> None:
        self._lambda_client = lambda_client
        self._apigateway_client = apigateway_client
        self._ownership = ownership
        self._admission = admission
        self._retry_policy = retry_policy or RetryPolicy()
        self._request_timeout_s = request_timeout_s
        self._load_deadline_s = load_deadline_s
        self._compare_deadline_s = compare_deadline_s
        self._endpoint: InvokeEndpoint | None = None
        self._stages: Stages | None = None

    def answer(self, question: Question) -> Answer:
        """Carry out a load test or a comparison.

        Args:
            question: ``labgrader:LoadTest`` or ``labgrader:Compare``.

        Returns:
            A ``LoadResult`` or a ``Comparison`` as JSON. An empty answer if a function or an alias does not exist. An
            error if AWS refused, kept failing, or if the test would cost more than its cap.

        Raises:
            NotGradedError: a target is not the student's, or the test is not admitted.
            BadInputError: the question is another one, or an argument is invalid.
        """
        arguments = question.arguments
        if question.action == LOAD_TEST:
            return self.run(_target(arguments["Target"]), _plan(arguments))
        if question.action == COMPARE:
            return self._compare(arguments)
        raise BadInputError([f"{question.action} is not a load-test question"])

    def run(self, target: Target, plan: LoadPlan, on_progress: Callable[[LoadProgress], None] | None = None) -> Answer:
        """Carry out a load test.

        Args:
            target: the target to call.
            plan: the requests to send, and the limits.
            on_progress: called with the progress, at most five times a second.

        Returns:
            As ``answer``.

        Raises:
            NotGradedError: the target is not the student's, or the test is not admitted.
            BadInputError: the target or the plan is invalid.
        """
        _check(plan)

        def load() -> Answer:
            load_target = self._load_target(target)
            with self._admitted((target,), plan) as admitted:
                return run_load(
                    load_target,
                    admitted,
                    request_timeout_s=self._request_timeout_s,
                    deadline_s=self._load_deadline_s,
                    on_progress=on_progress,
                )

        return _answer_or_error(load)

    def _compare(self, arguments: Mapping[str, Json]) -> Answer:
        baseline, candidate = _target(arguments["Baseline"]), _target(arguments["Candidate"])
        rounds = _count("Rounds", arguments["Rounds"], MAX_ROUNDS)
        most_rounds = _count("MostRounds", arguments["MostRounds"], MAX_ROUNDS)
        factor = _number("Factor", arguments["Factor"], 1_000)

        def compare() -> Answer:
            sides = self._load_target(baseline), self._load_target(candidate)
            plan = LoadPlan("closed", 1, requests=2 * (most_rounds + 1))
            with self._admitted((baseline, candidate), plan) as admitted:
                return run_compare(
                    *sides,
                    rounds=rounds,
                    factor=factor,
                    most_rounds=most_rounds,
                    request_timeout_s=self._request_timeout_s,
                    deadline_s=self._compare_deadline_s,
                    retry_policy=self._retry_policy,
                    notes=admitted.notes,
                )

        return _answer_or_error(compare)

    def _admitted(self, targets: tuple[Target, ...], plan: LoadPlan) -> AbstractContextManager[LoadPlan]:
        return self._admission.admit(targets, plan) if self._admission else nullcontext(plan)

    def _load_target(self, target: Target) -> LoadTarget:
        """Check that a target is the student's, and make it callable."""
        if isinstance(target, EndpointTarget):
            if self._stages is None:
                client = self._apigateway_client
                self._stages = Stages(client() if callable(client) else client, self._ownership, self._retry_policy)
            return StageLoadTarget(target.name, self._stages.request(target.to_dict()))
        own_function(self._ownership, target.function)
        if self._endpoint is None:
            client = self._lambda_client
            self._endpoint = client if isinstance(client, InvokeEndpoint) else InvokeEndpoint.from_client(client)
        return FunctionLoadTarget(self._endpoint, target, event_of(target.event))


def _answer_or_error(ask: Callable[[], Answer]) -> Answer:
    """Return the answer, or the error if AWS refused or the credentials could not be refreshed."""
    try:
        return ask()
    except AwsCallError as refusal:
        return refusal.answer()
    except (BotoCoreError, ClientError) as error:  # the credentials expired and could not be refreshed
        return Answer(error_code=type(error).__name__, error_message=str(error), reason=reason_for(error))


def _target(arguments: Mapping[str, Json]) -> Target:
    if "FunctionName" in arguments:
        memory_mb, architecture = arguments.get("MemoryMb"), arguments.get("Architecture")
        return FunctionTarget(
            arguments["FunctionName"],
            qualifier_of(arguments.get("Qualifier", "")),
            arguments.get("Payload"),
            memory_mb if isinstance(memory_mb, int) and memory_mb > 0 else 0,
            architecture if isinstance(architecture, str) else "x86_64",
        )
    if "ApiId" in arguments:
        return EndpointTarget(
            RestApi(arguments["ApiId"], arguments["ApiName"]),
            arguments["Stage"],
            arguments["Method"],
            arguments["Path"],
            arguments.get("Query") or {},
            arguments.get("Headers") or {},
            arguments.get("Body"),
            arguments.get("ApiKeyId") or "",
        )
    raise BadInputError(["a target has a FunctionName or an ApiId"])


def _plan(arguments: Mapping[str, Json]) -> LoadPlan:
    threshold = arguments.get("Threshold")
    return LoadPlan(
        arguments["Model"],
        arguments["Concurrency"],
        requests=arguments.get("Requests", 0),
        rate_rps=arguments.get("Rate", 0.0),
        duration_s=arguments.get("DurationSeconds", 0.0),
        warm_up=arguments.get("WarmUp", 0),
        least_concurrency=arguments.get("LeastConcurrency", 0),
        threshold=Threshold(threshold["Percentile"], threshold["Milliseconds"], threshold["MostRequests"])
        if threshold
        else None,
        cost_cap_usd=arguments.get("CostCapUsd", COST_CAP_USD),
        failing_status=arguments.get("FailingStatus", FAILING_STATUS),
    )


def _check(plan: LoadPlan) -> None:
    """Check a plan.

    Raises:
        BadInputError: a figure is invalid or too large.
    """
    if plan.model == "closed":
        _count("Concurrency", plan.concurrency, MAX_CLOSED_CONCURRENCY)
        _count("Requests", plan.requests, MAX_REQUESTS)
    elif plan.model == "open":
        _count("Concurrency", plan.concurrency, MAX_OPEN_CONCURRENCY)
        _number("Rate", plan.rate_rps, MAX_RATE_RPS)
        _number("DurationSeconds", plan.duration_s, MAX_DURATION_S)
        if plan.arrivals > MAX_REQUESTS:
            raise BadInputError([f"Rate times DurationSeconds is at most {MAX_REQUESTS} requests, not {plan.arrivals}"])
    else:
        raise BadInputError([f"Model is closed or open, not {plan.model!r}"])
    _count("WarmUp", plan.warm_up, MAX_REQUESTS, minimum=0)
    _number("CostCapUsd", plan.cost_cap_usd, 1_000)
    _count("FailingStatus", plan.failing_status, 599, minimum=400)
    if plan.threshold:
        _count("Percentile", plan.threshold.percentile, 99)
        _number("Milliseconds", plan.threshold.milliseconds, 900_000)
        _count("MostRequests", plan.threshold.most_requests, MAX_REQUESTS)


def _count(name: str, value: Json, maximum: int, minimum: int = 1) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not minimum <= value <= maximum:
        raise BadInputError([f"{name} is a whole number from {minimum} to {maximum}, not {value!r}"])
    return value


def _number(name: str, value: Json, maximum: float) -> float:
    valid = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if not valid or not 0 < value <= maximum:
        raise BadInputError([f"{name} is a number above 0 and at most {maximum:g}, not {value!r}"])
    return float(value)
