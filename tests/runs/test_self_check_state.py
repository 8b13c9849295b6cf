"""How a self-check stands, and that none blocks the next for ever: stopped, lost, written by two at once."""

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

# --- how it stands ---------------------------------------------------------------------------------------------------


def test_a_running_one_runs(store: Store, machines: Machines) -> None:
    run_id = start(store, machines).run_id
    state = state_of_self_check(store, machines.client, run_id, NOON + 60 * MINUTE)
    assert state is not None
    assert state.to_dict() == stored_run(store, run_id)
    assert state.status == "running"


def test_one_that_ended_is_told_from_its_record(store: Store, machines: Machines) -> None:
    run_id = start(store, machines).run_id
    done(store, run_id)
    machines.stop(stored_run(store, run_id)["execution"])
    state = state_of_self_check(store, machines.client, run_id)
    assert state is not None
    assert state.status == "complete"
    assert allowance_of(store, "user1", LAB, NOON).remaining_today == 2


def test_one_that_was_stopped_is_recorded_as_failed_and_given_back(store: Store, machines: Machines) -> None:
    run_id = start(store, machines).run_id
    machines.stop(stored_run(store, run_id)["execution"])
    state = state_of_self_check(store, machines.client, run_id, NOON + MINUTE)
    assert state is not None
    assert (state.status, state.error, state.finished_at) == ("failed", LOST, "2026-01-01T12:01:00Z")
    assert stored_run(store, run_id) == state.to_dict()
    assert allowance_of(store, "user1", LAB, NOON).remaining_today == 3
    assert start(store, machines, NOON + MINUTE).allowance.remaining_today == 2


def test_one_that_was_stopped_does_not_block_the_next(store: Store, machines: Machines) -> None:
    """Also where nobody asked how it stands."""
    run_id = start(store, machines).run_id
    machines.stop(stored_run(store, run_id)["execution"])
    assert start(store, machines, NOON + MINUTE).allowance.remaining_today == 2
    assert stored_run(store, run_id)["error"] == LOST


@pytest.mark.parametrize("recorded", [False, True])
def test_a_start_that_broke_off_blocks_for_a_minute_and_not_longer(
    store: Store, machines: Machines, recorded: bool
) -> None:
    """The function died between the lock and the execution."""
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


def test_a_result_whose_lock_stayed_does_not_block_and_counts(store: Store, machines: Machines) -> None:
    """The last state recorded the end and died before it gave the lock back."""
    run_id = start(store, machines).run_id
    put_run(store, {**stored_run(store, run_id), "status": "complete"})
    assert start(store, machines, NOON + MINUTE).allowance.remaining_today == 1


@pytest.mark.parametrize(("later", "free"), [(LONGEST_S - 1, False), (LONGEST_S, True)])
def test_no_lock_outlives_the_longest_run(store: Store, machines: Machines, later: int, free: bool) -> None:
    start(store, machines)
    if free:
        start(store, machines, NOON + timedelta(seconds=later))
    else:
        with pytest.raises(AlreadyRunningError):
            start(store, machines, NOON + timedelta(seconds=later))


def test_the_longest_run_is_longer_than_its_machine_lets_it_be() -> None:
    machine = json.loads((Path(__file__).parents[2] / "statemachines/grade_student.asl.json").read_text())
    assert 0 < LONGEST_S - machine["TimeoutSeconds"] <= 3600


def test_what_is_no_self_check_has_no_state(store: Store, machines: Machines) -> None:
    assert state_of_self_check(store, machines.client, "unknown") is None
    put_run(store, {"run_id": "class", "lab": LAB.id, "mode": "grade", "status": "running", "started_at": "2026"})
    assert state_of_self_check(store, machines.client, "class") is None


def test_one_that_was_started_by_hand_is_told_from_its_record(store: Store, machines: Machines) -> None:
    by_hand = {"run_id": "hand", "lab": LAB.id, "mode": "self-check", "status": "running", "started_at": "2026"}
    put_run(store, by_hand)
    assert state_of_self_check(store, machines.client, "hand") == RunRecord.from_dict(by_hand)


