"""Reading the end of a function's log: which lines are the function's own, and which of them are structured."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Literal

from labgrader.evidence.snapshot import Call, Source

_PLATFORM = re.compile(
    r"(START|END|REPORT|INIT_REPORT|RESTORE_REPORT) RequestId: |INIT_START |RESTORE_START |EXTENSION\t|TELEMETRY\t"
    r"|XRAY TraceId: |LAMBDA_WARNING"
)
"""Lines that Lambda writes. Source: Lambda Developer Guide, "Using CloudWatch Logs with Lambda"."""

_LOGGING_PREFIX = re.compile(r"\[(?:DEBUG|INFO|WARNING|ERROR|CRITICAL)\]\t[^\t]*\t[^\t]*\t")
"""What Lambda's Python runtime puts before what a logger writes."""

_TAIL_CHARACTERS = 4_000
"""From this length on the tail, which has 4 KB, may begin within a line."""

_LOG_METHODS = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "log"})
_LOGGERS = re.compile(r"(?:^|\.)_?log(?:ger|ging)?$|_log(?:ger)?$|getLogger", re.IGNORECASE)
_JSON_LOGGERS = ("aws_lambda_powertools", "structlog", "pythonjsonlogger", "json_log_formatter")
_HANDLERS = ("lambda_handler", "handler")
_BEST_FIRST: tuple[Literal["JSON", "unclear", "text"], ...] = ("JSON", "unclear", "text")


def own_lines(log_tail: str) -> tuple[list[str], list[str]]:
    """The entries that the function itself logged: those that are JSON objects, and those that are plain text.

    JSON that stands on several lines is one entry.
    """
    structured: list[str] = []
    plain: list[str] = []
    lines = log_tail.splitlines()
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if not line.strip() or _PLATFORM.match(line):
            continue
        start = _LOGGING_PREFIX.match(line)
        said = line[start.end() :] if start else line
        entry, more = _json_entry([said, *lines[at:]])
        if entry is None:
            if not (at == 1 and len(log_tail) >= _TAIL_CHARACTERS):
                plain.append(said)
            continue
        at += more
        if not str(entry.get("type", "")).startswith("platform."):
            structured.append(said)
    return structured, plain


def writes(sources: Sequence[Source]) -> Literal["JSON", "text", "nothing", "unclear"]:
    """Say what code writes its log as.

    It is JSON where a library for that is imported, where ``json.dumps`` stands in a call that logs, in a function like
    ``log_event`` that logs, or in a formatter. Where the two stand beside each other otherwise, it is unclear: the next
    line may go on with the call, or be the answer.
    """
    if any(name.split(".")[0] in _JSON_LOGGERS for source in sources for name in source.imports):
        return "JSON"
    found: set[str] = set()
    for source in sources:
        dumps = [call for call in source.calls if call.name.rpartition(".")[2] == "dumps"]
        if any(call.function.rpartition(".")[2] == "format" for call in dumps):  # a formatter of the student's own
            return "JSON"
        found |= {_writes(call, dumps) for call in source.calls if _is_log(call)}
    return next((one for one in _BEST_FIRST if one in found), "nothing")


def _writes(log: Call, dumps: Sequence[Call]) -> Literal["JSON", "text", "unclear"]:
    beside = [one for one in dumps if one.function == log.function]
    name = log.function.rpartition(".")[2]
    if any(one.line == log.line for one in beside) or (beside and "log" in name.lower()):
        return "JSON"
    if any(one.line == log.line + 1 for one in beside) or (beside and name not in ("", *_HANDLERS)):
        return "unclear"
    return "text"


def _json_entry(lines: Sequence[str]) -> tuple[dict[str, object] | None, int]:
    """The JSON object that begins with the first line, and how many more lines it has."""
    if not lines[0].lstrip().startswith("{"):
        return None, 0
    text = "\n".join(lines).lstrip()
    try:
        entry, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return None, 0
    rest = text[end:].partition("\n")[0]
    if not isinstance(entry, dict) or rest.strip():
        return None, 0
    return entry, text[:end].count("\n")


def _is_log(call: Call) -> bool:
    if call.name == "print":
        return True
    owner, _, method = call.name.rpartition(".")
    return method in _LOG_METHODS and _LOGGERS.search(owner) is not None
