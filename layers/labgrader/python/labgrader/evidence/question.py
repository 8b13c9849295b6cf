"""The questions that a check can ask, and the recorded answers.

A check does not list the requests that it needs in advance. It asks. If the answer is not recorded yet,
``MissingEvidenceError`` contains the question, the recorder asks AWS, and the check runs again. Checks are pure and
take microseconds, so running one three times is cheap, and AWS gets only the necessary requests.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from labgrader.errors import LabgraderError, NotGradedError
from labgrader.reasons import Reason, reason_of

Json = Any

REDACTED = "[redacted]"
"""The replacement for values that look secret."""
"""A JSON value. Stored values come from AWS and may be malformed."""

LIVE_ACTIONS = frozenset(
    {
        "lambda:InvokeFunction",
        "labgrader:CallApi",
        "labgrader:Compare",
        "labgrader:DropObject",
        "labgrader:LoadTest",
        "labgrader:SendMessages",
    }
)
"""Questions that invoke a student's functions. Probes and load tests ask them; the snapshot asks all others."""


REFUSED = "Refused"
"""The error code if labgrader, not AWS, refused. The message is then a complete sentence."""


@dataclass(frozen=True)
class Question:
    """One question about a student.

    Args:
        action: the IAM action that answers it (``lambda:GetFunction``), or ``labgrader:…`` for a load test.
        arguments: the request's arguments with AWS's names, in the given order. Values are JSON.
    """

    action: str
    arguments: Mapping[str, Json] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The key of its stored answer: ``lambda:GetFunction {"FunctionName":"user1-f"}``."""
        if not self.arguments:
            return self.action
        return f"{self.action} {json.dumps(self.arguments, sort_keys=True, separators=(',', ':'))}"

    def __hash__(self) -> int:
        return hash(self.key)


@dataclass(frozen=True)
class Answer:
    """AWS's answer to one question: a value, a missing resource, or an error.

    Args:
        value: the answer; ``None`` when the resource does not exist or the question was refused.
        error_code: AWS's error code if it refused (``AccessDeniedException``), else an empty string.
        error_message: AWS's message for the error.
        reason: why a check that needs the answer is not graded. By default it follows from the error
            code. ``None`` without an error.
    """

    value: Json = None
    error_code: str = ""
    error_message: str = ""
    reason: Reason | None = None

    def __post_init__(self) -> None:
        if self.error_code and self.reason is None:
            object.__setattr__(self, "reason", _reason_of(self.error_code))

    def to_dict(self) -> dict[str, Json]:
        """Return ``{"value": …}`` (``null`` if the resource is missing) or ``{"error": {"code", "message"}}``.

        An error also has its ``reason`` if that does not follow from its code.
        """
        if not self.error_code:
            return {"value": self.value}
        reason = {} if self.reason is _reason_of(self.error_code) else {"reason": self.reason}
        return {"error": {"code": self.error_code, "message": self.error_message, **reason}}

    @classmethod
    def from_dict(cls, document: Mapping[str, Json]) -> Answer:
        """Read what ``to_dict`` wrote."""
        error = document.get("error")
        if error:
            reason = Reason(error["reason"]) if error.get("reason") else None
            return cls(error_code=str(error["code"]), error_message=str(error["message"]), reason=reason)
        return cls(value=document.get("value"))


def _reason_of(code: str) -> Reason:
    return Reason.INCONCLUSIVE if code == REFUSED else reason_of(code)


class MissingEvidenceError(LabgraderError):
    """A check asked a question that is not recorded yet."""

    def __init__(self, question: Question) -> None:
        self.question = question
        super().__init__(f"not recorded: {question.key}")


class Answers:
    """The recorded answers about one student, by question."""

    def __init__(self, answers: Mapping[str, Answer] | None = None) -> None:
        self._answers: dict[str, Answer] = dict(answers or {})

    def __contains__(self, question: Question) -> bool:
        return question.key in self._answers

    def __len__(self) -> int:
        return len(self._answers)

    def record(self, question: Question, answer: Answer) -> None:
        """Store the answer to a question."""
        self._answers[question.key] = answer

    def ask(self, question: Question) -> Json:
        """Return the recorded value, or ``None`` if the resource does not exist.

        Raises:
            MissingEvidenceError: the question was not sent to AWS.
            NotGradedError: AWS denied it, throttled it until labgrader gave up, or failed.
        """
        answer = self._answers.get(question.key)
        if answer is None:
            raise MissingEvidenceError(question)
        if answer.reason is None:
            return answer.value
        if answer.error_code == REFUSED:
            raise NotGradedError("", answer.error_message, answer.reason)
        raise NotGradedError(question.action, f"{answer.error_code}: {answer.error_message}", answer.reason)

    def values(self, action: str) -> list[Json]:
        """Return the values recorded for an action with any arguments, without refused or missing ones."""
        return [
            answer.value
            for key, answer in sorted(self._answers.items())
            if key.split(" ", 1)[0] == action and answer.value is not None
        ]

    def to_dict(self) -> dict[str, Json]:
        """Return the answers as JSON, by question."""
        return {key: answer.to_dict() for key, answer in sorted(self._answers.items())}

    @classmethod
    def from_dict(cls, document: Mapping[str, Json]) -> Answers:
        """Read what ``to_dict`` wrote."""
        return cls({key: Answer.from_dict(value) for key, value in document.items()})
