"""Events are sent in requests that EventBridge accepts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from labgrader import events
from labgrader.errors import RefusedError, ServiceFaultError, ThrottledError
from labgrader.events import Event, Publisher, drift_detected, run_failed
from labgrader.schemas import InvalidDocumentError, validate
from tests.clock import Clock
from tests.drifted_run import RUN, STUDENT


@pytest.fixture
def bus(clock: Clock) -> Iterator[Stubber]:
    with Stubber(boto3.client("events", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")) as stub:
        yield stub
        stub.assert_no_pending_responses()


def entry(event: Event) -> dict[str, str]:
    text = json.dumps(event.detail, sort_keys=True, ensure_ascii=False)
    return {"EventBusName": "lab", "Source": "labgrader", "DetailType": event.detail_type, "Detail": text}


def taken(count: int) -> dict[str, Any]:
    return {"FailedEntryCount": 0, "Entries": [{"EventId": str(number)} for number in range(count)]}


def many(count: int) -> list[Event]:
    return [run_failed(f"r{number}", "", "grade", "no reason") for number in range(count)]


def test_publishing_no_event_sends_no_request(bus: Stubber) -> None:
    Publisher(bus.client, "lab", pause_s=0).publish()


@pytest.mark.parametrize(("count", "calls"), [(1, [1]), (10, [10]), (11, [10, 1]), (25, [10, 10, 5])])
def test_a_request_has_at_most_ten_events_in_order(bus: Stubber, count: int, calls: list[int]) -> None:
    sent = many(count)
    rest = list(sent)
    for size in calls:
        bus.add_response("put_events", taken(size), {"Entries": [entry(event) for event in rest[:size]]})
        rest = rest[size:]
    Publisher(bus.client, "lab", pause_s=0).publish(*sent)


@pytest.mark.parametrize(("over", "calls"), [(0, [2]), (1, [1, 1])])
def test_a_request_has_at_most_the_maximum_bytes(bus: Stubber, over: int, calls: list[int]) -> None:
    def filled(text: str) -> Event:
        return Event("Run Failed", {**run_failed("r", "", "grade", "x").detail, "course": text})

    def size(event: Event) -> int:
        return sum(len(entry(event)[field].encode()) for field in ("Source", "DetailType", "Detail"))

    room = events.MAX_BYTES // 2 - size(filled("")) + over
    sent = [filled("é" * (room // 2) + "e" * (room % 2))] * 2  # é has two bytes
    assert [size(event) for event in sent] == [events.MAX_BYTES // 2 + over] * 2
    for count in calls:
        bus.add_response("put_events", taken(count), {"Entries": [entry(event) for event in sent[:count]]})
    Publisher(bus.client, "lab", pause_s=0).publish(*sent)


def test_an_invalid_event_prevents_sending_any(bus: Stubber) -> None:
    bad = Event("Run Failed", {**run_failed("r", "", "grade", "x").detail, "name": "Ada"})
    with pytest.raises(InvalidDocumentError, match=r"not a valid events/run-failed: .*'name' was unexpected"):
        Publisher(bus.client, "lab", pause_s=0).publish(*many(1), bad)


def refused(*codes: str) -> dict[str, Any]:
    said = [{"ErrorCode": code, "ErrorMessage": "no"} if code else {"EventId": "e"} for code in codes]
    return {"FailedEntryCount": sum(map(bool, codes)), "Entries": said}


def test_only_rejected_events_are_sent_again(bus: Stubber) -> None:
    first, second, third = (entry(event) for event in many(3))
    answer = refused("", "ThrottlingException", "InternalFailure")
    bus.add_response("put_events", answer, {"Entries": [first, second, third]})
    bus.add_response("put_events", refused("", "InternalFailure"), {"Entries": [second, third]})
    bus.add_response("put_events", taken(1), {"Entries": [third]})
    Publisher(bus.client, "lab", pause_s=0).publish(*many(3))


@pytest.mark.parametrize(
    ("codes", "kind", "said"),
    [
        (("ThrottlingException", "ThrottlingException"), ThrottledError, "2 events: ThrottlingException"),
        (("ThrottlingException", "InternalFailure"), ServiceFaultError, "2 events: InternalFailure, ThrottlingEx"),
        (("", "InternalFailure"), ServiceFaultError, "1 event: InternalFailure"),
    ],
)
def test_an_event_that_is_never_accepted_is_an_error(
    bus: Stubber, codes: tuple[str, ...], kind: type[Exception], said: str
) -> None:
    bus.add_response("put_events", refused(*codes))
    for _ in range(events.MAX_SENDS - 1):
        bus.add_response("put_events", refused(*filter(None, codes)))
    with pytest.raises(kind, match=f"^EventBridge did not accept {said}"):
        Publisher(bus.client, "lab", pause_s=0).publish(*many(2))


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("AccessDeniedException", 400, RefusedError),
        ("ThrottlingException", 400, ThrottledError),
        ("InternalException", 500, ServiceFaultError),
    ],
)
def test_a_refused_request_raises_a_domain_error(bus: Stubber, code: str, status: int, kind: type[Exception]) -> None:
    bus.add_client_error("put_events", code, http_status_code=status)
    with pytest.raises(kind):
        Publisher(bus.client, "lab", pause_s=0).publish(*many(1))


def test_the_largest_drift_event_fits_in_one_request() -> None:
    most = {"from": "passed", "to": "failed", "points": 1}
    hostile = [
        {"check": f"c{number}", "title": "\U0001f4a5" * 240, "message": "\x07" * 240, **most} for number in range(20)
    ]
    event = drift_detected(STUDENT | {"drifted": hostile, "gone": ["\x07" * 240] * 20}, RUN, "lambda-optimization")
    validate(event.detail, event.schema)
    assert len(json.dumps(event.detail).encode()) < 255 * 1024
