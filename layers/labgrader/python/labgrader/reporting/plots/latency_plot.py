"""The plot of latency over time: one mark for each request. The shape of the mark is the outcome."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple
from xml.etree.ElementTree import Element, SubElement

from markupsafe import Markup

from labgrader.documents.report import ReportLoadTest
from labgrader.messages import quote
from labgrader.reporting.formatting import counted, milliseconds_text
from labgrader.reporting.plots import marks
from labgrader.reporting.plots.axis import linear_axis, measured_axis
from labgrader.reporting.plots.svg import Place, Series, marked, plot, write

HEIGHT = 320

MOST_SECONDS = 1e6
"""The end of the time axis, in seconds. Later requests are drawn there; no load test takes eleven days."""


class _Kind(NamedTuple):
    """How one kind of request is drawn. ``name`` is its CSS class; ``mark`` is clear without colors."""

    name: str
    title: str
    outcomes: frozenset[str]
    mark: marks.Mark


_KINDS = (
    _Kind("warm", "succeeded", frozenset({"succeeded"}), marks.dot),
    _Kind("cold", "succeeded, cold start", frozenset({"cold_start"}), marks.diamond),
    _Kind("throttled", "throttled", frozenset({"throttled"}), marks.triangle),
    _Kind("error", "error response", frozenset({"function_error", "application_error"}), marks.cross),
    _Kind("timeout", "timed out", frozenset({"timeout"}), marks.square),
    _Kind("lost", "no response: connection, deadline", frozenset(), marks.plus),  # and unknown outcomes
)

ERRORS: tuple[Literal["function_errors", "application_errors", "other_errors"], ...] = (
    "function_errors",
    "application_errors",
    "other_errors",
)
"""The counts of requests that failed."""


def latency_plot(load_test: ReportLoadTest) -> Markup:
    """Draw the latency of every request over time, by outcome. Return empty markup without samples.

    The axis is logarithmic if the slowest request would flatten the typical one. The samples have no warm-up requests.

    Args:
        load_test: one of a report's ``load_tests``.
    """
    samples: Sequence[Sequence[Any]] = load_test.get("samples") or []
    if not samples:
        return Markup("")
    latencies = sorted(latency for _, latency, _ in samples)
    milliseconds = measured_axis(latencies, latencies[(len(latencies) - 1) // 2])
    seconds = linear_axis(min(max(start for start, _, _ in samples) / 1000, MOST_SECONDS))
    series: list[Series] = []
    p95 = load_test.get("latency_ms", {}).get("p95", 0) if load_test.get("succeeded") else 0
    complete = len(samples) >= load_test.get("requests", 0)
    for kind in _KINDS:
        of_kind = [(start / 1000, latency) for start, latency, outcome in samples if _kind(outcome) is kind]
        if of_kind:
            points = [(min(start, MOST_SECONDS), milliseconds.place(latency)) for start, latency in of_kind]
            tips = [f"{milliseconds_text(latency)}, {start:.2f} s after the first" for start, latency in of_kind]
            title = f"{kind.title} ({len(of_kind)})" if complete else kind.title
            series.append(Series(kind.name, points, marked(kind.mark, tips), title, kind.mark))
    if 0 < p95 <= milliseconds.ticks[-1]:
        place = max(milliseconds.place(p95), milliseconds.ends[0])
        line = [(seconds.ends[0], place), (seconds.ends[1], place)]
        series.insert(0, Series("bound", line, _draw_bound(f"p95 {milliseconds_text(p95)}")))
    return plot(
        series,
        label=f"Latency of each request to {quote(load_test['target'])} over time: {_said(load_test, samples)}.",
        height=HEIGHT,
        x_title=_time(load_test),
        x_labels=seconds.labels,
        x_ends=seconds.ends,
        y_title=milliseconds.titled("latency in ms"),
        y_labels=milliseconds.labels,
        y_ends=milliseconds.ends,
    )


def _time(load_test: ReportLoadTest) -> str:
    """Return the title of the time axis. The axis ends when the last request began, and not when the test ended."""
    began = "was due" if load_test.get("model") == "open" else "was sent"
    lasted = load_test.get("duration_s")
    return f"seconds until a request {began}" + (f" (the test took {lasted:,.2f} s)" if lasted else "")


def _kind(outcome: str) -> _Kind:
    return next((kind for kind in _KINDS if outcome in kind.outcomes), _KINDS[-1])


def _said(load_test: ReportLoadTest, samples: Sequence[Sequence[Any]]) -> str:
    """Return the main numbers of the plot, in words."""
    numbers = [
        (load_test.get("succeeded", 0), "succeeded"),
        (load_test.get("cold_starts", 0), "of them cold starts"),
        (load_test.get("throttled", 0), "throttled"),
        (sum(load_test.get(kind, 0) for kind in ERRORS), "failed"),
        (load_test.get("timeouts", 0), "timed out"),
    ]
    said = [f"{number} {what}" for number, what in numbers if number]
    latency = load_test.get("latency_ms", {})
    if load_test.get("succeeded"):
        said += [f"median {milliseconds_text(latency['p50'])}", f"p95 {milliseconds_text(latency['p95'])}"]
    shown = "" if len(samples) >= load_test.get("requests", 0) else f", {len(samples)} of them drawn"
    return f"{counted(max(load_test.get('requests', 0), len(samples)), 'request')}{shown}; " + ", ".join(said or ["–"])


def _draw_bound(words: str) -> Any:
    """Return a function that draws a horizontal line across the plot, with words at its right end."""

    def draw(parent: Element, places: Sequence[Place]) -> None:
        (left, y), (right, _) = places
        SubElement(parent, "path", {"class": "level", "d": f"M{left:.1f} {y:.1f} H{right:.1f}"})
        write(parent, right - 4, y - 5, words, "note end")

    return draw
