"""A load test: its warm-up, what it may cost, its requests, those that are added to decide, and what came of it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

from labgrader.evidence.load.cost import Cost
from labgrader.evidence.load.latencies import Latencies
from labgrader.evidence.load.load_test import DEADLINE_S, REQUEST_TIMEOUT_S
from labgrader.evidence.load.plan import LoadPlan, Threshold
from labgrader.evidence.load.statistics import (
    EARLY_CONFIDENCE,
    decide,
    fewest_measurements,
    rounded,
    tolerates_failures,
)
from labgrader.evidence.question import Answer
from labgrader.http.event_loop import new_loop, settle
from labgrader.load_testing.arrival_models import keep_in_flight, send_on_schedule
from labgrader.load_testing.counters import RequestStats
from labgrader.load_testing.progress import LoadProgress
from labgrader.load_testing.sender import RequestSender
from labgrader.load_testing.targets import LoadTarget

ASSUMED_S = 1.0
"""Billed seconds that a request is taken to cost where no warm-up says."""

TELL_S = 0.2
"""Seconds between two reports of how far a test is."""

LATE_MS = 10.0
"""Milliseconds that one arrival in a hundred may be late, before the result says that the tester was."""

FEWEST_LOOKS = 100
"""Looks at our own lateness before one in a hundred is spoken of."""

SPARE_S = 1.0
"""Seconds before the deadline by which requests that are added shall be over."""


def run_load(
    caller: LoadTarget,
    plan: LoadPlan,
    *,
    request_timeout_s: float = REQUEST_TIMEOUT_S,
    deadline_s: float = DEADLINE_S,
    tell: Callable[[LoadProgress], None] | None = None,
) -> Answer:
    """Do what a plan says, and return a ``LoadResult`` as JSON.

    Closed: each worker has one connection and sends its next request as soon as it has the answer to the last one. A
    throttled worker waits until the function is done with another of our requests, and so has room again; where it has
    none, for ``PAUSE_S``. Otherwise, with room for ten of twenty, the other ten would burn all requests in refusals
    within milliseconds, while the function is still at its first ten.

    Open: request ``i`` is due ``i / rate`` seconds after the first, and sent then, whatever became of the earlier ones;
    its latency runs from that moment, so that a function that freezes is felt by everybody who would have called. Where
    ``concurrency`` are in flight, it is dropped and counted. What it takes to open a connection is in neither latency.

    The test ends early at the deadline, at its cost cap, when as many requests in a row as are kept in flight were
    never answered (twice as many, where some were answered before), or when AWS refuses. What is in flight then is
    abandoned (but for the cost cap, which counts it in) and is among the ``other_errors``: only what had all of
    ``request_timeout_s`` is a timeout.

    Args:
        caller: whom to call.
        plan: how much, and what may stop it.
        request_timeout_s: seconds for each request.
        deadline_s: seconds for all of it, the warm-up included.
        tell: is told how far the test is, at most five times a second.

    Returns:
        No value where the function or alias does not exist; an error where AWS refused or failed every request, or
        where the test would cost more than it may.
    """
    caller.request()  # whoever has to fetch credentials does it before the clock runs
    test = _Test(caller, plan, request_timeout_s, deadline_s, tell)
    loop = new_loop()
    try:
        return loop.run_until_complete(test.run())
    finally:
        test.close()
        loop.run_until_complete(settle())
        loop.close()


class _Test:
    """One load test."""

    def __init__(
        self,
        caller: LoadTarget,
        plan: LoadPlan,
        request_timeout_s: float,
        deadline_s: float,
        tell: Callable[[LoadProgress], None] | None,
    ) -> None:
        self._caller = caller
        self._plan = plan
        self._tell = tell
        self._traffic = RequestSender(
            caller, plan.concurrency, request_timeout_s, deadline_s, self._may_cost, plan.failing_status
        )
        self._notes = list(plan.notes)
        self._warm_up: dict[str, float] = {}
        self._estimate = Cost()

    async def run(self) -> Answer:
        """Send everything, and return what was measured."""
        traffic, plan = self._traffic, self._plan
        if plan.warm_up:
            await self._phase("warm-up", lambda: keep_in_flight(traffic, plan.concurrency, plan.warm_up))
            if traffic.refusal and not traffic.evidence:
                return traffic.refusal
            self._warm_up = _warm_up(traffic.tally)
        self._estimate = self._estimated(traffic.tally)
        if self._estimate.usd > plan.cost_cap_usd:
            return Answer(
                error_code="TooExpensive",
                error_message=f"the load test would cost about {_usd(self._estimate.usd)}, more than its cap of "
                f"{_usd(plan.cost_cap_usd)}: not begun",
            )
        traffic.begin_phase()
        await self._phase("load", lambda: self._send(plan.arrivals))
        await self._decide()
        if traffic.refusal and not traffic.evidence:
            return traffic.refusal
        return Answer(json.loads(json.dumps(self._result(), allow_nan=False)))

    def close(self) -> None:
        """Hang up."""
        self._traffic.close()

    async def _send(self, count: int) -> None:
        plan = self._plan
        if plan.model == "closed":
            await keep_in_flight(self._traffic, plan.concurrency, count)
        else:
            await send_on_schedule(self._traffic, plan.concurrency, count, plan.rate_rps)

    async def _decide(self) -> None:
        """Send more, each time as many as there were, while it is open on which side of its bound the percentile is.

        Where arrivals were dropped it stays open: nobody knows how long those would have waited. Where more requests
        failed than the percentile leaves out, no latency can mend it.
        """
        threshold, traffic = self._plan.threshold, self._traffic
        if threshold is None:
            return
        added = 0
        while not traffic.stopped:
            more = min(traffic.planned, threshold.most_requests - traffic.planned, self._fitting())
            tally = traffic.tally
            mendable = tally.succeeded and tolerates_failures(threshold.percentile, tally.failed, tally.succeeded)
            if more <= 0 or not mendable or tally.dropped or self._decided(threshold):
                break
            added += more
            await self._phase("deciding", lambda more=more: self._send(more))  # type: ignore[misc]
        if added:
            self._notes.append(
                f"added {added} requests to decide whether p{threshold.percentile} is below "
                f"{threshold.milliseconds:g} ms"
            )

    def _decided(self, threshold: Threshold) -> bool:
        latencies = self._traffic.tally.latencies
        interval = latencies.interval(threshold.percentile, EARLY_CONFIDENCE)
        enough = len(latencies) >= fewest_measurements(threshold.percentile)
        return enough and decide(interval, threshold.milliseconds) != "open"

    def _fitting(self) -> int:
        """Requests that there is still time for, at the pace so far."""
        took = time.perf_counter() - self._traffic.began
        return int((self._traffic.time_left_s - SPARE_S) * self._traffic.tally.over / took)

    # --- how far it is ---

    async def _phase(self, name: str, send: Callable[[], Any]) -> None:
        teller = asyncio.ensure_future(self._keep_telling(name)) if self._tell else None
        try:
            await send()
        finally:
            if teller:
                teller.cancel()
                await asyncio.gather(teller, return_exceptions=True)
        self._report(name)

    async def _keep_telling(self, phase: str) -> None:
        while True:
            await asyncio.sleep(TELL_S)
            self._report(phase)

    def _report(self, phase: str) -> None:
        if self._tell is None:
            return
        tally = self._traffic.tally
        succeeded, throttled = tally.succeeded, tally.results["throttled"]
        self._tell(
            LoadProgress(
                planned=self._traffic.planned,
                sent=tally.sent,
                answered=tally.over,
                succeeded=succeeded,
                throttled=throttled,
                failed=tally.over - succeeded - throttled,
                elapsed_s=time.perf_counter() - self._traffic.began,
                p50_ms=tally.latencies.percentile(50),
                p95_ms=tally.latencies.percentile(95),
                phase=phase,
            )
        )

    # --- money ---

    def _may_cost(self, requests: int, gb_ms: float) -> bool:
        return self._caller.cost(requests, gb_ms).usd < self._plan.cost_cap_usd

    def _estimated(self, warm_up: RequestStats) -> Cost:
        """What the plan will cost, by what the warm-up cost."""
        assumed = 1000 * ASSUMED_S * self._caller.memory_mb / 1024
        gb_ms = warm_up.gb_ms / warm_up.billed if warm_up.billed else assumed
        return self._caller.cost(self._plan.arrivals, gb_ms * self._plan.arrivals)

    # --- what came of it ---

    def _result(self) -> dict[str, Any]:
        plan, traffic = self._plan, self._traffic
        traffic.tally.connections = traffic.connections
        late_ms = _late_ms(traffic.lateness)
        actual = self._caller.cost(*traffic.spent)
        return {
            "target": self._caller.name,
            "model": plan.model,
            "concurrency": plan.concurrency,
            "planned_requests": traffic.planned,
            "rate_rps": float(plan.rate_rps) if plan.model == "open" else 0.0,
            "warm_up": self._warm_up,
            "cost": {
                "estimated": self._estimate.to_dict(),
                "actual": actual.to_dict(),
                "cap_usd": plan.cost_cap_usd,
            },
            "late_ms": late_ms,
            "failing_status": plan.failing_status,
            "notes": [*self._notes, *self._remarks(late_ms, actual.usd)],
            "cut_short": self._cut_short(),
            **traffic.tally.fields(),
        }

    def _remarks(self, late_ms: float, usd: float) -> list[str]:
        """What has to be known of the figures, in sentences."""
        tally, cap_usd = self._traffic.tally, self._plan.cost_cap_usd
        remarks = {
            f"{tally.dropped} of {tally.sent + tally.dropped} arrivals found no room in flight and were not sent: the "
            "latencies are those of the others": tally.dropped > 0,
            _lateness(late_ms): late_ms > 0,
            f"it cost about {_usd(usd)}, more than its cap of {_usd(cap_usd)}: what was in flight had to be waited "
            "for": usd > cap_usd and _usd(usd) != _usd(cap_usd),
            self._caller.without: bool(self._caller.without),
        }
        return [sentence for sentence, said in remarks.items() if said]

    def _cut_short(self) -> str:
        """Say why the test ended early, and how many requests its end left unanswered."""
        traffic = self._traffic
        left = traffic.tally.abandoned + traffic.tally.sent - traffic.tally.over
        unanswered = f", {left} of them unanswered by then" if left else ""
        sent = f"{traffic.tally.sent} of {traffic.planned} requests were sent"
        return f"{traffic.why}{sent}{unanswered}" if traffic.why else ""


def _warm_up(tally: RequestStats) -> dict[str, float]:
    return {
        "requests": tally.sent,
        "succeeded": tally.succeeded,
        "cold_starts": tally.cold_starts,
        "reported": tally.reported,
        "p50": tally.latencies.percentile(50),
        "max": tally.latencies.percentile(100),
    }


def _late_ms(lateness: Latencies) -> float:
    """How late we were ourselves in one case of a hundred; 0 where that is not worth a word, or too few were seen."""
    late_ms = rounded(lateness.percentile(99))
    return late_ms if late_ms > LATE_MS and len(lateness) >= FEWEST_LOOKS else 0.0


def _lateness(late_ms: float) -> str:
    """Say when it was us who were late, so that nobody else is blamed for it."""
    return (
        f"the load tester itself was late by {late_ms:.0f} ms in one request of a hundred: these latencies are "
        "partly its own"
    )


def _usd(amount: float) -> str:
    return f"${amount:.4f}".rstrip("0").rstrip(".") if amount >= 0.0001 else f"${amount:.7f}".rstrip("0")
