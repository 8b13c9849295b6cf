"""The longer usernames of each student: from the class list to the run, the course and the self-check."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from labgrader.courses.course_file import read_course
from labgrader.courses.enrolment import push_course
from labgrader.errors import BadInputError
from labgrader.rosters import Student, select, tell_apart
from labgrader.rosters.reader import read_roster
from labgrader.runs.roster_lookup import find_enrolment, load_roster
from labgrader.store import CourseKeys, Store
from tests.courses.course_folder import make_folder

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)


def longer(*students: Student) -> dict[str, tuple[str, ...]]:
    return {student.username: student.longer_usernames for student in tell_apart(students)}


def test_a_class_list_tells_similar_usernames_apart() -> None:
    names = ("ann-marie", "ann", "ann_b", "anna", "ann-marie-lou", "bob")
    assert longer(*map(Student, names)) == {
        "ann-marie": ("ann-marie-lou",),
        "ann": ("ann_b", "ann-marie", "ann-marie-lou"),
        "ann_b": (),
        "anna": (),
        "ann-marie-lou": (),
        "bob": (),
    }


@pytest.mark.parametrize(
    ("accounts", "confused"),
    [
        (("111111111111", "111111111111"), True),
        (("", "111111111111"), True),
        (("111111111111", "222222222222"), False),
    ],
)
def test_students_in_different_accounts_cannot_be_confused(accounts: tuple[str, str], confused: bool) -> None:
    found = longer(Student("ann", account_id=accounts[0]), Student("ann-marie", account_id=accounts[1]))
    assert found["ann"] == (("ann-marie",) if confused else ())


def test_a_selected_student_keeps_the_usernames_of_the_class() -> None:
    (ann,) = select(read_roster(b"username\nann\nann-marie\n", "class.csv"), ["ann"])
    assert ann.longer_usernames == ("ann-marie",)
    assert tell_apart([ann]) == [ann]
    assert Student.from_dict(ann.to_dict()) == ann
    assert "longer_usernames" not in Student("ann").to_dict()


def test_two_roles_in_one_account_cannot_keep_similar_usernames_apart() -> None:
    role, other, away = (
        f"arn:aws:iam::{account}:role/{name}"
        for account, name in (("111111111111", "a"), ("111111111111", "b"), ("222222222222", "a"))
    )
    text = "username,role_arn\nann-marie,{}\nann,{}\nbob,{}\n"
    with pytest.raises(BadInputError) as refused:
        read_roster(text.format(other, role, other).encode(), "class.csv")
    assert str(refused.value) == (
        "class.csv:3: role_arn: the role of ann also reaches the resources of ann-marie: give both the same role, or "
        "each an account"
    )
    with pytest.raises(BadInputError) as malformed:
        read_roster(text.format(other, "no-role", other).encode(), "class.csv")
    assert str(malformed.value) == "class.csv:3: role_arn: no-role is not arn:aws:iam::ACCOUNT:role/NAME"
    for right in (role, away, ""):
        assert len(read_roster(text.format(right, role, other).encode(), "class.csv")) == 3


def test_a_run_stores_them(store: Store) -> None:
    students = tell_apart([Student("ann"), Student("ann-marie")])
    assert store.put_students_once("run", students) == store.students("run") == students


def test_the_lists_of_a_course_decide_for_self_checks_and_audits(store: Store, tmp_path: Path) -> None:
    folder = make_folder(tmp_path, first="username\nann\n", second="username\nann-marie\n")
    push_course(store, read_course(folder), NOW)
    assert find_enrolment(store, "ann", "lambda-optimization").student.longer_usernames == ("ann-marie",)
    assert find_enrolment(store, "ann-marie", "performance-scaling").student.longer_usernames == ()
    (ann,) = load_roster(store, "courses/serverless-2026/rosters/first.csv")
    assert ann.longer_usernames == ("ann-marie",)


def test_rows_of_an_earlier_version_get_them(store: Store) -> None:
    store.put_rows(CourseKeys("old").roster_rows("a.csv"), [Student("ann"), Student("ann-marie")])
    rows = load_roster(store, "courses/old/rosters/a.csv")
    assert [student.longer_usernames for student in rows] == [("ann-marie",), ()]
