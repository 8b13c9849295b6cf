"""A queue that a function reads has a dead-letter queue."""

from __future__ import annotations

import json

from checks.wording.advice import and_why, argument, existing, json_argument, pluralize
from labgrader.evidence.snapshot import Queue, Snapshot
from labgrader.judging import Verdict, check, failed, listed, passed


@check(
    title="Queues have a dead-letter queue",
    hint="aws sqs set-queue-attributes --queue-url URL --attributes file://attributes.json",
)
def queue_has_dead_letter_queue(
    snapshot: Snapshot, *, functions: list[str], max_receive_count: int = 5, explanation: str = ""
) -> Verdict:
    """Check that every queue of the student that one of the functions reads has a dead-letter queue.

    The queue itself must have it. A function's dead-letter queue is for asynchronous invocations only.

    Args:
        functions: the functions that read queues. Those that do not exist are skipped.
        max_receive_count: how often SQS delivers a message. AWS recommends at least 5 (AWS Lambda Developer Guide,
            "Using Lambda with Amazon SQS").
        explanation: added to the message if the handout itself omits the dead-letter queue.

    Sources:
        AWS recommends a dead-letter queue with a maximum receive count of at least 5 for a queue that Lambda reads:
            https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """
    names = {
        mapping.source
        for function in existing(snapshot, functions)
        for mapping in snapshot.event_source_mappings(function.name)
        if mapping.source_arn.split(":")[2:3] == ["sqs"]
    }
    queues = [snapshot.sqs.queue(name) for name in sorted(names)]
    without = [queue for queue in queues if queue is not None and not queue.dead_letter_target]
    if not without:
        return passed()
    return failed(
        f"The {pluralize(without, 'queue', 'queues')} {listed(queue.name for queue in without)} "
        f"{pluralize(without, 'has', 'have')} no dead-letter queue. SQS delivers a message that the function "
        f"cannot process again and again, and deletes it after the retention period.{and_why(explanation)}",
        expected=f"a redrive policy with maxReceiveCount {max_receive_count}",
        observed="none",
        hint="\n".join(command for queue in without for command in _commands(snapshot, queue, max_receive_count)),
    )


def _commands(snapshot: Snapshot, queue: Queue, max_receive_count: int) -> list[str]:
    # the dead-letter queue of a FIFO queue must be a FIFO queue
    is_fifo = queue.name.endswith(".fifo")
    name = f"{queue.name.removesuffix('.fifo')}-dlq{'.fifo' if is_fifo else ''}"
    target = f"arn:aws:sqs:{snapshot.region}:{snapshot.account_id}:{name}"
    policy = {"deadLetterTargetArn": target, "maxReceiveCount": str(max_receive_count)}
    return [
        f"aws sqs create-queue --queue-name {argument(name)}{' --attributes FifoQueue=true' if is_fifo else ''}",
        f"aws sqs set-queue-attributes --queue-url {argument(queue.url)} "
        f"--attributes {json_argument({'RedrivePolicy': json.dumps(policy)})}",
    ]
