"""What calls of functions, stages, buckets and queues come back with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from labgrader.evidence.probe import Invocation
from labgrader.evidence.probe_results import HttpReply, SentMessages, UploadResult
from labgrader.evidence.question import Answer, Answers, MissingEvidenceError, Question
from labgrader.judging.judge import judge
from labgrader.judging.verdict import Verdict
from tests.checks.world import World, item


def answer(status: int = 200, body: Any = None, version: str = "1") -> Invocation:
    """A function that answered."""
    payload = json.dumps({"statusCode": status, "body": json.dumps({"ok": True}) if body is None else body})
    return Invocation("t", "answered", payload, len(payload), executed_version=version)


def raw(payload: str, *, truncated: bool = False, size: int | None = None) -> Invocation:
    """A function that answered with just this text."""
    return Invocation("t", "answered", payload, len(payload) if size is None else size, truncated)


def crash(kind: str, message: str, version: str = "1", log: str = "") -> Invocation:
    """A function that raised."""
    payload = json.dumps({"errorType": kind, "errorMessage": message})
    return Invocation(
        "t", "function_error", payload, len(payload), executed_version=version, error="Unhandled", log_tail=log
    )


def http_reply(status: int = 200, body: Any = None, **fields: Any) -> HttpReply:
    """A stage that replied; a body that is no text is sent as JSON. ``outcome="timeout"``: it did not."""
    text = body if isinstance(body, str) else json.dumps({"ok": True} if body is None else body)
    if fields.get("outcome", "answered") != "answered":
        return HttpReply(**{"error": "no answer within 35 s", "duration_ms": 35_000.0, **fields})
    return HttpReply(**{"outcome": "answered", "status": status, "body": text, "duration_ms": 12.5, **fields})


def dropped(found: Any = None, **fields: Any) -> UploadResult:
    """Return the result of an upload: the content of the awaited object, or a timeout if that is ``None``."""
    if found is None:
        return UploadResult(**{"outcome": "timeout", "waited_ms": 45_000.0, **fields})
    text = found if isinstance(found, str) else json.dumps(found)
    return UploadResult(**{"outcome": "answered", "found": text, "waited_ms": 1_200.0, **fields})


def sent(count: int, left: int = 0, **fields: Any) -> SentMessages:
    """Messages that were sent: all were consumed, or so many were left."""
    outcome, waited_ms = ("left", 45_000.0) if left else ("consumed", 9_000.0)
    return SentMessages(**{"outcome": outcome, "sent": count, "left": left, "waited_ms": waited_ms, **fields})


Called = Invocation | HttpReply | UploadResult | SentMessages


def probed(
    world: World, check: str, calls: Sequence[Called | None], **parameters: Any
) -> tuple[Verdict, list[Question]]:
    """Judge a check that invokes, answering its calls in order (``None``: it was deleted); say what it asked."""
    snapshot, answers, asked = world.snapshot(), Answers(), list[Question]()
    left = list(calls)
    while True:
        try:
            return judge(item(check, **parameters), snapshot, answers), asked
        except MissingEvidenceError as unasked:
            question = unasked.question
        asked.append(question)
        assert left, f"one call too many: {question.key}"
        call = left.pop(0)
        document = None if call is None else json.loads(json.dumps(call.to_dict()))
        answers.record(question, Answer(document))
