"""A whole load test: its warm-up, its cost estimate, its load, and the requests that are added to decide."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Coroutine
from typing import Any

from labgrader.evidence.load.cost import Cost
from labgrader.evidence.load.load_test import DEADLINE_S, REQUEST_TIMEOUT_S
from labgrader.evidence.load.plan import LoadPlan, Threshold
from labgrader.evidence.load.statistics import EARLY_CONFIDENCE, decide, fewest_measurements, tolerates_failures
from labgrader.evidence.question import Answer
from labgrader.http.event_loop import new_loop, settle
from labgrader.load_testing.arrival_models import keep_in_flight, send_on_schedule
from labgrader.load_testing.load_result import dollars, load_result, warm_up_fields
from labgrader.load_testing.progress import LoadProgress
from labgrader.load_testing.sender import RequestSender
from labgrader.load_testing.targets import LoadTarget

ASSUMED_S = 1.0
"""Billed seconds that a request is assumed to cost without a warm-up."""

PROGRESS_S = 0.2
"""Seconds between two progress reports."""

SPARE_S = 1.0
"""Seconds before the deadline by which added requests should have ended."""


def run_load(
    target: LoadTarget,
    plan: LoadPlan,
    *,
    request_timeout_s: float = REQUEST_TIMEOUT_S,
    deadline_s: float = DEADLINE_S,
    on_progress: Callable[[LoadProgress], None] | None = None,
) -> Answer:
    """Carry out a load test.

    Closed model: each worker has one connection, and sends its next request when the last one is answered. A throttled
    worker waits until the target completes another request, because then it has free concurrency again. If nothing is
    in flight, it waits ``PAUSE_S``. Without this wait, ten throttled workers of twenty would use up all requests within
    milliseconds, while the function still works on its first ten.

    Open model: request ``i`` is due ``i / rate`` seconds after the first and is sent then, regardless of earlier ones.
    Its latency counts from when it was due, so that a freeze shows in the latency of every request that came
    during it. An arrival beyond ``concurrency`` requests in flight is dropped and counted. In both models the time to
    open a connection is not part of a latency.

    The test ends early at its deadline, at its cost cap, if AWS refuses, or if as many requests in a row as the
    concurrency timed out (twice as many if any was answered). Requests in flight are then abandoned and counted as
    ``other_errors``, but after the cost cap they may end. A request is counted as a timeout only if it had all of
    ``request_timeout_s``.

    Args:
        target: the target to call.
        plan: the requests to send, and the limits.
        request_timeout_s: seconds for each request.
        deadline_s: seconds for the whole test, warm-up included.
        on_progress: called with the progress, at most five times a second.

    Returns:
        A ``LoadResult`` as JSON. An empty answer if the function or alias does not exist. An error if AWS refused or
        failed every request, or if the test would cost more than its cap.
    """
    target.request()  # fetch credentials, if needed, before the clock starts
    test = _LoadTest(target, plan, request_timeout_s, deadline_s, on_progress)
    loop = new_loop()
    try:
        return loop.run_until_complete(test.run())
    finally:
        test.sender.connections.close()
        loop.run_until_complete(settle())
        loop.close()


class _LoadTest:
    """One load test. Arguments as for ``run_load``."""

    def __init__(
        self,
        target: LoadTarget,
        plan: LoadPlan,
        request_timeout_s: float,
        deadline_s: float,
        on_progress: Callable[[LoadProgress], None] | None,
    ) -> None:
        self.sender = RequestSender(
            target, plan.concurrency, request_timeout_s, deadline_s, plan.cost_cap_usd, plan.failing_status
        )
        self._target = target
        self._plan = plan
        self._on_progress = on_progress
        self._notes = list(plan.notes)

    async def run(self) -> Answer:
        """Send all requests. Return as ``run_load`` does."""
        sender, plan = self.sender, self._plan
        warm_up: dict[str, float] = {}
        if plan.warm_up:
            await self._phase("warm-up", keep_in_flight(sender, plan.concurrency, plan.warm_up))
            if sender.refusal and not sender.has_evidence:
                return sender.refusal
            warm_up = warm_up_fields(sender.stats)
        estimate = self._estimate_cost()
        if estimate.usd > plan.cost_cap_usd:
            return Answer(
                error_code="TooExpensive",
                error_message=f"the load test would cost about {dollars(estimate.usd)}, more than its cap of "
                f"{dollars(plan.cost_cap_usd)}: not begun",
            )
        sender.begin_phase()
        await self._phase("load", self._send(plan.arrivals))
        if plan.threshold:
            await self._decide(plan.threshold)
        if sender.refusal and not sender.has_evidence:
            return sender.refusal
        result = load_result(self._target, plan, sender, warm_up=warm_up, estimate=estimate, notes=self._notes)
        return Answer(json.loads(json.dumps(result, allow_nan=False)))

    def _estimate_cost(self) -> Cost:
        """Estimate the plan's cost from what the warm-up cost."""
        warm_up, arrivals = self.sender.stats, self._plan.arrivals
        assumed_gb_ms = 1000 * ASSUMED_S * self._target.memory_mb / 1024
        gb_ms = warm_up.billed_gb_ms / warm_up.billed if warm_up.billed else assumed_gb_ms
        return self._target.cost(arrivals, gb_ms * arrivals)

    async def _send(self, count: int) -> None:
        plan = self._plan
        if plan.model == "closed":
            await keep_in_flight(self.sender, plan.concurrency, count)
        else:
            await send_on_schedule(self.sender, plan.concurrency, count, plan.rate_rps)

    # --- enough requests to decide ---

    async def _decide(self, threshold: Threshold) -> None:
        """Double the requests while it is open whether the percentile is below the threshold.

        Nothing is added if arrivals were dropped, because their latency is not known. Nothing is added if more requests
        failed than the percentile tolerates, because then no latency can decide it.
        """
        sender, added = self.sender, 0
        while not sender.stopped:
            stats = sender.stats
            more = min(sender.planned, threshold.most_requests - sender.planned, self._requests_in_time())
            tolerable = stats.succeeded and tolerates_failures(threshold.percentile, stats.failed, stats.succeeded)
            if more <= 0 or not tolerable or stats.dropped or self._is_decided(threshold):
                break
            added += more
            await self._phase("deciding", self._send(more))
        if added:
            self._notes.append(
                f"added {added} requests to decide whether p{threshold.percentile} is below "
                f"{threshold.milliseconds:g} ms"
            )

    def _is_decided(self, threshold: Threshold) -> bool:
        latencies = self.sender.stats.latencies
        interval = latencies.interval(threshold.percentile, EARLY_CONFIDENCE)
        enough = len(latencies) >= fewest_measurements(threshold.percentile)
        return enough and decide(interval, threshold.milliseconds) != "open"

    def _requests_in_time(self) -> int:
        """Return how many requests there is time for, at the rate so far."""
        sender = self.sender
        took_s = time.perf_counter() - sender.began
        return int((sender.time_left_s - SPARE_S) * sender.stats.completed / took_s)

    # --- progress ---

    async def _phase(self, name: str, sending: Coroutine[Any, Any, None]) -> None:
        """Send one phase's requests, and report its progress meanwhile and at its end."""
        if self._on_progress is None:
            await sending
            return
        reporting = asyncio.ensure_future(self._report_regularly(name, self._on_progress))
        try:
            await sending
        finally:
            reporting.cancel()
            await asyncio.gather(reporting, return_exceptions=True)
        self._on_progress(self._progress(name))

    async def _report_regularly(self, phase: str, on_progress: Callable[[LoadProgress], None]) -> None:
        while True:
            await asyncio.sleep(PROGRESS_S)
            on_progress(self._progress(phase))

    def _progress(self, phase: str) -> LoadProgress:
        stats = self.sender.stats
        succeeded, throttled = stats.succeeded, stats.results["throttled"]
        return LoadProgress(
            planned=self.sender.planned,
            sent=stats.sent,
            answered=stats.completed,
            succeeded=succeeded,
            throttled=throttled,
            failed=stats.completed - succeeded - throttled,
            elapsed_s=time.perf_counter() - self.sender.began,
            p50_ms=stats.latencies.percentile(50),
            p95_ms=stats.latencies.percentile(95),
            phase=phase,
        )
