"""Parser for the end of a function's log: the lines that the function wrote, and which of them are JSON."""

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
"""The prefix that Lambda's Python runtime adds to a logger's message."""

_TAIL_CHARACTERS = 4_000
"""A tail of this length may begin inside a line: Lambda returns at most 4 KB."""

_LOG_METHODS = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "log"})
_LOGGERS = re.compile(r"(?:^|\.)_?log(?:ger|ging)?$|_log(?:ger)?$|getLogger", re.IGNORECASE)
_JSON_LOGGERS = ("aws_lambda_powertools", "structlog", "pythonjsonlogger", "json_log_formatter")
_HANDLERS = ("lambda_handler", "handler")
_BEST_FIRST: tuple[Literal["JSON", "unclear", "text"], ...] = ("JSON", "unclear", "text")


def own_lines(log_tail: str) -> tuple[list[str], list[str]]:
    """Return the entries that the function itself logged: the JSON objects, and the plain text.

    A JSON object on several lines is one entry.
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
        message = line[start.end() :] if start else line
        entry, more = _json_entry([message, *lines[at:]])
        if entry is None:
            if not (at == 1 and len(log_tail) >= _TAIL_CHARACTERS):
                plain.append(message)
            continue
        at += more
        if not str(entry.get("type", "")).startswith("platform."):
            structured.append(message)
    return structured, plain


def writes(sources: Sequence[Source]) -> Literal["JSON", "text", "nothing", "unclear"]:
    """Return the format in which code writes its log.

    It is JSON if the code imports a library for that, or calls ``json.dumps`` in a logging call, in a function like
    ``log_event`` that logs, or in a formatter. It is unclear if ``json.dumps`` is on the line after a logging call, or
    elsewhere in a helper that logs: that line may continue the call or build the response.
    """
    if any(name.split(".")[0] in _JSON_LOGGERS for source in sources for name in source.imports):
        return "JSON"
    found: set[str] = set()
    for source in sources:
        dumps = [call for call in source.calls if call.name.rpartition(".")[2] == "dumps"]
        if any(call.function.rpartition(".")[2] == "format" for call in dumps):  # the student's own formatter
            return "JSON"
        found |= {_writes(call, dumps) for call in source.calls if _is_log(call)}
    return next((kind for kind in _BEST_FIRST if kind in found), "nothing")


def _writes(log: Call, dumps: Sequence[Call]) -> Literal["JSON", "text", "unclear"]:
    nearby = [call for call in dumps if call.function == log.function]
    name = log.function.rpartition(".")[2]
    if any(call.line == log.line for call in nearby) or (nearby and "log" in name.lower()):
        return "JSON"
    if any(call.line == log.line + 1 for call in nearby) or (nearby and name not in ("", *_HANDLERS)):
        return "unclear"
    return "text"


def _json_entry(lines: Sequence[str]) -> tuple[dict[str, object] | None, int]:
    """Return the JSON object that begins on the first line, and the number of its further lines."""
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
