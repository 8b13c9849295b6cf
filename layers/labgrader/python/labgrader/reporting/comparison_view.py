"""The part of a student's page about a comparison: the ratio of the speeds, and its confidence. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import NamedTuple

from labgrader.documents.report import ReportComparison
from labgrader.evidence.load.result import FEWEST_ROUNDS
from labgrader.reporting.formatting import counted, milliseconds_text, ratio_text
from labgrader.reporting.plots import comparison_plot

MEASURED = (
    ("requests", "requests that succeeded"),
    ("fastest", "fastest"),
    ("median", "median"),
    ("slowest", "slowest"),
    ("duration_ms", "Lambda’s own duration, median"),
    ("billed_ms", "billed duration, median"),
    ("memory_mb", "memory"),
    ("max_memory_mb", "memory used, median"),
)
"""The measurements of each side, as a table's rows. The last four are from Lambda's REPORT lines."""


def comparison_view(comparison: ReportComparison, titles: Mapping[str, str]) -> dict[str, object]:
    """Return what the page shows of one entry of ``comparisons``.

    Args:
        comparison: the entry.
        titles: the titles of the lab's checks by id. Another id is advice.
    """
    sides = _sides(comparison)
    values = [_values(side) for side in sides]
    return {
        "title": comparison.get("title") or titles.get(comparison["id"], comparison["id"]),
        "is_advice": comparison["id"] not in titles,
        "is_hidden": comparison.get("visibility") == "hidden",
        "verdict": _verdict(comparison),
        "sides": [(side.name, side.errors) for side in sides],
        "rows": [
            (words, [of_side.get(field, "–") for of_side in values])
            for field, words in MEASURED
            if any(field in of_side for of_side in values)
        ],
        "notes": comparison.get("notes", ()),
        "plot": comparison_plot(comparison),
    }


def _verdict(comparison: ReportComparison) -> str:
    """Return a sentence: how many times as fast or as slow, and with which confidence."""
    ratio, baseline, candidate = comparison.get("ratio", 0), comparison["baseline"], comparison["candidate"]
    without = [side.name for side in _sides(comparison) if not side.latencies]
    if without:
        return f"The two cannot be compared: no request to {' or to '.join(without)} succeeded."
    if not ratio:
        return ""
    how_sure, (low, high) = _interval(comparison)
    speed = f"y their medians, {candidate} is {_speed(ratio)} as {baseline}"
    if not high:
        return f"B{speed}{how_sure}."
    certain = low > 1 or high < 1
    return f"{'B' if certain else 'It is not certain which one is faster: b'}{speed}; {how_sure}{_range(low, high)}."


def _interval(comparison: ReportComparison) -> tuple[str, tuple[float, float]]:
    """Return the meaning of the ratio's interval in words, and the interval: zeros if it is missing."""
    pairs = (comparison["baseline_ms"], comparison["candidate_ms"])
    fewest = min(map(len, pairs))
    if fewest >= FEWEST_ROUNDS:
        low, high = comparison.get("ratio_interval", [0, 0])
        return ("with 95% confidence, ", (low, high)) if low else ("", (0, 0))
    failed = any(side.errors for side in _sides(comparison))
    ratios = [baseline / candidate for baseline, candidate in zip(*pairs, strict=False) if baseline and candidate]
    if failed or len(set(map(len, pairs))) > 1 or len(ratios) < max(fewest, 2):  # the rounds are not known
        verb = "is" if fewest == 1 else "are"
        return f"; {counted(fewest, 'request')} {verb} too few for a confidence interval", (0, 0)
    return f"in {'both' if fewest == 2 else f'all {fewest}'} rounds: ", (min(ratios), max(ratios))


def _speed(ratio: float) -> str:
    return f"{ratio_text(ratio)} times as fast" if ratio >= 1 else f"{ratio_text(1 / ratio)} times as slow"


def _range(low: float, high: float) -> str:
    """Return a range of ratios in words, as ``_speed`` says one ratio."""
    if low >= 1:
        return f"{ratio_text(low)} to {ratio_text(high)} times"
    if high < 1:
        return f"{ratio_text(1 / high)} to {ratio_text(1 / low)} times"
    return f"between {_speed(low)} and {_speed(high)}"


class _Side(NamedTuple):
    """One of the two targets: its name, its latencies in ms, medians of its REPORT lines, its errors."""

    name: str
    latencies: Sequence[float]
    report: Mapping[str, float]
    errors: Sequence[str]


def _sides(comparison: ReportComparison) -> tuple[_Side, _Side]:
    """Return the baseline and the candidate."""
    return (
        _Side(
            comparison["baseline"],
            comparison["baseline_ms"],
            comparison.get("baseline_report", {}),
            comparison.get("baseline_errors", ()),
        ),
        _Side(
            comparison["candidate"],
            comparison["candidate_ms"],
            comparison.get("candidate_report", {}),
            comparison.get("candidate_errors", ()),
        ),
    )


def _values(side: _Side) -> dict[str, str]:
    """Return the measurements of one target as text, by the row of the table. A row without a number is left out."""
    values = {"requests": f"{len(side.latencies):,}"}
    if side.latencies:
        values["fastest"] = milliseconds_text(min(side.latencies))
        values["median"] = milliseconds_text(median(side.latencies))
        values["slowest"] = milliseconds_text(max(side.latencies))
    for field, value in side.report.items():
        values[field] = milliseconds_text(value) if field.endswith("_ms") else f"{value:,.0f} MB"
    return values
