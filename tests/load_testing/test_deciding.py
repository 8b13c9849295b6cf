"""Requests that a load test adds until it is decided whether a percentile is below its threshold."""

from __future__ import annotations

import pytest

from labgrader.evidence.load.plan import Threshold
from tests.load_testing.planned_load import load
from tests.load_testing.stub_lambda import Request, Response, StubLambda, function_error, warm

pytestmark = pytest.mark.usefixtures("virtual_time")


def _two_speeds(request: Request) -> Response:
    return warm(0.002 if request.number % 2 else 0.04)


def test_requests_are_added_until_the_percentile_is_decided() -> None:
    with StubLambda(_two_speeds) as stub:
        result = load(stub, 5, 20, threshold=Threshold(50, 20, 50))
        assert len(stub.requests) == 50
        assert stub.connections == 5
    assert (result.requests, result.planned_requests, result.succeeded) == (50, 50, 50)
    low, high = result.intervals_ms["p50"]
    assert low <= 20 < high
    assert result.notes == ("added 30 requests to decide whether p50 is below 20 ms",)


@pytest.mark.parametrize(("bound", "most"), [(10_000, 50), (0.1, 50), (20, 20), (20, 5)])
def test_no_requests_are_added_if_decided_or_not_allowed(bound: float, most: int) -> None:
    with StubLambda(_two_speeds) as stub:
        result = load(stub, 5, 20, threshold=Threshold(50, bound, most))
        assert len(stub.requests) == 20
    assert (result.requests, result.notes) == (20, ())


def test_no_requests_are_added_if_none_succeeded() -> None:
    with StubLambda(lambda request: function_error("E", "no")) as stub:
        load(stub, 5, 20, threshold=Threshold(50, 20, 100))
        assert len(stub.requests) == 20


def test_requests_are_added_only_while_time_remains() -> None:
    """Twenty take 0.4 s, and by a second before the deadline all shall be over."""
    with StubLambda(lambda request: warm(0.09 if request.number % 2 else 0.11)) as stub:
        result = load(stub, 5, 20, threshold=Threshold(50, 100, 10_000), limits={"deadline_s": 2.2})
    assert 20 < result.requests < 110
    assert result.cut_short == ""
    assert result.notes == (f"added {result.requests - 20} requests to decide whether p50 is below 100 ms",)


@pytest.mark.parametrize(("percentile", "requests"), [(50, 20), (90, 36), (95, 72)])
def test_requests_are_added_until_the_confidence_is_reached(percentile: int, requests: int) -> None:
    with StubLambda() as stub:
        result = load(stub, 5, 20, threshold=Threshold(percentile, 10_000, requests))
    assert result.requests == requests


def test_each_addition_doubles_the_number_of_requests() -> None:
    """A third are slow, and p50 is sure to be below: but not by twenty requests, nor by forty."""
    with StubLambda(lambda request: warm(0.1 if request.number % 3 == 0 else 0.0)) as stub:
        result = load(stub, 5, 20, threshold=Threshold(50, 80, 1000))
    assert result.requests in (80, 160)


def test_earlier_notes_come_first() -> None:
    with StubLambda(_two_speeds) as stub:
        result = load(stub, 5, 20, threshold=Threshold(50, 20, 21), notes=("10 in flight instead of 20",))
    assert result.notes == ("10 in flight instead of 20", "added 1 requests to decide whether p50 is below 20 ms")