# --- two who write ---------------------------------------------------------------------------------------------------


class Overtaken(Store):
    """Whenever it has read a ledger, somebody else writes it, as often as is said."""

    times = 0

    def ledger(self, username: str, lab: str) -> Ledger:
        found = super().ledger(username, lab)
        if self.times:
            self.times -= 1
            assert super().put_ledger_if_unchanged(username, lab, found, found.taken, found.running, found.ends_at)
        return found


@pytest.mark.parametrize(("times", "written"), [(19, True), (20, False)])
def test_a_ledger_that_others_write_is_tried_again_and_not_for_ever(
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
    """The first write arrives, and its answer is lost: it is sent again, and refused."""

    lost = 0

    def put_ledger_if_unchanged(self, *args: Any, **named: Any) -> bool:
        written = super().put_ledger_if_unchanged(*args, **named)
        self.lost += 1
        return written and self.lost > 1


def test_a_lock_whose_answer_was_lost_is_the_own_one(store: Store, machines: Machines) -> None:
    unanswered = Unanswered(store._s3, store.bucket, store._table)
    started = start(unanswered, machines)
    assert started.allowance == Allowance(2, 3, 1, 2, "2026-01-01T13:00:00Z")
    assert list(machines.inputs()) == [started.run_id]


class EndsMeanwhile(Store):
    """The workflow's last state records its result just before somebody calls the self-check lost."""

    def record_end(self, run: RunRecord) -> bool:
        ended = {"status": "complete", "finished_at": "2026-01-01T12:00:59Z"}
        put_run(self, {**stored_run(self, run.run_id), **ended})
        finish_self_check(self, run.run_id, "user1", LAB.id, give_back=False)
        return super().record_end(run)


def test_a_result_that_comes_while_somebody_gives_it_up_is_the_result(store: Store, machines: Machines) -> None:
    meanwhile = EndsMeanwhile(store._s3, store.bucket, store._table)
    run_id = start(store, machines).run_id
    machines.stop(stored_run(store, run_id)["execution"])
    state = state_of_self_check(meanwhile, machines.client, run_id, NOON + MINUTE)
    assert state is not None
    assert (state.status, state.error) == ("complete", None)
    assert stored_run(store, run_id) == state.to_dict()
    assert allowance_of(store, "user1", LAB, NOON).remaining_today == 2, "it counts: it told something"


@pytest.mark.parametrize("unlocked", [False, True])
def test_two_devices_that_ask_just_after_one_ended_start_one(store: Store, machines: Machines, unlocked: bool) -> None:
    """Also where the one that ended has not given its lock back: both see it, and both would take it away."""
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


# --- an answer of Step Functions that was lost ------------------------------------------------------------------------


def test_one_whose_start_was_not_answered_runs_and_holds_its_lock(store: Store, machines: Machines) -> None:
    started = start_self_check(store, AnswerLost(machines.client), machines.grade_student, "user1", LAB, NOON)  # type: ignore[arg-type]
    assert list(machines.inputs()) == [started.run_id]
    assert stored_run(store, started.run_id)["status"] == "running"
    with pytest.raises(AlreadyRunningError):
        start(store, machines, NOON + 2 * MINUTE)
    assert allowance_of(store, "user1", LAB, NOON).remaining_today == 2


@pytest.mark.parametrize("asked", [True, False])
def test_one_that_is_not_known_to_be_there_costs_nothing(store: Store, machines: Machines, asked: bool) -> None:
    """Whether Step Functions says that there is none, or says nothing."""
    silent: Any = AnswerLost(machines.client, arrives=False, told=asked)
    with pytest.raises(ServiceFaultError, match="InternalFailure"):
        start_self_check(store, silent, machines.grade_student, "user1", LAB, NOON)
    assert machines.inputs() == {}
    assert allowance_of(store, "user1", LAB, NOON).remaining_today == 3
    assert start(store, machines).allowance.remaining_today == 2
