"""Two functions measured in turn (A B A B), one request in flight, so that whatever drifts hits both."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from labgrader.evidence.live.invoke_api import InvokeEndpoint, Line
from labgrader.evidence.live.patience import Patience
from labgrader.evidence.live.reply import Reply
from labgrader.evidence.load import REQUEST_TIMEOUT_S, Comparison
from labgrader.evidence.question import Answer
from labgrader.evidence.statistics import rounded

COMPARE_DEADLINE_S = 60
"""Seconds that a whole comparison may take."""

MAX_FAILURES = 2
"""Failures of one function after which neither is called again: there is nothing to compare."""

ERROR_CHARACTERS = 500
"""Characters of what a function died of: enough for the host's name in the message of a failed HTTP request."""


@dataclass
class _Side:
    """One of the two, with what was measured of it. The first answer is its warm-up and is not counted."""

    function: str
    qualifier: str
    line: Line
    calls: int = 0
    latencies_ms: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def target(self) -> str:
        return f"{self.function}:{self.qualifier}" if self.qualifier else self.function

    def record(self, reply: Reply) -> None:
        """Count a reply: what did not do the work (``statusCode`` of 400 or more) has no time worth comparing."""
        self.calls += 1
        if reply.answered and not reply.function_error and (reply.status_code or 0) < 400:
            if self.calls > 1:
                self.latencies_ms.append(rounded(1000 * reply.duration_s))
        else:
            self.errors.append(reply.describe(ERROR_CHARACTERS))


def run_compare(
    endpoint: InvokeEndpoint,
    baseline: str,
    candidate: str,
    candidate_qualifier: str,
    event: bytes,
    *,
    requests: int,
    request_timeout_s: float = REQUEST_TIMEOUT_S,
    deadline_s: float = COMPARE_DEADLINE_S,
    patience: Patience | None = None,
) -> Answer:
    """Call two functions in turn and return a ``Comparison`` as JSON.

    Throttles and faults of AWS are repeated, and only the request that was answered is timed. The comparison ends early
    when one function failed ``MAX_FAILURES`` times or did not answer in time, and at the deadline.

    Args:
        endpoint: where Lambda is.
        baseline: the function to compare with, on ``$LATEST``.
        candidate, candidate_qualifier: the function that should be faster.
        event: the event for both, as JSON.
        requests: latencies wanted of each, besides its warm-up.
        request_timeout_s, deadline_s: seconds for each request, and for all.
        patience: how often a throttled request is repeated.

    Returns:
        No value where one of the functions does not exist; an error where AWS refused or failed.
    """
    end = time.perf_counter() + deadline_s
    patience = patience or Patience()
    sides = _Side(baseline, "", Line(endpoint)), _Side(candidate, candidate_qualifier, Line(endpoint))
    try:
        for _ in range(requests + 1):
            for side in sides:
                left = end - time.perf_counter()
                if left <= 0:
                    return _answer(*sides)
                reply = patience.repeat(lambda side=side: _call(side, event, request_timeout_s, end))  # type: ignore[misc]
                if refusal := reply.refusal():
                    return refusal
                if reply.timed_out and left < request_timeout_s and side.calls > 1:
                    return _answer(*sides)  # the comparison ran out of time: that is not the function's failure
                side.record(reply)
                if reply.timed_out or len(side.errors) >= MAX_FAILURES:
                    return _answer(*sides)
        return _answer(*sides)
    finally:
        for side in sides:
            side.line.close()


def _call(side: _Side, event: bytes, timeout_s: float, end: float) -> Reply:
    left = max(end - time.perf_counter(), 0.001)
    return side.line.invoke(side.function, side.qualifier, event, min(timeout_s, left))


def _answer(baseline: _Side, candidate: _Side) -> Answer:
    result = Comparison(
        baseline=baseline.target,
        candidate=candidate.target,
        baseline_ms=tuple(baseline.latencies_ms),
        candidate_ms=tuple(candidate.latencies_ms),
        baseline_errors=tuple(baseline.errors),
        candidate_errors=tuple(candidate.errors),
    ).to_dict()
    return Answer({name: list(value) if isinstance(value, tuple) else value for name, value in result.items()})
