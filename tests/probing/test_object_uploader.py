"""Objects put into a student's bucket: S3 in memory, and a function that works whenever the dropper waits."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import ANY, Stubber
from moto import mock_aws

from labgrader.errors import NotGradedError
from labgrader.evidence.probe_results import MAX_KEPT_CHARACTERS, UploadResult
from labgrader.evidence.question import Answer, Question
from labgrader.probing.object_uploader import ObjectDropper
from labgrader.probing.ownership_guard import Ownership
from labgrader.probing.retry_policy import RetryPolicy
from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("clock")

BUCKET = "user1-uploads"
ASKED_KEY = "uploads/labgrader-user1.txt"
ASKED_RESULT = "analysis/labgrader-user1.txt_analysis.json"
KEY = "uploads/labgrader-7-user1.txt"
RESULT = "analysis/labgrader-7-user1.txt_analysis.json"
"""What they are called in the bucket: each call has a part of its own."""
OWNERSHIP = Ownership("user1", "labgrader-")
BRISK = RetryPolicy(attempts=3, base_delay_s=0.001)


def _client() -> Any:
    return boto3.client(
        "s3",
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"mode": "standard", "total_max_attempts": 1}),
    )


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = _client()
        client.create_bucket(Bucket=BUCKET)
        yield client


def _drop(**changed: Any) -> Question:
    arguments = {
        "Bucket": BUCKET,
        "Key": ASKED_KEY,
        "Body": "one two\nthree ü",
        "ContentType": "text/plain",
        "AwaitKey": ASKED_RESULT,
        "TimeoutSeconds": 0.4,
    }
    return Question("labgrader:DropObject", {**arguments, **changed})


def _answer(client: Any, **changed: Any) -> Answer:
    return ObjectDropper(client, OWNERSHIP, BRISK, poll_s=0.02, token=lambda: "7").answer(_drop(**changed))


def _dropped(answer: Answer) -> UploadResult:
    assert answer.error_code == ""
    document = json.loads(json.dumps(answer.value, allow_nan=False))
    assert document == answer.value
    return UploadResult.from_dict(document)


def _keys(client: Any) -> list[str]:
    return [stored["Key"] for stored in client.list_objects_v2(Bucket=BUCKET).get("Contents", ())]


@contextmanager
def _function(clock: Clock, client: Any, work: Callable[[dict[str, Any]], None]) -> Iterator[None]:
    """A function that the bucket calls once the object is there; it takes until the second look."""
    waits = itertools.count(1)

    def work_after_a_wait() -> None:
        if next(waits) == 2:
            there = client.get_object(Bucket=BUCKET, Key=KEY)
            work({"text": there["Body"].read().decode(), "type": there["ContentType"]})

    clock.while_sleeping = work_after_a_wait
    yield
    clock.while_sleeping = lambda: None


def test_the_result_object_is_read_and_both_objects_are_deleted(s3: Any, clock: Clock) -> None:
    def analyse(seen: dict[str, Any]) -> None:
        found = {"words": len(seen["text"].split()), "type": seen["type"], "last": seen["text"][-1], "file": KEY}
        s3.put_object(Bucket=BUCKET, Key=RESULT, Body=json.dumps(found))

    with _function(clock, s3, analyse):
        dropped = _dropped(_answer(s3, TimeoutSeconds=5))
    assert dropped.content == {"words": 4, "type": "text/plain", "last": "ü", "file": ASKED_KEY}
    assert (dropped.outcome, dropped.left_behind, dropped.error) == ("answered", [], "")
    assert dropped.waited_ms == pytest.approx(40)
    assert _keys(s3) == []


def test_two_calls_have_two_names(s3: Any) -> None:
    seen: list[str] = []
    s3.meta.events.register("before-call.s3.PutObject", lambda params, **_: seen.append(params["url_path"]))
    for _ in range(2):
        ObjectDropper(s3, OWNERSHIP, BRISK, poll_s=0.02).answer(_drop(TimeoutSeconds=0.05))
    first, second = seen
    assert first != second


def test_an_old_result_is_not_proof(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key=RESULT, Body=b'{"old": true}')
    s3.put_object(Bucket=BUCKET, Key="analysis/own.json", Body=b"the student's own")
    dropped = _dropped(_answer(s3))
    assert (dropped.outcome, dropped.found, dropped.content) == ("timeout", "", None)
    assert dropped.waited_ms == pytest.approx(400)
    assert _keys(s3) == ["analysis/own.json"]


def test_a_function_that_moves_the_object_is_waited_for(s3: Any, clock: Clock) -> None:
    def move(_: dict[str, Any]) -> None:
        s3.delete_object(Bucket=BUCKET, Key=KEY)
        s3.put_object(Bucket=BUCKET, Key=RESULT, Body=b"[]")

    with _function(clock, s3, move):
        assert _dropped(_answer(s3, TimeoutSeconds=5)).content == []


@pytest.mark.parametrize("size", [MAX_KEPT_CHARACTERS, MAX_KEPT_CHARACTERS + 1])
def test_a_long_result_is_cut(s3: Any, clock: Clock, size: int) -> None:
    body = b'"' + b"x" * (size - 2) + b'"'
    with _function(clock, s3, lambda _: s3.put_object(Bucket=BUCKET, Key=RESULT, Body=body)):
        dropped = _dropped(_answer(s3, TimeoutSeconds=5))
    assert len(dropped.found) == MAX_KEPT_CHARACTERS
    assert (dropped.content is None) == (size > MAX_KEPT_CHARACTERS)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            {"Bucket": "user10-uploads"},
            "the bucket user10-uploads does not begin with user1- and may be another student's: not touched",
        ),
        (
            {"Bucket": "labgrader-bucket"},
            "the bucket labgrader-bucket belongs to the grader and is never touched for a student",
        ),
        (
            {"Key": "uploads/own.txt", "AwaitKey": "own.txt.json"},
            "uploads/own.txt and own.txt.json may be the student's own: not touched",
        ),
        (
            {"AwaitKey": "analysis/result.json"},
            f"{ASKED_KEY} and analysis/result.json may be the student's own: not touched",
        ),
        ({"AwaitKey": ASKED_KEY}, f"{ASKED_KEY} and {ASKED_KEY} may be the student's own: not touched"),
        (
            {"Key": "labgrader-a/own.txt", "AwaitKey": "own.txt"},
            "labgrader-a/own.txt and own.txt may be the student's own: not touched",
        ),
    ],
)
def test_only_labgraders_objects_in_the_students_buckets_are_used(change: dict[str, str], reason: str) -> None:
    client = _client()
    with Stubber(client), pytest.raises(NotGradedError) as refused:  # any request would fail
        _answer(client, **change)
    assert (refused.value.action, refused.value.reason) == ("s3:PutObject", reason)


def test_a_deleted_bucket_gives_no_verdict(s3: Any) -> None:
    s3.delete_bucket(Bucket=BUCKET)
    answer = _answer(s3)
    assert (answer.error_code, answer.error_message) == (
        "NoSuchBucket",
        "s3:DeleteObject: the bucket user1-uploads no longer exists",
    )


# --- refusals, answered as S3 words them ------------------------------------------------------------------------------


def _denied(stub: Stubber, method: str) -> None:
    stub.add_client_error(method, "AccessDenied", "Access Denied", 403)


def _read(stub: Stubber, body: bytes) -> None:
    stub.add_response("get_object", {"Body": io.BytesIO(body)})


def test_nothing_is_uploaded_without_the_permission_to_delete() -> None:
    client = _client()
    with Stubber(client) as stub:
        _denied(stub, "delete_object")
        answer = _answer(client)
    assert (answer.error_code, answer.error_message) == ("AccessDenied", "s3:DeleteObject: Access Denied")


def test_a_put_that_is_denied_names_the_permission() -> None:
    client = _client()
    with Stubber(client) as stub:
        stub.add_response("delete_object", {})
        _denied(stub, "put_object")
        for _ in range(2):
            stub.add_response("delete_object", {})
        answer = _answer(client)
        stub.assert_no_pending_responses()
    assert (answer.error_code, answer.error_message) == ("AccessDenied", "s3:PutObject: Access Denied")


def test_a_denied_read_is_found_before_the_wait() -> None:
    client = _client()
    with Stubber(client) as stub:
        stub.add_response("delete_object", {})
        stub.add_response("put_object", {})
        _denied(stub, "get_object")
        stub.add_response("delete_object", {})
        _denied(stub, "delete_object")
        answer = _answer(client, TimeoutSeconds=30)
    assert (answer.error_code, answer.error_message) == (
        "AccessDenied",
        f"s3:GetObject: Access Denied; left behind in {BUCKET}: {RESULT}",
    )


def test_access_denied_means_missing_after_a_permitted_read() -> None:
    client = _client()
    with Stubber(client) as stub:
        stub.add_response("delete_object", {}, {"Bucket": BUCKET, "Key": RESULT})
        stub.add_response("put_object", {}, {"Bucket": BUCKET, "Key": KEY, "Body": ANY, "ContentType": "text/plain"})
        _read(stub, b"one")
        _denied(stub, "get_object")
        stub.add_client_error("get_object", "NoSuchKey", "no", 404)
        stub.add_client_error("get_object", "SlowDown", "slow", 503)
        _read(stub, b"{}")
        stub.add_response("delete_object", {})
        _denied(stub, "delete_object")
        dropped = _dropped(_answer(client, TimeoutSeconds=30))
        stub.assert_no_pending_responses()
    assert (dropped.outcome, dropped.content, dropped.left_behind) == ("answered", {}, [RESULT])
    assert dropped.error == f"{RESULT}: s3:DeleteObject: Access Denied"


def test_a_result_under_a_foreign_key_gives_no_verdict() -> None:
    client = _client()
    with Stubber(client) as stub:
        stub.add_response("delete_object", {})
        stub.add_response("put_object", {})
        _read(stub, b"one")
        stub.add_client_error("get_object", "AccessDenied", "not authorized to perform: kms:Decrypt", 403)
        for _ in range(2):
            stub.add_response("delete_object", {})
        answer = _answer(client, TimeoutSeconds=30)
    assert answer.error_message == "s3:GetObject: not authorized to perform: kms:Decrypt"


def test_a_throttled_put_is_retried_and_then_gives_no_verdict() -> None:
    client = _client()
    with Stubber(client) as stub:
        stub.add_response("delete_object", {})
        for _ in range(3):
            stub.add_client_error("put_object", "SlowDown", "Reduce your request rate", 503)
        for _ in range(2):
            stub.add_response("delete_object", {})
        answer = _answer(client)
        stub.assert_no_pending_responses()
    assert (answer.error_code, answer.error_message) == ("SlowDown", "s3:PutObject: Reduce your request rate")
