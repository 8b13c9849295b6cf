"""The statistics of a load test: one sample for each request, and their counts, sums and latencies."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal

from labgrader.evidence.load import statistics
from labgrader.evidence.load.latencies import Latencies

Result = Literal["succeeded", "throttled", "function_error", "application_error", "timeout", "other_error"]
"""The class that a request is counted in; each request is in exactly one."""

MAX_SAMPLES = 500
"""Maximum requests that are kept one by one, for the plot."""

SUCCEEDED_SAMPLES = 100
"""Of these, the places reserved for requests that succeeded, however many failed."""

MAX_ERROR_SAMPLES = 5
"""Maximum different descriptions of failures that are kept."""

COLD_START = "cold_start"
"""The plot's mark for a request that succeeded and was a cold start."""

_SUCCESSES = ("succeeded", COLD_START)
_Point = tuple[float, float, str]  # started (seconds since the epoch), milliseconds, mark


@dataclass(slots=True)
class RequestSample:
    """One completed request of a load test. The target fills it in; the sender adds what only the sender knows.

    Args:
        started: when it was sent, or in an open test was due, on the clock of ``time.perf_counter``.
        duration_s: seconds from then to the answer's last byte.
        result: the class it is counted in.
        service_s: seconds from sending to the answer's last byte; ``None`` if that is ``duration_s``.
        cold: whether it was a cold start.
        reported: whether there was a REPORT line.
        throttle_reason: the limit that throttled it; empty if it was not throttled.
        function_error_kind: the kind of function error; empty without one.
        resent: whether it was sent twice, because the server had closed the idle connection.
        abandoned: whether the test ended before the request's timeout.
        billed_gb_ms: billed gigabyte-milliseconds; ``None`` if it never ran.
    """

    started: float
    duration_s: float
    result: Result
    service_s: float | None = None
    cold: bool = False
    reported: bool = False
    throttle_reason: str = ""
    function_error_kind: str = ""
    resent: bool = False
    abandoned: bool = False
    billed_gb_ms: float | None = None

    @property
    def mark(self) -> str:
        """How a plot marks the request: its result, or ``cold_start``."""
        return COLD_START if self.cold and self.result == "succeeded" else self.result


