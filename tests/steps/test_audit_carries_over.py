"""Verdicts that an audit carries over from the last graded run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from labgrader.judging.verdict import Verdict, failed, passed
from labgrader.steps.check_outcomes import AUDIT_INVOKES_NOTHING
from labgrader.store import Keys, Store
from tests.steps.audited_course import LAB, Course, changed, check_of, statuses


def test_audit_carries_over_verdicts_of_the_last_graded_run(store: Store) -> None:
    course = Course(store)
    course.grade(handled=passed("1 of 1"), answers=failed("answered 500", hint="mend it"))
    report = course.audit("audit-1")
    assert statuses(report) == {"reserved": "passed", "handled": "passed", "answers": "failed"}
    assert (report["status"], report["score"]["points"]) == ("complete", 90)
    mark = {"run_id": "graded", "graded_at": "2025-12-31T00:00:00Z"}
    assert check_of(report, "handled")["carried_over"] == check_of(report, "answers")["carried_over"] == mark
    assert "carried_over" not in check_of(report, "reserved")
    assert (check_of(report, "answers")["message"], check_of(report, "answers")["hint"]) == ("answered 500", "mend it")
    assert report["audit"]["carried_over_from"] == {**mark, "lab_version": "1.0.0"}


def test_audit_without_a_graded_run_does_not_grade_checks_that_invoke(store: Store) -> None:
    report = Course(store).audit("audit-1")
    assert statuses(report) == {"reserved": "passed", "handled": "not_graded", "answers": "not_graded"}
    assert check_of(report, "handled")["message"] == AUDIT_INVOKES_NOTHING
    assert report["audit"] == {
        "compared_with": None,
        "drifted": [],
        "mended": [],
        "gone": [],
        "running": [],
        "usd_per_day": 0,
        "carried_over_from": None,
    }


def test_carried_over_check_is_skipped_if_its_prerequisite_fails_now(store: Store) -> None:
    course = Course(store)
    course.grade()
    report = course.audit("audit-1", reserved=None)
    assert check_of(report, "handled")["status"] == "skipped"
    assert check_of(report, "handled")["message"] == ("Skipped: fix “Concurrency is reserved” first.")
    assert "carried_over" not in check_of(report, "handled")
    assert check_of(report, "answers")["carried_over"]["run_id"] == "graded"


def test_skipped_check_is_not_graded_once_its_prerequisite_passes(store: Store) -> None:
    course = Course(store)
    course.grade(reserved=None, answers=passed())
    assert statuses(course.audit("audit-1"))["handled"] == "not_graded"
    course.grade("graded-2", reserved=None, answers=passed())
    report = course.audit("audit-2", reserved=None)
    assert check_of(report, "handled")["message"] == "Skipped: fix “Concurrency is reserved” first."


def test_failure_is_not_carried_over_while_its_prerequisite_is_not_graded(store: Store) -> None:
    course = Course(store)
    course.grade(handled=failed("answered 500"), answers=passed())
    report = course.audit("audit-1", denied=True)
    assert check_of(report, "handled")["message"] == "this depends on “Concurrency is reserved”, which is not graded"
    assert "carried_over" not in check_of(report, "handled")


def test_new_checks_are_not_graded_and_removed_checks_are_dropped(store: Store) -> None:
    course = Course(store)
    course.grade()
    renamed = replace(LAB.checks[2], id="answers-now")
    changed_check = replace(LAB.checks[1], check="answers_from_environment", parameters={})
    course.lab = replace(LAB, version="1.1.0", checks=(LAB.checks[0], changed_check, renamed))
    report = course.audit("audit-1")
    assert statuses(report) == {"reserved": "passed", "handled": "not_graded", "answers-now": "not_graded"}
    assert report["audit"]["compared_with"]["lab_version"] == "1.0.0"
    assert report["audit"]["carried_over_from"] is None
    assert changed(report) == changed(report, "mended") == []


def test_carried_over_share_applies_to_changed_points(store: Store) -> None:
    course = Course(store)
    course.grade(handled=Verdict("partial", 0.5, "half"), answers=passed())
    course.lab = replace(LAB, points=150, checks=(LAB.checks[0], replace(LAB.checks[1], points=100), LAB.checks[2]))
    report = course.audit("audit-1")
    assert (check_of(report, "handled")["points"], changed(report), changed(report, "mended")) == (50, [], [])


@pytest.mark.parametrize("content", [None, b"not JSON", b"[]", b'{"checks": null}'])
def test_missing_or_broken_graded_report_carries_nothing_over(store: Store, content: bytes | None) -> None:
    course = Course(store)
    course.grade()
    key = Keys("graded").report("user1")
    if content is None:
        store._s3.delete_object(Bucket=store.bucket, Key=key)
    else:
        store.put(key, content)
    report = course.audit("audit-1")
    assert check_of(report, "handled")["message"] == AUDIT_INVOKES_NOTHING
    assert changed(report) == []


def test_carried_over_evidence_is_not_cut_again(store: Store) -> None:
    course = Course(store)
    lines = tuple(f"line {number}" for number in range(30))
    graded = course.grade(handled=Verdict("failed", 0.0, "no", evidence=lines), answers=passed())
    assert check_of(graded, "handled")["evidence"][-1] == "… (10 more lines)"
    assert check_of(course.audit("audit-1"), "handled")["evidence"] == check_of(graded, "handled")["evidence"]
