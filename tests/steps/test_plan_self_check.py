"""The plan of a self-check: it has no hidden checks, and the class workflow refuses it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labgrader.errors import BadInputError, RefusedError
from labgrader.events import Event
from labgrader.judging.check import find_check
from labgrader.labs.lab import Lab, find_lab
from labgrader.labs.search_path import searching
from labgrader.rosters import GraderAccount
from labgrader.runs.request import Request
from labgrader.schemas import validate
from labgrader.steps.plan_run import plan_run
from labgrader.store import Keys, Store
from tests.stored_runs import put_run, stored_run

RUN = "20260101-000000-example-0000"
STARTED = "2026-01-01T00:00:00.123Z"
HOME = GraderAccount.from_arn("arn:aws:lambda:us-east-1:111122223333:function:labgrader-plan-run")
ID, HIDING = "lambda-optimization", "hiding"
OWN = Request(ID, "rosters/r.json", "self-check", ("user1",), "autumn", "student user1")


class Bus(list[Event]):
    """The published events."""

    def publish(self, *events: Event) -> None:
        for event in events:
            validate(event.detail, event.schema)
            self.append(event)


def plan(store: Store, request: Request = OWN, *, alone: bool = True, **named: Any) -> dict[str, Any]:
    for key in ("rosters/r.json", "courses/autumn/rosters/monday.csv"):
        store.put(key, b'[{"username": "user1"}, {"username": "user2"}]')
    return plan_run(store, RUN, STARTED, request, HOME, alone=alone, **named)


@pytest.fixture
def hiding(tmp_path: Path) -> Iterator[Lab]:
    """A copy of the lab with its second configuration check hidden."""
    whole = find_lab(ID)
    required = {name for item in whole.checks for name in item.requires}
    hidden = next(item for item in whole.checks if item.id not in required)
    (tmp_path / HIDING).mkdir()
    (tmp_path / HIDING / "lab.yaml").write_text(
        f"id: {HIDING}\nextends: {ID}\nchecks:\n  - {{id: {hidden.id}, visibility: hidden}}\n"
    )
    items = tuple(replace(item, visibility="hidden") if item is hidden else item for item in whole.checks)
    with searching(tmp_path):
        yield replace(whole, id=HIDING, checks=items)


def test_self_check_has_no_hidden_checks(store: Store, hiding: Lab) -> None:
    (hidden,) = (item for item in hiding.checks if item.visibility == "hidden")
    planned = plan(store, replace(OWN, lab=HIDING))
    frozen = store.lab(RUN)
    assert frozen == hiding.for_self_check()
    assert (frozen.hidden_checks, frozen.hidden_points) == (1, hidden.points)
    assert hidden.id not in [check_id for check_ids in planned["checks"].values() for check_id in check_ids]
    assert hidden.id not in store.get(Keys(RUN).lab).decode()


def test_class_run_has_hidden_checks(store: Store, hiding: Lab) -> None:
    (hidden,) = (item for item in hiding.checks if item.visibility == "hidden")
    planned = plan(store, replace(OWN, lab=HIDING, mode="grade"), alone=False)
    assert hidden.id in [check_id for check_ids in planned["checks"].values() for check_id in check_ids]
    assert (store.lab(RUN).hidden_checks, store.lab(RUN).points) == (0, hiding.points)


def test_self_check_has_no_advice_that_measures(store: Store) -> None:
    lab = find_lab("performance-scaling")
    advice = {item.id for item in lab.advice if find_check(item.check).kind == "performance"}
    checks = {item.id for item in lab.checks if find_check(item.check).kind == "performance"}
    assert advice, "the lab must have advice of that kind for this test"
    own = replace(OWN, lab=lab.id)
    assert set(plan(store, own)["checks"]["performance"]) == checks
    graded = plan_run(store, f"{RUN}-2", STARTED, replace(own, mode="grade"), HOME, alone=True)
    assert set(graded["checks"]["performance"]) == checks | advice


def test_record_of_a_self_check_has_its_student_and_keeps_earlier_fields(store: Store) -> None:
    before = {"run_id": RUN, "lab": ID, "mode": "self-check", "status": "running", "started_at": "2026-01-01T00:00:00Z"}
    put_run(store, {**before, "requested_by": "student user1", "course": "autumn", "execution": "arn:execution"})
    plan(store)
    assert stored_run(store, RUN) == {
        "run_id": RUN,
        "lab": ID,
        "mode": "self-check",
        "status": "running",
        "started_at": STARTED,
        "finished_at": "",
        "counts": {"students": 1, "complete": 0, "incomplete": 0},
        "requested_by": "student user1",
        "course": "autumn",
        "student": "user1",
        "execution": "arn:execution",
        "announced": False,
    }
    assert store.runs() == []


@pytest.mark.parametrize("students", [("user1",), ()])
def test_class_workflow_refuses_a_self_check(store: Store, students: tuple[str, ...]) -> None:
    said = "^a class run cannot be a self-check; use the mode grade or audit$"
    with pytest.raises(BadInputError, match=said):
        plan(store, replace(OWN, students=students), alone=False)
    assert store.run(RUN) is None
    assert store.keys("runs/") == []


def test_self_check_requires_one_student(store: Store) -> None:
    with pytest.raises(BadInputError, match="a run of one student needs one name in students, not 2"):
        plan(store, replace(OWN, students=()))


# --- runs of every kind ----------------------------------------------------------------------------------------------


def test_run_of_a_course_reads_its_class_list_and_records_the_requester(store: Store) -> None:
    request = Request(ID, "courses/autumn/rosters/monday.csv", "audit", (), "autumn", "schedule")
    plan(store, request, alone=False)
    assert [student.username for student in store.students(RUN)] == ["user1", "user2"]
    record = stored_run(store, RUN)
    assert (record["requested_by"], record["course"], record["counts"]["students"]) == ("schedule", "autumn", 2)
    assert "student" not in record


def test_run_started_is_published_once(store: Store) -> None:
    bus = Bus()
    for _ in range(2):
        plan(store, replace(OWN, mode="grade", students=()), alone=False, publish=bus.publish)
    assert [(event.detail_type, event.detail) for event in bus] == [
        (
            "Run Started",
            {
                "schema": "labgrader.run-started/1",
                "event_id": f"{RUN}:run-started",
                "run_id": RUN,
                "lab": ID,
                "mode": "grade",
                "course": "autumn",
                "started_at": STARTED,
                "students": 2,
            },
        )
    ]


def test_run_goes_on_if_the_event_bus_refuses(store: Store) -> None:
    def refuse(*_: Event) -> None:
        raise RefusedError("no such bus")

    assert plan(store, publish=refuse)["run_id"] == RUN
    assert stored_run(store, RUN)["status"] == "running"


def test_run_that_failed_to_start_is_running_after_a_retry(store: Store) -> None:
    failed = {"run_id": RUN, "lab": ID, "mode": "grade", "status": "failed", "started_at": STARTED, "error": "refused"}
    put_run(store, {**failed, "finished_at": STARTED, "requested_by": "event e1"})
    plan(store, replace(OWN, mode="grade"), alone=False)
    record = stored_run(store, RUN)
    assert (record["status"], record["finished_at"], record["requested_by"]) == ("running", "", "event e1")
    assert "error" not in record


@pytest.mark.parametrize("status", ["complete", "incomplete"])
def test_late_plan_does_not_reopen_a_finished_run(store: Store, status: str) -> None:
    plan(store)
    put_run(store, {**stored_run(store, RUN), "status": status})
    bus = Bus()
    plan(store, publish=bus.publish)
    assert stored_run(store, RUN)["status"] == status
    assert bus == []
