"""The summary of an audit: the stored document and the events."""

from __future__ import annotations

import json

from labgrader.judging.verdict import passed
from labgrader.schemas import validate
from labgrader.steps.check_outcomes import AUDIT_INVOKES_NOTHING
from labgrader.steps.summarise_run import NEVER_REPORTED, summarise_run
from labgrader.store import Keys, Store
from tests.steps.audited_course import LAB, STARTED, Course, changed, statuses


def test_summary_of_an_audit_is_stored_and_published(store: Store) -> None:
    course = Course(store, ("user1", "user2", "user3"))
    course.plan("graded", "grade")
    for name in course.usernames:
        course.record("graded", name)
        course.judge("graded", name, handled=passed(), answers=passed())
        course.report("graded", "grade", name)
    course.plan("audit-1", "audit")
    course.record("audit-1", "user1", reserved=None)
    course.record("audit-1", "user2")
    course.events.clear()
    for name in ("user1", "user2"):
        course.report("audit-1", "audit", name)
    run = summarise_run(store, "audit-1", STARTED, publish=course.publish)
    audit = store.get_json(Keys("audit-1").audit)
    validate(audit, "audit")
    assert [student["username"] for student in audit["students"]] == ["user1"]
    assert audit["counts"] == {
        "students": 3,
        "drifted": 1,
        "mended": 0,
        "gone": 0,
        "running": 0,
        "not_graded": 1,
        "first": 0,
    }
    (graded_at,) = {(course.store.latest(name, LAB.id) or {})["graded_at"] for name in course.usernames}
    assert audit["carried_over"] == {"results": 5, "students": 3, "runs": 1, "first": graded_at, "last": graded_at}
    assert audit["not_graded"] == [
        {
            "reason": NEVER_REPORTED,
            "code": "grader",
            "needs_graded_run": False,
            "students": ["user3"],
            "more_students": 0,
        }
    ]
    assert (audit["course"], audit["finished_at"]) == ("cloud-2026", run["finished_at"])
    told = [(event.detail_type, event.detail.get("username", "")) for event in course.events]
    assert told == [
        ("Student Graded", "user1"),
        ("Student Graded", "user2"),
        ("Student Graded", "user3"),
        ("Drift Detected", "user1"),
        ("Run Completed", ""),
    ]
    assert {event.detail["course"] for event in course.events} == {"cloud-2026"}
    lost = store.get_json(Keys("audit-1").report("user3"))
    assert statuses(lost) == {"reserved": "not_graded", "handled": "passed", "answers": "passed"}
    assert b"Concurrency is reserved: passed" in store.get(Keys("audit-1").class_page)


def test_audit_before_the_first_graded_run_says_that_one_is_needed(store: Store) -> None:
    course = Course(store, ("user1", "user2"))
    course.plan("audit-1", "audit")
    course.record("audit-1", "user1")
    course.record("audit-1", "user2", denied=True)
    for name in course.usernames:
        course.report("audit-1", "audit", name)
    summarise_run(store, "audit-1", STARTED)
    audit = store.get_json(Keys("audit-1").audit)
    assert audit["carried_over"] is None
    never, refused = sorted(audit["not_graded"], key=lambda group: group["students"])
    assert never == {
        "reason": AUDIT_INVOKES_NOTHING,
        "code": "needs_graded_run",
        "needs_graded_run": True,
        "students": ["user1"],
        "more_students": 0,
    }
    assert (refused["students"], refused["needs_graded_run"]) == (["user2"], False)
    assert refused["reason"] == "labgrader recorded no verdict for this check"


def test_student_with_unreadable_records_has_a_report(store: Store) -> None:
    course = Course(store)
    course.grade()
    keys = course.plan("audit-1", "audit")
    course.record("audit-1")
    store.put(keys.evidence("user1", "reserved"), b"not JSON")
    summarise_run(store, "audit-1", STARTED)
    report = store.get_json(keys.report("user1"))
    assert set(statuses(report).values()) == {"not_graded"}
    course.postpone(report)
    assert changed(course.audit("audit-2", reserved=None))[0] == ("reserved", "passed", "failed")


def test_graded_run_has_no_audit_summary(store: Store) -> None:
    course = Course(store)
    course.grade()
    summarise_run(store, "graded", STARTED)
    assert Keys("graded").audit not in store.keys("runs/graded/")


def test_audit_summary_is_the_same_twice(store: Store) -> None:
    course = Course(store)
    course.grade()
    course.audit("audit-1", reserved=None)
    first = summarise_run(store, "audit-1", STARTED)
    before = {key: store.get(key) for key in store.keys("runs/audit-1/")}
    assert summarise_run(store, "audit-1", STARTED) == first
    assert {key: store.get(key) for key in store.keys("runs/audit-1/")} == before


def test_hostile_resource_names_are_stored_as_text(store: Store) -> None:
    course = Course(store)
    course.plan("graded", "grade")
    course.record("graded", functions=["user1-<script>\u202e\ud800"])
    course.report("graded", "grade")
    report = course.audit("audit-1")
    assert report["audit"]["gone"] == ["function user1-<script>��"]
    summarise_run(store, "audit-1", STARTED)
    for key in (Keys("audit-1").report("user1", ".html"), Keys("audit-1").class_page):
        page = store.get(key).decode()
        assert "user1-&lt;script&gt;" in page
        assert "<script" not in page
    assert json.loads(store.get(Keys("audit-1").audit))["students"][0]["gone"] == report["audit"]["gone"]
