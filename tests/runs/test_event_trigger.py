"""Runs that events request: the same event is one run, and an invalid request publishes an event."""

from __future__ import annotations

from functools import partial
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from labgrader.errors import ServiceFaultError
from labgrader.events import Event
from labgrader.labs.lab import lab_ids
from labgrader.rosters import GraderAccount, Student
from labgrader.runs.event_trigger import start_from_event
from labgrader.runs.idempotent_start import start_once
from labgrader.runs.request import Request
from labgrader.schemas import validate
from labgrader.steps.plan_run import plan_run
from labgrader.store import Store
from tests.runs.conftest import AnswerLost, Machines
from tests.stored_runs import stored_run

LAB = "lambda-optimization"
ID = "17793124-05d4-b198-2fde-7ededc63b103"
RUN = "20260102-030405-lambda-optimization-d3406077"


def event(detail: Any, **changed: Any) -> dict[str, Any]:
    """Return an event as EventBridge delivers it."""
    return {
        "version": "0",
        "id": ID,
        "detail-type": "Grade Requested",
        "source": "school.lms",
        "account": "123456789012",
        "time": "2026-01-02T03:04:05Z",
        "region": "us-east-1",
        "resources": [],
        "detail": detail,
        **changed,
    }


class Bus(list[Event]):
    """The published events. Invalid events are refused, as the real publisher does."""

    def publish(self, *events: Event) -> None:
        for event in events:
            validate(event.detail, event.schema)
            self.append(event)


@pytest.mark.parametrize(
    ("roster", "key"),
    [
        ("rosters/class.csv", "rosters/class.csv"),
        ("username\nuser1\nuser2\n", f"rosters/{RUN}.csv"),
        ([{"username": "user1"}, {"username": "user2"}], f"rosters/{RUN}.json"),
    ],
)
def test_event_starts_a_run(store: Store, machines: Machines, roster: Any, key: str) -> None:
    store.put("rosters/class.csv", b"username\nuser1\nuser2\n")
    store.record_course({"course": "autumn"})
    bus = Bus()
    asked = event({"lab": LAB, "roster": roster, "mode": "audit", "students": ["user2"], "course": "autumn"})
    run_id, started = start_from_event(store, machines.client, machines.grade_class, bus.publish, asked)
    assert started is not None
    assert (run_id, started.run_id, started.again, started.total) == (RUN, RUN, False, 1)
    assert machines.inputs() == {
        RUN: {
            "lab": LAB,
            "roster": key,
            "mode": "audit",
            "students": ["user2"],
            "course": "autumn",
            "requested_by": f"event {ID}",
        }
    }
    assert bus == [], "the run itself publishes that it has started"


@pytest.mark.parametrize(
    "roster",
    [
        "username,section\nUser1,A\nuser2,B\n",
        '[{"username": "User1", "section": "A"}, {"username": "user2", "section": "B"}]',
        [{"username": "User1", "section": "A"}, {"username": "user2", "section": "B"}],
        "rosters/class.csv",
    ],
)
def test_class_list_of_an_event_is_parsed_once_and_stored_as_rows(
    store: Store, machines: Machines, roster: Any
) -> None:
    store.put("rosters/class.csv", b"username;section\n\nUser1;A\nuser2;B\n")
    asked = event({"lab": LAB, "roster": roster})
    start_from_event(store, machines.client, machines.grade_class, Bus().publish, asked)
    store.delete(store.keys("rosters/"))
    request = Request.from_dict(machines.inputs()[RUN])
    home = GraderAccount("123456789012", "us-east-1")
    plan_run(store, RUN, "2026-01-02T03:04:06Z", request, home)
    place = {"account_id": home.account_id, "region": home.region}
    assert [student.to_dict() for student in store.students(RUN)] == [
        {**Student("user1", "user1", section="A").to_dict(), **place},
        {**Student("user2", "user2", section="B").to_dict(), **place},
    ]


def test_event_that_is_delivered_twice_starts_one_run(store: Store, machines: Machines) -> None:
    bus = Bus()
    asked = event({"lab": LAB, "roster": "username\nuser1\n"})
    first = start_from_event(store, machines.client, machines.grade_class, bus.publish, asked)
    machines.stop(stored_run(store, RUN)["execution"])
    again = start_from_event(store, machines.client, machines.grade_class, bus.publish, asked)
    assert first[0] == again[0] == RUN
    assert first[1] is not None
    assert again[1] is not None
    assert (first[1].again, again[1].again) == (False, True)
    assert list(machines.inputs()) == [RUN]


def test_another_event_starts_another_run(store: Store, machines: Machines) -> None:
    detail = {"lab": LAB, "roster": "username\nuser1\n"}
    for delivery in (event(detail), event(detail, id="another"), event(detail, time="2026-01-02T03:04:06Z")):
        start_from_event(store, machines.client, machines.grade_class, Bus().publish, delivery)
    assert len(machines.inputs()) == 3


