"""The plots have only shapes and words, are the same every time, and do not affect each other."""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Callable
from typing import Any

import pytest

from labgrader.reporting.plots import comparison_plot, latency_plot, percentile_plot
from labgrader.reporting.plots.percentile_plot import stretched
from tests.reporting.plot_reading import label, lines, marks, parsed, shape, ticks, words

SAMPLES = [[number * 10.0, 50.0 + number, "succeeded"] for number in range(10)]
LATENCY = {"min": 20.0, "mean": 30.0, "p50": 24.0, "p90": 40.0, "p95": 50.0, "p99": 70.0, "max": 80.0}
KINDS = ("warm", "cold", "throttled", "error", "timeout", "lost")


def plot(samples: list[list[Any]], target: str = "user1-f:prod", **fields: Any) -> str:
    test: Any = {"target": target, "samples": samples, **fields}
    return str(latency_plot(test))


def curve(**changes: Any) -> str:
    values: Any = {
        "target": "user1-f:prod",
        "model": "closed",
        "succeeded": 100,
        "latency_ms": LATENCY,
        "p95_interval_ms": [45.0, 75.0],
        "curve": [[0, 20.0], [50, 24.0], [90, 40.0], [95, 50.0], [99, 70.0], [100, 80.0]],
    }
    return str(percentile_plot(values | changes))


def compared(**changes: Any) -> str:
    values: Any = {"baseline": "a", "candidate": "b", "baseline_ms": [3.0, 1.0, 2.0], "candidate_ms": [0.5]}
    return str(comparison_plot(values | changes))


ALL = pytest.mark.parametrize(
    "draw", [lambda: plot(SAMPLES), curve, compared], ids=["latency", "percentile", "comparison"]
)


@ALL
def test_plot_has_no_scripts_addresses_or_ids(draw: Callable[[], str]) -> None:
    svg = draw()
    lowered = svg.lower()
    for word in ("<script", "<style", "javascript", "href", "http", "url(", "<!--", "<?xml", "window"):
        assert word not in lowered
    assert not re.search(r"\b(id|style|on\w+)=", svg)
    assert parsed(svg).tag == "svg"
    assert parsed(svg).get("role") == "img"


@ALL
def test_plot_is_the_same_twice(draw: Callable[[], str]) -> None:
    assert draw() == draw()


@ALL
def test_plot_draws_everything_within_its_area(draw: Callable[[], str]) -> None:
    root = parsed(draw())
    _, _, width, height = map(float, (root.get("viewBox") or "").split())
    legends = [text for group in root if (group.get("class") or "").startswith("legend") for text in group.iter("text")]
    assert legends
    for text in legends:
        assert 0 < float(text.get("y", 0)) < height
        assert 0 < float(text.get("x", 0)) + 7 * len(text.text or "") < width


# --- latency over time -----------------------------------------------------------------------------------------------


def test_latency_plot_has_one_mark_for_each_request() -> None:
    svg = plot(
        [
            *SAMPLES,
            [1, 800, "cold_start"],
            [5, 6, "throttled"],
            [7, 6, "throttled"],
            [30, 3000, "timeout"],
            [31, 20, "function_error"],
            [32, 20, "application_error"],
            [33, 20, "other_error"],
        ]
    )
    assert svg.count("<title>") == 17
    assert {kind: len(marks(svg, kind)) for kind in KINDS} == {
        "warm": 10,
        "cold": 1,
        "throttled": 2,
        "error": 2,
        "timeout": 1,
        "lost": 1,
    }
    assert {
        "succeeded (10)",
        "succeeded, cold start (1)",
        "throttled (2)",
        "error response (2)",
        "timed out (1)",
        "no response: connection, deadline (1)",
        "seconds until a request was sent",
    } <= set(words(svg))
    assert "<title>3,000 ms, 0.03 s after the first</title>" in svg
    assert len({shape(marks(svg, kind)[0]) for kind in KINDS}) == len(KINDS), "each kind has its own shape"


def test_latency_plot_legend_has_only_kinds_with_requests() -> None:
    assert "throttled" not in plot(SAMPLES)


