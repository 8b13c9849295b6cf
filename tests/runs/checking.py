"""Helpers for the tests of self-checks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from labgrader.labs.lab import Lab, SelfChecks, find_lab
from labgrader.runs.self_check import SelfCheck, finish_self_check, start_self_check
from labgrader.store import Store
from tests.runs.conftest import Machines
from tests.stored_runs import put_run, stored_run

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LAB = replace(find_lab("lambda-optimization"), self_checks=SelfChecks(per_hour=2, per_day=3))
MINUTE = timedelta(minutes=1)


def start(store: Store, machines: Machines, now: datetime = NOON, username: str = "user1", lab: Lab = LAB) -> SelfCheck:
    return start_self_check(store, machines.client, machines.grade_student, username, lab, now)


def done(store: Store, run_id: str, *, give_back: bool = False) -> None:
    """End a self-check as the last state of the workflow does."""
    put_run(store, {**stored_run(store, run_id), "status": "complete"})
    finish_self_check(store, run_id, "user1", LAB.id, give_back=give_back)
