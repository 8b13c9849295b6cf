"""The read side of other probes: the replies of an API, the results of an uploaded object and of messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

from labgrader.evidence.question import Json
from labgrader.evidence.untrusted_json import parse_json

CALL_TIMEOUT_S = 35
"""Maximum seconds of one API call, also for a slow response. API Gateway's own timeout is 29 s.
Source: API Gateway Developer Guide, "Quotas for configuring and running a REST API" (integration timeout)."""

AWAIT_TIMEOUT_S = 45
"""Maximum seconds until an object or a message is processed. The labs' functions have a timeout of up to 60 s, need one
second, and are invoked within seconds."""

MAX_KEPT_CHARACTERS = 32_768
"""Maximum characters of a recorded body or object."""

MAX_MESSAGES = 10
"""Maximum messages of one question: Lambda's default batch size."""

OWN_NAMES = "labgrader-"
"""The prefix of the last part of an uploaded object's key. It tells labgrader's objects from those of students."""


@dataclass(frozen=True)
class HttpReply:
    """The reply to one call of a stage.

    Args:
        outcome: ``answered``, with any status; ``timeout`` (no or only part of a response within labgrader's limit);
            ``unreachable`` (no connection, or no HTTP).
        status: the HTTP status; ``None`` without a reply. 429 is a lasting throttle. 403 with ``Missing Authentication
            Token`` is API Gateway's response for a missing route. Redirects are not followed.
        headers: the reply's headers, by name in lower case.
        body: its body as text, cut at ``MAX_KEPT_CHARACTERS``.
        truncated: whether it was cut.
        duration_ms: as the caller measured it, in milliseconds.
        error: why there is no reply, else empty.
    """

    outcome: Literal["answered", "timeout", "unreachable"]
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    truncated: bool = False
    duration_ms: float = 0.0
    error: str = ""

    @property
    def content(self) -> Json:
        """The parsed body, or ``None`` if it is not JSON."""
        return None if self.problem else parse_json(self.body)[0]

    @property
    def problem(self) -> str:
        """Why the body cannot be read as JSON, as a phrase after “but”; empty if it can."""
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
    """The result of an object that was uploaded to a bucket.

    Args:
        outcome: ``answered`` (the awaited object appeared) or ``timeout`` (it did not).
        found: the awaited object as text, cut at ``MAX_KEPT_CHARACTERS``.
        waited_ms: milliseconds from the upload until the awaited object appeared, or until labgrader stopped waiting.
        left_behind: keys that could not be deleted.
        error: an error during the cleanup, else empty.
    """

    outcome: Literal["answered", "timeout"]
    found: str = ""
    waited_ms: float = 0.0
    left_behind: list[str] = field(default_factory=list)
    error: str = ""

    @property
    def content(self) -> Json:
        """The awaited object parsed, or ``None`` if it is not JSON."""
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
    """The result of messages that were sent to a queue.

    Args:
        outcome: ``consumed`` (the queue has no more messages than before) or ``left``.
        sent: messages that the queue accepted.
        left: how many of them were still in the queue or in flight at the end of the wait, by the queue's count.
        waited_ms: milliseconds from sending until the end of the wait.
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
