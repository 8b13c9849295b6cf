"""A run that an event asks for: the same event is one run, and one that cannot be used is answered with an event."""

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
    """As EventBridge delivers it."""
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
    """What was published: events are refused here as the real bus's publisher refuses them."""

    def publish(self, *events: Event) -> None:
        for one in events:
            validate(one.detail, one.schema)
            self.append(one)


@pytest.mark.parametrize(
    ("roster", "key"),
    [
        ("rosters/class.csv", "rosters/class.csv"),
        ("username\nuser1\nuser2\n", f"rosters/{RUN}.csv"),
        ([{"username": "user1"}, {"username": "user2"}], f"rosters/{RUN}.json"),
    ],
)
def test_an_event_starts_a_run(store: Store, machines: Machines, roster: Any, key: str) -> None:
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
    assert bus == [], "the run itself says that it has started"


@pytest.mark.parametrize(
    "roster",
    [
        "username,section\nUser1,A\nuser2,B\n",
        '[{"username": "User1", "section": "A"}, {"username": "user2", "section": "B"}]',
        [{"username": "User1", "section": "A"}, {"username": "user2", "section": "B"}],
        "rosters/class.csv",
    ],
)
def test_a_class_list_is_read_when_it_arrives_and_is_rows_after_that(
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


def test_an_event_that_is_delivered_twice_is_one_run(store: Store, machines: Machines) -> None:
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


def test_another_event_is_another_run(store: Store, machines: Machines) -> None:
    detail = {"lab": LAB, "roster": "username\nuser1\n"}
    for one in (event(detail), event(detail, id="another"), event(detail, time="2026-01-02T03:04:06Z")):
        start_from_event(store, machines.client, machines.grade_class, Bus().publish, one)
    assert len(machines.inputs()) == 3


def test_an_event_that_is_sent_again_with_its_client_token_is_the_same_run(store: Store, machines: Machines) -> None:
    """Who gets no answer to PutEvents puts the event once more, and EventBridge gives it another id and time."""
    bus = Bus()
    detail = {"lab": LAB, "roster": "username\nuser1\n", "client_token": "monday"}
    again = event({**detail, "mode": "grade"}, id="another", time="2026-01-02T03:05:00Z")
    for one in (event(detail), again, event(detail), again):
        run_id, started = start_from_event(store, machines.client, machines.grade_class, bus.publish, one)
        assert started is not None
        assert (run_id, started.run_id) == (RUN, RUN)
    assert list(machines.inputs()) == [RUN]
    assert store.keys("rosters/") == [f"rosters/{RUN}.csv"]
    assert bus == []
    other = event(detail, id="another", source="school.sis")
    assert start_from_event(store, machines.client, machines.grade_class, bus.publish, other)[0] != RUN
    assert len(machines.inputs()) == 2, "each source has client tokens of its own"


def test_another_request_with_a_client_token_that_is_used_is_refused(store: Store, machines: Machines) -> None:
    bus = Bus()
    detail = {"lab": LAB, "roster": "username\nuser1\n", "client_token": "monday"}
    start_from_event(store, machines.client, machines.grade_class, bus.publish, event(detail))
    other = event({**detail, "mode": "audit"}, id="another")
    run_id, started = start_from_event(store, machines.client, machines.grade_class, bus.publish, other)
    assert started is None
    (failed,) = bus
    assert (failed.detail["run_id"], failed.detail["mode"]) == (run_id, "audit")
    assert failed.detail["reason"] == (
        "client_token: something else was asked for with this client token before: take another one for another "
        f"request (it stands for run {RUN})"
    )
    assert stored_run(store, RUN)["status"] == "running"
    assert stored_run(store, run_id)["status"] == "failed"
    assert list(machines.inputs()) == [RUN]


def test_no_event_takes_an_instructors_client_token(store: Store, machines: Machines) -> None:
    detail = {"lab": LAB, "roster": "username\nuser1\n", "client_token": "monday"}
    start = partial(start_once, store, machines.client, machines.grade_class, detail)
    start("run-1", asker="event", requested_by="instructor event")
    for source in ("", "event"):
        sent = event(detail, source=source)
        assert start_from_event(store, machines.client, machines.grade_class, Bus().publish, sent)[0] != "run-1"


def test_a_request_that_could_not_be_used_does_not_use_up_its_client_token(store: Store, machines: Machines) -> None:
    bus = Bus()
    detail = {"lab": LAB, "roster": "rosters/class.csv", "client_token": "monday"}
    assert start_from_event(store, machines.client, machines.grade_class, bus.publish, event(detail))[1] is None
    store.put("rosters/class.csv", b"username\nuser1\n")
    again = event(detail, id="another")
    _, started = start_from_event(store, machines.client, machines.grade_class, bus.publish, again)
    assert started is not None
    assert len(bus) == 1


@pytest.mark.parametrize("told", [True, False])
def test_a_run_that_goes_on_is_answered_and_not_started_again(store: Store, machines: Machines, told: bool) -> None:
    """It needs its class list no more; where nobody tells how it stands, that its name is taken is the answer."""
    store.put("rosters/class.csv", b"username\nuser1\n")
    detail = {"lab": LAB, "roster": "rosters/class.csv", "client_token": "monday"}
    start_from_event(store, machines.client, machines.grade_class, Bus().publish, event(detail))
    if told:
        store._s3.delete_object(Bucket="bucket", Key="rosters/class.csv")
    states: Any = AnswerLost(machines.client, told=told)
    again = event(detail, id="another")
    run_id, started = start_from_event(store, states, machines.grade_class, Bus().publish, again)
    assert started is not None
    assert (run_id, started.again) == (RUN, True)
    assert list(machines.inputs()) == [RUN]
    assert stored_run(store, RUN)["status"] == "running"


def test_a_class_list_that_has_gone_since_does_not_make_a_running_run_fail(store: Store, machines: Machines) -> None:
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
            "students: is empty: leave it away for the whole roster\n"
            "course: there is no course spring; list them with `labgrader course list`\n"
            "client_token: is empty: leave it away where there is none",
        ),
        (
            {"lab": LAB, "roster": [], "requested_by": "the dean"},
            LAB,
            "grade",
            "requested_by: is not known here; a request has: lab, roster, mode, students, course, "
            "username_from, accounts, client_token\n"
            "roster: has no students",
        ),
        ({"lab": {"a": 1}, "roster": "username\nuser1", "course": 5}, "", "grade", None),
        ({"lab": "../../etc", "roster": "username\nuser1"}, "", "grade", None),
        ({"lab": "x" * 100_000, "roster": ["x"] * 5_000}, "", "grade", None),
    ],
)
def test_a_request_that_cannot_be_used_is_answered_with_every_reason(
    store: Store, machines: Machines, detail: Any, lab: str, mode: str, reason: str | None
) -> None:
    bus = Bus()
    for _ in range(2):  # delivered again, it says the same
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
def test_who_runs_a_course_is_told_of_its_requests_that_failed(
    store: Store, machines: Machines, named: dict[str, str]
) -> None:
    bus = Bus()
    asked = event({"lab": LAB, "roster": "courses/autumn/rosters/gone.csv", **named})
    run_id, _ = start_from_event(store, machines.client, machines.grade_class, bus.publish, asked)
    assert [one.detail["course"] for one in bus] == [stored_run(store, run_id)["course"]] == ["autumn"]


def test_an_event_that_came_by_hand_has_an_id_of_its_own_making(store: Store, machines: Machines) -> None:
    asked = event({"lab": LAB, "roster": "username\nuser1\n"})
    asked.pop("id")
    ids = {start_from_event(store, machines.client, machines.grade_class, Bus().publish, asked)[0] for _ in range(2)}
    assert len(ids) == 1
    run_id, _ = start_from_event(store, machines.client, machines.grade_class, Bus().publish, {})
    assert "-unknown-lab-" in run_id


def test_what_aws_cannot_do_now_is_delivered_again(store: Store, machines: Machines) -> None:
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
