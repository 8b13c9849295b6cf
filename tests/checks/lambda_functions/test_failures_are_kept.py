"""failures_are_kept: advice on functions that lose the events of failed asynchronous invocations."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.checks.two_functions import A, B, advise, two_functions, words
from tests.checks.world import ACCOUNT, REGION, World

FAILURES = f"arn:aws:sqs:{REGION}:{ACCOUNT}:user1-failures"


def test_gives_no_advice_without_functions() -> None:
    assert advise(World(), "failures_are_kept").status == "passed"


def configured(config: Any, **settings: Any) -> World:
    world = two_functions(**settings)
    for name in (A, B):
        world.say("lambda:GetFunctionEventInvokeConfig", config, FunctionName=name)
    return world


def test_names_functions_without_destination_and_retry_limit() -> None:
    verdict = advise(configured(None), "failures_are_kept")
    assert (verdict.status, verdict.observed) == ("failed", "neither")
    assert verdict.message == (
        "user1-a and user1-b are invoked asynchronously and have neither an on-failure destination nor a dead-letter "
        "queue. If all attempts fail, the event is lost. user1-a and user1-b do not set the number of retries, so AWS "
        "retries a failed event twice. If an invocation fails halfway, its first half can run three times."
    )
    queue, first, second = verdict.hint.splitlines()
    assert queue == "aws sqs create-queue --queue-name user1-failures"
    assert first == (
        "aws lambda put-function-event-invoke-config --function-name user1-a --maximum-retry-attempts 1 "
        "--maximum-event-age-in-seconds 3600 "
        f'--destination-config \'{{"OnFailure": {{"Destination": "{FAILURES}"}}}}\''
        "  # the function's role needs sqs:SendMessage on the queue"
    )
    assert words(second)[-1] == json.dumps({"OnFailure": {"Destination": FAILURES}})


def test_keeps_a_destination_and_sets_the_retry_limit() -> None:
    config = {"DestinationConfig": {"OnFailure": {"Destination": FAILURES}}, "MaximumEventAgeInSeconds": 60}
    verdict = advise(configured(config), "failures_are_kept")
    assert verdict.observed == "a destination for failures"
    assert verdict.message == (
        "user1-a and user1-b do not set the number of retries, so AWS retries a failed event twice. "
        "If an invocation fails halfway, its first half can run three times."
    )
    assert verdict.hint.splitlines()[0] == (
        "aws lambda update-function-event-invoke-config --function-name user1-a --maximum-retry-attempts 1"
    )


def test_keeps_the_success_destination() -> None:
    success = "arn:aws:sns:eu-central-1:123456789012:done"
    config = {"MaximumRetryAttempts": 0, "DestinationConfig": {"OnSuccess": {"Destination": success}}}
    verdict = advise(configured(config), "failures_are_kept")
    assert verdict.observed == "a number of retries"
    assert verdict.message == (
        "user1-a and user1-b are invoked asynchronously and have neither an on-failure destination nor a dead-letter "
        "queue. If all attempts fail, the event is lost."
    )
    document = json.loads(words(verdict.hint.splitlines()[1])[-1])
    assert document == {"OnSuccess": {"Destination": success}, "OnFailure": {"Destination": FAILURES}}


@pytest.mark.parametrize("retries", [0, 1, 2])
def test_passes_with_a_destination_or_a_dead_letter_queue(retries: int) -> None:
    kept = {"MaximumRetryAttempts": retries, "DestinationConfig": {"OnFailure": {"Destination": FAILURES}}}
    assert advise(configured(kept), "failures_are_kept").status == "passed"
    with_queue = configured({"MaximumRetryAttempts": retries}, DeadLetterConfig={"TargetArn": FAILURES})
    assert advise(with_queue, "failures_are_kept").status == "passed"
