"""The row of a student for a self-check."""

from __future__ import annotations

from labgrader.rosters import Student
from labgrader.runs.roster_lookup import Enrolment, find_enrolment
from labgrader.store import Keys, Store

LAB = "lambda-optimization"
ROLE = "arn:aws:iam::222233334444:role/labgrader"


def row(account: str, username: str = "user1") -> Student:
    return Student(username, f"s-{username}", "Ada", account_id=account, role_arn=ROLE.replace("222233334444", account))


def latest(store: Store, run_id: str, *students: Student) -> None:
    store.put_json(Keys(run_id).students, [student.to_dict() for student in students])
    graded_at = f"2026-01-01T00:00:0{len(store.history('user1'))}Z"
    result = {"username": "user1", "lab": LAB, "points": 1, "graded_at": graded_at}
    store.record_result(run_id, result, keep_best=False)


def test_find_enrollment_returns_the_row_of_the_last_pushed_course(store: Store) -> None:
    latest(store, "r1", row("111111111111"))
    for course, pushed_at, account in (
        ("spring", "2026-01-01T00:00:00Z", "222222222222"),
        ("autumn", "2026-09-01T00:00:00Z", "333333333333"),
        ("summer", "2026-05-01T00:00:00Z", "444444444444"),
    ):
        store.enrol(course, course.title(), pushed_at, {"user1": {LAB: row(account)}})
    assert find_enrolment(store, "user1", LAB) == Enrolment(row("333333333333"), "autumn")


def test_find_enrollment_ignores_a_course_without_the_lab(store: Store) -> None:
    store.enrol("old", "Old", "2026-01-01T00:00:00Z", {"user1": {LAB: row("222222222222")}})
    store.enrol("new", "New", "2026-09-01T00:00:00Z", {"user1": {"performance-scaling": row("333333333333")}})
    assert find_enrolment(store, "user1", LAB) == Enrolment(row("222222222222"), "old")


def test_find_enrollment_without_a_course_returns_the_row_of_the_latest_run(store: Store) -> None:
    latest(store, "r1", row("111111111111", "user0"), row("222222222222"))
    assert find_enrolment(store, "user1", LAB) == Enrolment(row("222222222222"))


def test_find_enrollment_without_course_and_run_returns_the_username(store: Store) -> None:
    alone = Enrolment(Student("user1", "user1"), listed=False)
    assert find_enrolment(store, "user1", LAB) == alone
    latest(store, "r1", row("111111111111", "user0"))
    assert find_enrolment(store, "user1", LAB) == alone
    latest(store, "gone")
    assert (store.latest("user1", LAB) or {})["run_id"] == "gone"
    store._s3.delete_object(Bucket="bucket", Key=Keys("gone").students)
    assert find_enrolment(store, "user1", LAB) == alone
