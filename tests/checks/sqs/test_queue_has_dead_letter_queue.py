"""queue_has_dead_letter_queue: advice on queues without a dead-letter queue."""

from __future__ import annotations

import json

from tests.checks.two_functions import A, B, advise, two_functions, words
from tests.checks.world import ACCOUNT, REGION, World

FAILURES = f"arn:aws:sqs:{REGION}:{ACCOUNT}:user1-failures"


def test_gives_no_advice_without_functions() -> None:
    assert advise(World(), "queue_has_dead_letter_queue").status == "passed"


def test_names_the_queue_without_a_dead_letter_queue() -> None:
    world = two_functions().queue("user1-q").mapping(A, "user1-q").mapping(B, "user1-q")
    verdict = advise(world, "queue_has_dead_letter_queue", max_receive_count=3, explanation="Step 5.1.")
    assert verdict.message == (
        "The queue user1-q has no dead-letter queue. SQS delivers a message that the function cannot process again and "
        "again, and deletes it after the retention period. Step 5.1."
    )
    create, attributes = verdict.hint.splitlines()
    assert create == "aws sqs create-queue --queue-name user1-q-dlq"
    assert attributes == (
        f"aws sqs set-queue-attributes --queue-url https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/user1-q --attributes "
        f"""'{{"RedrivePolicy": "{{\\"deadLetterTargetArn\\": \\"arn:aws:sqs:{REGION}:{ACCOUNT}:user1-q-dlq\\", """
        """\\"maxReceiveCount\\": \\"3\\"}"}'"""
    )
    policy = json.loads(json.loads(words(attributes)[-1])["RedrivePolicy"])
    assert policy == {
        "deadLetterTargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:user1-q-dlq",
        "maxReceiveCount": "3",
    }


def test_a_fifo_queue_gets_a_fifo_dead_letter_queue() -> None:
    world = two_functions().queue("user1-q.fifo").queue("user1-r", RedrivePolicy="{")
    world.mapping(A, "user1-q.fifo").mapping(A, "user1-r")
    verdict = advise(world, "queue_has_dead_letter_queue")
    assert verdict.message.startswith("The queues user1-q.fifo and user1-r have no dead-letter queue. ")
    lines = verdict.hint.splitlines()
    assert lines[0] == "aws sqs create-queue --queue-name user1-q-dlq.fifo --attributes FifoQueue=true"
    assert json.loads(json.loads(words(lines[1])[-1])["RedrivePolicy"])["maxReceiveCount"] == "5"


def test_passes_with_a_dead_letter_queue_and_ignores_other_sources() -> None:
    policy = json.dumps({"deadLetterTargetArn": FAILURES, "maxReceiveCount": 3})
    world = two_functions().queue("user1-q", RedrivePolicy=policy).queue("user1-unread").mapping(A, "user1-q")
    world.mapping(A, "another-students-queue")
    stream = {"EventSourceArn": f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/s"}
    world.lists["lambda:ListEventSourceMappings"][A].append(stream)
    assert advise(world, "queue_has_dead_letter_queue").status == "passed"
