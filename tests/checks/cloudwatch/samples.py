"""Lines of a function's log, and rows of a dashboard."""

from __future__ import annotations

from typing import Any

from tests.checks.world import BASELINE, OPTIMIZED

START = "START RequestId: 1-2 Version: $LATEST\n"
END = "END RequestId: 1-2\nREPORT RequestId: 1-2\tDuration: 2.45 ms\tBilled Duration: 3 ms\tMemory Size: 256 MB\n"
ENTRY = '{"level": "INFO", "message": "Processing"}'
PREFIX = "[INFO]\t2026-01-01T00:00:00.000Z\t1-2\t"


def row(metric: str, function: str, namespace: str = "AWS/Lambda") -> list[Any]:
    """Return a row of a widget that plots a metric of a function."""
    return [namespace, metric, "FunctionName", function, {"stat": "Average"}]


FOUR_ROWS = [row(metric, function) for function in (BASELINE, OPTIMIZED) for metric in ("Duration", "Invocations")]
