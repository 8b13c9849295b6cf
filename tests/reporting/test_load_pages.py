"""What the page says of load tests: the numbers beside each picture, in plain words."""

from __future__ import annotations

import re
from typing import Any

import pytest

from labgrader.evidence.load.load_test import LoadResult
from labgrader.reporting.html import render_student
from tests.reporting.page_reading import Page, labels, safe


def page_of(example: Any, *results: LoadResult, item: str = "holds-under-load") -> Page:
    return safe(
        render_student(
            example.report(example.student(), example.all_passed, load_results=[(item, result) for result in results])
        )
    )


def test_all_that_was_measured_in_the_closed_model(example: Any) -> None:
    page = page_of(example, example.newer_load_result(planned_requests=120, cut_short="stopped after 90 s"))
    for words in (
        "20 requests kept in flight until 120 requests were sent",
        "Stopped early, after 100 of 120 requests: stopped after 90 s",
        "This account allows 10 concurrent executions: 10 requests were kept in flight in place of 20.",
        "Results of 100 of 120 requests succeeded 94 throttled 4 "
        "ReservedFunctionConcurrentInvocationLimitExceeded: the function's own reserved concurrency 3 "
        "CallerRateLimitExceeded: the account's rate of calls 1 function errors 2 not handled 1 "
        "ran into the function’s timeout 1 cold starts 20 "
        "retried on a new connection 2",
        "The whole test took 1.23 s offered 81.0 a second achieved 76.1 a second connections 21 "
        "warm-up, not counted 20 requests, 19 succeeded, 18 cold starts warm-up took median 655 ms, slowest 713 ms "
        "cost, estimated $0.000023, 1.5 GB-seconds cost, actual $0.000021, 1.23 GB-seconds cost cap $0.05",
        "Latency of successful requests latency 95% interval fastest 48 ms median (p50) 62 ms 55 ms to 64 ms",
        "90% within (p90) 655 ms 99 ms to 668 ms 95% within (p95) 668 ms 655 ms to 702 ms "
        "99% within (p99) 700 ms 669 ms to 702 ms * slowest 702 ms mean 171 ms",
        "Warm and cold requests median 95% within warm 58 ms 101 ms cold start 655 ms 700 ms",
        "With 95% confidence, the 95th percentile is between 655 ms and 702 ms. "
        "* The confidence is below 95%. It needs more successful requests: 368 for p99.",
        "seconds until a request was sent (the test took 1.23 s)",
        "Errors: Task timed out after 3.00 seconds",
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


def test_the_open_model_shows_the_planned_dropped_and_late_requests(example: Any) -> None:
    page = page_of(example, example.open_load_result())
    for words in (
        "150 arrivals a second, 103 in all, at most 50 in flight "
        "3 of 103 arrivals were not sent, because too many requests were in flight. "
        "The percentiles do not include them.",
        "Results of 103 arrivals succeeded 94",
        "not sent, too many in flight 3 cold starts 20",
        "took 1.23 s planned 150 a second offered 81.0 a second achieved 76.1 a second",
        "latency 95% interval service time fastest 48 ms median (p50) 62 ms 55 ms to 64 ms 23 ms",
        "95% within (p95) 668 ms 655 ms to 702 ms 33 ms 99% within (p99) 700 ms 669 ms to 702 ms * 43 ms",
        "The latency starts when a request is due. It includes the wait until labgrader sends it. "
        "The service time starts when labgrader sends the request.",
        "latency, from the moment a request was due",
    ):
        assert words in page.text, words


def test_an_older_record_says_what_it_has(example: Any) -> None:
    page = page_of(example, example.load_result())
    for words in (
        "throttled 4 ReservedFunctionConcurrentInvocationLimitExceeded: the function's own reserved concurrency 4 "
        "function errors 2 cold starts 20",
        "95% within (p95) 668 ms 655 ms to 702 ms 99% within (p99) 700 ms slowest 702 ms",
        "Warm and cold requests median 95% within warm 58 ms 101 ms",
    ):
        assert words in page.text, words
    for words in ("connections", "warm-up", "cost", "cold start 0", "not sent"):
        assert words not in page.text, words
    assert len(labels(page)) == 2


def test_every_mark_has_a_color(example: Any) -> None:
    """By default, the style of a chart fills and strokes no mark."""
    outcomes = ("succeeded", "cold_start", "throttled", "function_error", "timeout", "other_error")
    samples = tuple((float(number), 50.0, outcome) for number, outcome in enumerate(outcomes))
    curve = {"samples": samples, "requests": len(samples)}
    page = render_student(
        example.report(
            example.student(),
            example.all_passed,
            load_results=[
                ("holds-under-load", example.load_result(**curve)),
                ("holds-under-load", example.open_load_result()),
            ],
            comparisons=[("holds-under-load", example.comparison())],
        )
    )
    kinds = set(re.findall(r'class="series (\w+)"', page)) - {"name", "bound"}  # words, and a line with its own style
    assert len(kinds) == 12
    assert [kind for kind in sorted(kinds) if f".chart .{kind} .mark {{" not in page] == []


def test_a_load_test_in_which_nothing_succeeded(example: Any) -> None:
    nothing: dict[str, Any] = {"p50": 0.0, "p95": 0.0, "p99": 0.0}
    broken = example.open_load_result(
        requests=7,
        planned_requests=12,
        dropped=1,
        succeeded=0,
        throttled=0,
        throttle_reasons={},
        throttle_reason="",
        function_errors=0,
        timeouts=7,
        cold_starts=0,
        reported=0,
        duration_s=0.0,
        offered_rps=0.0,
        achieved_rps=0.0,
        latency_ms={},
        warm_latency_ms=nothing,
        cold_latency_ms=nothing,
        service_ms=nothing,
        p95_interval_ms=(0.0, 0.0),
        intervals_ms={"p50": (0.0, 0.0)},
        warm_up={"requests": 3, "succeeded": 0, "cold_starts": 0, "reported": 0, "p50": 0.0, "max": 0.0},
        cost={},
        curve=(),
        samples=(),
        notes=(),
        retries=0,
        connections=0,
        cut_short="no answer",
    )
    page = page_of(example, broken)
    assert (
        "150 arrivals a second, 12 in all, at most 50 in flight "
        "Stopped early, after 8 of 12 arrivals: no answer "
        "1 of 8 arrivals was not sent, because too many requests were in flight. "
        "Results of 8 of 12 arrivals succeeded 0 throttled 0 timeouts 7 not sent, too many in flight 1 "
        "The whole test planned 150 a second warm-up, not counted 3 requests, 0 succeeded "
        "Latency of successful requests no request succeeded Errors:"
    ) in page.text
    assert "Warm and cold requests" not in page.text
    assert "95% confidence" not in page.text
    assert labels(page) == []


def test_a_plot_of_some_of_the_requests_says_so(example: Any) -> None:
    page = page_of(example, example.load_result())
    assert "are drawn" not in page.text
    assert "throttled (4)" in page.text
    page = page_of(example, example.load_result(requests=4100, succeeded=4094))
    assert "Its shape shows the result. 100 of 4,100 requests are drawn." in page.text
    assert "throttled (4)" not in page.text


def test_one_request_is_said_in_the_singular(example: Any) -> None:
    page = page_of(example, example.load_result(requests=1, planned_requests=1, concurrency=1))
    assert "1 request kept in flight until 1 request was sent" in page.text


def test_nothing_that_failed_is_said_too(example: Any) -> None:
    nothing: dict[str, Any] = {"throttled": 0, "throttle_reason": "", "function_errors": 0, "cold_starts": 0}
    page = page_of(example, example.load_result(**nothing, reported=94))
    assert "succeeded 94 throttled 0 failed 0 cold starts 0 The whole test" in page.text


@pytest.mark.parametrize(
    ("target", "reported", "words"),
    [
        ("user1-f:prod", 94, "cold starts 0 The"),
        ("user1-f:prod", 96, "cold starts 0 The"),
        ("user1-f:prod", 93, "cold starts 0 answers with a REPORT line 93 The"),
        ("user1-f:prod", 0, "cold starts unknown Lambda sent no REPORT line The"),
        ("POST user1-api/prod/data", 0, "cold starts unknown an endpoint does not report them The"),
    ],
)
def test_cold_starts_are_counted_only_where_something_tells(
    example: Any, target: str, reported: int, words: str
) -> None:
    page = page_of(example, example.load_result(target=target, reported=reported, cold_starts=0))
    assert words in page.text
    assert "Warm and cold requests" not in page.text


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"cold_starts": 0, "reported": 0}, "19 succeeded, cold starts unknown warm-up took"),
        ({"cold_starts": 0, "reported": 1}, "19 succeeded, 0 cold starts warm-up took"),
        ({"cold_starts": 0}, "19 succeeded, 0 cold starts warm-up took"),
    ],
)
def test_the_cold_starts_of_the_warm_up_too(example: Any, counts: dict[str, int], words: str) -> None:
    warm_up = {"requests": 20, "succeeded": 19, "p50": 655.2, "max": 712.9, **counts}
    assert words in page_of(example, example.newer_load_result(warm_up=warm_up)).text


