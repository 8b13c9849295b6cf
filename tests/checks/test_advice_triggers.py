"""Advice on what calls a function: failures, its own output, queues."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest

from labgrader.judging.verdict import Verdict
from tests.checks.world import ACCOUNT, REGION, World, function_arn

A, B = "user1-a", "user1-b"
HOSTILE = "x'; rm -rf / #"
FAILURES = f"arn:aws:sqs:{REGION}:{ACCOUNT}:user1-failures"


def both(**settings: Any) -> World:
    return World().function(A, **settings).function(B, **settings)


def advise(world: World, check: str, **parameters: Any) -> Verdict:
    return world.judge(check, functions=[A, B, "user1-missing"], **parameters)


def words(command: str) -> list[str]:
    """What a shell makes of a command."""
    return shlex.split(command, comments=True)


@pytest.mark.parametrize(
    "check",
    ["failures_are_kept", "trigger_spares_own_output", "queue_has_dead_letter_queue"],
)
def test_without_functions_nothing_is_said(check: str) -> None:
    assert advise(World(), check).status == "passed"


# --- asynchronous calls -----------------------------------------------------------------------------------------------


def configured(config: Any, **settings: Any) -> World:
    world = both(**settings)
    for name in (A, B):
        world.say("lambda:GetFunctionEventInvokeConfig", config, FunctionName=name)
    return world


def test_failures_that_nobody_keeps() -> None:
    verdict = advise(configured(None), "failures_are_kept")
    assert (verdict.status, verdict.observed) == ("failed", "neither")
    assert verdict.message == (
        "user1-a and user1-b are called asynchronously and have neither an on-failure destination nor a dead-letter "
        "queue, so that an event that fails to the end is lost; nobody has said how often user1-a and user1-b may be "
        "retried, so that whatever a failed call had done already is done up to three times."
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


def test_a_destination_without_a_retry_limit_is_left_alone() -> None:
    config = {"DestinationConfig": {"OnFailure": {"Destination": FAILURES}}, "MaximumEventAgeInSeconds": 60}
    verdict = advise(configured(config), "failures_are_kept")
    assert verdict.observed == "a destination for failures"
    assert verdict.message == (
        "Nobody has said how often user1-a and user1-b may be retried, so that whatever a failed call had done already "
        "is done up to three times."
    )
    assert verdict.hint.splitlines()[0] == (
        "aws lambda update-function-event-invoke-config --function-name user1-a --maximum-retry-attempts 1"
    )


def test_a_retry_limit_without_a_destination_keeps_what_was_configured() -> None:
    success = "arn:aws:sns:eu-central-1:123456789012:done"
    config = {"MaximumRetryAttempts": 0, "DestinationConfig": {"OnSuccess": {"Destination": success}}}
    verdict = advise(configured(config), "failures_are_kept")
    assert verdict.observed == "a retry limit"
    assert verdict.message.endswith("so that an event that fails to the end is lost.")
    document = json.loads(words(verdict.hint.splitlines()[1])[-1])
    assert document == {"OnSuccess": {"Destination": success}, "OnFailure": {"Destination": FAILURES}}


@pytest.mark.parametrize("retries", [0, 1, 2])
def test_failures_that_are_kept(retries: int) -> None:
    kept = {"MaximumRetryAttempts": retries, "DestinationConfig": {"OnFailure": {"Destination": FAILURES}}}
    assert advise(configured(kept), "failures_are_kept").status == "passed"
    with_queue = configured({"MaximumRetryAttempts": retries}, DeadLetterConfig={"TargetArn": FAILURES})
    assert advise(with_queue, "failures_are_kept").status == "passed"


# --- a trigger that calls itself --------------------------------------------------------------------------------------


def trigger(function: str = A, *events: str, **rules: str) -> dict[str, Any]:
    filters = [{"Name": name.capitalize(), "Value": value} for name, value in rules.items()]
    return {
        "LambdaFunctionArn": function_arn(function),
        "Events": list(events or ("s3:ObjectCreated:*",)),
        "Filter": {"Key": {"FilterRules": filters}},
    }


def writing(*names: str) -> World:
    calls = [{"Name": name, "Line": 70, "In": "save", "Keywords": []} for name in names or ("s3.put_object",)]
    world = both().say("labgrader:ReadCode", [{"Path": "app.py", "Calls": calls}], FunctionName=A)
    return world.say("labgrader:ReadCode", None, FunctionName=B)


def test_a_trigger_that_may_call_itself() -> None:
    world = writing().bucket("user1-bucket", trigger())
    verdict = advise(world, "trigger_spares_own_output", suffix=".txt", explanation="The hand-out leaves it empty.")
    assert verdict.message == (
        "Every new object in user1-bucket calls user1-a, which writes objects itself: s3.put_object in save "
        "(app.py:70). What it writes to the same bucket calls it once more; a filter keeps its own output out. Without "
        "one, code that does not tell its own output apart goes on until Lambda ends the loop, after about 16 calls. "
        "The hand-out leaves it empty."
    )
    command = words(verdict.hint)
    assert " ".join(command[:-1]) == (
        "aws s3api put-bucket-notification-configuration --bucket user1-bucket --notification-configuration"
    )
    assert json.loads(command[-1]) == {
        "LambdaFunctionConfigurations": [
            {
                "LambdaFunctionArn": function_arn(A),
                "Events": ["s3:ObjectCreated:*"],
                "Filter": {"Key": {"FilterRules": [{"Name": "suffix", "Value": ".txt"}]}},
            }
        ]
    }


def test_the_command_keeps_the_bucket_s_other_triggers() -> None:
    world = writing().bucket("user1-bucket", trigger(B, prefix="in/"), trigger(), trigger(B, "s3:ObjectRemoved:*"))
    document = json.loads(words(advise(world, "trigger_spares_own_output").hint)[-1])
    rules = [one.get("Filter") for one in document["LambdaFunctionConfigurations"]]
    assert rules == [
        {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}]}},
        {"Key": {"FilterRules": [{"Name": "prefix", "Value": "uploads/"}]}},
        None,
    ]


@pytest.mark.parametrize(
    "one",
    [
        trigger(A, prefix="uploads/"),
        trigger(A, suffix=".txt"),
        trigger(A, "s3:ObjectRemoved:*"),
        trigger(B),  # its code cannot be read
        trigger("user1-other"),
    ],
)
def test_triggers_that_spare_it(one: dict[str, Any]) -> None:
    assert advise(writing().bucket("user1-bucket", one), "trigger_spares_own_output").status == "passed"


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("s3_client.upload_file", "failed"),
        ("boto3.client.copy_object", "failed"),
        ("boto3.resource.Object.put", "failed"),
        ("s3.get_object", "passed"),
        ("cache.put", "passed"),
        ("shutil.copy", "passed"),
        ("put_objects", "passed"),
    ],
)
def test_which_calls_write(name: str, status: str) -> None:
    world = writing(name).bucket("user1-bucket", trigger(A, "s3:ObjectCreated:Put"))
    assert advise(world, "trigger_spares_own_output").status == status


def test_a_bucket_s_name_is_one_word_of_the_command() -> None:
    verdict = advise(writing().bucket(HOSTILE, trigger()), "trigger_spares_own_output")
    assert words(verdict.hint)[4] == HOSTILE


# --- queues -----------------------------------------------------------------------------------------------------------


def test_a_queue_without_a_dead_letter_queue() -> None:
    world = both().queue("user1-q").mapping(A, "user1-q").mapping(B, "user1-q")
    verdict = advise(world, "queue_has_dead_letter_queue", max_receive_count=3, explanation="Step 5.1.")
    assert verdict.message == (
        "The queue user1-q has no dead-letter queue: a message that the function cannot process comes back again and "
        "again, and is lost when its retention ends. Step 5.1."
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


def test_two_queues_of_which_one_is_first_in_first_out() -> None:
    world = both().queue("user1-q.fifo").queue("user1-r", RedrivePolicy="{")
    world.mapping(A, "user1-q.fifo").mapping(A, "user1-r")
    verdict = advise(world, "queue_has_dead_letter_queue")
    assert verdict.message.startswith("The queues user1-q.fifo and user1-r have no dead-letter queue: ")
    lines = verdict.hint.splitlines()
    assert lines[0] == "aws sqs create-queue --queue-name user1-q-dlq.fifo --attributes FifoQueue=true"
    assert json.loads(json.loads(words(lines[1])[-1])["RedrivePolicy"])["maxReceiveCount"] == "5"


def test_queues_that_need_no_advice() -> None:
    policy = json.dumps({"deadLetterTargetArn": FAILURES, "maxReceiveCount": 3})
    world = both().queue("user1-q", RedrivePolicy=policy).queue("user1-unread").mapping(A, "user1-q")
    world.mapping(A, "somebody-elses-queue")
    stream = {"EventSourceArn": f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/s"}
    world.lists["lambda:ListEventSourceMappings"][A].append(stream)
    assert advise(world, "queue_has_dead_letter_queue").status == "passed"
