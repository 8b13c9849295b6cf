"""The read side of a probe: what a student's function answered when it was invoked once, recorded whole."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from labgrader.errors import NotGradedError
from labgrader.evidence.question import Answers, Json, Question
from labgrader.evidence.snapshot import Snapshot

Outcome = Literal["answered", "function_error", "throttled", "timeout"]

PROBE_TIMEOUT_S = 35
"""How long one invocation may take, in seconds: the labs' functions have a timeout of 30, and AWS tells it first."""

MAX_PAYLOAD_CHARACTERS = 32_768
"""Characters of an answer that are kept; a Lambda response can be 6 MB."""


@dataclass(frozen=True)
class Response:
    """A function's answer, read as an API Gateway proxy response.

    ``status_code`` is ``None`` where there is none. ``body`` is the body as it stands; ``content`` is the body parsed,
    where it is JSON in a string. ``problem`` says why the answer could not be read, else it is empty.
    """

    status_code: int | None = None
    body: Json = None
    content: Json = None
    problem: str = ""


@dataclass(frozen=True)
class Invocation:
    """One invocation, recorded whole.

    Args:
        target: ``function`` or ``function:qualifier``.
        outcome: ``answered``; ``function_error`` (the function raised, ran out of time or memory, or could not be
            loaded); ``throttled``; ``timeout`` (no answer within our own limit).
        payload: what came back, as text, cut at ``MAX_PAYLOAD_CHARACTERS``.
        payload_size: its whole size in bytes (a lower bound where the reading stopped).
        truncated: whether ``payload`` was cut.
        duration_ms: as the caller measured it, in milliseconds.
        executed_version: the version that served the call.
        error: AWS's or our own description of what went wrong, else empty.
        log_tail: the last 4 KB of the function's log, decoded.
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

    @property
    def error_type(self) -> str:
        """The class of the exception that the function died of (``Runtime.ImportModuleError``), or empty."""
        return self._error_field("errorType")

    @property
    def error_message(self) -> str:
        """The message of that exception, or what AWS said."""
        return self._error_field("errorMessage") or self.error

    @property
    def response(self) -> Response:
        """The answer as an API Gateway proxy response; hostile JSON is a ``problem``, never an exception."""
        if self.truncated:
            return Response(problem=f"the answer has {self.payload_size} bytes, too many to read")
        document, problem = parse_json(self.payload)
        if problem:
            return Response(problem=f"the answer {problem}")
        if not isinstance(document, dict):
            return Response(body=document, content=document, problem="the answer is not a JSON object")
        status, body = document.get("statusCode"), document.get("body")
        if isinstance(status, str) and status.isdecimal() and len(status) == 3:  # API Gateway takes "200" too
            status = int(status)
        if not isinstance(status, int) or isinstance(status, bool):
            return Response(body=body, content=body, problem="the answer has no statusCode")
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
    """What a behaviour check reads: its invocations, and the student's snapshot.

    Ask the snapshot before the first invocation: when the snapshot is taken nothing is invoked, so questions that come
    later are not seen. The function that is invoked is asked for by itself.
    """

    snapshot: Snapshot
    answers: Answers = field(default_factory=Answers)

    def invoke(self, function: str, qualifier: str = "", event: Json = None) -> Invocation | None:
        """Return what the function answered to one event, or ``None`` where the function or alias does not exist.

        Args:
            function: its name; must carry the student's prefix.
            qualifier: an alias or a version; empty for ``$LATEST``.
            event: the event, as JSON.

        Raises:
            NotGradedError: we were not allowed to invoke, or it was throttled to the end although it can run.
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
            raise NotGradedError("lambda:InvokeFunction", f"{invocation.target} was throttled to the end")
        return invocation

    def _switched_off(self, function: str) -> bool:
        deployed = self.snapshot.function(function)
        return deployed is not None and deployed.reserved_concurrency == 0


def deployed(snapshot: Snapshot, function: str) -> bool:
    """Say whether there is a function to call; where AWS will not tell, calling it will."""
    try:
        return snapshot.function(function) is not None
    except NotGradedError:
        return True


def parse_json(text: str) -> tuple[Any, str]:
    """Parse JSON that a student's function wrote.

    Returns:
        The document and an empty string, or ``None`` and why it cannot be read. Depth, endless integers, ``NaN`` and
        infinite numbers are refused, not raised.
    """
    try:
        document = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except RecursionError:
        return None, "is nested too deeply to be read"
    except ValueError:
        return None, "is not valid JSON"
    return document, ""


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not a finite number")
    return number
