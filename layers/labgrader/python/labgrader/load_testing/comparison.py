"""A comparison of two targets, called in turn (A B A B) with one request in flight, so that drift affects both."""

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
from labgrader.http.connection import SyncConnection
from labgrader.http.lambda_report import Report
from labgrader.http.reply import Reply
from labgrader.load_testing.targets import LoadTarget
from labgrader.probing.retry_policy import RetryPolicy

COMPARE_DEADLINE_S = 60
"""Maximum seconds for a whole comparison."""

MAX_FAILURES = 2
"""Failures of one target that end the comparison."""

ERROR_CHARACTERS = 500
"""Maximum characters of an error's description: enough for the host's name in the message of a failed HTTP request."""

_REPORTED = ("duration_ms", "billed_ms", "memory_mb", "max_memory_mb")


@dataclass
class _Side:
    """One of the two targets, with its measurements. Its first reply is the warm-up and is not counted.

    Args:
        target: the target to call.
        connection: the connection to its host.
        calls: replies that were recorded.
        latencies_ms: latencies of the successes, in milliseconds.
        reports: REPORT lines of the successes.
        errors: descriptions of the failures.
    """

    target: LoadTarget
    connection: SyncConnection
    calls: int = 0
    latencies_ms: list[float] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def record(self, reply: Reply) -> None:
        """Count a reply. A failure has no latency to compare."""
        self.calls += 1
        if not self.target.is_success(reply):
            self.errors.append(self.target.describe(reply, ERROR_CHARACTERS))
        elif self.calls > 1:
            self.latencies_ms.append(rounded(1000 * reply.duration_s))
            report = self.target.report(reply)
            if report.duration_ms:
                self.reports.append(report)

    def reported(self) -> dict[str, float]:
        """Return the medians of the REPORT lines; empty without any."""
        if not self.reports:
            return {}
        return {name: rounded(median(getattr(report, name) for report in self.reports)) for name in _REPORTED}


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
    """Compare two targets.

    A request is retried if AWS throttled it or failed, and only the last try is timed. The comparison ends early if a
    target fails ``MAX_FAILURES`` times or does not answer in time, and at the deadline.

    Args:
        baseline: the target to compare with.
        candidate: the target that should be faster.
        rounds: rounds of one request to each target, after the warm-up.
        factor: the ratio of medians to decide on. The rounds are doubled while its confidence interval includes this
            factor, or while there are fewer than ``FEWEST_ROUNDS``.
        most_rounds: maximum rounds in all.
        request_timeout_s: seconds for each request.
        deadline_s: seconds for the whole comparison.
        retry_policy: how often a request is retried.
        notes: sentences about what was changed beforehand.

    Returns:
        A ``Comparison`` as JSON. An empty answer if one of the targets does not exist. An error if AWS refused or
        failed.
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
        while not refusal and not comparison.stop_reason and done < most_rounds and comparison.is_open(factor):
            more = min(done, most_rounds - done)
            refusal = comparison.measure(more)
            done += more
    finally:
        for side in comparison.sides:
            side.connection.close()
    if refusal:
        return refusal
    added = [f"added {done - rounds} rounds to decide whether {candidate.name} is {factor:g} times as fast"]
    ended = [comparison.stop_reason] if comparison.stop_reason else []
    return comparison.answer([*notes, *(added if done > rounds else []), *ended])


@dataclass
class _Comparison:
    """A running comparison. Arguments as for ``run_compare``.

    Args:
        sides: the baseline and the candidate.
        request_timeout_s: seconds for each request.
        deadline_s: seconds for the whole comparison.
        retry_policy: how often a request is retried.
        stop_reason: why it ended early; empty if it did not.
        rounds: rounds that were begun, the warm-up included.
        planned: rounds that were planned, the warm-up included.
    """

    sides: tuple[_Side, _Side]
    request_timeout_s: float
    deadline_s: float
    retry_policy: RetryPolicy
    stop_reason: str = ""
    rounds: int = 0
    planned: int = 0

    def __post_init__(self) -> None:
        self.deadline = time.perf_counter() + self.deadline_s

    def measure(self, rounds: int) -> Answer | None:
        """Call both targets in turn.

        Args:
            rounds: how often.

        Returns:
            The answer to the question if AWS refused, else ``None``.
        """
        self.planned += rounds
        for _ in range(rounds):
            self.rounds += 1
            for side in self.sides:
                time_left_s = self.deadline - time.perf_counter()
                if time_left_s <= 0:
                    self._stop(f"after {self.deadline_s:g} s")
                if self.stop_reason:
                    return None
                reply = self.retry_policy.repeat(lambda side=side: self._call(side), side.target.is_retryable)  # type: ignore[misc]
                if refusal := side.target.refusal(reply):
                    return refusal
                if reply.timed_out and time_left_s < self.request_timeout_s and side.calls > 1:
                    self._stop(f"after {self.deadline_s:g} s")  # not a failure of the target
                    return None
                side.record(reply)
                if reply.timed_out:
                    self._stop(f"because {side.target.name} did not respond in time")
                elif len(side.errors) >= MAX_FAILURES:
                    self._stop(f"after {MAX_FAILURES} failures of {side.target.name}")
        return None

    def _stop(self, why: str) -> None:
        """End the comparison. Keep the first reason."""
        when = f"in round {self.rounds - 1} of {self.planned - 1}" if self.rounds > 1 else "in the warm-up"
        self.stop_reason = self.stop_reason or f"the comparison stopped {why}, {when}"

    def is_open(self, factor: float) -> bool:
        """Return whether it is open on which side of a factor the ratio of medians is."""
        baseline, candidate = (side.latencies_ms for side in self.sides)
        if not baseline or not candidate:
            return False
        interval = bootstrap_ratio(baseline, candidate, confidence=EARLY_CONFIDENCE)
        return min(len(baseline), len(candidate)) < FEWEST_ROUNDS or decide(interval, factor) == "open"

    def answer(self, notes: Sequence[str]) -> Answer:
        """Return the ``Comparison`` as JSON.

        Args:
            notes: its notes.
        """
        baseline, candidate = self.sides
        result = Comparison(
            baseline=baseline.target.name,
            candidate=candidate.target.name,
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

    def _call(self, side: _Side) -> Reply:
        time_left_s = max(self.deadline - time.perf_counter(), 0.001)
        return side.connection.exchange(
            side.target.request(), min(self.request_timeout_s, time_left_s), side.target.method
        )
