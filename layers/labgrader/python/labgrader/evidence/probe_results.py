"""The read side of a probe beyond invoking: what an API replied, what became of an object and of messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

from labgrader.evidence.question import Json
from labgrader.evidence.untrusted_json import parse_json

CALL_TIMEOUT_S = 35
"""Seconds for one call of an API, however slowly its answer drips: API Gateway itself gives up after 29.
Source: API Gateway Developer Guide, "Quotas for configuring and running a REST API" (integration timeout)."""

AWAIT_TIMEOUT_S = 45
"""Seconds in which an object or a message has to be dealt with: the labs' functions have a timeout of up to 60, do a
second's work, and are called within seconds."""

MAX_KEPT_CHARACTERS = 32_768
"""Characters of a body or an object that are kept."""

MAX_MESSAGES = 10
"""Messages that one question sends: as many as Lambda takes in one batch by default."""

OWN_NAMES = "labgrader-"
"""What the last part of the key of an object that we put begins with, so that nobody takes it for a student's."""


def gateway_error(headers: Mapping[str, str], document: Json) -> tuple[str, str]:
    """Return the type and the message of an error response that API Gateway itself wrote.

    AWS adds ``x-amz-apigw-id`` to every response of a REST API, and ``x-amzn-ErrorType`` to its own error responses
    only. A response with the first header alone comes from the integration, whatever its body says. Without either
    header (an emulator, a proxy in between), the body decides: API Gateway's own is ``{"message": …}``.
    Source: API Gateway Developer Guide, "Gateway responses for REST APIs in API Gateway".

    Args:
        headers: the response's headers, by name in lower case.
        document: its parsed body.

    Returns:
        Both are empty if the integration wrote the response. The type is empty if there is no such header.
    """
    kind = headers.get("x-amzn-errortype", "").partition(":")[0]
    if not kind and "x-amz-apigw-id" in headers:
        return "", ""
    if not isinstance(document, dict) or not isinstance(document.get("message"), str):
        return kind, ""
    return (kind, document["message"]) if kind or set(document) == {"message"} else ("", "")


@dataclass(frozen=True)
class HttpReply:
    """What came back from one call of a stage.

    Args:
        outcome: ``answered``, with whatever status; ``timeout`` (nothing, or not all of it, within our own limit);
            ``unreachable`` (no connection, or what came was not HTTP).
        status: the HTTP status; ``None`` without an answer. 429 was so to the end, 403 with ``Missing Authentication
            Token`` is API Gateway's way to say that there is no such route. No redirect is followed.
        headers: the reply's headers, by name in lower case.
        body: its body as text, cut at ``MAX_KEPT_CHARACTERS``.
        truncated: whether it was cut.
        duration_ms: as the caller measured it, in milliseconds.
        error: why there is no answer, else empty.
    """

    outcome: Literal["answered", "timeout", "unreachable"]
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    truncated: bool = False
    duration_ms: float = 0.0
    error: str = ""

    @property
    def gateway_message(self) -> str:
        """The message of an error response that API Gateway itself wrote; empty if an integration wrote the response.

        See ``gateway_error``.
        """
        return gateway_error(self.headers, self.content)[1]

    @property
    def gateway_error_type(self) -> str:
        """The type of an error response of API Gateway itself (``ForbiddenException``), or empty."""
        return gateway_error(self.headers, self.content)[0]

    @property
    def content(self) -> Json:
        """The body parsed, or ``None`` where it is not JSON."""
        return None if self.problem else parse_json(self.body)[0]

    @property
    def problem(self) -> str:
        """Why the body cannot be read as JSON, to stand after “but”; empty where it can."""
        if self.outcome != "answered":
            return "there was no response"
        if self.truncated:
            return f"the body has more than {MAX_KEPT_CHARACTERS} characters, which is too large"
        problem = parse_json(self.body)[1]
        return f"the body {problem}" if problem else ""

    def to_dict(self) -> dict[str, Json]:
        """Return the record as JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, document: Mapping[str, Json]) -> HttpReply:
        """Read what ``to_dict`` wrote."""
        return cls(**document)


@dataclass(frozen=True)
class UploadResult:
    """What became of an object that was put into a bucket.

    Args:
        outcome: ``answered`` (the awaited object appeared) or ``timeout`` (it did not).
        found: the awaited object as text, cut at ``MAX_KEPT_CHARACTERS``.
        waited_ms: milliseconds from the object's being there until the awaited one was, or until we stopped waiting.
        left_behind: keys that could not be deleted again.
        error: what went wrong while we cleaned up, else empty.
    """

    outcome: Literal["answered", "timeout"]
    found: str = ""
    waited_ms: float = 0.0
    left_behind: list[str] = field(default_factory=list)
    error: str = ""

    @property
    def content(self) -> Json:
        """The awaited object parsed, or ``None`` where it is not JSON."""
        return parse_json(self.found)[0]

    def to_dict(self) -> dict[str, Json]:
        """Return the record as JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, document: Mapping[str, Json]) -> UploadResult:
        """Read what ``to_dict`` wrote."""
        return cls(**document)


@dataclass(frozen=True)
class SentMessages:
    """What became of messages that were sent to a queue.

    Args:
        outcome: ``consumed`` (the queue came to hold no more messages than before) or ``left``.
        sent: messages that the queue took.
        left: how many of them, by the queue's own count, were still waiting or in work when we stopped waiting.
        waited_ms: milliseconds from sending until then.
        error: why not all of them could be sent, else empty.
    """

    outcome: Literal["consumed", "left"]
    sent: int = 0
    left: int = 0
    waited_ms: float = 0.0
    error: str = ""

    def to_dict(self) -> dict[str, Json]:
        """Return the record as JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, document: Mapping[str, Json]) -> SentMessages:
        """Read what ``to_dict`` wrote."""
        return cls(**document)
