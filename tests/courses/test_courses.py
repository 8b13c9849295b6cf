"""The stored courses of a stack: push, second push and removal, and students in several courses."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from labgrader.courses.course import Course
from labgrader.courses.course_file import read_course
from labgrader.courses.enrolment import push_course, remove_course, stored_course
from labgrader.errors import BadInputError
from labgrader.rosters.reader import read_roster
from labgrader.runs.roster_lookup import load_roster
from labgrader.store import CourseKeys, Store
from tests.courses.course_folder import COURSE, FIRST, SECOND, make_folder

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
KEYS = CourseKeys("serverless-2026")


def push(store: Store, folder: Path, course: str = COURSE, now: datetime = NOW, **rosters: str) -> dict[str, Any]:
    return push_course(store, read_course(make_folder(folder, course, **rosters)), now)


def labs_of(store: Store, username: str) -> dict[str, list[str]]:
    return {enrollment.course: sorted(enrollment.rows) for enrollment in store.enrolments(username)}


def test_pushed_course_is_stored_unchanged(store: Store, tmp_path: Path) -> None:
    record = push(store, tmp_path)
    assert store.get("courses/serverless-2026/course.yaml") == COURSE.encode()
    for name, text in (("first.csv", FIRST), ("second.csv", SECOND)):
        students = read_roster(text.encode(), name)
        rows = store.get_json(f"courses/serverless-2026/rosters/rows/{name}.json")
        assert rows == [student.to_dict() for student in students]
        assert load_roster(store, f"courses/serverless-2026/rosters/{name}") == students
    course = stored_course(store, "serverless-2026")
    assert course == read_course(tmp_path / "course.yaml").course
    assert course.audit_time == "22:30", "YAML would parse it as the number 1350"
    assert store.course("serverless-2026") == record
    assert store.courses() == [record]
    assert record == {
        "course": "serverless-2026",
        "title": "Serverless 2026",
        "time_zone": "Europe/Berlin",
        "audit_time": "22:30",
        "results": "at_once",
        "labs": [
            {"lab": "lambda-optimization", "roster": "first.csv", "due": "2026-12-01 23:59", "students": 2},
            {"lab": "performance-scaling", "roster": "second.csv", "due": "", "students": 2},
        ],
        "students": 3,
        "pushed_at": "2026-11-21T18:00:00Z",
    }


def test_enrollment_has_the_row_of_each_lab(store: Store, tmp_path: Path) -> None:
    push(store, tmp_path)
    (enrolment,) = store.enrolments("user2")
    assert (enrolment.course, enrolment.title) == ("serverless-2026", "Serverless 2026")
    assert enrolment.rows["lambda-optimization"].external_id == "a-secret-of-two"
    assert enrolment.rows["performance-scaling"].external_id == ""
    assert labs_of(store, "user1") == {"serverless-2026": ["lambda-optimization"]}
    assert labs_of(store, "user3") == {"serverless-2026": ["performance-scaling"]}
    assert labs_of(store, "stranger") == {}


def test_second_push_changes_nothing(store: Store, tmp_path: Path) -> None:
    first = push(store, tmp_path)
    assert push(store, tmp_path) == first
    assert labs_of(store, "user2") == {"serverless-2026": ["lambda-optimization", "performance-scaling"]}
    assert len(store.enrolments("user2")) == 1


def test_second_push_removes_students_who_left_the_class_list(store: Store, tmp_path: Path) -> None:
    push(store, tmp_path)
    push(store, tmp_path, first="username\nuser4\n", now=LATER)
    assert labs_of(store, "user1") == {}
    assert labs_of(store, "user2") == {"serverless-2026": ["performance-scaling"]}
    assert labs_of(store, "user4") == {"serverless-2026": ["lambda-optimization"]}
    assert store.get_json(KEYS.enrolled) == ["user2", "user3", "user4"]


def test_second_push_removes_the_enrollments_and_class_list_of_a_removed_lab(store: Store, tmp_path: Path) -> None:
    push(store, tmp_path)
    record = push(store, tmp_path, COURSE[: COURSE.index("  - lab: performance-scaling")], LATER)
    assert [lab["lab"] for lab in record["labs"]] == ["lambda-optimization"]
    assert labs_of(store, "user2") == {"serverless-2026": ["lambda-optimization"]}
    assert labs_of(store, "user3") == {}
    assert store.keys(KEYS.rosters) == ["courses/serverless-2026/rosters/rows/first.csv.json"]


def test_enrollments_of_a_student_have_the_last_pushed_course_first(store: Store, tmp_path: Path) -> None:
    push(store, tmp_path)
    push(store, tmp_path, COURSE.replace("serverless-2026", "another"), LATER)
    assert [enrollment.course for enrollment in store.enrolments("user2")] == ["another", "serverless-2026"]
    push(store, tmp_path, now=datetime(2026, 11, 23, tzinfo=UTC))
    assert [enrollment.course for enrollment in store.enrolments("user2")] == ["serverless-2026", "another"]
    remove_course(store, "serverless-2026")
    assert [enrollment.course for enrollment in store.enrolments("user2")] == ["another"]


def test_enrollments_do_not_mix_with_other_records_of_a_student(store: Store, tmp_path: Path) -> None:
    push(store, tmp_path)
    result = {
        "username": "user1",
        "student_id": "s-1",
        "lab": "lambda-optimization",
        "graded_at": "2026-11-21T00:00:00Z",
        "points": 1,
    }
    store.record_result("r1", result, keep_best=True)
    assert labs_of(store, "user1") == {"serverless-2026": ["lambda-optimization"]}
    remove_course(store, "serverless-2026")
    latest = store.latest("user1", "lambda-optimization")
    assert latest is not None
    assert latest["run_id"] == "r1"


def test_removed_course_keeps_only_the_digests_of_its_audits(store: Store, tmp_path: Path) -> None:
    push(store, tmp_path)
    store.put_json(KEYS.digest("2026-11-21-2230"), {})
    remove_course(store, "serverless-2026")
    assert store.keys("courses/") == ["courses/serverless-2026/nights/2026-11-21-2230.json"]
    assert store.courses() == []
    assert store.course("serverless-2026") is None
    assert [labs_of(store, name) for name in ("user1", "user2", "user3")] == [{}, {}, {}]
    with pytest.raises(BadInputError, match="there is no course serverless-2026; list them with"):
        stored_course(store, "serverless-2026")
    remove_course(store, "serverless-2026")


def test_second_push_repairs_a_push_that_broke_off(store: Store, tmp_path: Path) -> None:
    class BreakingOffError(Exception):
        """The connection breaks in the middle of the push."""

    class Breaking(Store):
        def put(self, key: str, content: bytes) -> None:
            if key.endswith("course.yaml"):
                raise BreakingOffError
            super().put(key, content)

    push(store, tmp_path)
    breaking = Breaking(store._s3, store.bucket, store._table)
    with pytest.raises(BreakingOffError):
        push(breaking, tmp_path, first="username\nuser4\n", now=LATER)
    push(store, tmp_path, now=LATER)
    assert labs_of(store, "user4") == {}, "the last push does not have this student"
    assert labs_of(store, "user1") == {"serverless-2026": ["lambda-optimization"]}


def test_push_enrolls_thousands_of_students(store: Store, tmp_path: Path) -> None:
    names = [f"user{number}" for number in range(260)]
    record = push(store, tmp_path, first="\n".join(["username", *names, ""]))
    assert record["students"] == 260
    assert labs_of(store, "user259") == {"serverless-2026": ["lambda-optimization"]}
    push(store, tmp_path, first="username\nuser1\n")
    assert labs_of(store, "user259") == {}


def test_claim_audit_accepts_only_the_execution_that_claimed_first(store: Store) -> None:
    record = {"scheduled": True, "started_at": "2026-11-21T02:30:05Z", "runs": ["r1"]}
    assert store.claim_audit("c", "2026-11-21-0230", "first", record)
    assert not store.claim_audit("c", "2026-11-21-0230", "second", {**record, "runs": ["r2"]})
    assert store.claim_audit("c", "2026-11-21-0230", "first", record), "the same execution claims its audit again"
    assert store.claim_audit("other", "2026-11-21-0230", "second", record)
    assert store.claim_audit("c", "2026-11-22-0230", "third", {**record, "started_at": "2026-11-22T02:30:05Z"})
    assert [(audit["night"], audit["execution"]) for audit in store.audits("c")] == [
        ("2026-11-22-0230", "third"),
        ("2026-11-21-0230", "first"),
    ]


def test_course_file_with_an_invalid_yaml_timestamp_is_read_as_text(store: Store, tmp_path: Path) -> None:
    push(store, tmp_path, COURSE.replace("2026-12-01 23:59", "2026-12-01 23:59:30"))
    assert isinstance(stored_course(store, "serverless-2026"), Course)
    assert stored_course(store, "serverless-2026").labs[0].due == "2026-12-01 23:59"
