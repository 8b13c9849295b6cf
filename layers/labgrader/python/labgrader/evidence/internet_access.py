"""Recognize functions without internet access from recorded answers. This is not a fault of their code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from labgrader.evidence.probe import Invocation
from labgrader.evidence.question import LIVE_ACTIONS, Answers, Json
from labgrader.evidence.untrusted_json import parse_json
from labgrader.messages import quote

MAX_LINE = 160
"""Maximum characters of the line that is shown as proof."""

_NO_INTERNET = re.compile(
    r"ConnectionError|NameResolution|URLError|Max retries exceeded|ConnectTimeout|Temporary failure|getaddrinfo"
    r"|Failed to resolve|Name or service not known|nodename nor servname|Network is unreachable|EndpointConnection"
    r"|ProxyError|Tunnel connection failed|NewConnectionError|ReadTimeout|Connection refused"
)
_OWN_TIMEOUT = re.compile(r"Task timed out after|Sandbox\.Timedout")


@dataclass(frozen=True)
class Unreached:
    """A function without internet access.

    Args:
        target: the function or API; empty if the record does not name it.
        line: the line that proves it, safe to show.
    """

    target: str
    line: str


@dataclass(frozen=True)
class _Tried:
    target: str
    bad: bool
    line: str


def lacks_internet(text: str) -> bool:
    """Return whether an error is that of a function without internet access."""
    return _NO_INTERNET.search(text) is not None


def unreached(answers: Answers) -> Unreached | None:
    """Return the function without internet access and the line that proves it, or ``None`` without proof.

    Every failed call must prove it: a function that also fails for another reason is judged by that. If no call
    failed by its status, one answer with the proof is enough. The log of a call counts only if the call has no
    error message (it returned an error status, or timed out), because functions also log errors that they
    handle.

    Args:
        answers: the recorded answers for one check.
    """
    tried = [
        attempt for action in sorted(LIVE_ACTIONS) for value in answers.values(action) for attempt in _tried(value)
    ]
    bad = [attempt for attempt in tried if attempt.bad]
    if any(not attempt.line for attempt in bad):
        return None
    found = next((attempt for attempt in bad or tried if attempt.line), None)
    return None if found is None else Unreached(found.target, found.line)


def _tried(value: Json) -> Iterator[_Tried]:
    """Yield the attempts of one recorded answer: of a probe, an API call, a load test or a comparison."""
    if not isinstance(value, Mapping):
        return
    if "payload" in value:
        yield _invoked(Invocation.from_dict(value))
    elif "headers" in value:
        body = str(value.get("body") or "")
        yield _Tried("", not 200 <= int(value.get("status") or 0) < 400, _line(body))
    for errors, target in (
        ("error_samples", "target"),
        ("baseline_errors", "baseline"),
        ("candidate_errors", "candidate"),
    ):
        for error in value.get(errors) or ():
            yield _Tried(str(value.get(target, "")), True, _line(str(error)))


def _invoked(invocation: Invocation) -> _Tried:
    status = invocation.response.status_code
    refused = invocation.outcome == "answered" and status is not None and status >= 400
    if invocation.outcome == "function_error":
        own = f"{invocation.error_type}: {invocation.error_message}"
        timed_out = _OWN_TIMEOUT.search(own) is not None
        line = _line(own)
    else:
        timed_out = invocation.outcome == "timeout"
        line = _line(_said(invocation.payload))
    if not line and (refused or timed_out):
        line = _line(invocation.log_tail)
    return _Tried(invocation.target, refused or invocation.outcome != "answered", line)


def _said(payload: str) -> str:
    """Return the body of an answer if it can be read, else the whole answer."""
    document, problem = parse_json(payload)
    body = document.get("body") if isinstance(document, Mapping) else None
    return payload if problem or not isinstance(body, str) else body


def _line(text: str) -> str:
    """Return the first line about missing internet access, cut; empty if no line does."""
    found = _NO_INTERNET.search(text)
    if found is None:
        return ""
    start = text.rfind("\n", 0, found.start()) + 1
    line = text[start:].split("\n", 1)[0].strip()
    # a line of a whole answer: what stands around the words that tell
    at = max(0, found.start() - start - MAX_LINE // 2)
    return quote(line if len(line) <= MAX_LINE else f"…{line[at:]}", MAX_LINE)
