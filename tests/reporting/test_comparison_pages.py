"""What the page says of comparisons: how many times as fast, how sure that is, and what was measured."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.evidence.load.load_test import Comparison
from labgrader.reporting.html import render_student
from tests.reporting.page_reading import Page, labels, safe


def compared(example: Any, result: Comparison, item: str = "holds-under-load") -> Page:
    return safe(render_student(example.report(example.student(), example.all_passed, comparisons=[(item, result)])))


def test_a_comparison_says_how_many_times_as_fast_and_how_sure_that_is(example: Any) -> None:
    page = compared(example, example.comparison(baseline_errors=("throttled",)))
    for words in (
        "By their medians, user1-optimized-function:user1-prod is 35.9 times as fast as user1-baseline-function; "
        "4 requests are too few for a confidence interval.",
        "1 round was added.",
        "Measured user1-baseline-function user1-optimized-function:user1-prod requests that succeeded 4 4 "
        "fastest 2,088 ms 55 ms median 2,099 ms 58 ms slowest 2,110 ms 61 ms "
        "Lambda’s own duration, median 2,080 ms 50 ms billed duration, median 2,081 ms 51 ms memory 128 MB 512 MB "
        "memory used, median 71 MB 80 MB",
        "Errors of user1-baseline-function : throttled",
    ):
        assert words in page.text, words
    assert labels(page) == [
        "Latencies of two functions on one axis: user1-baseline-function median 2,099 ms of 4 requests, "
        "user1-optimized-function:user1-prod median 58 ms of 4 requests."
    ]


@pytest.mark.parametrize(
    ("ratio", "interval", "words"),
    [
        (
            1.05,
            (1.001, 1.12),
            "By their medians, b is 1.05 times as fast as a; with 95% confidence, 1.00 to 1.12 times.",
        ),
        (
            1.05,
            (1.0, 1.12),
            "It is not certain which one is faster: by their medians, b is 1.05 times as fast as a; "
            "with 95% confidence, 1.00 to 1.12 times.",
        ),
        (
            0.95,
            (0.9, 1.0),
            "It is not certain which one is faster: by their medians, b is 1.05 times as slow as a; "
            "with 95% confidence, between 1.11 times as slow and 1.00 times as fast.",
        ),
        (
            0.71,
            (0.4, 0.8),
            "By their medians, b is 1.41 times as slow as a; with 95% confidence, 1.25 to 2.50 times.",
        ),
        (3.0, (0.0, 0.0), "By their medians, b is 3.00 times as fast as a."),
    ],
)
def test_the_ratio_in_words(example: Any, ratio: float, interval: tuple[float, float], words: str) -> None:
    five = {"baseline_ms": (1.0,) * 5, "candidate_ms": (1.0,) * 5}
    page = compared(
        example, example.comparison(baseline="a", candidate="b", ratio=ratio, ratio_interval=interval, **five)
    )
    assert words in page.text


@pytest.mark.parametrize(
    ("baseline_ms", "candidate_ms", "words"),
    [
        (
            (100.0, 102.0, 110.0),
            (2.0, 2.125, 2.0),
            "b is 51.0 times as fast as a; in all 3 rounds: 48.0 to 55.0 times.",
        ),
        ((100.0, 102.0), (2.0, 2.125), "b is 51.0 times as fast as a; in both rounds: 48.0 to 50.0 times."),
        ((100.0,), (2.0,), "b is 51.0 times as fast as a; 1 request is too few for a confidence interval."),
        ((100.0,) * 5, (2.0,) * 4, "b is 51.0 times as fast as a; 4 requests are too few for a confidence interval."),
        ((100.0,) * 5, (2.0,) * 5, "b is 51.0 times as fast as a; with 95% confidence, 47.1 to 57.2 times."),
        (
            (100.0, 100.0),
            (80.0, 125.0),
            "It is not certain which one is faster: by their medians, b is 51.0 times as fast as a; "
            "in both rounds: between 1.25 times as slow and 1.25 times as fast.",
        ),
    ],
)
def test_an_interval_of_fewer_than_five_requests_is_not_called_one_of_95_percent(
    example: Any, baseline_ms: tuple[float, ...], candidate_ms: tuple[float, ...], words: str
) -> None:
    result = Comparison("a", "b", baseline_ms, candidate_ms, ratio=51.0, ratio_interval=(47.1, 57.2))
    assert words in compared(example, result).text


def test_a_comparison_of_which_one_side_never_answered(example: Any) -> None:
    page = compared(
        example,
        Comparison("a", "b", (), (1.0, 2.0), baseline_errors=("Task timed out after 3.00 seconds",)),
        item="memory-advice",
    )
    assert "Versions keep the memory they were published with no points depend on it" in page.text
    assert "requests that succeeded 0 2 fastest – 1 ms median – 1.5 ms slowest – 2 ms" in page.text
    assert "Errors of a : Task timed out after 3.00 seconds" in page.text
    assert "The two cannot be compared: no request to a succeeded." in page.text
    assert "By their medians" not in page.text
    assert labels(page) == []


@pytest.mark.parametrize("value", [0.0, 0.001, 1e12])
def test_extreme_latencies_are_compared_too(example: Any, value: float) -> None:
    assert labels(compared(example, example.comparison(baseline_ms=(value,), candidate_ms=(value, value), ratio=value)))
