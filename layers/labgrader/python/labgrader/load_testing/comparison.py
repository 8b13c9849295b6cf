"""Two targets measured in turn (A B A B), one request in flight, so that whatever drifts hits both."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from labgrader.evidence.load.load_test import REQUEST_TIMEOUT_S
from labgrader.evidence.load.result import FEWEST_ROUNDS, Comparison
from labgrader.evidence.load.statistics import EARLY_CONFIDENCE, bootstrap_ratio, decide, ratio_of_medians, rounded
from labgrader.evidence.question import Answer
from labgrader.http.lambda_report import Report
from labgrader.http.reply import Reply
from labgrader.http.sync_connection import SyncConnection
from labgrader.load_testing.targets import LoadTarget
from labgrader.probing.retry_policy import RetryPolicy

COMPARE_DEADLINE_S = 60
"""Seconds that a whole comparison may take."""

MAX_FAILURES = 2
"""Failures of one target after which neither is called again: there is nothing to compare."""

ERROR_CHARACTERS = 500
"""Characters of what a function died of: enough for the host's name in the message of a failed HTTP request."""

_REPORTED = ("duration_ms", "billed_ms", "memory_mb", "max_memory_mb")


@dataclass
class _Side:
    """One of the two, with what was measured of it. The first answer is its warm-up and is not counted."""

    caller: LoadTarget
    wire: SyncConnection
    calls: int = 0
    latencies_ms: list[float] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def record(self, reply: Reply) -> None:
        """Count a reply: what did not do the work has no time worth comparing."""
        self.calls += 1
        if not self.caller.is_success(reply):
            self.errors.append(self.caller.describe(reply, ERROR_CHARACTERS))
        elif self.calls > 1:
            self.latencies_ms.append(rounded(1000 * reply.duration_s))
            report = self.caller.report(reply)
            if report.duration_ms:
                self.reports.append(report)

    def reported(self) -> dict[str, float]:
        """The medians of what the REPORT lines said; empty without any."""
        if not self.reports:
            return {}
        return {name: rounded(median(getattr(one, name) for one in self.reports)) for name in _REPORTED}


def run_compare(
    baseline: LoadTarget,
    candidate: LoadTarget,
    *,
    rounds: int,
    factor: float = 1.0,
    most_rounds: int = 0,
    request_timeout_s: float = REQUEST_TIMEOUT_S,
    deadline_s: float = COMPARE_DEADLINE_S,
    retry_policy: RetryPolicy | None = None,
    notes: Sequence[str] = (),
) -> Answer:
    """Call two targets in turn and return a ``Comparison`` as JSON.

    Throttles and faults of AWS are repeated, and only the request that was answered is timed. The comparison ends early
    when one target failed ``MAX_FAILURES`` times or did not answer in time, and at the deadline.

    Args:
        baseline: what to compare with.
        candidate: what should be faster.
        rounds: latencies wanted of each, besides its warm-up.
        factor: while the interval of the ratio of medians straddles it, or there are fewer than ``FEWEST_ROUNDS``, as
            many rounds are added as there were …
        most_rounds: … up to so many in all.
        request_timeout_s, deadline_s: seconds for each request, and for all.
        retry_policy: how often a throttled request is repeated.
        notes: what was changed before it began.

    Returns:
        No value where one of the targets does not exist; an error where AWS refused or failed.
    """
    comparison = _Comparison(
        (_Side(baseline, SyncConnection(baseline.host)), _Side(candidate, SyncConnection(candidate.host))),
        request_timeout_s,
        deadline_s,
        retry_policy or RetryPolicy(),
    )
    try:
        refusal = comparison.measure(rounds + 1)
        done = rounds
        while not refusal and not comparison.over and done < most_rounds and comparison.is_open(factor):
            more = min(done, most_rounds - done)
            refusal = comparison.measure(more)
            done += more
    finally:
        comparison.close()
    if refusal:
        return refusal
    added = [f"added {done - rounds} rounds to decide whether {candidate.name} is {factor:g} times as fast"]
    ended = [comparison.why] if comparison.why else []
    return comparison.answer([*notes, *(added if done > rounds else []), *ended])


@dataclass
class _Comparison:
    """A comparison under way."""

    sides: tuple[_Side, _Side]
    request_timeout_s: float
    deadline_s: float
    retry_policy: RetryPolicy
    why: str = ""
    rounds: int = 0  # begun, with the warm-up
    planned: int = 0

    def __post_init__(self) -> None:
        self.end = time.perf_counter() + self.deadline_s

    @property
    def over(self) -> bool:
        """Whether it ended early."""
        return bool(self.why)

    def measure(self, rounds: int) -> Answer | None:
        """Call both in turn, so often; return the answer where AWS refuses."""
        self.planned += rounds
        for _ in range(rounds):
            self.rounds += 1
            for side in self.sides:
                left = self.end - time.perf_counter()
                if left <= 0:
                    self._stop(f"after {self.deadline_s:g} s")
                if self.over:
                    return None
                reply = self.retry_policy.repeat(lambda side=side: self._call(side), side.caller.is_retryable)  # type: ignore[misc]
                if refusal := side.caller.refusal(reply):
                    return refusal
                if reply.timed_out and left < self.request_timeout_s and side.calls > 1:
                    self._stop(f"after {self.deadline_s:g} s")  # that is not the target's failure
                    return None
                side.record(reply)
                if reply.timed_out:
                    self._stop(f"because {side.caller.name} gave no answer in time")
                elif len(side.errors) >= MAX_FAILURES:
                    self._stop(f"after {MAX_FAILURES} failures of {side.caller.name}")
        return None

    def _stop(self, why: str) -> None:
        """Say why it ends, and when, unless that is said."""
        when = f"in round {self.rounds - 1} of {self.planned - 1}" if self.rounds > 1 else "in the warm-up"
        self.why = self.why or f"the comparison stopped {why}, {when}"

    def is_open(self, factor: float) -> bool:
        """Whether it is open on which side of a factor the ratio of medians is."""
        baseline, candidate = (side.latencies_ms for side in self.sides)
        if not baseline or not candidate:
            return False
        interval = bootstrap_ratio(baseline, candidate, confidence=EARLY_CONFIDENCE)
        return min(len(baseline), len(candidate)) < FEWEST_ROUNDS or decide(interval, factor) == "open"

    def answer(self, notes: Sequence[str]) -> Answer:
        """Return what was measured."""
        baseline, candidate = self.sides
        result = Comparison(
            baseline=baseline.caller.name,
            candidate=candidate.caller.name,
            baseline_ms=tuple(baseline.latencies_ms),
            candidate_ms=tuple(candidate.latencies_ms),
            baseline_errors=tuple(baseline.errors),
            candidate_errors=tuple(candidate.errors),
            ratio=rounded(ratio_of_medians(baseline.latencies_ms, candidate.latencies_ms)),
            ratio_interval=bootstrap_ratio(baseline.latencies_ms, candidate.latencies_ms),
            baseline_report=baseline.reported(),
            candidate_report=candidate.reported(),
            notes=tuple(notes),
        )
        return Answer(json.loads(json.dumps(result.to_dict(), allow_nan=False)))

    def close(self) -> None:
        """Hang up."""
        for side in self.sides:
            side.wire.close()

    def _call(self, side: _Side) -> Reply:
        left = max(self.end - time.perf_counter(), 0.001)
        return side.wire.exchange(side.caller.request(), min(self.request_timeout_s, left), side.caller.method)
