"""Open load tests: arrivals stay on schedule, and latencies count from the scheduled start."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable

import pytest

from labgrader.evidence.load.plan import FunctionTarget, LoadPlan, Threshold
from labgrader.evidence.load.result import LoadResult
from labgrader.load_testing.engine import run_load
from labgrader.load_testing.progress import LoadProgress
from labgrader.load_testing.sender import RequestSender
from labgrader.load_testing.targets import FunctionLoadTarget
from tests.load_testing.stub_lambda import Request, Response, StubLambda, throttle, warm

pytestmark = pytest.mark.usefixtures("virtual_time")


def _load(
    stub: StubLambda,
    *,
    rate: float,
    seconds: float,
    in_flight: int = 200,
    threshold: Threshold | None = None,
    on_progress: Callable[[LoadProgress], None] | None = None,
    **limits: float,
) -> LoadResult:
    plan = LoadPlan("open", in_flight, rate_rps=rate, duration_s=seconds, threshold=threshold)
    answer = run_load(
        FunctionLoadTarget(stub.endpoint, FunctionTarget("user1-f"), b"{}"), plan, on_progress=on_progress, **limits
    )
    assert answer.error_code == ""
    stored = json.loads(json.dumps(answer.value, allow_nan=False))
    assert stored == answer.value
    result = LoadResult.from_dict(stored)
    assert result.requests == result.succeeded + result.throttled + result.failures
    assert result.cut_short or result.requests == len(stub.requests) - result.retries
    return result


def _freezes(began_s: float, for_s: float) -> Callable[[Request], Response]:
    """A server that answers at once, but for a while not at all: then everybody who came meanwhile, when it is over."""
    first: list[float] = []

    def respond(request: Request) -> Response:
        now = time.perf_counter()
        first.append(now)
        since = now - first[0]
        frozen = began_s <= since < began_s + for_s
        return Response(delay_s=began_s + for_s - since if frozen else 0.0)

    return respond


def test_arrivals_are_on_schedule() -> None:
    arrived: list[float] = []

    def respond(request: Request) -> Response:
        arrived.append(time.perf_counter())
        return warm(0.02)

    with StubLambda(respond) as stub:
        result = _load(stub, rate=50, seconds=1)
        assert stub.connections == result.connections <= 50
    assert (result.model, result.rate_rps, result.concurrency, result.target) == ("open", 50, 200, "user1-f")
    assert (result.requests, result.planned_requests, result.succeeded, result.dropped) == (50, 50, 50, 0)
    assert 0.9 <= arrived[-1] - arrived[0] < 3
    assert result.samples[-1][0] == pytest.approx(980, abs=0.01)  # the intended start, to the microsecond
    assert [started for started, _, _ in result.samples] == pytest.approx(
        [20 * number for number in range(50)], abs=0.01
    )
    assert 20 <= result.service_ms["p50"] <= result.latency_ms["p50"]


def test_slow_responses_do_not_delay_arrivals() -> None:
    """Ten seconds of work arrive in a second: in a closed model of one they would take ten."""
    with StubLambda(lambda request: Response(delay_s=0.5)) as stub:
        result = _load(stub, rate=20, seconds=1)
        assert 8 <= stub.most_running <= 20
    assert (result.succeeded, result.dropped) == (20, 0)
    assert result.duration_s < 5


def test_a_freeze_is_felt_by_everybody_who_would_have_called() -> None:
    """Frozen for the whole of the second half second: half of all arrivals wait, a quarter of a second on average."""
    with StubLambda(_freezes(0.0, 1.0)) as stub:
        result = _load(stub, rate=100, seconds=1)
    assert result.latency_ms["p50"] == pytest.approx(500, abs=300)
    assert result.latency_ms["max"] == pytest.approx(1000, abs=400)


def test_a_closed_load_test_hides_the_freeze() -> None:
    with StubLambda(_freezes(0.0, 1.0)) as stub:
        plan = LoadPlan("closed", 4, requests=100)
        answer = run_load(FunctionLoadTarget(stub.endpoint, FunctionTarget("user1-f"), b"{}"), plan)
    assert LoadResult.from_dict(answer.value).latency_ms["p50"] < 300


def test_an_arrival_above_the_concurrency_is_dropped() -> None:
    with StubLambda(lambda request: Response(delay_s=1.0)) as stub:
        result = _load(stub, rate=40, seconds=0.5, in_flight=5)
        assert stub.most_running == 5
        assert stub.connections == 5
    assert (result.planned_requests, result.requests, result.dropped, result.cut_short) == (20, 5, 15, "")
    assert result.notes[0] == (
        "15 of 20 arrivals were not sent, because too many requests were in flight; the latencies do not include them"
    )
    assert 20 < result.offered_rps <= 40  # all of them, over half a second and not until the last answer
    assert result.achieved_rps < 5  # over a second and more


@pytest.mark.parametrize(("in_flight", "dropped"), [(9, 1), (10, 0)])
def test_arrivals_are_dropped_only_above_the_concurrency(in_flight: int, dropped: int) -> None:
    with StubLambda(lambda request: Response(delay_s=1.0)) as stub:
        result = _load(stub, rate=100, seconds=0.1, in_flight=in_flight)
    assert (result.requests, result.dropped) == (in_flight, dropped)
    assert any("arrivals were not sent" in note for note in result.notes) == bool(dropped)


@pytest.mark.parametrize(("in_flight", "requests"), [(1, 10), (200, 40)])
def test_no_requests_are_added_after_dropped_arrivals(in_flight: int, requests: int) -> None:
    with StubLambda(lambda request: warm(0.15 if request.number % 2 else 0.1)) as stub:
        result = _load(stub, rate=100, seconds=0.1, in_flight=in_flight, threshold=Threshold(50, 120, 40))
    assert result.requests + result.dropped == requests
    assert bool(result.dropped) == (in_flight == 1)


def test_idle_connections_are_reused() -> None:
    with StubLambda() as stub:
        result = _load(stub, rate=50, seconds=1)
        assert stub.connections == result.connections < 25


def test_throttles_are_counted_and_arrivals_continue() -> None:
    with StubLambda(lambda request: throttle() if request.number % 2 else warm()) as stub:
        result = _load(stub, rate=100, seconds=0.5)
    assert (result.requests, result.throttled, result.succeeded) == (50, 25, 25)
    assert result.throttle_reasons == {"ReservedFunctionConcurrentInvocationLimitExceeded": 25}


def test_requests_are_added_at_the_same_rate_to_decide() -> None:
    with StubLambda(lambda request: warm(0.01 if request.number % 2 else 0.05)) as stub:
        result = _load(stub, rate=100, seconds=0.2, threshold=Threshold(50, 30, 70))
    assert (result.requests, result.planned_requests) == (70, 70)
    assert result.notes == ("added 50 requests to decide whether p50 is below 30 ms",)


def test_a_function_that_hangs_ends_the_arrivals() -> None:
    with StubLambda(lambda request: Response(hangs=True)) as stub:
        began = time.perf_counter()
        result = _load(stub, rate=20, seconds=20, in_flight=5, request_timeout_s=0.3)
        assert time.perf_counter() - began < 5
    assert 5 <= result.timeouts <= result.requests <= 15  # five, and what arrived while they were waited for
    assert result.unanswered == result.requests - result.timeouts > 0  # these were not given their time
    sentence = (
        r"stopped after [0-4] s, because 5 requests in a row had no response: (\d+) of 400 requests were sent, .*"
    )
    assert re.fullmatch(sentence, result.cut_short)


def test_an_arrival_at_the_end_of_the_test_is_not_sent() -> None:
    """Nor is it blamed on the function, which never saw it."""
    with StubLambda() as stub:
        target = FunctionLoadTarget(stub.endpoint, FunctionTarget("user1-f"), b"{}")

        async def halted() -> RequestSender:
            sender = RequestSender(target, 1, 5.0, 5.0, cost_cap_usd=1.0)
            sender.planned = 1
            assert sender.claim()
            sender._end_early("stopped: ")
            with sender.connections.lend() as connection:
                assert (await sender.send(connection, time.perf_counter())).abandoned
            sender.connections.close()
            return sender

        sender = asyncio.run(halted())
        assert stub.requests == []
    assert (sender.stats.results["other_error"], sender.stats.abandoned, sender.stats.errors) == (1, 1, {})


def test_the_deadline_ends_the_arrivals() -> None:
    with StubLambda(lambda request: Response(delay_s=0.2)) as stub:
        result = _load(stub, rate=50, seconds=10, deadline_s=0.5)
    assert 10 <= result.requests <= 26
    assert 1 <= result.unanswered == result.other_errors
    assert result.cut_short == (
        f"stopped after 0.5 s: {result.requests} of 500 requests were sent, {result.unanswered} of them unanswered by "
        "then"
    )


def test_a_late_sender_is_noted_and_skips_no_arrival() -> None:
    """The progress callback blocks the sender for a quarter of a second."""
    with StubLambda() as stub:
        result = _load(stub, rate=200, seconds=0.6, on_progress=lambda progress: time.sleep(0.25))
    assert (result.requests, result.dropped) == (120, 0)
    (note,) = result.notes
    assert note.startswith("the load tester itself was late by ")
    assert note.endswith(" ms in 1% of requests; these latencies include its delay")
    assert result.latency_ms["max"] > 200  # from the intended start
