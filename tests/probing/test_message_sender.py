"""Messages sent to a student's queue: SQS in memory, and a function that reads it whenever the sender waits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto import mock_aws

from labgrader.errors import BadInputError, NotGradedError
from labgrader.evidence.probe_results import SentMessages
from labgrader.evidence.question import Answer, Question
from labgrader.probing.message_sender import MessageSender
from labgrader.probing.ownership_guard import Ownership
from labgrader.probing.retry_policy import RetryPolicy
from tests.clock import Clock

OWNERSHIP = Ownership("user1", "labgrader-")
BRISK = RetryPolicy(attempts=3, base_delay_s=0.001)
URL = "https://sqs.us-east-1.amazonaws.com/123456789012/user1-queue"


def _client() -> Any:
    return boto3.client(
        "sqs",
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"mode": "standard", "total_max_attempts": 1}),
    )


@pytest.fixture(autouse=True)
def _waiting_in_memory(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let SQS in memory read and move the same clock."""
    monkeypatch.setattr(
        "moto.core.utils.utcnow", lambda: datetime.fromtimestamp(clock.time(), UTC).replace(tzinfo=None)
    )
    monkeypatch.setattr("moto.sqs.models.Queue.wait_for_messages", lambda _, seconds: clock.sleep(seconds))


@pytest.fixture
def sqs(clock: Clock) -> Iterator[Any]:
    with mock_aws():
        yield _client()


def _queue(sqs: Any, name: str = "user1-queue", **attributes: str) -> str:
    return str(sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "30", **attributes})["QueueUrl"])


def _answer(client: Any, url: str, bodies: list[str], timeout_s: float = 0.5, name: str = "user1-queue") -> Answer:
    arguments = {"QueueName": name, "QueueUrl": url, "Bodies": bodies, "TimeoutSeconds": timeout_s}
    sender = MessageSender(client, OWNERSHIP, BRISK, poll_s=0.05, quiet_after_s=0.2)
    return sender.answer(Question("labgrader:SendMessages", arguments))


def _sent(answer: Answer) -> SentMessages:
    assert answer.error_code == ""
    document = json.loads(json.dumps(answer.value, allow_nan=False))
    assert document == answer.value
    return SentMessages.from_dict(document)


def _count(sqs: Any, url: str) -> list[str]:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return [attributes[name] for name in names]


@contextmanager
def _reader(clock: Clock, url: str, *, fails_on: str = "", seen: list[str] | None = None) -> Iterator[None]:
    """A function that reads the queue, and fails on one kind of message."""
    client = _client()

    def read() -> None:
        for message in client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", ()):
            if seen is not None:
                seen.append(message["Body"])
            if not fails_on or fails_on not in message["Body"]:
                client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    clock.while_sleeping = read
    yield
    clock.while_sleeping = lambda: None


def test_messages_that_are_read_are_consumed(sqs: Any, clock: Clock) -> None:
    url, seen = _queue(sqs), list[str]()
    with _reader(clock, url, seen=seen):
        sent = _sent(_answer(sqs, url, ['{"n": 1}', '{"n": 2}', "ü"], timeout_s=20))
    assert (sent.outcome, sent.sent, sent.left, sent.error) == ("consumed", 3, 0, "")
    assert sent.waited_ms == pytest.approx(200, abs=50)  # at the first look after it was quiet for so long
    assert sorted(seen) == ['{"n": 1}', '{"n": 2}', "ü"]


def test_unread_messages_are_left_and_taken_back(sqs: Any, clock: Clock) -> None:
    url = _queue(sqs)
    sqs.send_message(QueueUrl=url, MessageBody="same body")  # the student's own stays
    sent = _sent(_answer(sqs, url, ["same body", "two"]))
    assert (sent.outcome, sent.sent, sent.left, sent.error) == ("left", 2, 2, "")
    assert sent.waited_ms == pytest.approx(500)
    clock.sleep(0.001)  # given back now, it is visible from now on, and not at this very moment
    assert _count(sqs, url) == ["1", "0"]


def test_a_message_that_the_function_fails_on_is_left(sqs: Any, clock: Clock) -> None:
    url = _queue(sqs)
    with _reader(clock, url, fails_on="bad"):
        sent = _sent(_answer(sqs, url, ["good", "bad", "good too"], timeout_s=1))
    assert (sent.outcome, sent.sent, sent.left) == ("left", 3, 1)


def test_older_messages_in_the_queue_are_not_counted(sqs: Any, clock: Clock) -> None:
    url = _queue(sqs)
    sqs.send_message(QueueUrl=url, MessageBody="bad, from last week")
    with _reader(clock, url, fails_on="bad"):
        clock.sleep(0.1)
        sent = _sent(_answer(sqs, url, ["good"], timeout_s=1))
    assert (sent.outcome, sent.left) == ("consumed", 0)


class _Busy:
    """A queue that counts what others sent and have in work, and gives nothing."""

    def __init__(self, *counts: int) -> None:
        self.counts = list(counts)

    def send_message(self, **_: Any) -> dict[str, Any]:
        return {"MessageId": "m0"}

    def get_queue_attributes(self, **_: Any) -> dict[str, Any]:
        count = self.counts.pop(0) if len(self.counts) > 1 else self.counts[0]
        return {"Attributes": {"ApproximateNumberOfMessagesNotVisible": str(count)}}

    def receive_message(self, **_: Any) -> dict[str, Any]:
        return {}