def test_latency_plot_with_cold_starts_has_a_logarithmic_axis() -> None:
    svg = plot([*SAMPLES, [0, 399.0, "succeeded"]])
    assert "latency in ms" in words(svg)
    assert ticks(svg, "y")[0] == "0"
    svg = plot([*SAMPLES, [0, 850.0, "succeeded"]])
    assert "latency in ms, logarithmic scale" in words(svg)
    assert ticks(svg, "y") == ["50", "100", "200", "500", "1,000"]


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"duration_s": 6.0213}, "seconds until a request was sent (the test took 6.02 s)"),
        ({"duration_s": 6.0213, "model": "open"}, "seconds until a request was due (the test took 6.02 s)"),
        ({"duration_s": 0, "model": "closed"}, "seconds until a request was sent"),
    ],
)
def test_latency_plot_time_axis_has_the_duration_of_the_test(fields: dict[str, Any], title: str) -> None:
    assert title in words(plot(SAMPLES, **fields))


def test_latency_plot_has_a_p95_line_if_requests_succeeded() -> None:
    assert "p95 50 ms" in words(plot(SAMPLES, succeeded=10, latency_ms=LATENCY))
    assert "p95 50 ms" not in words(plot(SAMPLES, succeeded=0, latency_ms=LATENCY))


def test_latency_plot_label_has_the_main_numbers() -> None:
    fields: dict[str, Any] = {
        "requests": 120,
        "succeeded": 100,
        "cold_starts": 20,
        "throttled": 12,
        "function_errors": 3,
    }
    svg = plot(SAMPLES, **fields, application_errors=1, other_errors=1, timeouts=3, latency_ms=LATENCY)
    assert label(svg) == (
        "Latency of each request to user1-f:prod over time: 120 requests, 10 of them drawn; 100 succeeded, "
        "20 of them cold starts, 12 throttled, 5 failed, 3 timed out, median 24 ms, p95 50 ms."
    )


def test_plot_without_measurements_is_empty() -> None:
    assert plot([]) == ""
    without_samples: Any = {"target": "f"}
    assert str(latency_plot(without_samples)) == ""
    assert curve(succeeded=0, curve=[], latency_ms=dict.fromkeys(LATENCY, 0)) == ""
    assert compared(candidate_ms=[]) == ""


@pytest.mark.parametrize(
    "samples",
    [
        [[0, 0, "succeeded"]],
        [[0, 0, "throttled"], [0, 0, "succeeded"], [0, 0, "?"]],
        [[5, 7, "succeeded"]] * 500,
        [[0, 0.001, "succeeded"], [90_000, 35_000, "timeout"]],
        [[3, 1e12, "succeeded"]],
        [[0, 1e12, "succeeded"], [1e15, 0.001, "succeeded"], [2, 50, "timeout"]],
        [[number, 3, "function_error"] for number in range(50)],
    ],
)
def test_latency_plot_draws_extreme_measurements(samples: list[list[Any]]) -> None:
    svg = plot(samples)
    assert svg.count("<title>") == len(samples)
    assert not re.search(r"\bnan\b|\binf", svg.lower())


# --- percentiles -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("percent", "place"), [(0, 0), (90, 1), (99, 2), (99.9, 3)])
def test_percentile_axis_stretches_the_tail(percent: float, place: float) -> None:
    assert stretched(percent) == pytest.approx(place)


def test_percentile_plot_has_p95_with_its_interval() -> None:
    svg = curve()
    assert ticks(svg, "x") == ["0", "50%", "90%", "95%", "99%", "slowest"]
    assert "p95 50 ms (45 ms to 75 ms)" in words(svg)
    assert {"latency", "95% interval of p95"} <= set(words(svg))
    assert svg.count("<title>p95 50 ms; with 95% confidence 45 ms to 75 ms</title>") == 2
    assert label(svg) == (
        "Percentiles of the latency of user1-f:prod: 50% within 24 ms, 90% within 40 ms, 95% within 50 ms, "
        "99% within 70 ms; p95 with 95% confidence 45 ms to 75 ms."
    )
    assert "service time" not in svg


