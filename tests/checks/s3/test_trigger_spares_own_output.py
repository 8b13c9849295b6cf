"""trigger_spares_own_output: advice on buckets that invoke a function for its own results."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.checks.two_functions import HOSTILE, A, B, advise, two_functions, words
from tests.checks.world import World, function_arn


def test_gives_no_advice_without_functions() -> None:
    assert advise(World(), "trigger_spares_own_output").status == "passed"


def trigger(function: str = A, *events: str, **rules: str) -> dict[str, Any]:
    filters = [{"Name": name.capitalize(), "Value": value} for name, value in rules.items()]
    return {
        "LambdaFunctionArn": function_arn(function),
        "Events": list(events or ("s3:ObjectCreated:*",)),
        "Filter": {"Key": {"FilterRules": filters}},
    }


def writing(*names: str) -> World:
    calls = [{"Name": name, "Line": 70, "In": "save", "Keywords": []} for name in names or ("s3.put_object",)]
    world = two_functions().say("labgrader:ReadCode", [{"Path": "app.py", "Calls": calls}], FunctionName=A)
    return world.say("labgrader:ReadCode", None, FunctionName=B)


def test_names_the_trigger_without_a_filter() -> None:
    world = writing().bucket("user1-bucket", trigger())
    verdict = advise(world, "trigger_spares_own_output", suffix=".txt", explanation="The handout leaves it empty.")
    assert verdict.message == (
        "Every new object in user1-bucket invokes user1-a, which writes objects itself: s3.put_object in save "
        "(app.py:70). A result in the same bucket invokes the function again. A filter excludes the function's own "
        "results. Without a filter, code that does not recognize its own results runs until Lambda ends the loop "
        "after about 16 invocations. The handout leaves it empty."
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


def test_the_command_keeps_the_other_triggers_of_the_bucket() -> None:
    world = writing().bucket("user1-bucket", trigger(B, prefix="in/"), trigger(), trigger(B, "s3:ObjectRemoved:*"))
    document = json.loads(words(advise(world, "trigger_spares_own_output").hint)[-1])
    rules = [entry.get("Filter") for entry in document["LambdaFunctionConfigurations"]]
    assert rules == [
        {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}]}},
        {"Key": {"FilterRules": [{"Name": "prefix", "Value": "uploads/"}]}},
        None,
    ]


@pytest.mark.parametrize(
    "configuration",
    [
        trigger(A, prefix="uploads/"),
        trigger(A, suffix=".txt"),
        trigger(A, "s3:ObjectRemoved:*"),
        trigger(B),  # its code cannot be read
        trigger("user1-other"),
    ],
)
def test_passes_with_a_filter_or_another_event(configuration: dict[str, Any]) -> None:
    assert advise(writing().bucket("user1-bucket", configuration), "trigger_spares_own_output").status == "passed"


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
def test_knows_which_calls_write_objects(name: str, status: str) -> None:
    world = writing(name).bucket("user1-bucket", trigger(A, "s3:ObjectCreated:Put"))
    assert advise(world, "trigger_spares_own_output").status == status


def test_a_hostile_bucket_name_stays_one_word_of_the_command() -> None:
    verdict = advise(writing().bucket(HOSTILE, trigger()), "trigger_spares_own_output")
    assert words(verdict.hint)[4] == HOSTILE