def test_event_that_is_sent_again_with_its_client_token_starts_one_run(store: Store, machines: Machines) -> None:
    """A client without a response to PutEvents sends the event again. EventBridge gives it another id and time."""
    bus = Bus()
    detail = {"lab": LAB, "roster": "username\nuser1\n", "client_token": "monday"}
    again = event({**detail, "mode": "grade"}, id="another", time="2026-01-02T03:05:00Z")
    for delivery in (event(detail), again, event(detail), again):
        run_id, started = start_from_event(store, machines.client, machines.grade_class, bus.publish, delivery)
        assert started is not None
        assert (run_id, started.run_id) == (RUN, RUN)
    assert list(machines.inputs()) == [RUN]
    assert store.keys("rosters/") == [f"rosters/{RUN}.csv"]
    assert bus == []
    other = event(detail, id="another", source="school.sis")
    assert start_from_event(store, machines.client, machines.grade_class, bus.publish, other)[0] != RUN
    assert len(machines.inputs()) == 2, "each source has its own client tokens"


def test_used_client_token_is_refused_for_another_request(store: Store, machines: Machines) -> None:
    bus = Bus()
    detail = {"lab": LAB, "roster": "username\nuser1\n", "client_token": "monday"}
    start_from_event(store, machines.client, machines.grade_class, bus.publish, event(detail))
    other = event({**detail, "mode": "audit"}, id="another")
    run_id, started = start_from_event(store, machines.client, machines.grade_class, bus.publish, other)
    assert started is None
    (failed,) = bus
    assert (failed.detail["run_id"], failed.detail["mode"]) == (run_id, "audit")
    assert failed.detail["reason"] == (
        "client_token: this client token was used for another request; use a new client token for each request "
        f"(the first request started run {RUN})"
    )
    assert stored_run(store, RUN)["status"] == "running"
    assert stored_run(store, run_id)["status"] == "failed"
    assert list(machines.inputs()) == [RUN]


def test_event_does_not_share_client_tokens_with_an_instructor(store: Store, machines: Machines) -> None:
    detail = {"lab": LAB, "roster": "username\nuser1\n", "client_token": "monday"}
    start = partial(start_once, store, machines.client, machines.grade_class, detail)
    start("run-1", client="event", requested_by="instructor event")
    for source in ("", "event"):
        sent = event(detail, source=source)
        assert start_from_event(store, machines.client, machines.grade_class, Bus().publish, sent)[0] != "run-1"


def test_invalid_request_does_not_use_its_client_token(store: Store, machines: Machines) -> None:
    bus = Bus()
    detail = {"lab": LAB, "roster": "rosters/class.csv", "client_token": "monday"}
    assert start_from_event(store, machines.client, machines.grade_class, bus.publish, event(detail))[1] is None
    store.put("rosters/class.csv", b"username\nuser1\n")
    again = event(detail, id="another")
    _, started = start_from_event(store, machines.client, machines.grade_class, bus.publish, again)
    assert started is not None
    assert len(bus) == 1


@pytest.mark.parametrize("status_known", [True, False])
def test_repeated_request_returns_the_running_run(store: Store, machines: Machines, status_known: bool) -> None:
    """The run no longer needs its class list. Without its status, the existing name shows that it was started."""
    store.put("rosters/class.csv", b"username\nuser1\n")
    detail = {"lab": LAB, "roster": "rosters/class.csv", "client_token": "monday"}
    start_from_event(store, machines.client, machines.grade_class, Bus().publish, event(detail))
    if status_known:
        store._s3.delete_object(Bucket="bucket", Key="rosters/class.csv")
    states: Any = AnswerLost(machines.client, status_known=status_known)
    again = event(detail, id="another")
    run_id, started = start_from_event(store, states, machines.grade_class, Bus().publish, again)
    assert started is not None
    assert (run_id, started.again) == (RUN, True)
    assert list(machines.inputs()) == [RUN]
    assert stored_run(store, RUN)["status"] == "running"


def test_repeated_request_does_not_fail_a_run_if_its_class_list_was_deleted(store: Store, machines: Machines) -> None:
    store.put("rosters/class.csv", b"username\nuser1\n")
    bus = Bus()
    asked = event({"lab": LAB, "roster": "rosters/class.csv"})
    start_from_event(store, machines.client, machines.grade_class, bus.publish, asked)
    store._s3.delete_object(Bucket="bucket", Key="rosters/class.csv")
    _, started = start_from_event(store, machines.client, machines.grade_class, bus.publish, asked)
    assert started is not None
    assert (started.again, started.execution) == (True, stored_run(store, RUN)["execution"])
    assert stored_run(store, RUN)["status"] == "running"
    assert bus == []


NO_LAB = f"lab: there is no lab lab-5; the labs are: {', '.join(lab_ids())}"


