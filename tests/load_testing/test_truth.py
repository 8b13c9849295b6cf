"""The load tester against servers with known latencies: every count and every percentile is exact.

Time is virtual here. ``python -m benchmarks load`` measures how near the percentiles are in real time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import pytest
from botocore.credentials import Credentials

from labgrader.evidence.load.plan import FunctionTarget, LoadPlan
from labgrader.evidence.load.result import LoadResult
from labgrader.http.lambda_invoke import InvokeEndpoint
from labgrader.load_testing.engine import run_load
from labgrader.load_testing.targets import FunctionLoadTarget
from tests.load_testing.truth import REASON, Running, Truth, in_memory, serving, truth
from tests.virtual_time import LATENCY_S, ROUND_TRIP_MS

IN_FLIGHT = 20
CONNECT_MS = 2000 * LATENCY_S
"""What the first request of a connection has to wait for; a server counts from when the first one reaches it."""

RESOLUTION = 0.001
"""The share by which a percentile may differ: latencies are kept in whole microseconds."""

PERCENTS = 50, 95, 99


def measured(
    name: str,
    plan: LoadPlan,
    request_timeout_s: float = 30,
    start: Callable[[str], AbstractContextManager[Running]] = in_memory,
) -> tuple[LoadResult, Mapping[str, Any]]:
    """Run a plan against a server; return what was measured, and what the server saw."""
    with start(name) as server:
        endpoint = InvokeEndpoint(server.url, "us-east-1", Credentials("AKIDEXAMPLE", "secret"))
        caller = FunctionLoadTarget(endpoint, FunctionTarget("user1-f", memory_mb=256), b"{}")
        answer = run_load(caller, plan, request_timeout_s=request_timeout_s)
    assert answer.value is not None, answer
    return LoadResult.from_dict(answer.value), server.seen


def closed(requests: int) -> LoadPlan:
    return LoadPlan("closed", IN_FLIGHT, requests=requests)


def felt(milliseconds: float) -> Any:
    """Return what the tester must measure where the server takes so long."""
    return pytest.approx(milliseconds + ROUND_TRIP_MS, rel=RESOLUTION, abs=CONNECT_MS)


def assert_exact(result: LoadResult, true: Truth) -> None:
    found = [result.latency_ms[f"p{percent}"] for percent in PERCENTS]
    assert found == [felt(true.percentile(percent)) for percent in PERCENTS]


@pytest.mark.usefixtures("virtual_time")
@pytest.mark.parametrize(
    ("name", "requests"), [("constant", 200), ("uniform", 400), ("bimodal", 400), ("bimodal", 399)]
)
def test_every_percentile_is_exact(name: str, requests: int) -> None:
    result, seen = measured(name, closed(requests))
    true = truth(name, requests)
    assert_exact(result, true)
    assert (result.requests, result.succeeded, result.failures, result.throttled) == (requests, requests, 0, 0)
    assert result.cold_starts == true.cold
    assert seen == {"connections": IN_FLIGHT, "requests": requests}


@pytest.mark.usefixtures("virtual_time")
def test_warm_and_cold_requests_are_separated() -> None:
    result, _ = measured("bimodal", closed(200))
    assert result.cold_starts == 20
    assert (result.cold_latency_ms["p50"], result.warm_latency_ms["p95"]) == (felt(850), felt(50))


@pytest.mark.usefixtures("virtual_time")
def test_a_warm_up_removes_the_cold_starts() -> None:
    result, seen = measured("bimodal", LoadPlan("closed", IN_FLIGHT, requests=100, warm_up=20))
    assert (result.warm_up["requests"], result.warm_up["cold_starts"]) == (20, 20)
    assert (result.requests, result.cold_starts) == (100, 0)
    assert result.latency_ms["max"] == felt(50)
    assert seen == {"connections": IN_FLIGHT, "requests": 120}


@pytest.mark.usefixtures("virtual_time")
def test_a_freeze_is_felt_by_everybody_who_would_have_called() -> None:
    rate, seconds = 200, 1.6
    result, seen = measured("frozen", LoadPlan("open", 400, rate_rps=rate, duration_s=seconds))
    assert_exact(result, truth("frozen", 320, rate))
    assert (result.requests, result.succeeded, result.dropped) == (320, 320, 0)
    assert seen["requests"] == 320


@pytest.mark.usefixtures("virtual_time")
def test_refused_requests_are_counted_by_reason_and_not_retried() -> None:
    result, seen = measured("refusing", closed(400))
    assert (result.requests, result.succeeded, result.throttled, result.failures) == (400, 360, 40, 0)
    assert result.throttle_reasons == {REASON: 40}
    assert result.retries == 0
    assert_exact(result, truth("refusing", 400))
    assert seen == {"connections": IN_FLIGHT, "requests": 400}


@pytest.mark.usefixtures("virtual_time")
def test_a_hanging_request_is_a_timeout_and_delays_no_other() -> None:
    result, seen = measured("hanging", closed(200), request_timeout_s=2)
    assert (result.requests, result.succeeded, result.timeouts, result.failures) == (200, 190, 10, 10)
    assert result.cut_short == ""
    assert_exact(result, truth("hanging", 200))
    assert seen["requests"] == 200


@pytest.mark.usefixtures("virtual_time")
def test_a_response_ends_with_its_last_byte() -> None:
    result, _ = measured("dripping", closed(IN_FLIGHT))
    assert result.succeeded == IN_FLIGHT
    assert_exact(result, truth("dripping", IN_FLIGHT))
    assert truth("dripping", 1).percentile(50) == 1020


@pytest.mark.usefixtures("virtual_time")
def test_a_slow_response_ends_at_the_request_timeout() -> None:
    result, _ = measured("dripping", closed(IN_FLIGHT), request_timeout_s=0.5)
    assert (result.succeeded, result.timeouts) == (0, IN_FLIGHT)


@pytest.mark.usefixtures("virtual_time")
def test_a_server_that_closes_connections_loses_no_request() -> None:
    result, seen = measured("closing", closed(200))
    assert (result.requests, result.succeeded, result.failures) == (200, 200, 0)
    assert result.retries <= IN_FLIGHT  # each connection is taken in once
    assert_exact(result, truth("closing", 200))
    assert seen["requests"] == 200  # what was sent again had never been read


def test_requests_use_no_more_connections_than_in_flight() -> None:
    """In real time and over real sockets: this holds at any speed."""
    result, seen = measured("instant", LoadPlan("closed", IN_FLIGHT, requests=4000, cost_cap_usd=1), start=serving)
    assert (result.succeeded, result.connections) == (4000, IN_FLIGHT)
    assert seen == {"connections": IN_FLIGHT, "requests": 4000}


def test_the_expected_percentiles_are_computed_correctly() -> None:
    assert [truth("bimodal", 400).percentile(percent) for percent in PERCENTS] == [50, 50, 850]
    assert truth("bimodal", 399).percentile(95) == 850  # one request fewer, and p95 is a cold start
    frozen = truth("frozen", 320, 200)
    assert [frozen.percentile(percent) for percent in PERCENTS] == pytest.approx([202.5, 922.5, 987.5])
    assert truth("uniform", 1000).percentile(50) == pytest.approx(60, abs=0.2)
    assert truth("uniform", 1000).percentile(95) == pytest.approx(105, abs=0.2)
    assert (truth("refusing", 400).refused, truth("hanging", 200).hung) == (40, 10)
    assert len(truth("refusing", 400).latencies_ms) == 360
