"""The REPORT line that ends an invocation's log: its duration, its billed duration and whether it was a cold start."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TEXT = "REPORT RequestId:"
_JSON = '"platform.report"'
_FIGURE = r"(\d{1,9}(?:\.\d{1,9})?)(?!\d)"  # at most 9 digits, so that a hostile log costs no time
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
    """The figures of a REPORT line; 0 for each that is missing.

    Args:
        duration_ms: run time of the function, in milliseconds.
        billed_ms: billed duration, in milliseconds.
        memory_mb: configured memory, in MB.
        max_memory_mb: maximum memory used, in MB.
        cold: whether the line has an Init or a Restore Duration, which means a cold start.
    """

    duration_ms: float = 0.0
    billed_ms: float = 0.0
    memory_mb: float = 0.0
    max_memory_mb: float = 0.0
    cold: bool = False

    @property
    def found(self) -> bool:
        """Whether there was a REPORT line."""
        return self != _NONE


_NONE = Report()


def read_report(log: str) -> Report:
    """Parse the last REPORT line of a log, in text or JSON format.

    Source: Lambda Developer Guide, "Understanding the Lambda execution environment lifecycle" (``REPORT``) and "Lambda
    Telemetry API Event schema reference" (``platform.report``).

    Args:
        log: the end of the log.

    Returns:
        The figures; all 0 if there is no such line.
    """
    if _TEXT not in log and _JSON not in log:
        return _NONE
    for line in reversed(log.splitlines()):
        if line.startswith(_TEXT):
            return _parse(line, 0, "Init Duration:" in line or "Restore Duration:" in line)
        if _JSON in line:
            return _parse(line, 1, '"initDurationMs"' in line or '"restoreDurationMs"' in line)
    return _NONE


def _parse(line: str, form: int, cold: bool) -> Report:
    found = {name: patterns[form].search(line) for name, patterns in _PATTERNS.items()}
    return Report(**{name: float(match.group(1)) for name, match in found.items() if match}, cold=cold)
