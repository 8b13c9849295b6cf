"""What the requests of a load test came to: counts, sums and latencies."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from labgrader.evidence.load import statistics
from labgrader.evidence.load.latencies import Latencies
from labgrader.http.reply import Result

MAX_SAMPLES = 500
"""Requests that are kept one by one, for the plot."""

SUCCEEDED_SAMPLES = 100
"""Of these, so many are those that succeeded, however many failed."""

MAX_ERROR_SAMPLES = 5
"""Different descriptions of failures that are kept."""

COLD_START = "cold_start"
"""What a sample says that succeeded and was a cold start."""

_SUCCESSES = ("succeeded", COLD_START)
_Sample = tuple[float, float, str]  # started (seconds since the epoch), milliseconds, how it ended


@dataclass(frozen=True, slots=True)
class RequestSample:
    """One request of a load test, without its body.

    Args:
        started: when it was sent, or (open) should have been, on the clock of ``time.perf_counter``.
        duration_s: seconds from then to the answer's last byte.
        result: how it ended.
        service_s: seconds from the moment of sending; ``None`` where that is ``duration_s``.
        cold: whether an environment was made for it.
        reported: whether a REPORT line said so.
        throttle_reason: which limit it met.
        function_error_kind: how the function ended badly.
        resent: whether it was sent twice, because the server had closed the idle connection.
        abandoned: whether the test ended before its time to answer was over.
        gb_ms: gigabyte-milliseconds that are billed for it; ``None`` where it never ran.
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
    gb_ms: float | None = None

    @property
    def outcome(self) -> str:
        """How it ended, as a picture marks it: a success that was a cold start is a mark of its own."""
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
        self.gb_ms = 0.0
        self.scheduled_s = 0.0  # how long arrivals came; 0 where there was no schedule
        self.results: Counter[str] = Counter()
        self.throttle_reasons: Counter[str] = Counter()
        self.function_error_kinds: Counter[str] = Counter()
        self.latencies = Latencies()
        self.warm = Latencies()
        self.cold = Latencies()
        self.service = Latencies()
        self.errors: dict[str, None] = {}  # distinct, in the order they came
        self._samples: list[_Sample] = []
        self._began = 0.0
        self._over = 0.0
        self._ended = 0.0
        self._epoch = time.time() - time.perf_counter()

    @property
    def over(self) -> int:
        """Requests that are over, well or badly."""
        return self.results.total()

    @property
    def succeeded(self) -> int:
        """Requests that succeeded."""
        return self.results["succeeded"]

    @property
    def failed(self) -> int:
        """Requests that were taken and not served."""
        return sum(self.results[kind] for kind in ("function_error", "application_error", "timeout"))

    def add(self, request: RequestSample) -> None:
        """Count a request that is over."""
        started = request.started + self._epoch
        milliseconds = 1000 * request.duration_s
        self._began = min(self._began, started) if self._began else started
        self._over = max(self._over, started + request.duration_s)
        self.results[request.result] += 1
        self._samples.append((started, milliseconds, request.outcome))
        self.cold_starts += request.cold
        self.reported += request.reported
        self.resent += request.resent
        self.abandoned += request.abandoned
        if request.gb_ms is not None:
            self.billed += 1
            self.gb_ms += request.gb_ms
        if request.throttle_reason:
            self.throttle_reasons[request.throttle_reason] += 1
        if request.function_error_kind:
            self.function_error_kinds[request.function_error_kind] += 1
        if request.result == "succeeded":
            self.latencies.add(milliseconds)
            (self.cold if request.cold else self.warm).add(milliseconds)
            self.service.add(milliseconds if request.service_s is None else 1000 * request.service_s)

    def note_error(self, description: str) -> None:
        """Keep a description of what failed, unless there are enough."""
        if len(self.errors) < MAX_ERROR_SAMPLES:
            self.errors[description] = None

    def end(self, ended: float) -> None:
        """Say when the test was over, on the clock of ``time.perf_counter``."""
        self._ended = ended + self._epoch

    def fields(self) -> dict[str, Any]:
        """Return the fields of a ``LoadResult`` that follow from the requests alone: counts, rates, latencies.

        What was sent and never came back is among the other errors.
        """
        missing = self.sent - self.over
        began = self._began or self._ended
        duration_s = max((self._ended if missing else self._over or self._ended) - began, 0.0)
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
                (statistics.rounded(1000 * (started - began)), statistics.rounded(milliseconds), result)
                for started, milliseconds, result in _thinned(self._samples)
            ],
        }


def _thinned(samples: list[_Sample]) -> list[_Sample]:
    """At most ``MAX_SAMPLES``, in order and evenly spread; what failed or was throttled goes before what succeeded."""
    in_order = sorted(samples)
    if len(in_order) <= MAX_SAMPLES:
        return in_order
    succeeded = [sample for sample in in_order if sample[2] in _SUCCESSES]
    others = [sample for sample in in_order if sample[2] not in _SUCCESSES]
    for_others = MAX_SAMPLES - min(len(succeeded), SUCCEEDED_SAMPLES)
    others = statistics.thinned(others, for_others)
    return sorted([*others, *statistics.thinned(succeeded, MAX_SAMPLES - len(others))])
