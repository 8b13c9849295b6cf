"""The read side of load tests: what a performance check asks, and the records it gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from labgrader.evidence.load.plan import (
    COST_CAP_USD,
    FAILING_STATUS,
    MOST_IN_FLIGHT,
    EndpointTarget,
    FunctionTarget,
    LoadPlan,
    Target,
    Threshold,
)
from labgrader.evidence.load.result import Comparison, LoadResult
from labgrader.evidence.probe import deployed
from labgrader.evidence.question import Answers, Json, Question
from labgrader.evidence.snapshot import Snapshot

__all__ = ["Comparison", "EndpointTarget", "FunctionTarget", "LoadPlan", "LoadResult", "LoadTest", "Threshold"]

LOAD_TEST = "labgrader:LoadTest"
COMPARE = "labgrader:Compare"

REQUEST_TIMEOUT_S = 35
"""Seconds that one request of a load test may take."""

DEADLINE_S = 90
"""Seconds that a whole load test may take; what is not answered by then is not sent."""


@dataclass
class LoadTest:
    """What a performance check reads: the load tests it asks for, and the student's snapshot."""

    snapshot: Snapshot
    answers: Answers = field(default_factory=Answers)

    def closed(
        self,
        target: Target,
        *,
        concurrency: int,
        requests: int,
        warm_up: int = 0,
        threshold: Threshold | None = None,
        cost_cap_usd: float = COST_CAP_USD,
        failing_status: int = FAILING_STATUS,
    ) -> LoadResult | None:
        """Return the result of keeping ``concurrency`` requests in flight until ``requests`` were sent.

        ``None`` where the function or the alias does not exist. At most ``DEADLINE_S`` seconds.

        Args:
            target: whom to call.
            concurrency: requests in flight; fewer, down to a half, where the account has no room for them.
            requests: requests in all.
            warm_up: requests sent before, as many at once, and reported apart.
            threshold: requests are added until it is decided whether the percentile keeps the bound.
            cost_cap_usd: US dollars after which nothing more is sent.
            failing_status: an answer with this ``statusCode`` or HTTP status, or a higher one, is an application error.
        """
        return self._load(
            target,
            LoadPlan(
                "closed",
                concurrency,
                requests=requests,
                warm_up=warm_up,
                threshold=threshold,
                cost_cap_usd=cost_cap_usd,
                failing_status=failing_status,
            ),
        )

    def open(
        self,
        target: Target,
        *,
        rate_rps: float,
        duration_s: float,
        most_in_flight: int = MOST_IN_FLIGHT,
        warm_up: int = 0,
        threshold: Threshold | None = None,
        cost_cap_usd: float = COST_CAP_USD,
        failing_status: int = FAILING_STATUS,
    ) -> LoadResult | None:
        """Return the result of ``rate_rps`` arrivals a second for ``duration_s`` seconds.

        Latencies run from the moment at which a request was due, so that a function that freezes is felt by everybody
        who would have called. ``None`` where the function or the alias does not exist.

        Args:
            target: whom to call.
            rate_rps: arrivals a second.
            duration_s: seconds of arrivals.
            most_in_flight: an arrival that finds so many in flight is dropped and counted.
            warm_up, threshold, cost_cap_usd, failing_status: as for ``closed``; arrivals go on at the same rate to
                decide, unless some were dropped.
        """
        return self._load(
            target,
            LoadPlan(
                "open",
                most_in_flight,
                rate_rps=rate_rps,
                duration_s=duration_s,
                warm_up=warm_up,
                threshold=threshold,
                cost_cap_usd=cost_cap_usd,
                failing_status=failing_status,
            ),
        )

    def compare(
        self,
        baseline: Target,
        candidate: Target,
        *,
        rounds: int,
        factor: float = 1.0,
        most_rounds: int = 0,
    ) -> Comparison | None:
        """Return warm latencies of each of two targets, measured in turn.

        ``None`` where one of them does not exist.

        Args:
            baseline: what to compare with.
            candidate: what should be faster.
            rounds: one request to each, so often, besides the first one of each.
            factor: rounds are added while the interval of the ratio of medians straddles it …
            most_rounds: … up to so many; 0 for none added.
        """
        if not (self._there(baseline) and self._there(candidate)):
            return None
        answer = self.answers.ask(
            Question(
                COMPARE,
                {
                    "Baseline": self._complete(baseline).to_dict(),
                    "Candidate": self._complete(candidate).to_dict(),
                    "Rounds": rounds,
                    "Factor": factor,
                    "MostRounds": max(rounds, most_rounds),
                },
            )
        )
        return None if answer is None else Comparison.from_dict(answer)

    def results(self) -> list[LoadResult]:
        """Return every recorded load test. In a check of the kind advice, these are the load tests of all the student's
        checks."""
        return [LoadResult.from_dict(result) for result in self.answers.values(LOAD_TEST)]

    def _load(self, target: Target, plan: LoadPlan) -> LoadResult | None:
        if not self._there(target):
            return None
        arguments: Mapping[str, Json] = {"Target": self._complete(target).to_dict(), **plan.to_dict()}
        answer = self.answers.ask(Question(LOAD_TEST, arguments))
        return None if answer is None else LoadResult.from_dict(answer)

    def _there(self, target: Target) -> bool:
        """Return whether there is a function to call. The caller has already found an API."""
        return not isinstance(target, FunctionTarget) or deployed(self.snapshot, target.function)

    def _complete(self, target: Target) -> Target:
        """Return a function with what its price depends on."""
        if not isinstance(target, FunctionTarget):
            return target
        found = self.snapshot.function(target.function)
        if found is None:
            return target
        return replace(
            target,
            memory_mb=found.memory_mb or 0,
            architecture="arm64" if "arm64" in found.architectures else "x86_64",
        )
