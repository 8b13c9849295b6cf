"""The records of load tests: what a run of many requests measured, and what two targets measured in turn. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from labgrader.evidence.load.plan import FAILING_STATUS
from labgrader.evidence.load.statistics import tolerates_failures
from labgrader.evidence.question import Json

FEWEST_ROUNDS = 5
"""Rounds of a comparison before which nothing is decided: the bootstrap interval of three holds the true ratio in 90 of
100 cases, not in 95 (simulated, log-normal latencies)."""

WITHOUT_FUNCTION = "the cost is that of the API's calls, without the function behind them"
"""The note of every load test of an endpoint."""

_UNANSWERED = re.compile(r"(\d{1,6}) of them unanswered by then$")  # how the engine ends ``cut_short``


@dataclass(frozen=True)
class LoadResult:
    """What one load test measured. Counts add up: every request that was sent is in exactly one of them.

    Args:
        target: ``function:qualifier``, or ``POST api/stage/path``.
        model: ``closed`` (a fixed number in flight) or ``open`` (arrivals on schedule).
        concurrency: requests kept in flight (closed), or allowed there (open).
        requests: requests sent, without the warm-up.
        planned_requests: requests that were to be sent; more than ``requests`` when the test was cut short.
        duration_s: seconds from the first request to the last answer.
        offered_rps, achieved_rps: requests sent, and requests that succeeded, a second of ``duration_s``; in the open
            model, ``offered_rps`` is the arrivals, dropped ones included, a second of the schedule as it was kept.
        rate_rps: arrivals a second that were wanted (open); 0 in the closed model.
        dropped: arrivals that were not sent, because ``concurrency`` were in flight already (open).
        throttled: HTTP 429 (not an error of the function); ``throttle_reason`` is the most frequent of AWS's
            (``ReservedFunction…``), ``throttle_reasons`` counts each.
        function_errors: HTTP 200 with FunctionError, or Lambda says that the function cannot run as it is configured;
            ``function_error_kinds`` counts ``handled``, ``unhandled``, ``timeout`` and ``out_of_memory`` of the former.
        application_errors: ``statusCode`` of ``failing_status`` or more in the answer, or such an HTTP status from an
            endpoint.
        timeouts: no answer within the time for one request.
        other_errors: all other errors (connections, refusals, and ``unanswered`` requests that the test's end cut off).
        cold_starts: answers with an Init or Restore Duration in their REPORT line.
        reported: answers with a REPORT line. Without any, the number of cold starts is not known.
        failing_status: from which status on an answer was an application error.
        latency_ms: ``min mean p50 p90 p95 p99 max`` of the requests that succeeded, percentiles by nearest rank; in
            the open model from the intended start, so that waiting to be sent counts.
        warm_latency_ms, cold_latency_ms: ``p50 p95`` without, and of, the cold starts.
        service_ms: ``p50 p95 p99`` from the moment of sending: the same as the latency in the closed model.
        p95_interval_ms: 95% confidence interval of p95, from order statistics; ``intervals_ms`` has those of
            ``p50 p90 p95 p99``.
        curve: ``[percent, ms]`` of the percentile curve, for the plot.
        retries: requests sent again because the server closed an idle connection just when they were sent; one that
            was throttled or failed is never repeated.
        connections: connections that were opened.
        warm_up: ``requests succeeded cold_starts reported`` and ``p50 max`` (ms) of the requests sent before; empty for
            none.
        late_ms: milliseconds that the load tester itself was late in one request of a hundred; 0 where that is next to
            nothing.
        cost: ``estimated`` and ``actual``, each ``requests gb_seconds usd``, and ``cap_usd``.
        notes: what was changed of the plan, waited for or added, and why, in sentences.
        error_samples: up to five different descriptions of what failed.
        cut_short: why the test ended early, else empty.
        samples: ``[start in ms, latency in ms, outcome]`` of up to 500 requests, for the plot; a success that was
            a cold start is ``cold_start``.
    """

    target: str
    model: str
    concurrency: int
    requests: int
    planned_requests: int
    duration_s: float
    offered_rps: float
    achieved_rps: float
    succeeded: int
    throttled: int
    function_errors: int
    application_errors: int
    timeouts: int
    other_errors: int
    cold_starts: int
    latency_ms: Mapping[str, float]
    warm_latency_ms: Mapping[str, float]
    p95_interval_ms: tuple[float, float]
    reported: int = 0
    failing_status: int = FAILING_STATUS
    retries: int = 0
    rate_rps: float = 0.0
    dropped: int = 0
    throttle_reason: str = ""
    throttle_reasons: Mapping[str, int] = field(default_factory=dict)
    function_error_kinds: Mapping[str, int] = field(default_factory=dict)
    cold_latency_ms: Mapping[str, float] = field(default_factory=dict)
    service_ms: Mapping[str, float] = field(default_factory=dict)
    intervals_ms: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    curve: tuple[tuple[float, float], ...] = ()
    connections: int = 0
    warm_up: Mapping[str, float] = field(default_factory=dict)
    late_ms: float = 0.0
    cost: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    error_samples: tuple[str, ...] = ()
    cut_short: str = ""
    samples: tuple[tuple[float, float, str], ...] = ()

    @property
    def failures(self) -> int:
        """Requests that the function took and did not serve; a throttled one was never taken."""
        return self.own_failures + self.other_errors

    @property
    def cold_starts_known(self) -> bool:
        """Whether the number of cold starts is known."""
        return bool(self.reported or self.cold_starts)

    @property
    def own_failures(self) -> int:
        """The ``failures`` that the function caused, without requests that failed because of labgrader."""
        return self.function_errors + self.application_errors + self.timeouts

    def broken_by_failures(self, percentile: int) -> bool:
        """Return whether more requests failed than a percentile leaves out.

        Args:
            percentile: 1 to 99.
        """
        return not tolerates_failures(percentile, self.own_failures, self.succeeded)

    @property
    def unanswered(self) -> int:
        """The ``other_errors`` of requests that the end of the test cut off. They are not failures."""
        said = _UNANSWERED.search(self.cut_short)
        return min(int(said.group(1)), self.other_errors) if said else 0

    def to_dict(self) -> dict[str, Json]:
        """Return the result as JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, document: Mapping[str, Json]) -> LoadResult:
        """Read what ``to_dict`` wrote; in a record from before they were counted, every success had a REPORT line."""
        intervals = document.get("intervals_ms", {})
        return cls(
            **{
                **document,
                "reported": document.get("reported", document["succeeded"]),
                "p95_interval_ms": tuple(document["p95_interval_ms"]),
                "intervals_ms": {name: tuple(bounds) for name, bounds in intervals.items()},
                "curve": tuple(tuple(point) for point in document.get("curve", ())),
                "notes": tuple(document.get("notes", ())),
                "error_samples": tuple(document["error_samples"]),
                "samples": tuple(tuple(sample) for sample in document["samples"]),
            }
        )


