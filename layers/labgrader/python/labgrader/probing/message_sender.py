"""The AWS side of `labgrader:SendMessages`: sends messages to a student's queue and waits until they are consumed."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from labgrader.errors import BadInputError, NotGradedError
from labgrader.evidence.coerce import number
from labgrader.evidence.load.statistics import rounded
from labgrader.evidence.probe_results import AWAIT_TIMEOUT_S, MAX_MESSAGES, SentMessages
from labgrader.evidence.question import Answer, Question
from labgrader.probing.ownership_guard import Ownership
from labgrader.probing.retry_policy import RetryPolicy
from labgrader.recording.api_errors import AwsCallError, MissingResourceError

SEND_MESSAGES = "labgrader:SendMessages"

POLL_S = 2.0
"""Seconds between two looks at the queue's counts."""

QUIET_POLLS = 3
QUIET_AFTER_S = 5.0
"""Looks in a row that must find the queue empty, and seconds after sending before that is believed: the counts are
approximate and come late. Source: SQS API Reference, GetQueueAttributes ("eventually consistent"). AWS promises them
only a minute after the last message was sent, so an empty queue is also asked for messages before it is believed."""

TAKE_BACK_ROUNDS = 5
TAKE_BACK_S = 10
"""Number of receive requests to take labgrader's messages back, and their visibility timeout in seconds."""

_COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class MessageSender:
    """Sends messages to the queues of one student.

    Args:
        client: a boto3 SQS client of the student's account, without retries of its own.
        ownership: the student who owns the queues that may be used.
        retry_policy: how often a throttled or failed request is repeated.
        poll_s, quiet_after_s: seconds between two looks, and before an empty queue is believed.
    """

    def __init__(
        self,
        client: Any,
        ownership: Ownership,
        retry_policy: RetryPolicy | None = None,
        *,
        poll_s: float = POLL_S,
        quiet_after_s: float = QUIET_AFTER_S,
    ) -> None:
        self._client = client
        self._ownership = ownership
        self._patience = retry_policy or RetryPolicy()
        self._poll_s = poll_s
        self._quiet_after_s = quiet_after_s

    def answer(self, question: Question) -> Answer:
        """Send the messages and wait until the queue holds no more than before; take back what is left of them.

        Returns:
            ``SentMessages`` as JSON; an error that names the permission where SQS refused.

        Raises:
            NotGradedError: the queue is not the student's.
            BadInputError: there are no messages, or more than can be sent at once.
        """
        arguments = question.arguments
        name, url, bodies = arguments["QueueName"], arguments["QueueUrl"], arguments["Bodies"]
        self._ownership.require("sqs:SendMessage", "queue", name)
        if url.rpartition("/")[2] != name:
            raise NotGradedError("sqs:SendMessage", f"{url} is not the address of the queue {name}: nothing was sent")
        if not 1 <= len(bodies) <= MAX_MESSAGES:
            raise BadInputError([f"one to {MAX_MESSAGES} messages can be sent at once, not {len(bodies)}"])
        timeout_s = float(arguments.get("TimeoutSeconds") or AWAIT_TIMEOUT_S)
        doing = "sqs:GetQueueAttributes"
        try:
            before = self._count(url)
            doing = "sqs:SendMessage"
            ours, error = self._send(url, name, bodies)
            doing = "sqs:GetQueueAttributes"
            try:
                return Answer(self._watch(url, ours, before, timeout_s, error).to_dict())
            except AwsCallError:
                self._take_back(url, ours)
                raise
        except MissingResourceError as missing:
            return Answer(error_code=missing.code, error_message=f"{doing}: the queue {name} no longer exists")
        except AwsCallError as refusal:
            return refusal.answer(f"{doing}: {refusal.message}")

    def _send(self, url: str, name: str, bodies: list[str]) -> tuple[set[str], str]:
        """Send the messages one by one. Return the ids of those that were accepted, and why the next one was not.

        On AWS the permission ``sqs:SendMessage`` covers SendMessageBatch. The embedded AWS requires a separate
        permission, which AWS does not have.

        Raises:
            MissingResourceError, AwsCallError: not one was taken.
        """
        batch = uuid.uuid4().hex
        ours: set[str] = set()
        for place, body in enumerate(bodies):
            message = {"QueueUrl": url, "MessageBody": body}
            if name.endswith(".fifo"):
                message |= {"MessageGroupId": "labgrader", "MessageDeduplicationId": f"{batch}-{place}"}
            try:
                ours.add(self._patience.call(partial(self._client.send_message, **message))["MessageId"])
            except (MissingResourceError, AwsCallError) as refusal:
                if not ours:
                    raise
                return ours, str(refusal)
        return ours, ""

    def _watch(self, url: str, ours: set[str], before: int, timeout_s: float, error: str) -> SentMessages:
        """Poll the queue until it is empty or the time is over."""
        began = time.monotonic()
        quiet = 0
        while True:
            time.sleep(min(self._poll_s, max(timeout_s - (time.monotonic() - began), 0.0)))
            count = self._count(url)
            waited_s = time.monotonic() - began
            quiet = quiet + 1 if count == 0 else 0
            if quiet >= QUIET_POLLS and waited_s >= self._quiet_after_s:
                mine, others = self._receive(url, ours)
                self._give_back(url, [*mine, *others])
                if not mine:
                    return SentMessages("consumed", len(ours), 0, rounded(1000 * waited_s), error)
                quiet = 0
            if waited_s >= timeout_s:
                break
        taken = self._take_back(url, ours)
        # what lay there before may be stuck for another reason, and is not ours to complain of
        left = min(len(ours), max(count - before, taken))
        if before and left and not taken:
            raise AwsCallError("QueueBusy", "others use the queue too, so the origin of the messages left is not known")
        return SentMessages("left" if left else "consumed", len(ours), left, rounded(1000 * waited_s), error)

    def _take_back(self, url: str, ours: set[str]) -> int:
        """Delete our messages as far as the queue returns them. Return how many were deleted.

        Others that it gives us are kept until the end: each time that one is received counts towards its dead-letter
        queue, so none shall be received twice.
        """
        taken = 0
        kept: list[str] = []
        for _ in range(TAKE_BACK_ROUNDS):
            mine, others = self._receive(url, ours)
            taken += sum(
                self._succeeds(self._client.delete_message, QueueUrl=url, ReceiptHandle=receipt) for receipt in mine
            )
            kept += others
            if not mine and not others:
                break
        self._give_back(url, kept)
        return taken

    def _receive(self, url: str, ours: set[str]) -> tuple[list[str], list[str]]:
        """Receive messages. Return the receipts of ours and of others; all of them are now invisible to others."""
        try:
            answer = self._patience.call(
                lambda: self._client.receive_message(
                    QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1, VisibilityTimeout=TAKE_BACK_S
                )
            )
        except (MissingResourceError, AwsCallError):
            return [], []  # the counts stand without it
        messages: list[Mapping[str, Any]] = answer.get("Messages") or []
        mine = [message["ReceiptHandle"] for message in messages if message["MessageId"] in ours]
        return mine, [message["ReceiptHandle"] for message in messages if message["MessageId"] not in ours]

    def _give_back(self, url: str, receipts: list[str]) -> None:
        """Make received messages visible again."""
        for receipt in receipts:
            self._succeeds(
                self._client.change_message_visibility, QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=0
            )

    def _succeeds(self, call: Callable[..., Any], **parameters: Any) -> bool:
        """Make a clean-up call. If it fails, the queue cleans up itself when the message is visible again."""
        try:
            call(**parameters)
        except (ClientError, BotoCoreError):
            return False
        return True

    def _count(self, url: str) -> int:
        """Return how many messages the queue counts: visible, in flight and delayed."""
        answer = self._patience.call(
            lambda: self._client.get_queue_attributes(QueueUrl=url, AttributeNames=list(_COUNTS))
        )
        attributes = answer.get("Attributes") or {}
        return sum(number(attributes.get(name)) or 0 for name in _COUNTS)