def test_a_record_from_before_report_lines_were_counted_says_what_it_said(example: Any) -> None:
    older = example.load_result(cold_starts=0).to_dict()
    del older["reported"]
    assert "cold starts 0 The" in page_of(example, LoadResult.from_dict(older)).text


@pytest.mark.parametrize(
    "note",
    [
        "340 of 600 arrivals were not sent, because too many requests were in flight; "
        "the latencies do not include them",
        "340 of 600 arrivals found no room in flight and were not sent: the latencies are those of the others",
    ],
    ids=["note", "note of an earlier version"],
)
def test_dropped_arrivals_are_reported_once_and_before_the_plot(example: Any, note: str) -> None:
    result = example.open_load_result(requests=260, planned_requests=600, dropped=340, notes=(note, "An extra note."))
    text = page_of(example, result).text
    said = (
        "340 of 600 arrivals were not sent, because too many requests were in flight. "
        "The percentiles do not include them."
    )
    assert text.count("340 of 600 arrivals") == 1
    assert text.index(said) < text.index("An extra note.") < text.index("seconds until a request was due")
    assert "150 arrivals a second, 600 in all" in text
    assert "Results of 600 arrivals" in text
    assert "not sent, because" not in page_of(example, example.open_load_result(dropped=0)).text


@pytest.mark.parametrize(
    ("succeeded", "less_sure"),
    [
        (5, "6 for p50, 36 for p90, 72 for p95, 368 for p99"),
        (6, "36 for p90, 72 for p95, 368 for p99"),
        (35, "36 for p90, 72 for p95, 368 for p99"),
        (36, "72 for p95, 368 for p99"),
        (71, "72 for p95, 368 for p99"),
        (72, "368 for p99"),
        (367, "368 for p99"),
        (368, ""),
    ],
)
def test_an_interval_that_promises_less_is_marked(example: Any, succeeded: int, less_sure: str) -> None:
    text = page_of(example, example.newer_load_result(requests=400, succeeded=succeeded)).text
    table = text[text.index("Latency of successful requests") : text.index("slowest 702 ms")]
    marked = [words for words in table.split(" ms") if words.startswith(" *")]
    assert len(marked) == less_sure.count("for")
    said = f"* The confidence is below 95%. It needs more successful requests: {less_sure}."
    assert (said in text) == bool(less_sure)
    assert ("With 95% confidence, the 95th percentile is between" in text) == (succeeded >= 72)
    assert ("95% interval of p95" in text) == (succeeded >= 72)


def test_from_which_status_on_an_answer_was_an_error_is_said(example: Any) -> None:
    assert "answers of 500 or more 3" in page_of(example, example.load_result(application_errors=3)).text
    assert "answers of 400 or more 3" in (
        page_of(example, example.load_result(application_errors=3, failing_status=400)).text
    )


def test_several_load_tests_of_a_check_and_that_of_an_advice_are_shown(example: Any) -> None:
    above = example.open_load_result(target="POST user1-api/prod/data", rate_rps=600.0)
    page = page_of(example, example.open_load_result(), above)
    assert page.text.index("150 arrivals a second") < page.text.index("600 arrivals a second")
    assert len(labels(page)) == 4
    advice = page_of(example, example.load_result(), item="memory-advice")
    assert "Versions keep the memory they were published with no points depend on it" in advice.text


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
