"""Which of a student's results counts: the latest, the best, or the last before the due date."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from labgrader.reporting.course_gradebook import LabResult, Policy, choose_result

DUE = datetime(2026, 12, 1, 23, 59, tzinfo=ZoneInfo("Europe/Berlin"))
"""22:59 in UTC."""

ALL = list(Policy)


def result(run_id: str, points: float, at: str, *, complete: bool = True, recorded_at: str = "") -> LabResult:
    row: Any = {"status": "complete" if complete else "incomplete", "points": points, "graded_at": at}
    row.update({"snapshot_taken_at": recorded_at} if recorded_at else {})
    return LabResult(run_id, at, False, row)


def chosen(results: list[LabResult], policy: Policy, due: datetime | None = DUE) -> str | None:
    """Return the run that counts, which does not depend on the order of the results."""
    found = {
        None if counted is None else counted.run_id
        for counted in (choose_result(order, policy, due) for order in (results, results[::-1]))
    }
    (run_id,) = found
    return run_id


FIRST = result("r1", 80, "2026-11-20T10:00:00Z")
SECOND = result("r2", 60, "2026-11-21T10:00:00Z")
LATE = result("r3", 100, "2026-12-02T10:00:00Z")


@pytest.mark.parametrize(
    ("policy", "run_id"), [(Policy.LATEST, "r3"), (Policy.BEST, "r3"), (Policy.LAST_BEFORE_DUE, "r2")]
)
def test_each_policy_chooses_its_result(policy: Policy, run_id: str) -> None:
    assert chosen([FIRST, SECOND, LATE], policy) == run_id


def test_the_best_result_may_be_an_earlier_one() -> None:
    assert chosen([FIRST, SECOND], Policy.BEST) == "r1"
    assert chosen([FIRST, SECOND], Policy.LATEST) == "r2"


def test_the_first_of_equal_best_results_counts() -> None:
    assert chosen([result("r9", 80, "2026-11-22T10:00:00Z"), FIRST, SECOND], Policy.BEST) == "r1"


@pytest.mark.parametrize(
    ("policy", "run_id"), [(Policy.LATEST, "r2"), (Policy.LAST_BEFORE_DUE, "r2"), (Policy.BEST, "r1")]
)
def test_the_run_id_decides_between_results_of_the_same_time(policy: Policy, run_id: str) -> None:
    at = "2026-11-20T10:00:00Z"
    assert chosen([result("r1", 50, at), result("r2", 50, at)], policy) == run_id


@pytest.mark.parametrize(
    ("recorded_at", "run_id"),
    [("2026-12-01T22:59:00Z", "r2"), ("2026-12-01T22:59:01Z", "r1"), ("2026-12-01T23:58:00+01:00", "r2")],
)
def test_the_due_date_is_in_the_time_zone_of_the_course_and_includes_its_moment(recorded_at: str, run_id: str) -> None:
    assert chosen([FIRST, result("r2", 60, recorded_at)], Policy.LAST_BEFORE_DUE) == run_id


def test_the_time_of_the_snapshot_decides_whether_work_was_in_time() -> None:
    graded_later = result("r2", 60, "2026-12-01T23:30:00Z", recorded_at="2026-12-01T22:30:00Z")
    assert chosen([FIRST, graded_later], Policy.LAST_BEFORE_DUE) == "r2"


def test_no_result_counts_if_all_are_late() -> None:
    assert chosen([LATE], Policy.LAST_BEFORE_DUE) is None


def test_without_a_due_date_the_latest_result_is_in_time() -> None:
    assert chosen([FIRST, SECOND, LATE], Policy.LAST_BEFORE_DUE, None) == "r3"


@pytest.mark.parametrize("policy", ALL)
def test_a_result_that_is_not_fully_graded_replaces_no_graded_one(policy: Policy) -> None:
    unfinished = result("r2", 90, "2026-11-21T10:00:00Z", complete=False)
    assert chosen([FIRST, unfinished], policy) == "r1"
    assert chosen([unfinished], policy) == "r2"


@pytest.mark.parametrize("policy", ALL)
def test_a_student_without_results_has_none(policy: Policy) -> None:
    assert choose_result([], policy, DUE) is None


def test_a_result_of_an_earlier_version_was_graded_when_its_run_finished() -> None:
    row: Any = {"status": "complete", "points": 5}
    old = LabResult("r0", "2026-12-01T22:59:00Z", False, row)
    assert (old.graded_at, old.recorded_at) == ("2026-12-01T22:59:00Z", DUE)
    assert chosen([old], Policy.LAST_BEFORE_DUE) == "r0"
