"""The read side of a probe: the recorded answers of a student's function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

from labgrader.errors import NotGradedError
from labgrader.evidence.probe_results import (
    AWAIT_TIMEOUT_S,
    CALL_TIMEOUT_S,
    MAX_MESSAGES,
    OWN_NAMES,
    HttpReply,
    SentMessages,
    UploadResult,
)
from labgrader.evidence.question import Answers, Json, Question
from labgrader.evidence.snapshot import Queue, RestApi, Snapshot
from labgrader.evidence.untrusted_json import parse_json
from labgrader.reasons import Reason

Outcome = Literal["answered", "function_error", "throttled", "timeout"]

PROBE_TIMEOUT_S = 35
"""Maximum seconds of one invocation. The labs' functions have a timeout of 30 s, which AWS reports earlier."""

MAX_PAYLOAD_CHARACTERS = 32_768
"""Maximum characters of a recorded answer, and of the event. A Lambda response can have 6 MB."""


@dataclass(frozen=True)
class Response:
    """A function's answer, read as an API Gateway proxy response.

    ``status_code`` is ``None`` if the answer has none. ``body`` is the original body. ``content`` is the parsed body if
    it is JSON in a string. ``problem`` says why the answer cannot be read, and is empty otherwise.
    """

    status_code: int | None = None
    body: Json = None
    content: Json = None
    problem: str = ""


