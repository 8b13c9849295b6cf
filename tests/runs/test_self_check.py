"""Self-checks: one at a time, limited per hour and day, and not counted if labgrader or AWS failed."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from labgrader.errors import BadInputError, RefusedError
from labgrader.rosters import Student
from labgrader.runs.self_check import (
    AllowanceSpentError,
    AlreadyRunningError,
    allowance_of,
    finish_self_check,
    start_self_check,
)
from labgrader.runs.self_check_quota import Allowance
from labgrader.store import Store
from labgrader.store.self_checks import Ledger
from tests.runs.checking import LAB, MINUTE, NOON, done, start
from tests.runs.conftest import Machines
from tests.stored_runs import stored_run


def test_self_check_is_counted_recorded_and_started(store: Store, machines: Machines) -> None:
    started = start(store, machines)
    run_id = started.run_id
    assert run_id.startswith("20260101-120000-lambda-optimization-")
    assert started.allowance == Allowance(2, 3, 1, 2, "2026-01-01T13:00:00Z")
    roster = f"rosters/{run_id}.json"
    assert machines.inputs() == {
        run_id: {
            "lab": LAB.id,
            "roster": roster,
            "mode": "self-check",
            "students": ["user1"],
            "course": "",
            "requested_by": "student user1",
        }
    }
    assert store.get_json(roster) == [Student("user1", "user1").to_dict()]
    assert store.students(run_id) == [Student("user1", "user1", account_id="123456789012", region="us-east-1")]
    assert stored_run(store, run_id) == {
        "run_id": run_id,
        "lab": LAB.id,
        "mode": "self-check",
        "status": "running",
        "started_at": "2026-01-01T12:00:00Z",
        "finished_at": "",
        "counts": {"students": 1, "complete": 0, "incomplete": 0},
        "requested_by": "student user1",
        "course": "",
        "student": "user1",
        "execution": f"arn:aws:states:us-east-1:123456789012:execution:labgrader-grade-student:{run_id}",
    }
    assert store.runs() == [], "the list of class runs does not have it"


def test_self_check_reads_the_account_and_region_of_the_course(store: Store, machines: Machines) -> None:
    role = "arn:aws:iam::222233334444:role/labgrader"
    row = Student("user1", "s-1", account_id="222233334444", role_arn=role)
    store.enrol("autumn", "Autumn", "2026-09-01T00:00:00Z", {"user1": {LAB.id: row}})
    run_id = start(store, machines).run_id
    assert store.get_json(f"rosters/{run_id}.json") == [row.to_dict()]
    assert store.students(run_id) == [replace(row, region="us-east-1")]
    assert machines.inputs()[run_id]["course"] == stored_run(store, run_id)["course"] == "autumn"


def test_self_check_in_an_account_without_a_role_is_refused_and_not_counted(store: Store, machines: Machines) -> None:
    row = Student("user1", "s-1", account_id="222233334444")
    store.enrol("autumn", "Autumn", "2026-09-01T00:00:00Z", {"user1": {LAB.id: row}})
    with pytest.raises(BadInputError) as error:
        start(store, machines)
    assert str(error.value) == (
        "user1 has account 222233334444 and no role_arn; labgrader runs in 123456789012 and needs a role "
        "to read another account (see infra/student_account.yaml)"
    )
    assert machines.inputs() == {}
    assert store.ledger("user1", LAB.id).taken == ()
    assert store.ledger("user1", LAB.id).running == ""


# --- one at a time ---------------------------------------------------------------------------------------------------


def test_second_self_check_is_refused_while_one_is_running(store: Store, machines: Machines) -> None:
    first = start(store, machines)
    for later in (timedelta(0), MINUTE, 60 * MINUTE):
        with pytest.raises(AlreadyRunningError, match=f"is running already: {first.run_id}") as refused:
            start(store, machines, NOON + later)
        assert refused.value.run_id == first.run_id
        assert refused.value.allowance.remaining_today == 2
    assert start(store, machines, username="user2").run_id != first.run_id
    assert start(store, machines, lab=replace(LAB, id="performance-scaling")).run_id != first.run_id


def test_self_check_can_start_after_the_last_one_ended(store: Store, machines: Machines) -> None:
    first = start(store, machines)
    done(store, first.run_id)
    second = start(store, machines, NOON + MINUTE)
    assert second.run_id != first.run_id
    assert second.allowance == Allowance(2, 3, 0, 1, "2026-01-01T13:00:00Z")


def test_two_hundred_simultaneous_requests_start_one_self_check(store: Store, machines: Machines) -> None:

    def ask(_: int) -> tuple[str, str]:
        try:
            return "started", start(store, machines).run_id
        except AlreadyRunningError as running:
            return "running", running.run_id

    with ThreadPoolExecutor(max_workers=20) as pool:
        answers = list(pool.map(ask, range(200)))
    assert Counter(how for how, _ in answers) == {"started": 1, "running": 199}
    assert len({run_id for _, run_id in answers}) == 1
    assert list(machines.inputs()) == [answers[0][1]]
    assert allowance_of(store, "user1", LAB, NOON).remaining_today == 2


# --- the allowance ---------------------------------------------------------------------------------------------------


def test_allowance_can_be_read_without_a_self_check(store: Store, machines: Machines) -> None:
    assert allowance_of(store, "user1", LAB, NOON) == Allowance(2, 3, 2, 3, None)
    done(store, start(store, machines).run_id)
    for _ in range(2):
        assert allowance_of(store, "user1", LAB, NOON + MINUTE) == Allowance(2, 3, 1, 2, "2026-01-01T13:00:00Z")
    assert allowance_of(store, "user2", LAB, NOON) == Allowance(2, 3, 2, 3, None)


def test_spent_hour_limit_names_the_time_of_the_next_self_check(store: Store, machines: Machines) -> None:
    for minute in (0, 10):
        done(store, start(store, machines, NOON + minute * MINUTE).run_id)
    with pytest.raises(AllowanceSpentError) as spent:
        start(store, machines, NOON + 20 * MINUTE)
    assert str(spent.value) == (
        "you have no self-checks of this lab left for now (the limits are 2 in an hour and 3 in a day); "
        "you can start the next one at 2026-01-01T13:00:00Z"
    )
    assert spent.value.retry_after_s == 40 * 60
    assert spent.value.allowance == Allowance(2, 3, 0, 1, "2026-01-01T13:00:00Z")
    with pytest.raises(AllowanceSpentError):
        start(store, machines, NOON + 60 * MINUTE - timedelta(milliseconds=1))
    assert start(store, machines, NOON + 60 * MINUTE).allowance.remaining_today == 0


def test_spent_day_limit_refills_one_by_one(store: Store, machines: Machines) -> None:
    for hour in (0, 2, 4):
        done(store, start(store, machines, NOON + hour * 60 * MINUTE).run_id)
    with pytest.raises(AllowanceSpentError) as spent:
        start(store, machines, NOON + timedelta(hours=24) - timedelta(milliseconds=1))
    assert spent.value.retry_after_s == 1
    done(store, start(store, machines, NOON + timedelta(hours=24)).run_id)
    with pytest.raises(AllowanceSpentError):
        start(store, machines, NOON + timedelta(hours=24, minutes=1))
    assert len(store.ledger("user1", LAB.id).taken) == 3, "self-checks that no longer count are not stored"


@pytest.mark.parametrize(("give_back", "left"), [(False, 2), (True, 3)])
def test_self_check_that_labgrader_failed_does_not_count(
    store: Store, machines: Machines, give_back: bool, left: int
) -> None:
    run_id = start(store, machines).run_id
    for _ in range(2):  # finishing it again changes nothing
        done(store, run_id, give_back=give_back)
        assert allowance_of(store, "user1", LAB, NOON).remaining_today == left


def test_finishing_an_old_self_check_does_not_unlock_the_running_one(store: Store, machines: Machines) -> None:
    first = start(store, machines)
    done(store, first.run_id)
    second = start(store, machines, NOON + MINUTE)
    for give_back, left in ((False, 1), (True, 2)):
        finish_self_check(store, first.run_id, "user1", LAB.id, give_back=give_back)
        with pytest.raises(AlreadyRunningError) as running:
            start(store, machines, NOON + 2 * MINUTE)
        assert (running.value.run_id, running.value.allowance.remaining_today) == (second.run_id, left)
    finish_self_check(store, "unknown", "user1", LAB.id, give_back=True)
    assert allowance_of(store, "user1", LAB, NOON).remaining_today == 2


def test_self_check_that_aws_refuses_is_not_counted_and_unlocks(store: Store, machines: Machines) -> None:
    refusing: Any = boto3.client("stepfunctions", region_name="us-east-1")
    with Stubber(refusing) as stub:
        stub.add_client_error("start_execution", "AccessDeniedException", "no", http_status_code=400)
        with pytest.raises(RefusedError):
            start_self_check(store, refusing, machines.grade_student, "user1", LAB, NOON)
    (record,) = store.self_checks()
    assert record.status == "failed"
    assert str(record.error).startswith("it could not be started: An error occurred (AccessDeniedException)")
    assert allowance_of(store, "user1", LAB, NOON) == Allowance(2, 3, 2, 3, None)
    assert start(store, machines).allowance.remaining_today == 2


def test_lab_without_visible_checks_has_no_self_check(store: Store, machines: Machines) -> None:
    hidden = replace(LAB, checks=tuple(replace(item, visibility="hidden") for item in LAB.checks))
    with pytest.raises(
        BadInputError, match="this lab has no self-check, because students do not see any of its checks"
    ):
        start(store, machines, lab=hidden)
    assert store.ledger("user1", LAB.id) == Ledger()
