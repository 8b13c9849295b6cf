"""queue_feeds_function: an event source mapping from the queue to the function, with its settings."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.errors import NotGradedError
from tests.checks.sqs.samples import QUEUE, SCALER, SETTINGS, URL, feeding, with_queue
from tests.checks.world import ACCOUNT, REGION, World

FEEDS: dict[str, Any] = {
    "function": SCALER,
    "queue": QUEUE,
    "batch_size": 10,
    "window_s": 1,
    "response_types": ["ReportBatchItemFailures"],
}


def test_passes_when_lambda_reads_the_queue_for_the_function() -> None:
    verdict = feeding().judge("queue_feeds_function", **FEEDS)
    assert verdict.status == "passed"
    assert verdict.observed == "enabled, batch 10, window 1 s, ReportBatchItemFailures"


@pytest.mark.parametrize(
    ("settings", "says", "fixes"),
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
            "it does not report ReportBatchItemFailures, so one failed message returns its whole batch to the queue",
            "--function-response-types ReportBatchItemFailures",
        ),
    ],
)
def test_each_setting_is_a_quarter(settings: dict[str, Any], says: str, fixes: str) -> None:
    verdict = feeding(**settings).judge("queue_feeds_function", **FEEDS)
    assert (verdict.fraction, verdict.message) == (
        0.75,
        f"The event source mapping from {QUEUE} to {SCALER}: {says}.",
    )
    assert verdict.hint == (
        "aws lambda update-event-source-mapping --uuid $(aws lambda list-event-source-mappings --function-name "
        f"{SCALER} --event-source-arn arn:aws:sqs:{REGION}:{ACCOUNT}:{QUEUE} "
        f"--query 'EventSourceMappings[0].UUID' --output text) {fixes}"
    )


@pytest.mark.parametrize("state", ["Creating", "Enabling", "Updating"])
def test_is_not_graded_while_aws_sets_up_the_mapping(state: str) -> None:
    with pytest.raises(
        NotGradedError, match=rf"is still being set up \({state}\)\. Change nothing and request your grade again later"
    ):
        feeding(State=state).judge("queue_feeds_function", **FEEDS)


@pytest.mark.parametrize(("seconds", "fraction"), [("30", 0.75), ("59", 0.75), ("60", 1), ("360", 1)])
def test_a_mapping_that_aws_refuses_for_the_visibility_timeout_loses_a_quarter(seconds: str, fraction: float) -> None:
    made = with_queue(VisibilityTimeout=seconds).mapping(SCALER, QUEUE, **SETTINGS)
    verdict = made.judge("queue_feeds_function", **FEEDS)
    assert verdict.fraction == fraction
    if fraction < 1:
        assert verdict.message == (
            f"The event source mapping from {QUEUE} to {SCALER}: the queue's visibility timeout ({seconds} s) is "
            "shorter than the function's timeout (60 s), which AWS refuses for a mapping."
        )
        assert verdict.hint == f"aws sqs set-queue-attributes --queue-url {URL} --attributes VisibilityTimeout=60"


@pytest.mark.parametrize(("seconds", "fraction"), [("29", 0.75), ("30", 1), ("31", 0.75)])
def test_the_visibility_timeout_of_the_handout_costs_nothing(seconds: str, fraction: float) -> None:
    made = with_queue(VisibilityTimeout=seconds).mapping(SCALER, QUEUE, **SETTINGS)
    assert made.judge("queue_feeds_function", **FEEDS, handout_visibility_s=30).fraction == fraction


def test_a_disabled_mapping_and_a_short_visibility_timeout_lose_one_part_together() -> None:
    made = with_queue(VisibilityTimeout="30").mapping(SCALER, QUEUE, **{**SETTINGS, "State": "Disabled"})
    verdict = made.judge("queue_feeds_function", **FEEDS)
    assert (verdict.fraction, verdict.message) == (
        0.75,
        f"The event source mapping from {QUEUE} to {SCALER}: its state is Disabled instead of Enabled, the queue's "
        "visibility timeout (30 s) is shorter than the function's timeout (60 s), which AWS refuses for a mapping.",
    )
    assert [line.split()[2] for line in verdict.hint.splitlines()] == [
        "set-queue-attributes",
        "update-event-source-mapping",
    ]


def test_of_two_mappings_the_better_one_counts() -> None:
    made = feeding(State="Disabled", BatchSize=1).mapping(SCALER, QUEUE, **SETTINGS)
    assert made.judge("queue_feeds_function", **FEEDS).status == "passed"


def test_ignores_settings_that_the_lab_does_not_name() -> None:
    made = feeding(BatchSize=1, MaximumBatchingWindowInSeconds=0, FunctionResponseTypes=None)
    assert made.judge("queue_feeds_function", function=SCALER, queue=QUEUE).status == "passed"


@pytest.mark.parametrize(("seconds", "refused"), [("30", True), ("59", True), ("60", False)])
def test_fails_without_a_mapping_and_names_why_aws_may_have_refused_it(seconds: str, refused: bool) -> None:
    verdict = with_queue(VisibilityTimeout=seconds).judge("queue_feeds_function", **FEEDS)
    says = f"Lambda does not read {QUEUE} for {SCALER}: there is no event source mapping between them."
    if refused:
        says += (
            f" AWS refuses one while the queue's visibility timeout ({seconds} s) is shorter than the function's "
            "timeout (60 s). Raise the visibility timeout first."
        )
    assert (verdict.status, verdict.message) == ("failed", says)
    create = (
        f"aws lambda create-event-source-mapping --function-name {SCALER} "
        f"--event-source-arn arn:aws:sqs:{REGION}:{ACCOUNT}:{QUEUE} --batch-size 10 "
        "--maximum-batching-window-in-seconds 1 --function-response-types ReportBatchItemFailures"
    )
    raised = f"aws sqs set-queue-attributes --queue-url {URL} --attributes VisibilityTimeout=60"
    assert verdict.hint == (f"{raised}\n{create}" if refused else create)


def test_names_a_mapping_to_another_queue() -> None:
    verdict = with_queue().mapping(SCALER, "user1-other").judge("queue_feeds_function", **FEEDS)
    assert verdict.message.endswith(f"there is no event source mapping between them. {SCALER} reads user1-other.")


def test_fails_when_the_function_or_the_queue_does_not_exist() -> None:
    assert World().judge("queue_feeds_function", **FEEDS).message == f"There is no function {SCALER}."
    verdict = World().function(SCALER).judge("queue_feeds_function", **FEEDS)
    assert verdict.message == f"There is no queue {QUEUE}."