@dataclass(frozen=True)
class Invocation:
    """The record of one invocation.

    Args:
        target: ``function`` or ``function:qualifier``.
        outcome: ``answered``; ``function_error`` (the function raised, ran out of time or memory, or could not be
            loaded); ``throttled``; ``timeout`` (no answer within our own limit).
        payload: the response as text, cut at ``MAX_PAYLOAD_CHARACTERS``.
        payload_size: its full size in bytes (a lower bound if the reading stopped).
        truncated: whether ``payload`` was cut.
        duration_ms: as the caller measured it, in milliseconds.
        executed_version: the version that Lambda executed.
        error: AWS's or labgrader's description of the error, else empty.
        log_tail: the last 4 KB of the function's log, decoded.
        request: the event as text, cut like the payload; empty if nothing was sent, and in records
            that are older than this field.
        request_truncated: whether it was cut.
        status: the HTTP status of Lambda's response (200 also if the function failed); 0 without a response, and in
            older records. The function's own ``statusCode`` is in ``response``.
    """

    target: str
    outcome: Outcome
    payload: str = ""
    payload_size: int = 0
    truncated: bool = False
    duration_ms: float = 0.0
    executed_version: str = ""
    error: str = ""
    log_tail: str = ""
    request: str = ""
    request_truncated: bool = False
    status: int = 0

    @property
    def error_type(self) -> str:
        """The class of the exception that ended the function (``Runtime.ImportModuleError``), or empty."""
        return self._error_field("errorType")

    @property
    def error_message(self) -> str:
        """The message of that exception, or AWS's message."""
        return self._error_field("errorMessage") or self.error

    @property
    def response(self) -> Response:
        """The answer as an API Gateway proxy response; hostile JSON is a ``problem``, never an exception."""
        if self.truncated:
            return Response(problem=f"the response has {self.payload_size} bytes, which is too large")
        document, problem = parse_json(self.payload)
        if problem:
            return Response(problem=f"the response {problem}")
        if not isinstance(document, dict):
            return Response(body=document, content=document, problem="the response is not a JSON object")
        status, body = document.get("statusCode"), document.get("body")
        if isinstance(status, str) and status.isdecimal() and len(status) == 3:  # API Gateway takes "200" too
            status = int(status)
        if not isinstance(status, int) or isinstance(status, bool):
            return Response(body=body, content=body, problem="the response has no statusCode")
        content, problem = parse_json(body) if isinstance(body, str) else (body, "")
        return Response(status, body, content, f"the body {problem}" if problem else "")

    def to_dict(self) -> dict[str, Json]:
        """Return the record as JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, document: Mapping[str, Json]) -> Invocation:
        """Read what ``to_dict`` wrote."""
        return cls(**document)

    def _error_field(self, name: str) -> str:
        if self.outcome != "function_error":
            return ""
        document, _ = parse_json(self.payload)
        value = document.get(name) if isinstance(document, dict) else None
        return value if isinstance(value, str) else ""


@dataclass
class Probe:
    """The evidence of a behavior check: its calls, and the student's snapshot.

    Read the snapshot before the first call. The recorder calls nothing, so it cannot see questions after a call. The
    probe reads the invoked function by itself. Equal calls are made only once: use different events to call twice.
    """

    snapshot: Snapshot
    answers: Answers = field(default_factory=Answers)

    def invoke(self, function: str, qualifier: str = "", event: Json = None) -> Invocation | None:
        """Return the function's answer to one event, or ``None`` if the function or alias does not exist.

        Args:
            function: its name, which must begin with the student's prefix.
            qualifier: an alias or a version; empty for ``$LATEST``.
            event: the event, as JSON.

        Raises:
            NotGradedError: AWS denied the invocation, or throttled it until labgrader gave up although it can run.
        """
        if not deployed(self.snapshot, function):
            return None
        question = Question(
            "lambda:InvokeFunction",
            {"FunctionName": function, "Qualifier": qualifier, "Payload": event, "TimeoutSeconds": PROBE_TIMEOUT_S},
        )
        answer = self.answers.ask(question)
        if answer is None:
            return None
        invocation = Invocation.from_dict(answer)
        if invocation.outcome == "throttled" and not self._switched_off(function):
            said = f"AWS throttled every invocation of {invocation.target}"
            raise NotGradedError("lambda:InvokeFunction", said, Reason.THROTTLED)
        return invocation

    def call_api(
        self,
        api: RestApi,
        stage: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: str | None = None,
        api_key_id: str = "",
    ) -> HttpReply:
        """Return the reply of an API's stage to one HTTPS call.

        Args:
            api: the API; its name must begin with the student's prefix.
            stage: the stage's name.
            method: ``GET``, ``POST``.
            path: the path after the stage, with its first slash: ``/performance``.
            query: the query string's parameters.
            body: the request's body, sent as JSON; ``None`` for none.
            api_key_id: the id of the API key to send. Its value is read for the call and is not
                recorded; if the reply repeats it, it is redacted.

        Raises:
            NotGradedError: the API is not the student's, or labgrader may not read the key.
        """
        self._refuse_others("execute-api:Invoke", "API", api.name)
        question = Question(
            "labgrader:CallApi",
            {
                "ApiId": api.id,
                "ApiName": api.name,
                "Stage": stage,
                "Method": method,
                "Path": path,
                "Query": dict(query or {}),
                "Body": body,
                "ApiKeyId": api_key_id,
                "TimeoutSeconds": CALL_TIMEOUT_S,
            },
        )
        return HttpReply.from_dict(self.answers.ask(question))

    def drop_object(self, bucket: str, key: str, body: str, content_type: str, *, await_key: str) -> UploadResult:
        """Upload an object and return the object that the bucket's function makes of it. Delete both.

        Args:
            bucket: its name must begin with the student's prefix.
            key: the object's key; its last part begins with ``labgrader-``.
            body: the object, as text.
            content_type: its type: ``text/plain``.
            await_key: the key of the resulting object; contains the last part of ``key``. An old object with this
                key is deleted first.

        Raises:
            NotGradedError: the bucket is not the student's, the keys may be, or labgrader may not put, read or
                delete the object.
        """
        self._refuse_others("s3:PutObject", "bucket", bucket)
        name = key.rpartition("/")[2]
        if not name.startswith(OWN_NAMES) or name not in await_key or await_key == key:
            raise NotGradedError("s3:PutObject", f"{key} and {await_key} may be the student's own: not touched")
        question = Question(
            "labgrader:DropObject",
            {
                "Bucket": bucket,
                "Key": key,
                "Body": body,
                "ContentType": content_type,
                "AwaitKey": await_key,
                "TimeoutSeconds": AWAIT_TIMEOUT_S,
            },
        )
        return UploadResult.from_dict(self.answers.ask(question))

    def send_messages(self, queue: Queue, bodies: list[str]) -> SentMessages:
        """Send messages to a queue and return whether they were consumed.

        Args:
            queue: its name must begin with the student's prefix.
            bodies: the messages, one to ten.

        Raises:
            NotGradedError: the queue is not the student's, labgrader may not send, or there are too many messages.
        """
        self._refuse_others("sqs:SendMessage", "queue", queue.name)
        if not 1 <= len(bodies) <= MAX_MESSAGES:
            raise NotGradedError("sqs:SendMessage", f"one to {MAX_MESSAGES} messages can be sent, not {len(bodies)}")
        question = Question(
            "labgrader:SendMessages",
            {
                "QueueName": queue.name,
                "QueueUrl": queue.url,
                "Bodies": list(bodies),
                "TimeoutSeconds": AWAIT_TIMEOUT_S,
            },
        )
        return SentMessages.from_dict(self.answers.ask(question))

    def invocations(self) -> list[Invocation]:
        """Return every recorded invocation, in no particular order. Advice reads those of all checks of the student."""
        return [Invocation.from_dict(invocation) for invocation in self.answers.values("lambda:InvokeFunction")]

    def _refuse_others(self, action: str, kind: str, name: str) -> None:
        if not name.startswith(self.snapshot.prefix):
            prefix = self.snapshot.prefix
            raise NotGradedError(
                action, f"the {kind} {name} does not begin with {prefix} and may be another student's: not touched"
            )

    def _switched_off(self, function: str) -> bool:
        deployed = self.snapshot.function(function)
        return deployed is not None and deployed.reserved_concurrency == 0


def deployed(snapshot: Snapshot, function: str) -> bool:
    """Return whether the function exists. If AWS does not say, return True: the call will show it."""
    try:
        return snapshot.function(function) is not None
    except NotGradedError:
        return True