@pytest.mark.parametrize(
    ("detail", "lab", "mode", "reason"),
    [
        ("grade them", "", "grade", "a request is an object with lab, roster, mode and students"),
        (None, "", "grade", "a request is an object with lab, roster, mode and students"),
        ({}, "", "grade", "lab: is missing\nroster: is missing"),
        (
            {"lab": "lab-5", "roster": "rosters/none.csv", "mode": "exam"},
            "",
            "",
            f"{NO_LAB}\nroster: there is no roster at rosters/none.csv\nmode: exam is not one of: grade, audit",
        ),
        (
            {"lab": LAB, "roster": "username\nuser1", "mode": "self-check"},
            LAB,
            "",
            "mode: self-check is not one of: grade, audit",
        ),
        (
            {"lab": LAB, "roster": "username\nuser1\nUSER1\n\x1b[2J\n", "mode": ["audit"]},
            LAB,
            "",
            "roster: line 3: username: USER1 is already on row 2\n"
            "roster: line 4: username: \N{REPLACEMENT CHARACTER}[2J is not letters, digits, hyphens and underscores, "
            "beginning and ending with a letter or digit, at most 80 characters (it has U+001B)\n"
            'mode: ["audit"] is not one of: grade, audit',
        ),
        (
            {"lab": LAB, "roster": "username\nuser1", "students": [], "client_token": "", "course": "spring"},
            LAB,
            "grade",
            "students: is empty; omit it to grade the whole roster\n"
            "course: there is no course spring; list them with `labgrader course list`\n"
            "client_token: is empty; omit it if you have none",
        ),
        (
            {"lab": LAB, "roster": [], "requested_by": "the dean"},
            LAB,
            "grade",
            "requested_by: unknown field; a request has: lab, roster, mode, students, course, "
            "username_from, accounts, private, client_token\n"
            "roster: has no students",
        ),
        ({"lab": {"a": 1}, "roster": "username\nuser1", "course": 5}, "", "grade", None),
        ({"lab": "../../etc", "roster": "username\nuser1"}, "", "grade", None),
        ({"lab": "x" * 100_000, "roster": ["x"] * 5_000}, "", "grade", None),
    ],
)
def test_invalid_request_fails_with_all_reasons(
    store: Store, machines: Machines, detail: Any, lab: str, mode: str, reason: str | None
) -> None:
    bus = Bus()
    for _ in range(2):  # a second delivery has the same result
        run_id, started = start_from_event(store, machines.client, machines.grade_class, bus.publish, event(detail))
        assert started is None
    assert machines.inputs() == {}
    failed, again = bus
    assert failed == again
    assert failed.detail_type == "Run Failed"
    assert (failed.detail["run_id"], failed.detail["lab"], failed.detail["mode"]) == (run_id, lab, mode)
    assert run_id == (RUN if lab else "20260102-030405-unknown-lab-d3406077")
    if reason is not None:
        assert failed.detail["reason"] == reason
    record = stored_run(store, run_id)
    assert (record["status"], record["lab"], record["requested_by"]) == ("failed", lab, f"event {ID}")
    assert record["error"]
    assert [run.run_id for run in store.runs()] == [run_id], "an instructor finds it in the list of runs"


@pytest.mark.parametrize("named", [{"course": "autumn"}, {}])
def test_failed_request_names_its_course(store: Store, machines: Machines, named: dict[str, str]) -> None:
    bus = Bus()
    asked = event({"lab": LAB, "roster": "courses/autumn/rosters/gone.csv", **named})
    run_id, _ = start_from_event(store, machines.client, machines.grade_class, bus.publish, asked)
    assert [event.detail["course"] for event in bus] == [stored_run(store, run_id)["course"]] == ["autumn"]


def test_event_without_an_id_gets_an_id(store: Store, machines: Machines) -> None:
    asked = event({"lab": LAB, "roster": "username\nuser1\n"})
    asked.pop("id")
    ids = {start_from_event(store, machines.client, machines.grade_class, Bus().publish, asked)[0] for _ in range(2)}
    assert len(ids) == 1
    run_id, _ = start_from_event(store, machines.client, machines.grade_class, Bus().publish, {})
    assert "-unknown-lab-" in run_id


def test_aws_error_is_raised_for_a_second_delivery(store: Store, machines: Machines) -> None:
    bus = Bus()
    asked = event({"lab": LAB, "roster": "username\nuser1\n"})
    failing: Any = boto3.client("stepfunctions", region_name="us-east-1")
    with Stubber(failing) as stub:
        stub.add_client_error("start_execution", "InternalFailure", http_status_code=500)
        with pytest.raises(ServiceFaultError):
            start_from_event(store, failing, machines.grade_class, bus.publish, asked)
    assert bus == []
    _, started = start_from_event(store, machines.client, machines.grade_class, bus.publish, asked)
    assert started is not None
    assert list(machines.inputs()) == [RUN]
