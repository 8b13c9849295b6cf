"""The plots: shapes and words only, the same every time, side by side without touching each other."""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest

from labgrader.reporting.plots import comparison_plot, latency_plot

SAMPLES = [[number * 10.0, 50.0 + number, "succeeded"] for number in range(10)]


def plot(samples: list[list[Any]], target: str = "user1-f:prod") -> str:
    return str(latency_plot({"target": target, "samples": samples}))


def compared(**changes: Any) -> str:
    values = {"baseline": "a", "candidate": "b", "baseline_ms": [3.0, 1.0, 2.0], "candidate_ms": [0.5]}
    return str(comparison_plot({**values, **changes}))


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314  our own output


@pytest.mark.parametrize("draw", [lambda: plot(SAMPLES), compared], ids=["latency", "comparison"])
def test_nothing_in_it_can_run_or_fetch_or_collide(draw: Callable[[], str]) -> None:
    svg = draw()
    lowered = svg.lower()
    for word in ("<script", "<style", "javascript", "href", "http", "url(", "<!--", "<?xml", "window", "pygal"):
        assert word not in lowered
    assert not re.search(r"\b(id|style|on\w+)=", svg)
    assert parsed(svg).tag == "svg"


def test_each_request_has_one_mark_of_its_kind() -> None:
    svg = plot(
        [
            *SAMPLES,
            [5, 6, "throttled"],
            [7, 6, "throttled"],
            [30, 3000, "timeout"],
            [31, 20, "function_error"],
            [32, 20, "application_error"],
        ]
    )
    assert svg.count("<title>") == 15
    root = parsed(svg)
    drawn = {
        kind: len([mark for group in root.iter("g") if group.get("class") == f"series {kind}" for mark in group])
        for kind in ("succeeded", "throttled", "broken")
    }
    assert drawn == {"succeeded": 10, "throttled": 2, "broken": 3}
    words = [text.text for text in root.iter("text")]
    assert {"succeeded (10)", "throttled (2)", "failed (3)", "latency in ms", "seconds since the first request"} <= set(
        words
    )
    assert "<title>3,000 ms, 0.03 s after the first</title>" in svg


def test_a_kind_that_did_not_happen_is_not_in_the_legend() -> None:
    assert "throttled" not in plot(SAMPLES)


def test_nothing_measured_is_no_plot() -> None:
    assert plot([]) == ""
    assert str(latency_plot({"target": "f"})) == ""
    assert compared(candidate_ms=[]) == ""


def test_drawn_twice_it_is_the_same() -> None:
    assert plot(SAMPLES) == plot(SAMPLES)
    assert compared() == compared()


def test_hostile_names_are_escaped_and_cut() -> None:
    name = "<script>alert(1)</script>\ud800" + "x" * 1000
    svg = plot(SAMPLES, target=name) + compared(baseline=name)
    assert "<script" not in svg
    assert "&lt;script&gt;" in svg
    assert len(svg) < 12_000
    svg.encode()


def test_the_bars_are_fastest_median_and_slowest() -> None:
    svg = compared(baseline_ms=[2104.0, 2087.0, 2093.0, 2110.0])
    assert re.findall(r"<title>([^<]*)</title>", svg) == [
        "a: 2,087 ms",
        "a: 2,093 ms",
        "a: 2,110 ms",
        "b: 0.5 ms",
        "b: 0.5 ms",
        "b: 0.5 ms",
    ]
    assert "NaN" not in svg


@pytest.mark.parametrize(
    "samples",
    [
        [[0, 0, "succeeded"]],
        [[0, 0, "throttled"], [0, 0, "succeeded"], [0, 0, "?"]],
        [[5, 7, "succeeded"]] * 500,
        [[0, 0.001, "succeeded"], [90_000, 35_000, "timeout"]],
        [[3, 1e9, "succeeded"]],
    ],
)
def test_odd_measurements_are_drawn_too(samples: list[list[Any]]) -> None:
    assert plot(samples).count("<title>") == len(samples)


def test_any_measurements_are_drawn() -> None:
    dice = random.Random(11)
    for _ in range(40):
        samples = [
            [dice.choice([0, 1, dice.random() * 1e5]), dice.choice([0, dice.expovariate(0.01)]), dice.choice("st?")]
            for _ in range(dice.randint(1, 60))
        ]
        assert plot(samples).count("<title>") == len(samples)
        side = [dice.choice([0.0, dice.expovariate(0.01)]) for _ in range(dice.randint(1, 9))]
        assert compared(baseline_ms=side).count("<title>") == 6


def test_drawing_leaves_the_import_system_as_it_was() -> None:
    plot(SAMPLES)
    assert [finder for finder in sys.meta_path if not hasattr(finder, "find_spec")] == []