@pytest.mark.parametrize("counts", [(3, 4), (1, 9)])
def test_messages_that_may_be_of_others_give_no_verdict(counts: tuple[int, ...]) -> None:
    answer = _answer(_Busy(*counts), URL, ["one"], timeout_s=0.1)
    assert answer.error_code == "QueueBusy"
    assert answer.error_message == (
        "sqs:GetQueueAttributes: others use the queue too, so the origin of the messages left is not known"
    )


def test_messages_that_only_labgrader_can_have_sent_are_left() -> None:
    sent = _sent(_answer(_Busy(0, 1), URL, ["one"], timeout_s=0.1))
    assert (sent.outcome, sent.left) == ("left", 1)


class _CountsNothing:
    """A queue with late counts: it reports zero messages, whether it has some or not."""

    def __init__(self, *, holds: bool, takes: int = 10) -> None:
        self.held = [{"MessageId": "m0", "ReceiptHandle": "r0", "Body": "one"}] if holds else []
        self.takes = takes
        self.sent = 0
        self.given_back = 0

    def send_message(self, **_: Any) -> dict[str, Any]:
        if self.sent == self.takes:
            said = {"Error": {"Code": "InvalidMessageContents", "Message": "not these"}}
            raise ClientError(said, "SendMessage")  # type: ignore[arg-type]
        self.sent += 1
        return {"MessageId": f"m{self.sent - 1}"}

    def get_queue_attributes(self, **_: Any) -> dict[str, Any]:
        return {"Attributes": {"ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesDelayed": "odd"}}

    def receive_message(self, **_: Any) -> dict[str, Any]:
        return {"Messages": list(self.held)} if self.held else {}

    def change_message_visibility(self, **_: Any) -> None:
        self.given_back += 1

    def delete_message(self, **_: Any) -> None:
        self.held.clear()


def test_an_early_zero_count_is_not_trusted() -> None:
    queue = _CountsNothing(holds=True)
    sent = _sent(_answer(queue, URL, ["one"], timeout_s=0.6))
    assert (sent.outcome, sent.sent, sent.left) == ("left", 1, 1)
    assert queue.held == []  # taken back in the end


def test_messages_that_the_queue_refuses_are_reported() -> None:
    sent = _sent(_answer(_CountsNothing(holds=False, takes=1), URL, ["one", "two", "three"], timeout_s=20))
    assert (sent.outcome, sent.sent, sent.error) == ("consumed", 1, "InvalidMessageContents: not these")
    answer = _answer(_CountsNothing(holds=False, takes=0), URL, ["one"])
    assert (answer.error_code, answer.error_message) == ("InvalidMessageContents", "sqs:SendMessage: not these")


def test_a_message_of_the_students_own_is_received_once_and_stays_out_of_the_dead_letter_queue(
    sqs: Any, clock: Clock
) -> None:
    dead = _queue(sqs, "user1-dead")
    target = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    url = _queue(sqs, RedrivePolicy=json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": 3}))
    sqs.send_message(QueueUrl=url, MessageBody="the student's own")
    assert _sent(_answer(sqs, url, ["ours"])).left == 1
    clock.sleep(0.001)
    (own,) = sqs.receive_message(QueueUrl=url, AttributeNames=["ApproximateReceiveCount"])["Messages"]
    assert (own["Body"], own["Attributes"]["ApproximateReceiveCount"]) == ("the student's own", "2")


def test_a_fifo_queue_gets_its_required_fields(sqs: Any, clock: Clock) -> None:
    name = "user1-queue.fifo"
    url = _queue(sqs, name, FifoQueue="true")
    with _reader(clock, url):
        sent = _sent(_answer(sqs, url, ["one", "one"], timeout_s=20, name=name))
    assert (sent.outcome, sent.sent) == ("consumed", 2)


@pytest.mark.parametrize(
    ("name", "url", "reason"),
    [
        (
            "user10-queue",
            URL.replace("user1-", "user10-"),
            "the queue user10-queue does not begin with user1- and may be another student's: not touched",
        ),
        (
            "labgrader-q",
            URL.replace("user1-queue", "labgrader-q"),
            "the queue labgrader-q belongs to the grader and is never touched for a student",
        ),
        (
            "user1-queue",
            URL.replace("user1-", "user10-"),
            f"{URL.replace('user1-', 'user10-')} is not the address of the queue user1-queue: nothing was sent",
        ),
    ],
)
def test_only_the_students_own_queues_are_used(name: str, url: str, reason: str) -> None:
    client = _client()
    with Stubber(client), pytest.raises(NotGradedError) as refused:
        _answer(client, url, ["one"], name=name)
    assert (refused.value.action, refused.value.reason) == ("sqs:SendMessage", reason)


@pytest.mark.parametrize("count", [0, 11])
def test_one_to_ten_messages_are_sent(count: int) -> None:
    client = _client()
    with Stubber(client), pytest.raises(BadInputError, match=f"one to 10 messages can be sent at once, not {count}"):
        _answer(client, URL, ["x"] * count)


@pytest.mark.parametrize(
    ("refused", "code", "said"),
    [
        ("get_queue_attributes", "AccessDenied", "sqs:GetQueueAttributes: no"),
        ("send_message", "AccessDenied", "sqs:SendMessage: no"),
        ("send_message", "QueueDoesNotExist", "sqs:SendMessage: the queue user1-queue no longer exists"),
    ],
)
def test_a_refusal_names_the_permission(refused: str, code: str, said: str) -> None:
    client = _client()
    with Stubber(client) as stub:
        if refused == "send_message":
            stub.add_response("get_queue_attributes", {"Attributes": {}})
        stub.add_client_error(refused, code, "no", 403)
        answer = _answer(client, URL, ["one"])
    assert (answer.error_code, answer.error_message) == (code, said)