class RequestStats:
    """The counts, sums and latencies of a load test."""

    def __init__(self) -> None:
        self.sent = 0
        self.dropped = 0
        self.abandoned = 0
        self.cold_starts = 0
        self.reported = 0
        self.resent = 0
        self.connections = 0
        self.billed = 0
        self.billed_gb_ms = 0.0
        self.scheduled_s = 0.0  # seconds of arrivals; 0 without a schedule
        self.results: Counter[str] = Counter()
        self.throttle_reasons: Counter[str] = Counter()
        self.function_error_kinds: Counter[str] = Counter()
        self.latencies = Latencies()
        self.warm = Latencies()
        self.cold = Latencies()
        self.service = Latencies()
        self.errors: dict[str, None] = {}  # used as an ordered set
        self._points: list[_Point] = []
        self._began = 0.0
        self._last_end = 0.0
        self._ended = 0.0
        self._epoch = time.time() - time.perf_counter()

    @property
    def completed(self) -> int:
        """The number of requests that ended, of any class."""
        return self.results.total()

    @property
    def succeeded(self) -> int:
        """Requests that succeeded."""
        return self.results["succeeded"]

    @property
    def failed(self) -> int:
        """Requests that reached the target and failed."""
        return sum(self.results[result] for result in ("function_error", "application_error", "timeout"))

    def add(self, sample: RequestSample) -> None:
        """Count a completed sample."""
        started = sample.started + self._epoch
        milliseconds = 1000 * sample.duration_s
        self._began = min(self._began, started) if self._began else started
        self._last_end = max(self._last_end, started + sample.duration_s)
        self.results[sample.result] += 1
        self._points.append((started, milliseconds, sample.mark))
        self.cold_starts += sample.cold
        self.reported += sample.reported
        self.resent += sample.resent
        self.abandoned += sample.abandoned
        if sample.billed_gb_ms is not None:
            self.billed += 1
            self.billed_gb_ms += sample.billed_gb_ms
        if sample.throttle_reason:
            self.throttle_reasons[sample.throttle_reason] += 1
        if sample.function_error_kind:
            self.function_error_kinds[sample.function_error_kind] += 1
        if sample.result == "succeeded":
            self.latencies.add(milliseconds)
            (self.cold if sample.cold else self.warm).add(milliseconds)
            self.service.add(milliseconds if sample.service_s is None else 1000 * sample.service_s)

    def note_error(self, description: str) -> None:
        """Keep the description of a failure, up to ``MAX_ERROR_SAMPLES`` different ones."""
        if len(self.errors) < MAX_ERROR_SAMPLES:
            self.errors[description] = None

    def end(self, ended: float) -> None:
        """Set the end of the test.

        Args:
            ended: on the clock of ``time.perf_counter``.
        """
        self._ended = ended + self._epoch

    def fields(self) -> dict[str, Any]:
        """Return the counts, rates and latencies of a ``LoadResult``.

        Requests without a reply are counted as other errors.
        """
        missing = self.sent - self.completed
        began = self._began or self._ended
        duration_s = max((self._ended if missing else self._last_end or self._ended) - began, 0.0)
        commonest = self.throttle_reasons.most_common(1)
        return {
            "requests": self.sent,
            "duration_s": statistics.rounded(duration_s),
            "offered_rps": (
                statistics.rate(self.sent + self.dropped, self.scheduled_s)
                if self.scheduled_s
                else statistics.rate(self.sent, duration_s)
            ),
            "achieved_rps": statistics.rate(self.succeeded, max(duration_s, self.scheduled_s)),
            "dropped": self.dropped,
            "succeeded": self.succeeded,
            "throttled": self.results["throttled"],
            "function_errors": self.results["function_error"],
            "application_errors": self.results["application_error"],
            "timeouts": self.results["timeout"],
            "other_errors": self.results["other_error"] + missing,
            "cold_starts": self.cold_starts,
            "reported": self.reported,
            "latency_ms": self.latencies.summary(),
            "warm_latency_ms": self.warm.percentiles(50, 95),
            "cold_latency_ms": self.cold.percentiles(50, 95) if len(self.cold) else {},
            "service_ms": self.service.percentiles(50, 95, 99),
            "p95_interval_ms": self.latencies.interval(95),
            "intervals_ms": {f"p{percent}": self.latencies.interval(percent) for percent in (50, 90, 95, 99)},
            "curve": self.latencies.curve(),
            "retries": self.resent,
            "connections": self.connections,
            "throttle_reason": commonest[0][0] if commonest else "",
            "throttle_reasons": dict(self.throttle_reasons.most_common()),
            "function_error_kinds": dict(self.function_error_kinds.most_common()),
            "error_samples": list(self.errors),
            "samples": [
                (statistics.rounded(1000 * (started - began)), statistics.rounded(milliseconds), mark)
                for started, milliseconds, mark in _thinned(self._points)
            ],
        }


def _thinned(points: list[_Point]) -> list[_Point]:
    """Return at most ``MAX_SAMPLES`` points, in order and evenly spread. Failures and throttles are kept first."""
    in_order = sorted(points)
    if len(in_order) <= MAX_SAMPLES:
        return in_order
    succeeded = [point for point in in_order if point[2] in _SUCCESSES]
    others = [point for point in in_order if point[2] not in _SUCCESSES]
    for_others = MAX_SAMPLES - min(len(succeeded), SUCCEEDED_SAMPLES)
    others = statistics.thinned(others, for_others)
    return sorted([*others, *statistics.thinned(succeeded, MAX_SAMPLES - len(others))])
