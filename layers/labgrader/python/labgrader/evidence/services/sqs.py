"""SQS: queues and their attributes."""

from __future__ import annotations

import json
from dataclasses import dataclass

from labgrader.evidence.coerce import mapping, number, text
from labgrader.evidence.question import Answers, Question


@dataclass(frozen=True)
class Queue:
    """An SQS queue. Times are in seconds, as AWS has them; ``None`` where AWS did not say.

    ``dead_letter_target`` and ``max_receive_count`` are those of its redrive policy.
    """

    name: str
    url: str
    arn: str = ""
    visibility_timeout_s: int | None = None
    retention_s: int | None = None
    wait_time_s: int | None = None
    delay_s: int | None = None
    dead_letter_target: str = ""
    max_receive_count: int | None = None


class Sqs:
    """What AWS said about the student's queues."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def queue_names(self) -> list[str]:
        """Return the names of the student's queues. One call to AWS is shared by the students of an account."""
        return sorted(self._urls())

    def queue(self, name: str) -> Queue | None:
        """Return a queue with its attributes, or ``None``."""
        url = self._urls().get(name)
        if url is None:
            return None
        answer = self._answers.ask(Question("sqs:GetQueueAttributes", {"QueueUrl": url}))
        if answer is None:  # deleted since the list was asked
            return None
        attributes = mapping(answer)
        redrive = _redrive(text(attributes.get("RedrivePolicy")))
        return Queue(
            name=name,
            url=url,
            arn=text(attributes.get("QueueArn")),
            visibility_timeout_s=number(attributes.get("VisibilityTimeout")),
            retention_s=number(attributes.get("MessageRetentionPeriod")),
            wait_time_s=number(attributes.get("ReceiveMessageWaitTimeSeconds")),
            delay_s=number(attributes.get("DelaySeconds")),
            dead_letter_target=redrive[0],
            max_receive_count=redrive[1],
        )

    def _urls(self) -> dict[str, str]:
        return {name: text(url) for name, url in mapping(self._answers.ask(Question("sqs:ListQueues"))).items()}


def _redrive(policy: str) -> tuple[str, int | None]:
    """Return the target and the count of a redrive policy, which is JSON in a text."""
    try:
        document = mapping(json.loads(policy)) if policy else {}
    except (ValueError, RecursionError):
        return "", None
    return text(document.get("deadLetterTargetArn")), number(document.get("maxReceiveCount"))
