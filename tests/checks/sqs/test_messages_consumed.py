"""messages_consumed: Lambda consumes the messages that are sent to a queue."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.errors import NotGradedError
from labgrader.evidence.probe_results import SentMessages
from tests.checks.replies import probed
from tests.checks.sqs.samples import QUEUE, SCALER, URL, feeding, with_queue
from tests.checks.world import World

SEND: dict[str, Any] = {"queue": QUEUE, "bodies": [{"id": "msg-1"}, "text"], "function": SCALER}


def test_passes_when_all_messages_are_consumed() -> None:
    sent = SentMessages("consumed", 2, 0, 1500.0)
    verdict, questions = probed(feeding(), "messages_consumed", [sent], **SEND)
    assert (verdict.status, verdict.observed) == ("passed", "2 sent, none left")
    assert questions[0].arguments["Bodies"] == ['{"id": "msg-1"}', "text"]
    assert questions[0].arguments["QueueUrl"] == URL


def test_fails_when_messages_are_left() -> None:
    sent = SentMessages("left", 2, 1, 45_000.0)
    verdict, _ = probed(feeding(), "messages_consumed", [sent], **SEND)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{SCALER} did not consume 1 of 2 messages from {QUEUE} within 45 seconds. It fails, or it reports messages as "
        "failed.",
    )
    assert verdict.hint == f"aws logs tail /aws/lambda/{SCALER} --since 1h"


def test_is_not_graded_when_the_messages_could_not_be_sent() -> None:
    sent = SentMessages("left", 0, 0, 0.0, "the queue accepted none")
    with pytest.raises(
        NotGradedError, match="could not be sent to user1-high-throughput-queue: the queue accepted none"
    ):
        probed(feeding(), "messages_consumed", [sent], **SEND)


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (World(), f"There is no function {SCALER}."),
        (World().function(SCALER), f"There is no queue {QUEUE}."),
        (with_queue(), f"Lambda does not read {QUEUE} for {SCALER}: there is no event source mapping."),
        (
            feeding(State="Disabled"),
            f"Lambda does not read {QUEUE} for {SCALER}: the event source mapping is disabled.",
        ),
    ],
    ids=["no function", "no queue", "no mapping", "disabled"],
)
def test_sends_nothing_when_lambda_does_not_read_the_queue(made: World, says: str) -> None:
    verdict, questions = probed(made, "messages_consumed", [], **SEND)
    assert (verdict.status, verdict.message, questions) == ("failed", says, [])
