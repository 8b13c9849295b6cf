"""The state of a self-check. A stopped or lost self-check, or a write conflict, does not block the next one."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from labgrader.errors import ServiceFaultError
from labgrader.runs.self_check import (
    LONGEST_S,
    LOST,
    START_S,
    AlreadyRunningError,
    allowance_of,
    finish_self_check,
    start_self_check,
    state_of_self_check,
)
from labgrader.runs.self_check_quota import Allowance
from labgrader.store import RunRecord, Store
from labgrader.store.self_checks import Ledger, Taken
from tests.runs.checking import LAB, MINUTE, NOON, done, start
from tests.runs.conftest import AnswerLost, Machines
from tests.stored_runs import put_run, stored_run

# --- the state -------------------------------------------------------------------------------------------------------


def test_state_of_a_running_self_check_is_running(store: Store, machines: Machines) -> None:
    run_id = start(store, machines).run_id
    state = state_of_self_check(store, machines.client, run_id, NOON + 60 * MINUTE)
    assert state is not None
    assert state.to_dict() == stored_run(store, run_id)
    assert state.status == "running"


def test_state_of_an_ended_self_check_is_its_record(store: Store, machines: Machines) -> None:
    run_id = start(store, machines).run_id
    done(store, run_id)
    machines.stop(stored_run(store, run_id)["execution"])
    state = state_of_self_check(store, machines.client, run_id)
    assert state is not None
    assert state.status == "complete"
    assert allowance_of(store, "user1", LAB, NOON).remaining_today == 2


def test_stopped_self_check_is_recorded_as_failed_and_not_counted(store: Store, machines: Machines) -> None:
    run_id = start(store, machines).run_id
    machines.stop(stored_run(store, run_id)["execution"])
    state = state_of_self_check(store, machines.client, run_id, NOON + MINUTE)
    assert state is not None
    assert (state.status, state.error, state.finished_at) == ("failed", LOST, "2026-01-01T12:01:00Z")
    assert stored_run(store, run_id) == state.to_dict()
    assert allowance_of(store, "user1", LAB, NOON).remaining_today == 3
    assert start(store, machines, NOON + MINUTE).allowance.remaining_today == 2


def test_stopped_self_check_does_not_block_the_next(store: Store, machines: Machines) -> None:
    """Even if its state was not requested."""
    run_id = start(store, machines).run_id
    machines.stop(stored_run(store, run_id)["execution"])
    assert start(store, machines, NOON + MINUTE).allowance.remaining_today == 2
    assert stored_run(store, run_id)["error"] == LOST


@pytest.mark.parametrize("recorded", [False, True])
def test_start_that_broke_off_blocks_for_one_minute(store: Store, machines: Machines, recorded: bool) -> None:
    """The function crashed between the lock and the execution."""
    at = NOON.timestamp()
    assert store.put_ledger_if_unchanged("user1", LAB.id, Ledger(), [Taken("dead", at)], "dead", at + LONGEST_S)
    if recorded:
        arn = machines.grade_student.replace("stateMachine", "execution")
        record = {"run_id": "dead", "lab": LAB.id, "mode": "self-check", "status": "running", "student": "user1"}
        put_run(store, {**record, "started_at": "2026-01-01T12:00:00Z", "execution": f"{arn}:dead"})
    with pytest.raises(AlreadyRunningError):
        start(store, machines, NOON + timedelta(seconds=START_S) - timedelta(milliseconds=1))
    assert start(store, machines, NOON + timedelta(seconds=START_S)).allowance.remaining_today == 2
    if recorded:
        assert stored_run(store, "dead")["error"] == LOST


def test_self_check_with_a_result_and_a_stale_lock_counts_and_does_not_block(store: Store, machines: Machines) -> None:
    """The last state recorded the end and crashed before it unlocked."""
    run_id = start(store, machines).run_id
    put_run(store, {**stored_run(store, run_id), "status": "complete"})
    assert start(store, machines, NOON + MINUTE).allowance.remaining_today == 1


@pytest.mark.parametrize(("later", "free"), [(LONGEST_S - 1, False), (LONGEST_S, True)])
def test_lock_expires_after_the_longest_self_check(store: Store, machines: Machines, later: int, free: bool) -> None:
    start(store, machines)
    if free:
        start(store, machines, NOON + timedelta(seconds=later))
    else:
        with pytest.raises(AlreadyRunningError):
            start(store, machines, NOON + timedelta(seconds=later))


def test_longest_self_check_exceeds_the_timeout_of_its_machine() -> None:
    machine = json.loads((Path(__file__).parents[2] / "statemachines/grade_student.asl.json").read_text())
    assert 0 < LONGEST_S - machine["TimeoutSeconds"] <= 3600


def test_state_of_another_run_is_not_returned(store: Store, machines: Machines) -> None:
    assert state_of_self_check(store, machines.client, "unknown") is None
    put_run(store, {"run_id": "class", "lab": LAB.id, "mode": "grade", "status": "running", "started_at": "2026"})
    assert state_of_self_check(store, machines.client, "class") is None


def test_state_of_a_self_check_started_by_hand_is_its_record(store: Store, machines: Machines) -> None:
    by_hand = {"run_id": "hand", "lab": LAB.id, "mode": "self-check", "status": "running", "started_at": "2026"}
    put_run(store, by_hand)
    assert state_of_self_check(store, machines.client, "hand") == RunRecord.from_dict(by_hand)


# --- write conflicts -------------------------------------------------------------------------------------------------


class Overtaken(Store):
    """Another request writes the ledger after each read, for a number of times."""

    times = 0

    def ledger(self, username: str, lab: str) -> Ledger:
        found = super().ledger(username, lab)
        if self.times:
            self.times -= 1
            assert super().put_ledger_if_unchanged(username, lab, found, found.taken, found.running, found.ends_at)
        return found


@pytest.mark.parametrize(("times", "written"), [(19, True), (20, False)])
def test_ledger_write_is_retried_a_limited_number_of_times(
    store: Store, machines: Machines, times: int, written: bool
) -> None:
    overtaken = Overtaken(store._s3, store.bucket, store._table)
    overtaken.times = times
    if written:
        assert start(overtaken, machines).allowance.remaining_today == 2
    else:
        with pytest.raises(
            ServiceFaultError, match="the self-checks of user1 were changed by other requests 20 times in a row"
        ):
            start(overtaken, machines)
        assert machines.inputs() == {}


class Unanswered(Store):
    """The first write succeeds, and its response is lost. The retry is refused."""

    lost = 0

    def put_ledger_if_unchanged(self, *args: Any, **named: Any) -> bool:
        written = super().put_ledger_if_unchanged(*args, **named)
        self.lost += 1
        return written and self.lost > 1


def test_lock_counts_if_only_the_response_was_lost(store: Store, machines: Machines) -> None:
    unanswered = Unanswered(store._s3, store.bucket, store._table)
    started = start(unanswered, machines)
    assert started.allowance == Allowance(2, 3, 1, 2, "2026-01-01T13:00:00Z")
    assert list(machines.inputs()) == [started.run_id]


class EndsMeanwhile(Store):
    """The last state records the result just before the self-check is recorded as lost."""

    def record_end(self, run: RunRecord) -> bool:
        ended = {"status": "complete", "finished_at": "2026-01-01T12:00:59Z"}
        put_run(self, {**stored_run(self, run.run_id), **ended})
        finish_self_check(self, run.run_id, "user1", LAB.id, give_back=False)
        return super().record_end(run)


def test_result_that_is_recorded_at_the_same_moment_is_kept(store: Store, machines: Machines) -> None:
    meanwhile = EndsMeanwhile(store._s3, store.bucket, store._table)
    run_id = start(store, machines).run_id
    machines.stop(stored_run(store, run_id)["execution"])
    state = state_of_self_check(meanwhile, machines.client, run_id, NOON + MINUTE)
    assert state is not None
    assert (state.status, state.error) == ("complete", None)
    assert stored_run(store, run_id) == state.to_dict()
    assert allowance_of(store, "user1", LAB, NOON).remaining_today == 2, "it counts: it has a result"


@pytest.mark.parametrize("unlocked", [False, True])
def test_two_requests_after_an_ended_self_check_start_one(store: Store, machines: Machines, unlocked: bool) -> None:
    """Even if the ended self-check has not unlocked: both requests see the lock, and both would remove it."""
    first = start(store, machines).run_id
    if unlocked:
        done(store, first)
    else:
        put_run(store, {**stored_run(store, first), "status": "complete"})

    def ask(_: int) -> tuple[str, str]:
        try:
            return "started", start(store, machines, NOON + MINUTE).run_id
        except AlreadyRunningError as running:
            return "running", running.run_id

    with ThreadPoolExecutor(max_workers=8) as pool:
        answers = list(pool.map(ask, range(24)))
    assert Counter(how for how, _ in answers) == {"started": 1, "running": 23}
    assert first not in {run_id for _, run_id in answers}
    assert len(machines.inputs()) == 2
    assert allowance_of(store, "user1", LAB, NOON + MINUTE).remaining_today == 1


# --- a lost response of Step Functions --------------------------------------------------------------------------------


def test_self_check_with_a_lost_start_response_keeps_its_lock(store: Store, machines: Machines) -> None:
    started = start_self_check(store, AnswerLost(machines.client), machines.grade_student, "user1", LAB, NOON)  # type: ignore[arg-type]
    assert list(machines.inputs()) == [started.run_id]
    assert stored_run(store, started.run_id)["status"] == "running"
    with pytest.raises(AlreadyRunningError):
        start(store, machines, NOON + 2 * MINUTE)
    assert allowance_of(store, "user1", LAB, NOON).remaining_today == 2


@pytest.mark.parametrize("asked", [True, False])
def test_self_check_that_is_not_known_to_exist_does_not_count(store: Store, machines: Machines, asked: bool) -> None:
    """Step Functions says that the execution does not exist, or does not respond."""
    silent: Any = AnswerLost(machines.client, arrives=False, status_known=asked)
    with pytest.raises(ServiceFaultError, match="InternalFailure"):
        start_self_check(store, silent, machines.grade_student, "user1", LAB, NOON)
    assert machines.inputs() == {}
    assert allowance_of(store, "user1", LAB, NOON).remaining_today == 3
    assert start(store, machines).allowance.remaining_today == 2
