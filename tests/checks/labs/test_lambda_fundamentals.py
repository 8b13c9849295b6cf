"""The lab pack lambda-fundamentals: a perfect student, and the handout's own code."""

from __future__ import annotations

import pytest

from labgrader.recording.packages.code_analysis import read_file
from tests.checks.labs.lambda_fundamentals import (
    ADVANCED,
    ASYNC,
    BASIC,
    FILES,
    HELLO,
    HELLO_VARIABLES,
    TERRAFORM,
    Account,
    graded,
    perfect,
    text_counts,
)
from tests.checks.world import ACCOUNT

HANDED_OUT = """
import json
import os
from datetime import datetime
import logging

logger = logging.getLogger()
logger.setLevel(logging.INFO)

def log_event(level, message, **kwargs):
    log_entry = {'timestamp': datetime.now().isoformat(), 'level': level, 'message': message, **kwargs}
    logger.info(json.dumps(log_entry))

def lambda_handler(event, context):
    log_event('INFO', 'Function execution started', request_id=context.request_id)
    try:
        prefix = os.environ.get('GREETING_PREFIX', 'Hello')
        environment = os.environ.get('ENVIRONMENT', 'unknown')
        query_params = event.get('queryStringParameters') or {}
        name = query_params.get('name', 'Developer')
        response_data = {'message': f"{prefix}, {name}!", 'environment': environment, 'request_id': context.request_id}
        return {'statusCode': 200, 'body': json.dumps(response_data)}
    except Exception as e:
        return {'statusCode': 500, 'body': json.dumps({'error': 'Internal server error'})}
"""
"""The code of step 4.2, as in the handout, and with the right attribute."""


def test_a_perfect_student_has_all_the_points(monkeypatch: pytest.MonkeyPatch) -> None:
    verdicts, result, _ = graded(perfect(), Account(monkeypatch))
    assert {name: verdict.message for name, verdict in verdicts.items() if verdict.status != "passed"} == {}
    assert (result.points, result.max_points, result.complete) == (100, 100, True)


def test_the_code_of_step_4_2_with_the_right_attribute_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    source = HANDED_OUT.replace("context.request_id", "context.aws_request_id")
    world = perfect().say("labgrader:ReadCode", [read_file("lambda_function.py", source)], FunctionName=HELLO)
    verdicts, result, advice = graded(world, Account(monkeypatch, hello=source))
    assert {name: verdict.message for name, verdict in verdicts.items() if verdict.status != "passed"} == {}
    assert result.points == 100
    assert advice["context-without-request-id"].status == "passed"


SPOILT_BY_REQUEST_ID = {
    "hello-answers",
    "hello-empty-event",
    "hello-uses-environment",
    "hello-api-get",
    "hello-api-post",
    "hello-bad-json",
    "hello-logs",
}


def test_a_student_who_follows_step_4_2_exactly_loses_nothing_and_gets_one_advice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    verdicts, result, advice = graded(perfect(), Account(monkeypatch, hello=HANDED_OUT))
    statuses = {check.item.id: check.verdict for check in result.checks if check.verdict.status != "passed"}
    assert {name: verdict.status for name, verdict in statuses.items()} == dict.fromkeys(
        SPOILT_BY_REQUEST_ID, "not_graded"
    )
    assert (result.points, result.open_points) == (81, 19)
    assert verdicts["hello-answers"].message.endswith(
        f"{HELLO} crashed: AttributeError: 'LambdaContext' object has no attribute 'request_id'. This is a mistake of "
        "the handout, not yours. In the code of Labs 1 and 4, replace context.request_id by context.aws_request_id. "
        "Then deploy and request grading again."
    )
    assert verdicts["hello-api-get"].status == "failed"  # the 502 by itself
    assert statuses["hello-api-get"].message == (
        "this depends on “HelloWorldFunction greets the name in the request”, which is not graded"
    )
    assert advice["context-without-request-id"].message == (
        f"{HELLO} uses context.request_id, which does not exist (use context.aws_request_id). "
        "This is a mistake of the handout, not yours. It is in the code of steps 1.4 and 4.2."
    )


