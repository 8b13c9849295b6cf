"""Plan audit: the name of the audit, its runs, and a second delivery that audits nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from labgrader.courses.course_file import read_course
from labgrader.courses.enrolment import push_course, remove_course
from labgrader.errors import BadInputError
from labgrader.runs.request import MAX_NAME, Request
from labgrader.steps.plan_audit import plan_audit
from labgrader.store import Store
from tests.courses.course_folder import COURSE, make_folder

COURSE_ID = "serverless-2026"
STARTED = "2026-11-21T21:30:04.123Z"  # 22:30 in Berlin
NEXT = "2026-11-22T21:30:04.123Z"


@pytest.fixture(autouse=True)
def course(store: Store, tmp_path: Path) -> None:
    push_course(store, read_course(make_folder(tmp_path)), datetime(2026, 11, 20, tzinfo=UTC))


def plan(store: Store, execution: str, started_at: str = STARTED, *, scheduled: bool = True) -> dict[str, Any]:
    return plan_audit(store, COURSE_ID, execution, started_at, scheduled=scheduled)


def test_plan_audit_has_a_run_for_each_lab_in_order(store: Store) -> None:
    planned = plan(store, "e1")
    assert (planned["course"], planned["night"], planned["again"]) == (COURSE_ID, "2026-11-21-2230", False)
    assert [run["lab"] for run in planned["runs"]] == ["lambda-optimization", "performance-scaling"]
    for run, roster in zip(planned["runs"], ("first.csv", "second.csv"), strict=True):
        assert run["run_id"].startswith(f"20261121-213004-{run['lab']}-")
        assert len(run["run_id"]) <= MAX_NAME
        assert Request.from_dict(run["request"]) == Request(
            lab=run["lab"],
            roster=f"courses/{COURSE_ID}/rosters/{roster}",
            mode="audit",
            course=COURSE_ID,
            requested_by="schedule",
        )


def test_plan_audit_has_no_runs_for_a_second_delivery(store: Store) -> None:
    first = plan(store, "e1")
    again = plan(store, "e2", "2026-11-21T21:34:59Z")
    assert again == {"course": COURSE_ID, "night": "2026-11-21-2230", "again": True, "runs": []}
    late = plan(store, "e3", "2026-11-22T03:00:00Z")
    assert late["again"], "five hours late and after midnight, it is still the same audit"
    assert [audit["execution"] for audit in store.audits(COURSE_ID)] == ["e1"]
    assert store.audits(COURSE_ID)[0]["runs"] == [run["run_id"] for run in first["runs"]]


def test_plan_audit_is_the_same_twice_for_one_execution(store: Store) -> None:
    assert plan(store, "e1") == plan(store, "e1")


def test_plan_audit_has_runs_for_the_next_scheduled_audit(store: Store) -> None:
    first, second = plan(store, "e1"), plan(store, "e2", NEXT)
    assert second["night"] == "2026-11-22-2230"
    assert not second["again"]
    assert not {run["run_id"] for run in first["runs"]} & {run["run_id"] for run in second["runs"]}


def test_plan_audit_has_runs_for_a_requested_audit_after_a_scheduled_audit(store: Store) -> None:
    plan(store, "e1")
    asked = [plan(store, f"by-hand-{number}", f"2026-11-21T21:40:0{number}Z", scheduled=False) for number in (1, 2)]
    assert [(plan["night"], plan["again"]) for plan in asked] == [
        ("2026-11-21-224001", False),
        ("2026-11-21-224002", False),
    ]
    assert asked[0]["runs"][0]["request"]["requested_by"] == "labgrader audit"
    assert not plan(store, "e4", NEXT)["again"], "the next scheduled audit has runs, too"


def test_plan_audit_has_different_run_ids_for_two_courses_in_one_second(store: Store, tmp_path: Path) -> None:
    other = make_folder(tmp_path / "other", COURSE.replace(COURSE_ID, "other"))
    push_course(store, read_course(other), datetime(2026, 11, 20, tzinfo=UTC))
    mine = {run["run_id"] for run in plan(store, "e1")["runs"]}
    theirs = {run["run_id"] for run in plan_audit(store, "other", "e2", STARTED, scheduled=True)["runs"]}
    assert not mine & theirs


def test_plan_audit_reports_a_removed_course(store: Store) -> None:
    remove_course(store, COURSE_ID)
    with pytest.raises(
        BadInputError, match=r"^there is no course serverless-2026; list them with `labgrader course list`$"
    ):
        plan(store, "e1")


def test_plan_audit_has_runs_for_a_course_without_an_audit_time(store: Store, tmp_path: Path) -> None:
    file = make_folder(tmp_path, COURSE.replace("audit_time: 22:30\n", ""))
    push_course(store, read_course(file), datetime(2026, 11, 20, tzinfo=UTC))
    assert plan(store, "e1", scheduled=False)["night"] == "2026-11-21-223004"
