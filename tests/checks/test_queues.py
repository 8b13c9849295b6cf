"""queue_configured, queue_feeds_function, messages_consumed."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.errors import NotGradedError
from labgrader.evidence.live_answers import SentMessages
from tests.checks.world import ACCOUNT, REGION, World, probed

SCALER = "user1-sqs-scaler"
QUEUE = "user1-high-throughput-queue"
URL = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{QUEUE}"
ATTRIBUTES = {"VisibilityTimeout": "60", "MessageRetentionPeriod": "1209600", "ReceiveMessageWaitTimeSeconds": "0"}
CONFIGURED: dict[str, Any] = {
    "queue": QUEUE,
    "retention_s": 1209600,
    "wait_time_s": 0,
    "visibility_s": 30,
    "visibility_at_least_timeout_of": SCALER,
}
SETTINGS = {
    "BatchSize": 10,
    "MaximumBatchingWindowInSeconds": 1,
    "FunctionResponseTypes": ["ReportBatchItemFailures"],
}
FEEDS: dict[str, Any] = {
    "function": SCALER,
    "queue": QUEUE,
    "batch_size": 10,
    "window_s": 1,
    "response_types": ["ReportBatchItemFailures"],
}


def world(timeout: int = 60, **attributes: str) -> World:
    """A function beside a queue that it does not read."""
    return World().function(SCALER, Timeout=timeout).queue(QUEUE, **{**ATTRIBUTES, **attributes})


def feeding(**settings: Any) -> World:
    """A function that reads its queue."""
    return world().mapping(SCALER, QUEUE, **{**SETTINGS, **settings})


# --- attributes -------------------------------------------------------------------------------------------------------


def test_a_queue_with_its_attributes() -> None:
    verdict = world().judge("queue_configured", **CONFIGURED)
    assert verdict.status == "passed"
    assert verdict.expected == "message retention period 1209600 s, receive wait time 0 s, visibility timeout 60 s"
    assert verdict.observed == verdict.expected


@pytest.mark.parametrize(
    ("attributes", "fraction", "says", "mends"),
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
def test_each_attribute_is_worth_the_same(attributes: dict[str, str], fraction: float, says: str, mends: str) -> None:
    verdict = world(**attributes).judge("queue_configured", **CONFIGURED)
    assert (verdict.fraction, verdict.message) == (fraction, f"{QUEUE}: {says}.")
    assert verdict.hint == f"aws sqs set-queue-attributes --queue-url {URL} --attributes {mends}"


@pytest.mark.parametrize(
    ("seconds", "status"), [("30", "passed"), ("60", "passed"), ("900", "passed"), ("31", "partial"), ("0", "partial")]
)
def test_a_visibility_timeout_is_the_handouts_or_long_enough(seconds: str, status: str) -> None:
    assert world(VisibilityTimeout=seconds).judge("queue_configured", **CONFIGURED).status == status


@pytest.mark.parametrize(("seconds", "status"), [("31", "passed"), ("30", "passed"), ("29", "partial")])
def test_what_aws_accepted_for_a_mapping_is_long_enough(seconds: str, status: str) -> None:
    made = world(VisibilityTimeout=seconds).mapping(SCALER, QUEUE)
    assert made.judge("queue_configured", **CONFIGURED).status == status


@pytest.mark.parametrize(("seconds", "status"), [("29", "partial"), ("30", "passed"), ("60", "passed")])
def test_without_the_function_there_is_less_to_compare_with(seconds: str, status: str) -> None:
    made = World().queue(QUEUE, **{**ATTRIBUTES, "VisibilityTimeout": seconds})
    verdict = made.judge("queue_configured", **CONFIGURED)
    assert verdict.status == status
    if status == "partial":
        assert verdict.message == f"{QUEUE}: the visibility timeout is 29 s instead of 30 s."


@pytest.mark.parametrize(("seconds", "status"), [("30", "passed"), ("31", "partial")])
def test_a_visibility_timeout_alone_is_exact(seconds: str, status: str) -> None:
    made = World().queue(QUEUE, VisibilityTimeout=seconds)
    assert made.judge("queue_configured", queue=QUEUE, visibility_s=30).status == status


def test_no_queue_and_one_that_comes_near() -> None:
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


# --- event source mapping ---------------------------------------------------------------------------------------------


def test_a_queue_feeds_a_function() -> None:
    verdict = feeding().judge("queue_feeds_function", **FEEDS)
    assert verdict.status == "passed"
    assert verdict.observed == "enabled, batch 10, window 1 s, ReportBatchItemFailures"


@pytest.mark.parametrize(
    ("settings", "says", "mends"),
    [
        ({"State": "Disabled"}, "its state is Disabled instead of Enabled", "--enabled"),
        ({"State": None}, "its state is unknown instead of Enabled", "--enabled"),
        ({"BatchSize": 9}, "the batch size is 9 instead of 10", "--batch-size 10"),
        (
            {"MaximumBatchingWindowInSeconds": None},
            "the batching window is 0 s instead of 1 s",
            "--maximum-batching-window-in-seconds 1",
        ),
        (
            {"FunctionResponseTypes": []},
            "it does not report ReportBatchItemFailures, so one failed message sends its whole batch again",
            "--function-response-types ReportBatchItemFailures",
        ),
    ],
)
def test_each_setting_is_a_quarter(settings: dict[str, Any], says: str, mends: str) -> None:
    verdict = feeding(**settings).judge("queue_feeds_function", **FEEDS)
    assert (verdict.fraction, verdict.message) == (
        0.75,
        f"The event source mapping from {QUEUE} to {SCALER}: {says}.",
    )
    assert verdict.hint == (
        "aws lambda update-event-source-mapping --uuid $(aws lambda list-event-source-mappings --function-name "
        f"{SCALER} --event-source-arn arn:aws:sqs:{REGION}:{ACCOUNT}:{QUEUE} "
        f"--query 'EventSourceMappings[0].UUID' --output text) {mends}"
    )


@pytest.mark.parametrize("state", ["Creating", "Enabling", "Updating"])
def test_a_mapping_that_is_being_set_up_is_not_graded(state: str) -> None:
    with pytest.raises(NotGradedError, match=rf"is still being set up \({state}\): nothing to change"):
        feeding(State=state).judge("queue_feeds_function", **FEEDS)


def test_of_two_mappings_the_nearer_one_counts() -> None:
    made = feeding(State="Disabled", BatchSize=1).mapping(SCALER, QUEUE, **SETTINGS)
    assert made.judge("queue_feeds_function", **FEEDS).status == "passed"


def test_settings_that_are_not_asked_for_are_not_looked_at() -> None:
    made = feeding(BatchSize=1, MaximumBatchingWindowInSeconds=0, FunctionResponseTypes=None)
    assert made.judge("queue_feeds_function", function=SCALER, queue=QUEUE).status == "passed"


@pytest.mark.parametrize(("seconds", "refused"), [("30", True), ("59", True), ("60", False)])
def test_no_mapping_and_why_aws_may_have_refused_it(seconds: str, refused: bool) -> None:
    verdict = world(VisibilityTimeout=seconds).judge("queue_feeds_function", **FEEDS)
    says = f"Lambda does not read {QUEUE} for {SCALER}: there is no event source mapping between them."
    if refused:
        says += (
            f" AWS refuses one as long as the queue's visibility timeout ({seconds} s) is shorter than the function's "
            "timeout (60 s): raise it first."
        )
    assert (verdict.status, verdict.message) == ("failed", says)
    create = (
        f"aws lambda create-event-source-mapping --function-name {SCALER} "
        f"--event-source-arn arn:aws:sqs:{REGION}:{ACCOUNT}:{QUEUE} --batch-size 10 "
        "--maximum-batching-window-in-seconds 1 --function-response-types ReportBatchItemFailures"
    )
    raised = f"aws sqs set-queue-attributes --queue-url {URL} --attributes VisibilityTimeout=60"
    assert verdict.hint == (f"{raised}\n{create}" if refused else create)


def test_a_mapping_to_another_queue_is_named() -> None:
    verdict = world().mapping(SCALER, "user1-other").judge("queue_feeds_function", **FEEDS)
    assert verdict.message.endswith(f"there is no event source mapping between them. {SCALER} reads user1-other.")


def test_what_is_missing_comes_first() -> None:
    assert World().judge("queue_feeds_function", **FEEDS).message == f"There is no function {SCALER}."
    verdict = World().function(SCALER).judge("queue_feeds_function", **FEEDS)
    assert verdict.message == f"There is no queue {QUEUE}."


# --- messages ---------------------------------------------------------------------------------------------------------

SEND: dict[str, Any] = {"queue": QUEUE, "bodies": [{"id": "msg-1"}, "text"], "function": SCALER}


def test_messages_are_consumed() -> None:
    sent = SentMessages("consumed", 2, 0, 1500.0)
    verdict, asked = probed(feeding(), "messages_consumed", [sent], **SEND)  # type: ignore[list-item]
    assert (verdict.status, verdict.observed) == ("passed", "2 sent, none left")
    assert asked[0].arguments["Bodies"] == ['{"id": "msg-1"}', "text"]
    assert asked[0].arguments["QueueUrl"] == URL


def test_messages_that_are_left_are_counted() -> None:
    sent = SentMessages("left", 2, 1, 45_000.0)
    verdict, _ = probed(feeding(), "messages_consumed", [sent], **SEND)  # type: ignore[list-item]
    assert (verdict.status, verdict.message) == (
        "failed",
        f"1 of the 2 messages sent to {QUEUE} had not been dealt with after 45 seconds: {SCALER} fails, or reports "
        "them as failed.",
    )
    assert verdict.hint == f"aws logs tail /aws/lambda/{SCALER} --since 1h"


def test_messages_that_could_not_be_sent_are_not_graded() -> None:
    sent = SentMessages("left", 0, 0, 0.0, "the queue took none")
    with pytest.raises(NotGradedError, match="could not be sent to user1-high-throughput-queue: the queue took none"):
        probed(feeding(), "messages_consumed", [sent], **SEND)  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (World(), f"There is no function {SCALER}."),
        (World().function(SCALER), f"There is no queue {QUEUE}."),
        (world(), f"Nothing reads {QUEUE} for {SCALER}: there is no event source mapping."),
        (feeding(State="Disabled"), f"Nothing reads {QUEUE} for {SCALER}: its event source mapping is disabled."),
    ],
    ids=["no function", "no queue", "no mapping", "disabled"],
)
def test_nothing_is_sent_where_nothing_reads(made: World, says: str) -> None:
    verdict, asked = probed(made, "messages_consumed", [], **SEND)
    assert (verdict.status, verdict.message, asked) == ("failed", says, [])
