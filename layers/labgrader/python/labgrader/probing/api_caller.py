"""The AWS side of `labgrader:CallApi`: one HTTPS call of a stage of a student's REST API, with its key where wanted."""

from __future__ import annotations

from typing import Any

from labgrader.evidence.load.statistics import rounded
from labgrader.evidence.probe_results import CALL_TIMEOUT_S, MAX_KEPT_CHARACTERS, HttpReply
from labgrader.evidence.question import Answer, Question
from labgrader.http.connection import SyncConnection
from labgrader.http.reply import Reply
from labgrader.probing.ownership_guard import Ownership
from labgrader.probing.retry_policy import RetryPolicy
from labgrader.probing.stage_request import StageRequest, Stages
from labgrader.recording.api_errors import AwsCallError

CALL_API = "labgrader:CallApi"

MAX_HEADERS = 50
MAX_HEADER_CHARACTERS = 1_000
"""Headers of a reply that are kept, and characters of each."""


class ApiCaller:
    """Calls the REST APIs of one student. Neither redirects nor the environment's proxies are followed.

    Args:
        client: a boto3 API Gateway client of the student's account, without retries of its own: it says where APIs are
            called, and reads the values of keys.
        ownership: the student who owns the APIs that may be called.
        retry_policy: how often a throttled call is repeated. A fault of the function is an answer and never repeated:
            the call may have done its work.
    """

    def __init__(self, client: Any, ownership: Ownership, retry_policy: RetryPolicy | None = None) -> None:
        self.hung: set[str] = set()
        """Calls that once had no answer in time; the same ones are answered without calling."""
        self._stages = Stages(client, ownership, retry_policy or RetryPolicy())
        self._patience = retry_policy or RetryPolicy()

    def answer(self, question: Question) -> Answer:
        """Call a stage once.

        Returns:
            An ``HttpReply`` as JSON, without the key's value wherever the reply repeats it; an error where the key
            cannot be read.

        Raises:
            NotGradedError: the API or the key is not the student's, or the path leads out of the stage.
            BadInputError: the arguments make no sense.
        """
        arguments = question.arguments
        target = f"{arguments['Method']} {self._stages.address(arguments)}"
        if target in self.hung:
            return Answer(HttpReply("timeout", error="not called again, because an earlier call timed out").to_dict())
        try:
            request = self._stages.request(arguments)
        except AwsCallError as refusal:
            return refusal.answer()
        connection = SyncConnection(request.host)
        timeout_s = float(arguments.get("TimeoutSeconds") or CALL_TIMEOUT_S)
        try:
            reply = self._patience.repeat(
                lambda: connection.exchange(request.content, timeout_s, request.method),
                lambda reply: is_retryable(reply, request.method),
            )
        finally:
            connection.close()
        if reply.timed_out:
            self.hung.add(target)
        return Answer(_http_reply(reply, request).to_dict())


def is_retryable(reply: Reply, method: str) -> bool:
    """Return whether the gateway rejected the call, so that a retry has no effect twice."""
    if reply.trouble:
        return reply.trouble == "unreachable" or (reply.trouble == "broken" and method in ("GET", "HEAD", "OPTIONS"))
    return reply.throttled or (reply.status == 503 and "x-amzn-errortype" in reply.headers)


def _http_reply(reply: Reply, request: StageRequest) -> HttpReply:
    """Return the record of a reply without the API key: a function that echoes its event returns the key too.

    The value is blacked out before anything is cut, so that no part of it is left at the end.
    """
    duration_ms = rounded(1000 * reply.duration_s)
    if reply.timed_out:
        return HttpReply("timeout", duration_ms=duration_ms, error=reply.detail)
    if reply.trouble:
        return HttpReply("unreachable", duration_ms=duration_ms, error=request.without_key(reply.detail))
    body = request.without_key(reply.body.decode("utf-8", "replace"))
    headers = list(reply.headers.items())[:MAX_HEADERS]
    return HttpReply(
        "answered",
        reply.status,
        {request.without_key(name): request.without_key(value)[:MAX_HEADER_CHARACTERS] for name, value in headers},
        body[:MAX_KEPT_CHARACTERS],
        len(body) > MAX_KEPT_CHARACTERS or reply.size > len(reply.body),
        duration_ms,
    )
