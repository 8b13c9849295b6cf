"""queue_configured: the queue exists with its attributes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.sqs.samples import ATTRIBUTES, QUEUE, SCALER, URL, with_queue
from tests.checks.world import World

CONFIGURED: dict[str, Any] = {
    "queue": QUEUE,
    "retention_s": 1209600,
    "wait_time_s": 0,
    "visibility_s": 30,
    "visibility_at_least_timeout_of": SCALER,
}


def test_passes_with_all_attributes() -> None:
    verdict = with_queue().judge("queue_configured", **CONFIGURED)
    assert verdict.status == "passed"
    assert verdict.expected == "message retention period 1209600 s, receive wait time 0 s, visibility timeout 60 s"
    assert verdict.observed == verdict.expected


@pytest.mark.parametrize(
    ("attributes", "fraction", "says", "fixes"),
    [
        (
            {"MessageRetentionPeriod": "345600"},
            0.75,
            "the message retention period is 345600 s instead of 1209600 s",
            "MessageRetentionPeriod=1209600",
        ),
        (
            {"ReceiveMessageWaitTimeSeconds": "20"},
            0.75,
            "the receive wait time is 20 s instead of 0 s",
            "ReceiveMessageWaitTimeSeconds=0",
        ),
        (
            {"ReceiveMessageWaitTimeSeconds": "many"},
            0.75,
            "the receive wait time is unknown instead of 0 s",
            "ReceiveMessageWaitTimeSeconds=0",
        ),
        (
            {"VisibilityTimeout": "59"},
            0.75,
            f"the visibility timeout is 59 s instead of 60 s or more (the timeout of {SCALER})",
            "VisibilityTimeout=60",
        ),
        (
            {"VisibilityTimeout": "29", "MessageRetentionPeriod": "1209599"},
            0.5,
            "the message retention period is 1209599 s instead of 1209600 s, the visibility timeout is 29 s instead of "
            f"60 s or more (the timeout of {SCALER})",
            "MessageRetentionPeriod=1209600,VisibilityTimeout=60",
        ),
    ],
)
def test_each_attribute_is_worth_the_same(attributes: dict[str, Any], fraction: float, says: str, fixes: str) -> None:
    verdict = with_queue(**attributes).judge("queue_configured", **CONFIGURED)
    assert (verdict.fraction, verdict.message) == (fraction, f"{QUEUE}: {says}.")
    assert verdict.hint == f"aws sqs set-queue-attributes --queue-url {URL} --attributes {fixes}"


@pytest.mark.parametrize(
    ("seconds", "status"), [("30", "passed"), ("60", "passed"), ("900", "passed"), ("31", "partial"), ("0", "partial")]
)
def test_the_visibility_timeout_is_that_of_the_lab_or_at_least_the_timeout_of_the_function(
    seconds: str, status: str
) -> None:
    verdict = with_queue(VisibilityTimeout=seconds).judge("queue_configured", **CONFIGURED)
    assert verdict.status == status
    if status == "partial":
        assert verdict.message == (
            f"{QUEUE}: the visibility timeout is {seconds} s instead of 60 s or more (the timeout of {SCALER})."
        )


@pytest.mark.parametrize(("seconds", "status"), [("31", "passed"), ("30", "passed"), ("29", "partial")])
def test_a_visibility_timeout_that_aws_accepted_for_a_mapping_is_long_enough(seconds: str, status: str) -> None:
    made = with_queue(VisibilityTimeout=seconds).mapping(SCALER, QUEUE)
    verdict = made.judge("queue_configured", **CONFIGURED)
    assert verdict.status == status
    if status == "partial":
        assert verdict.message == (
            f"{QUEUE}: the visibility timeout is {seconds} s instead of 60 s or more (the timeout of {SCALER})."
        )


@pytest.mark.parametrize(("seconds", "status"), [("29", "partial"), ("30", "passed"), ("60", "passed")])
def test_without_the_function_the_visibility_timeout_of_the_lab_is_the_minimum(seconds: str, status: str) -> None:
    made = World().queue(QUEUE, **{**ATTRIBUTES, "VisibilityTimeout": seconds})
    verdict = made.judge("queue_configured", **CONFIGURED)
    assert verdict.status == status
    if status == "partial":
        assert verdict.message == f"{QUEUE}: the visibility timeout is 29 s instead of 30 s."


@pytest.mark.parametrize(("seconds", "status"), [("30", "passed"), ("31", "partial")])
def test_a_visibility_timeout_without_a_function_is_exact(seconds: str, status: str) -> None:
    made = World().queue(QUEUE, VisibilityTimeout=seconds)
    verdict = made.judge("queue_configured", queue=QUEUE, visibility_s=30)
    assert verdict.status == status
    if status == "partial":
        assert verdict.message == f"{QUEUE}: the visibility timeout is 31 s instead of 30 s."


def test_fails_when_the_queue_does_not_exist() -> None:
    verdict = World().judge("queue_configured", **CONFIGURED)
    assert verdict.message == f"There is no queue {QUEUE}."
    assert verdict.hint == (
        f"aws sqs create-queue --queue-name {QUEUE} --attributes "
        "MessageRetentionPeriod=1209600,ReceiveMessageWaitTimeSeconds=0,VisibilityTimeout=30"
    )
    verdict = World().queue("user1_high_throughput_queue").judge("queue_configured", queue=QUEUE)
    assert verdict.message == (
        f"There is no queue {QUEUE}, but there is user1_high_throughput_queue: a name must match exactly."
    )


def test_names_the_queue_without_the_prefix_that_the_function_reads() -> None:
    made = World().function(SCALER).mapping(SCALER, "high-throughput-queue")
    assert made.judge("queue_configured", **CONFIGURED).message == (
        f"There is no queue {QUEUE}, but {SCALER} reads high-throughput-queue. The name must begin with your prefix."
    )
