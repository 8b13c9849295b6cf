"""The line that Lambda writes when an invocation is over: what it took, what is paid for, and whether it was cold."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TEXT = "REPORT RequestId:"
_JSON = '"platform.report"'
_FIGURE = r"(\d{1,9}(?:\.\d{1,9})?)(?!\d)"  # no number of a log is longer
_FIELDS = {
    "duration_ms": (r"\tDuration: ", r'"durationMs"\s*:\s*'),
    "billed_ms": (r"\tBilled Duration: ", r'"billedDurationMs"\s*:\s*'),
    "memory_mb": (r"\tMemory Size: ", r'"memorySizeMB"\s*:\s*'),
    "max_memory_mb": (r"\tMax Memory Used: ", r'"maxMemoryUsedMB"\s*:\s*'),
}
_PATTERNS = {
    name: (re.compile(in_text + _FIGURE), re.compile(in_json + _FIGURE)) for name, (in_text, in_json) in _FIELDS.items()
}


@dataclass(frozen=True)
class Report:
    """What a REPORT line says; 0 where it does not. ``cold`` where it has an Init or a Restore Duration.

    Args:
        duration_ms: how long the function ran, in milliseconds.
        billed_ms: milliseconds that are paid for.
        memory_mb: the memory as configured, in MB.
        max_memory_mb: the most that was used, in MB.
        cold: whether the environment was made for this invocation.
    """

    duration_ms: float = 0.0
    billed_ms: float = 0.0
    memory_mb: float = 0.0
    max_memory_mb: float = 0.0
    cold: bool = False

    @property
    def found(self) -> bool:
        """Whether there was such a line at all."""
        return self != _NONE


_NONE = Report()


def read_report(log: str) -> Report:
    """Read the last REPORT line of a log, as text or as JSON.

    Source: Lambda Developer Guide, "Understanding the Lambda execution environment lifecycle" (``REPORT``) and "Lambda
    Telemetry API Event schema reference" (``platform.report``).

    Args:
        log: its tail.
    """
    if _TEXT not in log and _JSON not in log:
        return _NONE
    for line in reversed(log.splitlines()):
        if line.startswith(_TEXT):
            return _read(line, 0, "Init Duration:" in line or "Restore Duration:" in line)
        if _JSON in line:
            return _read(line, 1, '"initDurationMs"' in line or '"restoreDurationMs"' in line)
    return _NONE


def _read(line: str, form: int, cold: bool) -> Report:
    found = {name: patterns[form].search(line) for name, patterns in _PATTERNS.items()}
    return Report(**{name: float(one.group(1)) for name, one in found.items() if one}, cold=cold)
