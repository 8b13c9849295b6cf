"""Class lists in the bucket: rows of a pushed course, and text that is parsed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from labgrader.courses.course_file import read_course
from labgrader.courses.enrolment import push_course
from labgrader.errors import BadInputError
from labgrader.rosters import GraderAccount, Student
from labgrader.runs.request import Request
from labgrader.runs.roster_lookup import load_roster
from labgrader.steps.plan_run import plan_run
from labgrader.store import CourseKeys, Store
from tests.courses.course_folder import make_folder

KEYS = CourseKeys("serverless-2026")
FIRST = KEYS.roster("first.csv")
HOME = GraderAccount("111122223333", "us-east-1")
NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)


def push(store: Store, folder: Path, **rosters: str) -> None:
    push_course(store, read_course(make_folder(folder, **rosters)), NOW)


def test_load_roster_reads_the_text_of_an_earlier_version(store: Store) -> None:
    store.put(FIRST, b"\xef\xbb\xbfusername;section\r\nUser1 ;A\r\n")
    listed = json.dumps([{"username": "User2", "student_id": 7}])
    store.put(KEYS.roster("second.json"), listed.encode())
    assert load_roster(store, FIRST) == [Student("user1", "user1", section="A")]
    assert load_roster(store, KEYS.roster("second.json")) == [Student("user2", "7")]


def test_push_replaces_text_of_an_earlier_version_by_rows(store: Store, tmp_path: Path) -> None:
    store.put(FIRST, b"username\nsomebody-else\n")
    push(store, tmp_path, first="username;section\nUser1 ;A\n", second="username\nuser2\n")
    assert load_roster(store, FIRST) == [Student("user1", "user1", section="A")]
    assert store.keys(KEYS.rosters) == [KEYS.roster_rows("first.csv"), KEYS.roster_rows("second.csv")]
    assert store.get_json(KEYS.roster_rows("first.csv")) == [Student("user1", "user1", section="A").to_dict()]


def test_class_lists_with_different_extensions_are_stored_apart(store: Store, tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    folder.write_text(folder.read_text().replace("second.csv", "first.json"), encoding="utf-8")
    (tmp_path / "first.json").write_text('[{"username": "user9"}]', encoding="utf-8")
    push_course(store, read_course(folder), NOW)
    assert [student.username for student in load_roster(store, FIRST)] == ["user1", "user2"]
    assert load_roster(store, KEYS.roster("first.json")) == [Student("user9", "user9")]


@pytest.mark.parametrize(
    ("field", "said"),
    [("", f"there is no roster at {FIRST}"), ("roster", f"roster: there is no roster at {FIRST}")],
)
def test_load_roster_reports_a_missing_class_list(store: Store, field: str, said: str) -> None:
    with pytest.raises(BadInputError) as error:
        load_roster(store, FIRST, field)
    assert str(error.value) == said


def test_load_roster_does_not_mix_courses(store: Store, tmp_path: Path) -> None:
    push(store, tmp_path)
    with pytest.raises(BadInputError, match=r"^there is no roster at courses/other/rosters/first\.csv$"):
        load_roster(store, CourseKeys("other").roster("first.csv"))
    with pytest.raises(BadInputError, match=r"^there is no roster at rosters/first\.csv$"):
        load_roster(store, "rosters/first.csv")


def test_run_of_a_pushed_course_has_its_rows(store: Store, tmp_path: Path) -> None:
    push(store, tmp_path)
    request = Request("lambda-optimization", FIRST, "audit", course="serverless-2026")
    plan_run(store, "r1", "2026-11-21T18:00:00Z", request, HOME)
    assert [(student.username, student.student_id, student.account_id) for student in store.students("r1")] == [
        ("user1", "s-1", HOME.account_id),
        ("user2", "s-2", HOME.account_id),
    ]
