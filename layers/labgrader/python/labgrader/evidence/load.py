"""The read side of load tests: what a run of many requests measured."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from labgrader.evidence.probe import deployed
from labgrader.evidence.question import Answers, Json, Question
from labgrader.evidence.snapshot import Snapshot

REQUEST_TIMEOUT_S = 35
"""Seconds that one request of a load test may take."""

DEADLINE_S = 90
"""Seconds that a whole load test may take; what is not answered by then is not sent."""

_UNANSWERED = re.compile(r"(\d{1,6}) of them unanswered by then$")  # how closed_load ends ``cut_short``


@dataclass(frozen=True)
class LoadResult:
    """What one load test measured. Counts add up: every request that was sent is in exactly one of them.

    Args:
        target: ``function:qualifier``.
        model: ``closed`` (a fixed number in flight).
        concurrency: requests kept in flight.
        requests: requests sent.
        planned_requests: requests that were to be sent; more than ``requests`` when the test was cut short.
        duration_s: seconds from the first request to the last answer.
        offered_rps, achieved_rps: requests sent, and requests that succeeded, a second.
        throttled: HTTP 429 (not an error of the function); ``throttle_reason`` is AWS's (``ReservedFunction…``).
        function_errors: HTTP 200 with FunctionError. application_errors: ``statusCode`` of 500 or more in the answer.
        timeouts: no answer within ``REQUEST_TIMEOUT_S``. other_errors: anything else (connections, refusals, and
            ``unanswered`` requests that the test's deadline gave less than that).
        cold_starts: answers whose REPORT line has an Init or Restore Duration.
        latency_ms: ``min mean p50 p90 p95 p99 max`` of the requests that succeeded, percentiles by nearest rank.
        warm_latency_ms: ``p50 p95`` without the cold starts.
        p95_interval_ms: 95% confidence interval of p95, from order statistics.
        retries: requests sent again because the server had closed an idle connection before it read them; one that
            was throttled or failed is never repeated.
        error_samples: up to five different descriptions of what failed.
        cut_short: why the test ended early, else empty.
        samples: ``[start in ms, latency in ms, outcome]`` of up to 500 requests, for the plot.
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
    retries: int = 0
    throttle_reason: str = ""
    error_samples: tuple[str, ...] = ()
    cut_short: str = ""
    samples: tuple[tuple[float, float, str], ...] = ()

    @property
    def failures(self) -> int:
        """Requests that the function took and did not serve; a throttled one was never taken."""
        return self.function_errors + self.application_errors + self.timeouts + self.other_errors

    @property
    def unanswered(self) -> int:
        """Those of the ``other_errors`` that the test's own deadline cut off: they are nobody's failures."""
        said = _UNANSWERED.search(self.cut_short)
        return min(int(said.group(1)), self.other_errors) if said else 0

    def to_dict(self) -> dict[str, Json]:
        """Return the result as JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, document: Mapping[str, Json]) -> LoadResult:
        """Read what ``to_dict`` wrote."""
        return cls(
            **{
                **document,
                "p95_interval_ms": tuple(document["p95_interval_ms"]),
                "error_samples": tuple(document["error_samples"]),
                "samples": tuple(tuple(sample) for sample in document["samples"]),
            }
        )


@dataclass(frozen=True)
class Comparison:
    """Two targets measured in turn (A B A B), one request in flight, so that the machine's drift hits both.

    ``baseline_ms`` and ``candidate_ms`` are the latencies of the requests that succeeded, in milliseconds, in order,
    without each target's first request (its cold start). The error fields hold what the others said.
    """

    baseline: str
    candidate: str
    baseline_ms: tuple[float, ...]
    candidate_ms: tuple[float, ...]
    baseline_errors: tuple[str, ...] = ()
    candidate_errors: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Json]:
        """Return the result as JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, document: Mapping[str, Json]) -> Comparison:
        """Read what ``to_dict`` wrote."""
        names = ("baseline_ms", "candidate_ms", "baseline_errors", "candidate_errors")
        return cls(**{**document, **{name: tuple(document[name]) for name in names}})


@dataclass
class LoadTest:
    """What a performance check reads: the load tests it asks for, and the student's snapshot."""

    snapshot: Snapshot
    answers: Answers = field(default_factory=Answers)

    def closed(
        self, function: str, qualifier: str, event: Json, *, concurrency: int, requests: int
    ) -> LoadResult | None:
        """Return the result of keeping ``concurrency`` requests in flight until ``requests`` were sent.

        ``None`` where the function or the alias does not exist. At most ``DEADLINE_S`` seconds.
        """
        if not deployed(self.snapshot, function):
            return None
        answer = self.answers.ask(
            Question(
                "labgrader:ClosedLoad",
                {
                    "FunctionName": function,
                    "Qualifier": qualifier,
                    "Payload": event,
                    "Concurrency": concurrency,
                    "Requests": requests,
                },
            )
        )
        return None if answer is None else LoadResult.from_dict(answer)

    def compare(
        self, baseline: str, candidate: str, event: Json, *, requests: int, candidate_qualifier: str = ""
    ) -> Comparison | None:
        """Return ``requests`` warm latencies of each of two functions, measured in turn on ``$LATEST`` or an alias.

        ``None`` where one of them does not exist.
        """
        if not (deployed(self.snapshot, baseline) and deployed(self.snapshot, candidate)):
            return None
        answer = self.answers.ask(
            Question(
                "labgrader:Compare",
                {
                    "Baseline": baseline,
                    "Candidate": candidate,
                    "CandidateQualifier": candidate_qualifier,
                    "Payload": event,
                    "Requests": requests,
                },
            )
        )
        return None if answer is None else Comparison.from_dict(answer)
