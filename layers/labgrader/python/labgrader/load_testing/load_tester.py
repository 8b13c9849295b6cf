"""The AWS side of load tests: answers the questions that load a student's functions and stages, and only theirs."""

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
from labgrader.load_testing.targets import FunctionCaller, LoadTarget, StageCaller
from labgrader.probing.function_invoker import event_of, own_function, qualifier_of
from labgrader.probing.ownership_guard import Ownership
from labgrader.probing.retry_policy import RetryPolicy
from labgrader.probing.stage_request import Stages
from labgrader.recording.api_errors import AwsCallError, reason_for

MOST_CLOSED = 200
"""Requests that a closed load test may keep in flight."""

MOST_OPEN = 1_000
"""Requests that an open load test may have in flight: as many connections, and a default account's concurrency."""

MOST_RPS = 5_000
"""Arrivals a second: what one core sends."""

MOST_SECONDS = 60
"""Seconds of arrivals; a request's time fits between them and the deadline."""

MOST_REQUESTS = 100_000
"""Requests of one load test."""

MOST_ROUNDS = 1_000
"""Rounds of one comparison."""


class Admits(Protocol):
    """Who says whether a load test may run, and how much of it."""

    def admit(self, targets: tuple[Target, ...], plan: LoadPlan) -> AbstractContextManager[LoadPlan]:
        """Give the plan as it may be carried out, while it is."""


class LoadTester:
    """Load-tests the functions and stages of one student, and compares them.

    Args:
        lambda_client: a boto3 Lambda client of the student's account, or where Lambda is.
        apigateway_client: a boto3 API Gateway client of that account, or what makes one when it is needed.
        ownership: whose functions and APIs may be called.
        admission: who says whether a test may run; without one, every test may.
        retry_policy: how often a throttled or failed request of a comparison is repeated; load tests never do.
        request_timeout_s, load_deadline_s, compare_deadline_s: seconds for a request, for a whole load test, and for a
            whole comparison.
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
        self._patience = retry_policy or RetryPolicy()
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
            A ``LoadResult`` or a ``Comparison`` as JSON; no value where a function or an alias does not exist; an error
            where AWS refused, or failed to the end, or where the test would cost too much.

        Raises:
            NotGradedError: a target is not the student's to be called, or the test is not admitted.
            BadInputError: the question is none of these, or its arguments make no sense.
        """
        arguments = question.arguments
        if question.action == LOAD_TEST:
            return self.run(_target(arguments["Target"]), _plan(arguments))
        if question.action == COMPARE:
            return self._compare(arguments)
        raise BadInputError([f"{question.action} is no question that load-tests"])

    def run(self, target: Target, plan: LoadPlan, tell: Callable[[LoadProgress], None] | None = None) -> Answer:
        """Carry out a load test.

        Args:
            target: whom to call.
            plan: how much, and what may stop it.
            tell: is told how far the test is, at most five times a second.

        Returns:
            As ``answer``.

        Raises:
            NotGradedError: the target is not the student's to be called, or the test is not admitted.
            BadInputError: the target or the plan makes no sense.
        """
        _check(plan)

        def load() -> Answer:
            caller = self._caller(target)
            with self._admitted((target,), plan) as admitted:
                return run_load(
                    caller,
                    admitted,
                    request_timeout_s=self._request_timeout_s,
                    deadline_s=self._load_deadline_s,
                    tell=tell,
                )

        return _answered(load)

    def _compare(self, arguments: Mapping[str, Json]) -> Answer:
        baseline, candidate = _target(arguments["Baseline"]), _target(arguments["Candidate"])
        rounds = _count("Rounds", arguments["Rounds"], MOST_ROUNDS)
        most_rounds = _count("MostRounds", arguments["MostRounds"], MOST_ROUNDS)
        factor = _number("Factor", arguments["Factor"], 1_000)

        def compare() -> Answer:
            callers = self._caller(baseline), self._caller(candidate)
            plan = LoadPlan("closed", 1, requests=2 * (most_rounds + 1))
            with self._admitted((baseline, candidate), plan) as admitted:
                return run_compare(
                    *callers,
                    rounds=rounds,
                    factor=factor,
                    most_rounds=most_rounds,
                    request_timeout_s=self._request_timeout_s,
                    deadline_s=self._compare_deadline_s,
                    retry_policy=self._patience,
                    notes=admitted.notes,
                )

        return _answered(compare)

    def _admitted(self, targets: tuple[Target, ...], plan: LoadPlan) -> AbstractContextManager[LoadPlan]:
        return self._admission.admit(targets, plan) if self._admission else nullcontext(plan)

    def _caller(self, target: Target) -> LoadTarget:
        """What calls a target, once it is known to be the student's."""
        if isinstance(target, EndpointTarget):
            if self._stages is None:
                made = self._apigateway_client
                self._stages = Stages(made() if callable(made) else made, self._ownership, self._patience)
            return StageCaller(target.name, self._stages.request(target.to_dict()))
        own_function(self._ownership, target.function)
        if self._endpoint is None:
            client = self._lambda_client
            self._endpoint = client if isinstance(client, InvokeEndpoint) else InvokeEndpoint.from_client(client)
        return FunctionCaller(self._endpoint, target, event_of(target.event))


def _answered(ask: Callable[[], Answer]) -> Answer:
    """What is answered, or why there is no answer: the credentials ended, or a key cannot be read."""
    try:
        return ask()
    except AwsCallError as refusal:
        return refusal.answer()
    except (BotoCoreError, ClientError) as error:  # the credentials ended and could not be refreshed
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
    """Refuse a plan that makes no sense or is too large.

    Raises:
        BadInputError: with what is wrong.
    """
    if plan.model == "closed":
        _count("Concurrency", plan.concurrency, MOST_CLOSED)
        _count("Requests", plan.requests, MOST_REQUESTS)
    elif plan.model == "open":
        _count("Concurrency", plan.concurrency, MOST_OPEN)
        _number("Rate", plan.rate_rps, MOST_RPS)
        _number("DurationSeconds", plan.duration_s, MOST_SECONDS)
        if plan.arrivals > MOST_REQUESTS:
            raise BadInputError(
                [f"Rate times DurationSeconds is at most {MOST_REQUESTS} requests, not {plan.arrivals}"]
            )
    else:
        raise BadInputError([f"Model is closed or open, not {plan.model!r}"])
    _count("WarmUp", plan.warm_up, MOST_REQUESTS, least=0)
    _number("CostCapUsd", plan.cost_cap_usd, 1_000)
    _count("FailingStatus", plan.failing_status, 599, least=400)
    if plan.threshold:
        _count("Percentile", plan.threshold.percentile, 99)
        _number("Milliseconds", plan.threshold.milliseconds, 900_000)
        _count("MostRequests", plan.threshold.most_requests, MOST_REQUESTS)


def _count(name: str, value: Json, most: int, least: int = 1) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise BadInputError([f"{name} is a whole number from {least} to {most}, not {value!r}"])
    return value


def _number(name: str, value: Json, most: float) -> float:
    sound = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if not sound or not 0 < value <= most:
        raise BadInputError([f"{name} is a number above 0 and at most {most:g}, not {value!r}"])
    return float(value)
