"""What the page says of load tests and comparisons: the numbers beside each picture, in plain words."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.evidence.load import Comparison, LoadResult
from labgrader.reporting.html import render_student
from tests.reporting.page_reading import Page, safe


def page_of(example: Any, *results: LoadResult, item: str = "holds-under-load") -> Page:
    return safe(
        render_student(
            example.report(example.student(), example.all_passed, load_results=[(item, result) for result in results])
        )
    )


def compared(example: Any, result: Comparison, item: str = "holds-under-load") -> Page:
    return safe(render_student(example.report(example.student(), example.all_passed, comparisons=[(item, result)])))


def labels(page: Page) -> list[str]:
    return [attributes["aria-label"] or "" for tag, attributes in page.tags if tag == "svg"]


def test_all_that_was_measured_in_the_closed_model(example: Any) -> None:
    page = page_of(example, example.newer_load_result(planned_requests=120, cut_short="stopped after 90 s"))
    for words in (
        "20 requests kept in flight until 120 requests were sent",
        "Cut short after 100 requests: stopped after 90 s",
        "This account allows 10 concurrent executions: 10 requests were kept in flight in place of 20.",
        "What became of 100 requests succeeded 94 throttled 4 ReservedFunctionConcurrentInvocationLimitExceeded 3 "
        "CallerRateLimitExceeded 1 function errors 2 not handled 1 ran into the function’s timeout 1 cold starts 20 "
        "sent again on a new connection 2",
        "The whole test took 1.23 s offered 81.0 a second achieved 76.1 a second connections 21 "
        "warm-up, apart 20 requests, 19 succeeded, 18 cold starts warm-up took median 655 ms, slowest 713 ms "
        "cost, estimated $0.000023, 1.5 GB-seconds cost, actual $0.000021, 1.23 GB-seconds cost cap $0.05",
        "Latency of those that succeeded latency 95% interval fastest 48 ms median (p50) 62 ms 55 ms to 64 ms "
        "90% within (p90) 655 ms 99 ms to 668 ms 95% within (p95) 668 ms 655 ms to 702 ms "
        "99% within (p99) 700 ms 669 ms to 702 ms slowest 702 ms mean 171 ms",
        "Warm and cold apart median 95% within warm 58 ms 101 ms cold start 655 ms 700 ms",
        "with 95% confidence, the mark that 95% stay within lies between 655 ms and 702 ms.",
        "What failed said: Task timed out after 3.00 seconds",
    ):
        assert words in page.text, words
    assert "Service time" not in page.text
    assert "no points depend on it" not in page.text
    assert labels(page) == [
        "Latency of each request to user1-optimized-function:user1-prod over time: 100 requests; 94 succeeded, "
        "20 of them cold starts, 4 throttled, 2 failed, median 62 ms, p95 668 ms.",
        "Percentiles of the latency of user1-optimized-function:user1-prod: 50% within 62 ms, 90% within 655 ms, "
        "95% within 668 ms, 99% within 700 ms; p95 with 95% confidence 655 ms to 702 ms.",
    ]


def test_the_open_model_says_what_was_wanted_dropped_and_felt(example: Any) -> None:
    page = page_of(example, example.open_load_result())
    for words in (
        "150 requests a second, 100 requests in all, at most 50 in flight",
        "cold starts 20 not sent, too many in flight 3",
        "took 1.23 s wanted 150 a second offered 81.0 a second achieved 76.1 a second",
        "felt 95% interval service time fastest 48 ms median (p50) 62 ms 55 ms to 64 ms 23 ms",
        "95% within (p95) 668 ms 655 ms to 702 ms 33 ms 99% within (p99) 700 ms 669 ms to 702 ms 43 ms",
        "Felt: from the moment a request was due, so that waiting to be sent counts. "
        "Service time: from the moment it was sent.",
        "latency, from the moment a request was due",
    ):
        assert words in page.text, words


def test_an_older_record_says_what_it_has(example: Any) -> None:
    page = page_of(example, example.load_result())
    for words in (
        "throttled 4 ReservedFunctionConcurrentInvocationLimitExceeded 4 function errors 2 cold starts 20",
        "95% within (p95) 668 ms 655 ms to 702 ms 99% within (p99) 700 ms slowest 702 ms",
        "Warm and cold apart median 95% within warm 58 ms 101 ms",
    ):
        assert words in page.text, words
    for words in ("connections", "warm-up", "cost", "cold start 0", "not sent"):
        assert words not in page.text, words
    assert len(labels(page)) == 2


def test_a_load_test_in_which_nothing_succeeded(example: Any) -> None:
    broken = example.load_result(
        succeeded=0, timeouts=7, cold_starts=0, requests=7, latency_ms={}, samples=(), cut_short="nobody answers"
    )
    page = page_of(example, broken)
    assert "no request succeeded" in page.text
    assert "timeouts 7" in page.text
    assert "Cut short after 7 requests: nobody answers" in page.text
    assert "Warm and cold apart" not in page.text
    assert "95% confidence" not in page.text
    assert labels(page) == []


def test_a_plot_of_some_of_the_requests_says_so(example: Any) -> None:
    page = page_of(example, example.load_result())
    assert "are drawn" not in page.text
    assert "throttled (4)" in page.text
    page = page_of(example, example.load_result(requests=4100, succeeded=4094))
    assert "its shape what became of it. 100 of 4,100 requests are drawn." in page.text
    assert "throttled (4)" not in page.text


def test_one_request_is_said_in_the_singular(example: Any) -> None:
    page = page_of(example, example.load_result(planned_requests=1, concurrency=1))
    assert "1 request kept in flight until 1 request was sent" in page.text


def test_nothing_that_failed_is_said_too(example: Any) -> None:
    page = page_of(example, example.load_result(throttled=0, throttle_reason="", function_errors=0, cold_starts=0))
    assert "succeeded 94 throttled 0 failed 0 cold starts 0 The whole test" in page.text


def test_several_load_tests_of_a_check_and_that_of_an_advice_are_shown(example: Any) -> None:
    above = example.open_load_result(target="POST user1-api/prod/data", rate_rps=600.0)
    page = page_of(example, example.open_load_result(), above)
    assert page.text.index("150 requests a second") < page.text.index("600 requests a second")
    assert len(labels(page)) == 4
    advice = page_of(example, example.load_result(), item="memory-advice")
    assert "Versions keep the memory they were published with no points depend on it" in advice.text


def test_a_comparison_says_how_many_times_as_fast_and_how_sure_that_is(example: Any) -> None:
    page = compared(example, example.comparison(baseline_errors=("throttled",)))
    for words in (
        "By their medians, user1-optimized-function:user1-prod is 35.9 times as fast as user1-baseline-function; "
        "with 95% confidence, 34.2 to 38.2 times.",
        "1 round was added.",
        "Measured user1-baseline-function user1-optimized-function:user1-prod requests that succeeded 4 4 "
        "fastest 2,088 ms 55 ms median 2,099 ms 58 ms slowest 2,110 ms 61 ms "
        "Lambda’s own duration, median 2,080 ms 50 ms billed duration, median 2,081 ms 51 ms memory 128 MB 512 MB "
        "memory used, median 71 MB 80 MB",
        "What failed of user1-baseline-function said: throttled",
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
            "Not certain which one is faster: by their medians, b is 1.05 times as fast as a; "
            "with 95% confidence, 1.00 to 1.12 times.",
        ),
        (
            0.95,
            (0.9, 1.0),
            "Not certain which one is faster: by their medians, b is 0.95 times as fast as a; "
            "with 95% confidence, 0.90 to 1.00 times.",
        ),
        (
            0.5,
            (0.4, 0.8),
            "By their medians, b takes 2.00 times as long as a; with 95% confidence, 1.25 to 2.50 times.",
        ),
        (3.0, (0.0, 0.0), "By their medians, b is 3.00 times as fast as a."),
    ],
)
def test_the_ratio_in_words(example: Any, ratio: float, interval: tuple[float, float], words: str) -> None:
    page = compared(example, example.comparison(baseline="a", candidate="b", ratio=ratio, ratio_interval=interval))
    assert words in page.text


def test_a_comparison_of_which_one_side_never_answered(example: Any) -> None:
    page = compared(
        example,
        Comparison("a", "b", (), (1.0, 2.0), baseline_errors=("Task timed out after 3.00 seconds",)),
        item="memory-advice",
    )
    assert "Versions keep the memory they were published with no points depend on it" in page.text
    assert "requests that succeeded 0 2 fastest – 1 ms median – 1.5 ms slowest – 2 ms" in page.text
    assert "What failed of a said: Task timed out after 3.00 seconds" in page.text
    assert "By their medians" not in page.text
    assert labels(page) == []


@pytest.mark.parametrize("value", [0.0, 0.001, 1e12])
def test_extreme_latencies_are_a_page_too(example: Any, value: float) -> None:
    latency = dict.fromkeys(("min", "mean", "p50", "p90", "p95", "p99", "max"), value)
    result = example.open_load_result(
        latency_ms=latency,
        warm_latency_ms=latency,
        service_ms=latency,
        p95_interval_ms=(value, value),
        curve=((0.0, value), (100.0, value)),
        samples=((0.0, value, "succeeded"),),
        rate_rps=value,
        offered_rps=value,
        cost={"actual": {"requests": 1, "gb_seconds": value, "usd": value}, "cap_usd": value},
    )
    page = page_of(example, result)
    assert len(labels(page)) == 2
    assert labels(compared(example, example.comparison(baseline_ms=(value,), candidate_ms=(value, value), ratio=value)))