@dataclass(frozen=True)
class Comparison:
    """Two targets measured in turn (A B A B), one request in flight, so that the machine's drift hits both.

    ``baseline_ms`` and ``candidate_ms`` are the latencies of the requests that succeeded, in milliseconds, in order,
    without each target's first request (its cold start). The error fields count the failed requests. ``ratio`` is the
    baseline's median over the candidate's (how many times faster the candidate is), ``ratio_interval`` its bootstrap
    interval, of 95% if it is ``sure``; both are 0 if one of the two has no latency. ``baseline_report`` and
    ``candidate_report`` are medians of Lambda's REPORT lines, ``duration_ms billed_ms memory_mb max_memory_mb``; empty
    without lines. ``notes`` are sentences; if the test ended early, the last one says why.
    """

    baseline: str
    candidate: str
    baseline_ms: tuple[float, ...]
    candidate_ms: tuple[float, ...]
    baseline_errors: tuple[str, ...] = ()
    candidate_errors: tuple[str, ...] = ()
    ratio: float = 0.0
    ratio_interval: tuple[float, float] = (0.0, 0.0)
    baseline_report: Mapping[str, float] = field(default_factory=dict)
    candidate_report: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def rounds(self) -> int:
        """Latencies of the one that has fewer."""
        return min(len(self.baseline_ms), len(self.candidate_ms))

    @property
    def sure(self) -> bool:
        """Whether the ratio's interval may be called one of 95%."""
        return self.rounds >= FEWEST_ROUNDS

    def to_dict(self) -> dict[str, Json]:
        """Return the result as JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, document: Mapping[str, Json]) -> Comparison:
        """Read what ``to_dict`` wrote."""
        names = ("baseline_ms", "candidate_ms", "baseline_errors", "candidate_errors", "ratio_interval", "notes")
        return cls(**{**document, **{name: tuple(document[name]) for name in names if name in document}})


_THROTTLE_MEANINGS = {
    "Reserved": "the function's own reserved concurrency",
    "ConcurrentInvocation": "the account's concurrency",
    "FunctionInvocationRate": "the account's rate for this function",
    "CallerRate": "the account's rate of calls",
    "TooManyRequests": "the usage plan's, the stage's or the account's rate",
    "LimitExceeded": "the usage plan's quota",
}
"""By how a reason begins. Source: Lambda API Reference, Invoke, ``TooManyRequestsException``; API Gateway Developer
Guide, "Gateway response types"."""


def throttle_meaning(reason: str) -> str:
    """Say which limit a throttle's reason is about: ``the account's concurrency``; empty for one that is not known.

    Args:
        reason: AWS's code: ``ReservedFunctionConcurrentInvocationLimitExceeded``.
    """
    return next((meaning for start, meaning in _THROTTLE_MEANINGS.items() if reason.startswith(start)), "")
