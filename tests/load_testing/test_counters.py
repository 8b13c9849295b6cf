"""Sums of requests: what follows from them, which are shown, and that parts add up to the whole."""

from __future__ import annotations

import pytest

from labgrader.load_testing.counters import RequestSample, RequestStats, Result


def _tally(*requests: RequestSample, sent: int | None = None, ended: float = 99.0) -> RequestStats:
    tally = RequestStats()
    for request in requests:
        tally.add(request)
    tally.sent = len(requests) if sent is None else sent
    tally.end(ended)
    return tally


def _times(count: int, result: Result) -> list[Result]:
    return [result] * count


def _samples(results: list[Result]) -> list[tuple[float, float, str]]:
    samples: list[tuple[float, float, str]] = _tally(
        *(RequestSample(1.0 + index, 0.001, result) for index, result in enumerate(results))
    ).fields()["samples"]
    return samples


def test_rates_come_from_what_was_sent_and_the_time_it_took() -> None:
    fields = _tally(
        *(RequestSample(10.0 + index, 0.5, "succeeded" if index else "throttled") for index in range(5))
    ).fields()
    assert (fields["duration_s"], fields["offered_rps"], fields["achieved_rps"]) == (4.5, 1.111, 0.889)
    assert fields["samples"][0] == (0.0, 500.0, "throttled")


def test_arrivals_are_offered_over_their_schedule() -> None:
    tally = _tally(*(RequestSample(10.0 + index / 10, 5.0, "succeeded") for index in range(10)))
    tally.dropped, tally.scheduled_s = 10, 2.0
    assert (tally.fields()["offered_rps"], tally.fields()["achieved_rps"]) == (10, 1.695)
    tally.scheduled_s = 4.0
    assert tally.fields()["offered_rps"] == 5  # twenty arrivals in four seconds


def test_report_lines_are_counted() -> None:
    fields = _tally(RequestSample(1.0, 0.1, "succeeded", reported=True), RequestSample(1.0, 0.1, "succeeded")).fields()
    assert (fields["reported"], fields["cold_starts"]) == (1, 0)


def test_a_request_cut_off_by_the_end_is_not_a_timeout() -> None:
    fields = _tally(RequestSample(10.0, 0.5, "succeeded"), sent=3, ended=12.0).fields()
    assert (fields["requests"], fields["succeeded"], fields["timeouts"], fields["other_errors"]) == (3, 1, 0, 2)
    assert fields["duration_s"] == 2.0


def test_an_empty_test_has_zeros_everywhere() -> None:
    fields = _tally().fields()
    assert (fields["duration_s"], fields["offered_rps"], fields["p95_interval_ms"]) == (0, 0, (0, 0))
    assert (fields["curve"], fields["samples"], fields["throttle_reason"]) == ([], [], "")


def test_latencies_include_only_successful_requests() -> None:
    fields = _tally(
        RequestSample(1.0, 0.1, "succeeded", cold=True),
        RequestSample(1.0, 0.01, "succeeded", service_s=0.005),
        RequestSample(1.0, 9.0, "function_error", cold=True, function_error_kind="timeout"),
        RequestSample(1.0, 9.0, "timeout"),
        RequestSample(1.0, 0.0, "throttled", throttle_reason="Reserved"),
    ).fields()
    assert (fields["latency_ms"]["min"], fields["latency_ms"]["max"]) == (10, 100)
    assert (fields["cold_latency_ms"], fields["warm_latency_ms"]) == ({"p50": 100, "p95": 100}, {"p50": 10, "p95": 10})
    assert fields["service_ms"] == {"p50": 5, "p95": 100, "p99": 100}
    assert fields["cold_starts"] == 2
    assert fields["function_error_kinds"] == {"timeout": 1}
    assert (fields["throttle_reason"], fields["throttle_reasons"]) == ("Reserved", {"Reserved": 1})


def test_the_curve_begins_with_the_smallest_and_ends_with_the_largest() -> None:
    curve = _tally(*(RequestSample(1.0, milliseconds / 1000, "succeeded") for milliseconds in range(1, 201))).fields()[
        "curve"
    ]
    assert (curve[0], curve[-1]) == ((0, 1), (100, 200))
    assert (50, 100) in curve
    assert (95, 190) in curve


def test_five_different_failures_are_kept() -> None:
    tally = RequestStats()
    for number in range(14):
        tally.note_error(f"E{number % 7}")
    assert tally.fields()["error_samples"] == ["E0", "E1", "E2", "E3", "E4"]


@pytest.mark.parametrize(("count", "kept"), [(500, 500), (501, 500), (2000, 500)])
def test_five_hundred_samples_are_kept_evenly(count: int, kept: int) -> None:
    samples = _samples(["succeeded"] * count)
    assert len(samples) == kept
    assert (samples[0][0], samples[-1][0]) == (0.0, 1000.0 * (count - 1))


def test_failed_samples_are_kept_before_successful_ones() -> None:
    samples = _samples(["throttled" if index % 10 == 5 else "succeeded" for index in range(3000)])
    outcomes = [outcome for _, _, outcome in samples]
    assert (len(samples), outcomes.count("throttled"), outcomes.count("succeeded")) == (500, 300, 200)
    assert samples == sorted(samples)


def test_some_successful_samples_are_always_kept() -> None:
    outcomes = [outcome for _, _, outcome in _samples(_times(2000, "throttled") + _times(2000, "succeeded"))]
    assert (outcomes.count("throttled"), outcomes.count("succeeded")) == (400, 100)


@pytest.mark.parametrize("few", [0, 1, 99])
def test_few_successful_samples_are_all_kept(few: int) -> None:
    outcomes = [outcome for _, _, outcome in _samples(_times(2000, "timeout") + _times(few, "succeeded"))]
    assert (outcomes.count("timeout"), outcomes.count("succeeded")) == (500 - few, few)
