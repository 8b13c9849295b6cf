"""object_event_read: the function requests a missing object from S3."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labgrader.evidence.probe import Invocation
from tests.checks.replies import answer, crash, probed
from tests.checks.world import ACCOUNT, World, function_arn

PROCESSOR = "user1-s3-object-processor"
OBJECT: dict[str, Any] = {"function": PROCESSOR, "prefix": "uploads/", "suffix": ".json"}


def processor(*buckets: str, invoking: str = "") -> World:
    world = World().function(PROCESSOR)
    for bucket in buckets:
        notification = {"LambdaFunctionArn": function_arn(PROCESSOR), "Events": ["s3:ObjectCreated:*"]}
        world.bucket(bucket, *([notification] if bucket == invoking else []))
    return world


def client_error(status: str, operation: str) -> Invocation:
    return crash("ClientError", f"An error occurred ({status}) when calling the {operation} operation: …")


@pytest.mark.parametrize(
    "call",
    [
        client_error("404", "HeadObject"),
        client_error("403", "HeadObject"),
        client_error("NoSuchKey", "GetObject"),
        crash("NoSuchKey", "The specified key does not exist."),
        crash("Exception", "Access Denied"),
        answer(200),
        answer(404, "gone"),
        Invocation("t", "answered", "null", 4),
    ],
)
def test_passes_when_the_function_requests_the_object(call: Invocation) -> None:
    assert probed(processor("user1-b"), "object_event_read", [call], **OBJECT)[0].status == "passed"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (crash("KeyError", "'s3'"), "crashed: KeyError: 's3'"),
        (
            crash("Runtime.HandlerNotFound", "Handler 'handler' missing on module 'lambda_function'"),
            "crashed: Runtime.HandlerNotFound: Handler 'handler' missing on module 'lambda_function'",
        ),
        (
            crash("Runtime.ImportModuleError", "Unable to import module 'x': No module named 'lambda_function'"),
            "cannot be loaded: version 1 has no module lambda_function in its package or layers",
        ),
        (crash("", "Task timed out after 30.00 seconds"), "did not finish within its timeout of 30 seconds"),
        (Invocation("t", "timeout"), "did not respond before labgrader stopped waiting"),
    ],
)
def test_fails_when_the_function_ends_before_its_request(call: Invocation, says: str) -> None:
    verdict, _ = probed(processor("user1-b"), "object_event_read", [call], **OBJECT)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{PROCESSOR}, invoked with an S3 event for a missing object, {says}. It should request the object from S3.",
    )


@pytest.mark.parametrize(
    ("deployed", "call", "ends"),
    [
        (
            "index.handler",
            crash("Runtime.ImportModuleError", "Unable to import module 'index': No module named 'index'"),
            "no module index in its package or layers. Its handler is index.handler instead of "
            "lambda_function.lambda_handler. Fix the handler first.",
        ),
        (
            "lambda_function.handler",
            crash("Runtime.HandlerNotFound", "Handler 'handler' missing"),
            "Handler 'handler' missing. Its handler is lambda_function.handler instead of "
            "lambda_function.lambda_handler. Fix the handler first.",
        ),
        ("index.handler", crash("KeyError", "'s3'"), "KeyError: 's3'. It should request the object from S3."),
    ],
)
def test_names_the_handler_that_explains_the_failure(deployed: str, call: Invocation, ends: str) -> None:
    world = World().function(PROCESSOR, Handler=deployed).bucket("user1-b")
    wanted = {**OBJECT, "handler": "lambda_function.lambda_handler"}
    verdict, _ = probed(world, "object_event_read", [call], **wanted)
    assert verdict.status == "failed"
    assert verdict.message.endswith(ends)


@pytest.mark.parametrize(
    ("world", "bucket"),
    [
        (processor("user1-a", "user1-b", invoking="user1-b"), "user1-b"),
        (processor("user1-b", "user1-a"), "user1-a"),
        (processor(), "user1-bucket"),
    ],
)
def test_the_event_names_a_bucket_of_the_student(world: World, bucket: str) -> None:
    _, questions = probed(world, "object_event_read", [answer()], **OBJECT)
    record = questions[0].arguments["Payload"]["Records"][0]
    assert record["s3"]["bucket"] == {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"}
    assert record["s3"]["object"]["key"] == "uploads/labgrader-no-such-object.json"
    assert record["eventName"] == "ObjectCreated:Put"
    assert ACCOUNT not in json.dumps(record)


def test_fails_when_the_function_does_not_exist() -> None:
    verdict, questions = probed(World(), "object_event_read", [], **OBJECT)
    assert (verdict.message, questions) == (f"There is no function {PROCESSOR}.", [])


def test_fails_when_the_function_was_deleted_meanwhile() -> None:
    verdict, _ = probed(processor("user1-b"), "object_event_read", [None], **OBJECT)
    assert (verdict.status, verdict.message) == ("failed", f"{PROCESSOR} does not exist.")