def test_percentile_plot_of_the_open_model_has_the_service_time() -> None:
    service = {"p50": 22.0, "p95": 30.0, "p99": 43.0}
    svg = curve(model="open", service_ms=service)
    assert {
        "latency, from the moment a request was due",
        "service time, from the moment it was sent",
    } <= set(words(svg))
    assert [mark[0].text for mark in marks(svg, "service")] == [
        "service time: 50% within 22 ms",
        "service time: 95% within 30 ms",
        "service time: 99% within 43 ms",
    ]
    assert len(lines(svg)) == 1, "no line joins three percentiles"
    assert "service time" not in curve(service_ms=service), "the closed model has no separate service time"


def test_percentile_plot_of_fewer_than_72_requests_says_less_confidence() -> None:
    svg = curve(succeeded=72)
    assert "95% interval of p95" in words(svg)
    assert label(svg).endswith("p95 with 95% confidence 45 ms to 75 ms.")
    svg = curve(succeeded=71)
    assert "interval of p95, less than 95% confidence" in words(svg)
    assert "95% interval of p95" not in words(svg)
    assert label(svg).endswith("p95 45 ms to 75 ms, with less than 95% confidence.")
    assert svg.count("<title>p95 50 ms; 45 ms to 75 ms, with less than 95% confidence</title>") == 2


def test_percentile_plot_without_a_curve_has_marks() -> None:
    assert marks(curve(), "felt") == []
    svg = curve(curve=[])
    assert lines(svg) == []
    assert [mark[0].text for mark in marks(svg, "felt")] == [
        "0% within 20 ms",
        "50% within 24 ms",
        "90% within 40 ms",
        "95% within 50 ms",
        "99% within 70 ms",
        "100% within 80 ms",
    ]


@pytest.mark.parametrize(("succeeded", "last"), [(1, "50%"), (1000, "99.9%"), (100_000, "99.99%")])
def test_percentile_axis_ends_at_the_slowest_request(succeeded: int, last: str) -> None:
    assert ticks(curve(succeeded=succeeded), "x")[-2:] == [last, "slowest"]


@pytest.mark.parametrize("value", [0.0, 0.001, 50.0, 1e12])
def test_percentile_plot_draws_one_request_and_equal_latencies(value: float) -> None:
    same = dict.fromkeys(LATENCY, value)
    for succeeded in (1, 2, 10_000_000):
        svg = curve(
            succeeded=succeeded,
            latency_ms=same,
            curve=[[0, value], [100, value]],
            p95_interval_ms=[value] * 2,
            model="open",
            service_ms=dict.fromkeys(("p50", "p95", "p99"), value),
        )
        assert len(marks(svg, "interval")) == 2
        assert not re.search(r"\bnan\b|\binf", svg.lower())


# --- all of them ----------------------------------------------------------------------------------------------------


def test_plot_escapes_and_cuts_hostile_names() -> None:
    name = "<script>alert(1)</script>\ud800" + "x" * 1000
    svg = plot(SAMPLES, target=name) + curve(target=name) + compared(baseline=name)
    assert "<script" not in svg
    assert "&lt;script&gt;" in svg
    assert len(svg) < 20_000
    svg.encode()


def test_plots_draw_any_valid_measurements() -> None:
    dice = random.Random(11)
    for _ in range(40):
        samples = [
            [dice.choice([0, 1, dice.random() * 1e5]), dice.choice([0, dice.expovariate(0.01)]), dice.choice("st?")]
            for _ in range(dice.randint(1, 60))
        ]
        assert plot(samples).count("<title>") == len(samples)
        side = [dice.choice([0.0, dice.expovariate(0.01)]) for _ in range(dice.randint(1, 9))]
        assert compared(baseline_ms=side).count("<title>") == len(side) + 1
        least, *others = sorted(dice.choice([0.0, 10 ** dice.uniform(-3, 12)]) for _ in range(6))
        latency = dict(zip(("min", "p50", "p90", "p95", "p99", "max"), (least, *others), strict=True))
        assert len(marks(curve(latency_ms=latency, curve=[], p95_interval_ms=[least, others[-1]]), "interval")) == 2


def test_drawing_does_not_change_the_import_system() -> None:
    plot(SAMPLES)
    assert [finder for finder in sys.meta_path if not hasattr(finder, "find_spec")] == []