def test_a_student_who_follows_the_handout_exactly_gets_five_pieces_of_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    world = perfect().role("user1-files-role", BASIC, "arn:aws:iam::aws:policy/AmazonS3FullAccess")
    for name in (HELLO, FILES, TERRAFORM, ADVANCED, ASYNC):
        world.configure(name, Architectures=["x86_64"], TracingConfig={"Mode": "PassThrough"})
        world.packages[name] = {"Size": 1000, "Paths": ["lambda_function.py"]}
    for name in (HELLO, FILES, ADVANCED, ASYNC):
        world.list("logs:DescribeLogGroups", name, {})
    for name in (FILES, ASYNC):
        world.configure(name, Timeout=3)
    world.configure(FILES, Role=f"arn:aws:iam::{ACCOUNT}:role/service-role/user1-files-role")
    code = [read_file("lambda_function.py", text_counts("s3_file_processor"))]
    world.say("labgrader:ReadCode", code, FunctionName=FILES)
    _, result, advice = graded(world, Account(monkeypatch))
    assert result.points == 100
    assert [name for name, verdict in advice.items() if verdict.status != "passed"] == [
        "trigger-calls-itself",
        "wide-policies",
        "default-timeout",
        "failures-are-kept",
        "settings",
    ]


def test_first_values_of_the_variables_cost_their_own_points_only(monkeypatch: pytest.MonkeyPatch) -> None:
    first = {**HELLO_VARIABLES, "GREETING_PREFIX": "Welcome", "ENVIRONMENT": "development"}
    monkeypatch.setitem(HELLO_VARIABLES, "GREETING_PREFIX", "Welcome")
    monkeypatch.setitem(HELLO_VARIABLES, "ENVIRONMENT", "development")
    world = perfect().configure(HELLO, Environment={"Variables": first})
    verdicts, result, _ = graded(world, Account(monkeypatch))
    assert {name for name, verdict in verdicts.items() if verdict.status != "passed"} == {"hello-environment"}
    assert result.points == 98


def test_another_crash_is_no_mistake_of_the_hand_out(monkeypatch: pytest.MonkeyPatch) -> None:
    source = "def lambda_handler(event, context):\n    raise KeyError('name')\n"
    verdicts, result, _ = graded(perfect(), Account(monkeypatch, hello=source))
    assert result.complete
    assert result.points == 81
    assert verdicts["hello-answers"].message.endswith("crashed: KeyError: 'name'.")


def test_utilities_in_the_package_cost_the_layer_only(monkeypatch: pytest.MonkeyPatch) -> None:
    world = perfect().configure(ADVANCED, Layers=[])
    del world.layers["user1-common-utilities"]
    _, result, _ = graded(world, Account(monkeypatch))
    statuses = {check.item.id: check.verdict.status for check in result.checks if check.verdict.status != "passed"}
    assert statuses == {"utilities-layer": "failed", "advanced-layer": "skipped"}
    assert result.points == 95


def test_a_function_that_cannot_import_its_utilities_says_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(monkeypatch)
    account.sources[ADVANCED] = "raise ImportError(\"No module named 'common_utils'\")"
    verdicts, result, _ = graded(perfect(), account)
    statuses = {check.item.id: check.verdict.status for check in result.checks if check.verdict.status != "passed"}
    skipped = ("advanced-metrics", "advanced-sanitize", "advanced-validates", "advanced-unknown")
    assert statuses == {"advanced-loads": "failed", **dict.fromkeys(skipped, "skipped")}
    assert verdicts["advanced-loads"].message == (
        f"{ADVANCED} cannot be loaded: version 1 has no module common_utils in its package or layers."
    )
