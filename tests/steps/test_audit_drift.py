"""What an audit compares with, what drifted, what is gone, and what costs money."""

from __future__ import annotations

import pytest

from labgrader.steps.write_report import write_report
from labgrader.store import Keys, Store
from tests.steps.audited_course import LAB, Course, changed, check_of


def test_the_first_audit_compares_with_the_graded_run(store: Store) -> None:
    course = Course(store)
    course.grade()
    report = course.audit("night-1", reserved=5)
    assert changed(report) == [("reserved", "passed", "partial")]
    assert report["audit"]["drifted"][0]["message"] == "The reserved concurrency of user1-f is 5 instead of 10."
    assert report["audit"]["compared_with"]["run_id"] == "graded"


def test_every_night_compares_with_the_night_before_and_carries_over_from_the_graded_run(store: Store) -> None:
    course = Course(store)
    course.grade()
    first = course.audit("night-1", reserved=None)
    assert changed(first) == [("reserved", "passed", "failed"), ("handled", "passed", "skipped")]
    second = course.audit("night-2", reserved=None)
    assert (changed(second), second["audit"]["compared_with"]["run_id"]) == ([], "night-1")
    third = course.audit("night-3", reserved=10)
    assert changed(third, "mended") == [("reserved", "failed", "passed"), ("handled", "skipped", "passed")]
    assert check_of(third, "handled")["carried_over"]["run_id"] == "graded"


def test_a_night_that_could_not_be_told_does_not_hide_what_happened_meanwhile(store: Store) -> None:
    course = Course(store)
    course.grade()
    assert changed(course.audit("night-1", denied=True)) == []
    assert changed(course.audit("night-2", reserved=None))[0] == ("reserved", "passed", "failed")


def test_a_student_who_is_new_to_the_class_has_nothing_to_compare_with(store: Store) -> None:
    course = Course(store, ("user1", "user2"))
    course.grade()
    course.plan("night-1", "audit")
    course.record("night-1", "user2", reserved=None)
    report = course.report("night-1", "audit", "user2")
    assert report["audit"]["compared_with"] is None
    assert changed(report) == []


def test_a_report_written_twice_is_the_first_and_compares_with_no_run_but_the_one_before(store: Store) -> None:
    course = Course(store)
    course.grade()
    first = course.audit("night-1", reserved=None)
    assert write_report(store, "night-1", "audit", "user1") == first
    assert changed(course.audit("night-2", reserved=10), "mended")[0] == ("reserved", "failed", "passed")


def test_an_audit_is_neither_the_latest_nor_the_best_and_stands_in_the_history(store: Store) -> None:
    course = Course(store)
    course.grade()
    course.audit("night-1")
    latest, best = store.latest("user1", LAB.id), store.best("user1", LAB.id)
    assert latest is not None
    assert best is not None
    assert (latest["run_id"], best["run_id"]) == ("graded", "graded")
    assert {one["run_id"] for one in store.history("user1", LAB.id)} == {"graded", "night-1"}


def test_what_is_gone_is_named_once(store: Store) -> None:
    course = Course(store)
    course.plan("graded", "grade")
    course.record("graded", functions=["user1-x"])
    course.report("graded", "grade")
    assert course.audit("night-1")["audit"]["gone"] == ["function user1-x"]
    assert course.audit("night-2")["audit"]["gone"] == []


@pytest.mark.parametrize("content", [None, b"not JSON", b"{}", b"[1]", b'{"answers": 3}'])
def test_a_snapshot_of_before_that_cannot_be_read_costs_only_that(store: Store, content: bytes | None) -> None:
    course = Course(store)
    course.grade()
    key = Keys("graded").snapshot("user1")
    if content is None:
        store._s3.delete_object(Bucket=store.bucket, Key=key)
    else:
        store.put(key, content)
    report = course.audit("night-1", reserved=None)
    assert report["audit"]["gone"] == []
    assert changed(report)[0] == ("reserved", "passed", "failed")


def test_a_night_without_a_snapshot_is_compared_over(store: Store) -> None:
    course = Course(store)
    course.plan("graded", "grade")
    course.record("graded", functions=["user1-x"])
    course.report("graded", "grade")
    course.plan("night-1", "audit")
    lost = course.report("night-1", "audit")
    assert (lost["audit"]["gone"], lost["audit"]["running"], lost["status"]) == ([], [], "incomplete")
    assert course.audit("night-2")["audit"]["gone"] == ["function user1-x"]


def test_another_region_is_another_place_where_nothing_is_gone(store: Store) -> None:
    course = Course(store)
    course.plan("graded", "grade")
    course.record("graded", functions=["user1-x"])
    course.report("graded", "grade")
    assert course.audit("night-1", region="eu-west-1")["audit"]["gone"] == []


def test_what_is_running_costs_money(store: Store) -> None:
    report = Course(store).audit("night-1", provisioned=2)
    assert report["audit"]["running"] == [
        {
            "resource": "user1-f:prod",
            "what": "provisioned concurrency, 2 × 512 MB",
            "usd_per_day": 0.36,
            "stop": "aws lambda delete-provisioned-concurrency-config --function-name user1-f --qualifier prod",
        }
    ]
