"""The comparison of an audit with the previous run: drift, missing resources and running costs."""

from __future__ import annotations

import pytest

from labgrader.steps.write_report import write_report
from labgrader.store import Keys, Store
from tests.steps.audited_course import LAB, Course, changed, check_of


def test_first_audit_compares_with_the_graded_run(store: Store) -> None:
    course = Course(store)
    course.grade()
    report = course.audit("audit-1", reserved=5)
    assert changed(report) == [("reserved", "passed", "partial")]
    assert report["audit"]["drifted"][0]["message"] == "The reserved concurrency of user1-f is 5 instead of 10."
    assert report["audit"]["compared_with"]["run_id"] == "graded"


def test_each_audit_compares_with_the_previous_audit(store: Store) -> None:
    course = Course(store)
    course.grade()
    first = course.audit("audit-1", reserved=None)
    assert changed(first) == [("reserved", "passed", "failed"), ("handled", "passed", "skipped")]
    second = course.audit("audit-2", reserved=None)
    assert (changed(second), second["audit"]["compared_with"]["run_id"]) == ([], "audit-1")
    third = course.audit("audit-3", reserved=10)
    assert changed(third, "mended") == [("reserved", "failed", "passed"), ("handled", "skipped", "passed")]
    assert check_of(third, "handled")["carried_over"]["run_id"] == "graded"


def test_audit_without_a_verdict_does_not_hide_a_later_drift(store: Store) -> None:
    course = Course(store)
    course.grade()
    assert changed(course.audit("audit-1", denied=True)) == []
    assert changed(course.audit("audit-2", reserved=None))[0] == ("reserved", "passed", "failed")


def test_new_student_has_no_previous_run(store: Store) -> None:
    course = Course(store, ("user1", "user2"))
    course.grade()
    course.plan("audit-1", "audit")
    course.record("audit-1", "user2", reserved=None)
    report = course.report("audit-1", "audit", "user2")
    assert report["audit"]["compared_with"] is None
    assert changed(report) == []


def test_report_written_twice_compares_with_the_previous_run(store: Store) -> None:
    course = Course(store)
    course.grade()
    first = course.audit("audit-1", reserved=None)
    assert write_report(store, "audit-1", "audit", "user1") == first
    assert changed(course.audit("audit-2", reserved=10), "mended")[0] == ("reserved", "failed", "passed")


def test_audit_is_in_the_history_and_not_latest_or_best(store: Store) -> None:
    course = Course(store)
    course.grade()
    course.audit("audit-1")
    latest, best = store.latest("user1", LAB.id), store.best("user1", LAB.id)
    assert latest is not None
    assert best is not None
    assert (latest["run_id"], best["run_id"]) == ("graded", "graded")
    assert {result["run_id"] for result in store.history("user1", LAB.id)} == {"graded", "audit-1"}


def test_missing_resource_is_reported_once(store: Store) -> None:
    course = Course(store)
    course.plan("graded", "grade")
    course.record("graded", functions=["user1-x"])
    course.report("graded", "grade")
    assert course.audit("audit-1")["audit"]["gone"] == ["function user1-x"]
    assert course.audit("audit-2")["audit"]["gone"] == []


@pytest.mark.parametrize("content", [None, b"not JSON", b"{}", b"[1]", b'{"answers": 3}'])
def test_unreadable_earlier_snapshot_costs_only_the_missing_resources(store: Store, content: bytes | None) -> None:
    course = Course(store)
    course.grade()
    key = Keys("graded").snapshot("user1")
    if content is None:
        store._s3.delete_object(Bucket=store.bucket, Key=key)
    else:
        store.put(key, content)
    report = course.audit("audit-1", reserved=None)
    assert report["audit"]["gone"] == []
    assert changed(report)[0] == ("reserved", "passed", "failed")


def test_audit_after_one_without_a_snapshot_compares_with_an_earlier_snapshot(store: Store) -> None:
    course = Course(store)
    course.plan("graded", "grade")
    course.record("graded", functions=["user1-x"])
    course.report("graded", "grade")
    course.plan("audit-1", "audit")
    lost = course.report("audit-1", "audit")
    assert (lost["audit"]["gone"], lost["audit"]["running"], lost["status"]) == ([], [], "incomplete")
    assert course.audit("audit-2")["audit"]["gone"] == ["function user1-x"]


def test_resources_in_another_region_are_not_missing(store: Store) -> None:
    course = Course(store)
    course.plan("graded", "grade")
    course.record("graded", functions=["user1-x"])
    course.report("graded", "grade")
    assert course.audit("audit-1", region="eu-west-1")["audit"]["gone"] == []


def test_audit_lists_running_costs(store: Store) -> None:
    report = Course(store).audit("audit-1", provisioned=2)
    assert report["audit"]["running"] == [
        {
            "resource": "user1-f:prod",
            "what": "provisioned concurrency, 2 × 512 MB",
            "usd_per_day": 0.36,
            "stop": "aws lambda delete-provisioned-concurrency-config --function-name user1-f --qualifier prod",
        }
    ]
