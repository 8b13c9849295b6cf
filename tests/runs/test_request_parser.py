"""Requests of the API and of events: parsed with the class list, or refused with all problems."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest

from labgrader.api.app import described
from labgrader.api.openapi import document
from labgrader.errors import BadInputError
from labgrader.labs.lab import lab_ids
from labgrader.rosters import GraderAccount, Student
from labgrader.runs.request import Request
from labgrader.runs.request_parser import COURSE_ID, FIELDS, read_request
from labgrader.schemas import read_schema
from labgrader.store import Store

RUN = "20260101-000000-lambda-optimization-0000"
KEY = "rosters/class.csv"
OF_COURSE = "courses/autumn/rosters/class.csv"
LAB = "lambda-optimization"
CLASS = "username,section\nuser1,A\nuser2,B\n"
LABS = ", ".join(lab_ids())
HOME = GraderAccount("111122223333", "us-east-1")
PLACES = "rosters/ or courses/COURSE/rosters/"


def read(store: Store, document: Any) -> Request:
    """Return the request with its stored class list."""
    return read_request(store, document, "instructor ada", HOME).with_stored_roster(store, RUN)


def refused(store: Store, document: Any) -> list[str]:
    """Return the problems of a request. Nothing is stored."""
    with pytest.raises(BadInputError) as error:
        read(store, document)
    assert store.keys("rosters/") == []
    said = [str(problem) for problem in error.value.problems]
    assert not any("requested_by" in sentence.removeprefix("requested_by: ") for sentence in said)
    return said


# --- the class list --------------------------------------------------------------------------------------------------


def test_request_with_a_key_stores_no_class_list(store: Store) -> None:
    store.put(KEY, CLASS.encode())
    assert read(store, {"lab": LAB, "roster": KEY}).roster == KEY
    assert store.keys("rosters/") == [KEY]


@pytest.mark.parametrize(
    ("roster", "suffix", "content"),
    [
        ("username\nuser1\n", ".csv", b"username\nuser1\n"),
        ("username,section\r\nuser1,A", ".csv", b"username,section\r\nuser1,A"),
        ('[{"username": "user1"}]', ".json", b'[{"username": "user1"}]'),
        ('{"students": [{"username": "user1"}]}', ".json", b'{"students": [{"username": "user1"}]}'),
        ('\ufeff[{"username": "user1"}]', ".json", '\ufeff[{"username": "user1"}]'.encode()),
        ([{"username": "user1"}], ".json", b'[\n {\n  "username": "user1"\n }\n]'),
    ],
)
def test_request_with_a_class_list_parses_and_stores_it(store: Store, roster: Any, suffix: str, content: bytes) -> None:
    key = read(store, {"lab": LAB, "roster": roster}).roster
    assert key == f"rosters/{RUN}{suffix}"
    assert store.get(key) == content


@pytest.mark.parametrize(
    ("roster", "said"),
    [
        ("rosters/none.csv", ["roster: there is no roster at rosters/none.csv"]),
        ("courses/autumn/rosters/none.csv", ["roster: there is no roster at courses/autumn/rosters/none.csv"]),
        ("class.csv", [f"roster: class.csv is not a key below {PLACES}"]),
        ("runs/r1/students.json", [f"roster: runs/r1/students.json is not a key below {PLACES}"]),
        ("rosters/../runs/r1/lab.json", [f"roster: rosters/../runs/r1/lab.json is not a key below {PLACES}"]),
        ("rosters/..", [f"roster: rosters/.. is not a key below {PLACES}"]),
        (7, [f"roster: is neither a key below {PLACES}, nor CSV text, nor a list of students"]),
        ({"username": "a"}, [f"roster: is neither a key below {PLACES}, nor CSV text, nor a list of students"]),
        ("", ["roster: is empty"]),
        (" \n", ["roster: is empty"]),
        ([], ["roster: has no students"]),
        ("username,section\n", ["roster: has no students"]),
        (["user1"], ["roster[0]: is not an object"]),
        (
            [{"username": "user1"}, {"username": " USER1"}, {"username": "-"}],
            [
                "roster[1].username: USER1 is already at roster[0]",
                "roster[2].username: - is not letters, digits, hyphens and underscores, beginning and ending with a "
                "letter or digit, at most 80 characters",
            ],
        ),
        (
            "username,email\nuser1,x\nUser1,y\n-,z",
            [
                "roster: line 3: username: User1 is already on row 2",
                "roster: line 4: username: - is not letters, digits, hyphens and underscores, beginning and ending "
                "with a letter or digit, at most 80 characters",
            ],
        ),
    ],
)
def test_invalid_class_list_is_refused_with_all_problems(store: Store, roster: Any, said: list[str]) -> None:
    assert refused(store, {"lab": LAB, "roster": roster}) == said


CANVAS = 'Student,ID,SIS User ID,SIS Login ID,Section\n"Lovelace, Ada",1,0012,Ada.L,A\n'
ACCOUNTS = "student_id,region\n0012,eu-west-1\n"
ACCOUNT_ROWS = [{"student_id": "0012", "region": "eu-west-1"}]


@pytest.mark.parametrize("roster", [CANVAS, "rosters/canvas.csv"])
@pytest.mark.parametrize("accounts", [ACCOUNTS, ACCOUNT_ROWS, "rosters/accounts.csv"])
def test_an_export_is_read_with_usernames_made_and_accounts_joined(store: Store, roster: str, accounts: Any) -> None:
    store.put("rosters/canvas.csv", CANVAS.encode("utf-16"))
    store.put("rosters/accounts.csv", ACCOUNTS.encode())
    document = {"lab": LAB, "roster": roster, "username_from": "login", "accounts": accounts}
    parsed = read_request(store, document, "instructor ada", HOME)
    student = Student("ada-l", "0012", "Lovelace, Ada", "", "A", region="eu-west-1")
    assert parsed.listed == [student]
    if roster == CANVAS:
        key = parsed.with_stored_roster(store, RUN).roster
        assert key == f"rosters/{RUN}.json"
        assert store.get_json(key) == [student.to_dict()]


def test_a_workbook_in_the_bucket_is_read(store: Store) -> None:
    book = openpyxl.Workbook()
    book.active.append(["username"])
    book.active.append(["user1"])
    file = io.BytesIO()
    book.save(file)
    store.put("rosters/class.xlsx", file.getvalue())
    parsed = read_request(store, {"lab": LAB, "roster": "rosters/class.xlsx"}, "instructor ada", HOME)
    assert parsed.listed == [Student("user1", "user1")]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {},
            "roster: a gradebook of Canvas has no usernames, which begin the names of resources; "
            "use username_from login or username_from student_id or accounts",
        ),
        ({"username_from": "name"}, "username_from: name is not one of: login, email, student_id"),
        ({"username_from": "login", "accounts": ""}, "accounts: is empty"),
        (
            {"username_from": "login", "accounts": 7},
            f"accounts: is neither a key below {PLACES}, nor CSV text, nor a list of students",
        ),
        ({"username_from": "login", "accounts": "rosters/none.csv"}, "accounts: there is no file at rosters/none.csv"),
        ({"username_from": "login", "accounts": "a.csv"}, f"accounts: a.csv is not a key below {PLACES}"),
    ],
)
def test_an_export_without_usernames_is_refused(store: Store, changed: dict[str, Any], said: str) -> None:
    assert said in refused(store, {"lab": LAB, "roster": CANVAS, **changed})


# --- the request -----------------------------------------------------------------------------------------------------


def test_request_is_parsed_with_its_class_list(store: Store) -> None:
    store.record_course({"course": "autumn"})
    document = {"lab": LAB, "roster": CLASS, "mode": "audit", "students": ["user2"], "course": "autumn"}
    request = read(store, {**document, "client_token": "t"})
    assert request == Request(LAB, f"rosters/{RUN}.csv", "audit", ("user2",), "autumn", "instructor ada")
    assert store.get(request.roster) == CLASS.encode()


def test_request_cannot_set_requested_by(store: Store) -> None:
    assert refused(store, {"lab": LAB, "roster": CLASS, "requested_by": "the dean"}) == [
        f"requested_by: unknown field; a request has: {', '.join(FIELDS)}"
    ]


def test_request_is_refused_with_all_problems_and_nothing_is_stored(store: Store) -> None:
    document = {
        "lab": "lab-5",
        "roster": "username,shoe_size\nuser1,44\n",
        "mode": "exam",
        "students": "user1",
        "course": 7,
        "client_token": "",
        "extra": 1,
    }
    assert refused(store, document) == [
        "extra: unknown field; a request has: lab, roster, mode, students, course, "
        "username_from, accounts, private, client_token",
        f"lab: there is no lab lab-5; the labs are: {LABS}",
        "roster: line 1: shoe_size: unknown column; the columns are: student_id, username, name, email, section, "
        "account_id, region, role_arn, external_id",
        "mode: exam is not one of: grade, audit",
        "students: is not a list of usernames",
        "course: is not text",
        "client_token: is empty; omit it if you have none",
    ]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], ["a request is an object with lab, roster, mode and students"]),
        (None, ["a request is an object with lab, roster, mode and students"]),
        ({}, ["lab: is missing", "roster: is missing"]),
        ({"lab": None, "roster": CLASS}, ["lab: is not text"]),
        ({"lab": ["x"], "roster": CLASS}, ["lab: is not text"]),
        ({"lab": LAB, "roster": CLASS, "mode": "self-check"}, ["mode: self-check is not one of: grade, audit"]),
        ({"lab": LAB, "roster": CLASS, "mode": None}, ["mode: null is not one of: grade, audit"]),
        (
            {"lab": LAB, "roster": CLASS, "students": ["user1", "User3", "user0"]},
            ["students: user0 is not on the roster", "students: User3 is not on the roster"],
        ),
        ({"lab": LAB, "roster": CLASS, "students": []}, ["students: is empty; omit it to grade the whole roster"]),
        ({"lab": LAB, "roster": CLASS, "students": ["a"] * 10_001}, ["students: has more than 10,000 entries"]),
        (
            {"lab": "lab-5", "roster": [], "students": [5, " "]},
            [
                f"lab: there is no lab lab-5; the labs are: {LABS}",
                "roster: has no students",
                "students[0]: is not text",
                "students[1]: is empty",
            ],
        ),
        (
            {"lab": LAB, "roster": "username,account_id\nuser1,222233334444\n", "mode": "x"},
            [
                "mode: x is not one of: grade, audit",
                "roster: user1 has account 222233334444 and no role_arn; labgrader runs in 111122223333 and needs "
                "a role to read another account (see infra/student_account.yaml)",
            ],
        ),
        (
            {"lab": LAB, "roster": CLASS, "client_token": "a b"},
            ["client_token: is not 1 to 200 printable ASCII characters without spaces"],
        ),
        (
            {"lab": LAB, "roster": CLASS, "client_token": "a" * 201},
            ["client_token: is not 1 to 200 printable ASCII characters without spaces"],
        ),
        ({"lab": LAB, "roster": CLASS, "client_token": None}, ["client_token: is not text"]),
    ],
)
def test_invalid_fields_of_a_request_are_reported(store: Store, document: Any, said: list[str]) -> None:
    assert refused(store, document) == said


@pytest.mark.parametrize("students", [["a"] * 10_000, ["user1"]])
def test_request_accepts_the_most_students_of_a_run_and_refuses_one_more(store: Store, students: list[str]) -> None:
    document = {"lab": LAB, "roster": "username\na\nuser1\n", "students": students, "client_token": "t" * 200}
    assert len(read(store, document).students) == len(students)


# --- the course ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "course"),
    [
        ({"roster": CLASS}, ""),
        ({"roster": CLASS, "course": ""}, ""),
        ({"roster": CLASS, "course": "autumn"}, "autumn"),
        ({"roster": KEY, "course": "autumn"}, "autumn"),
        ({"roster": OF_COURSE}, "autumn"),
        ({"roster": OF_COURSE, "course": ""}, "autumn"),
        ({"roster": OF_COURSE, "course": "autumn"}, "autumn"),
    ],
)
def test_run_has_the_course_of_the_request_or_of_the_roster(store: Store, fields: dict[str, str], course: str) -> None:
    store.record_course({"course": "autumn"})
    for key in (KEY, OF_COURSE):
        store.put(key, CLASS.encode())
    assert read(store, {"lab": LAB, **fields}).course == course


@pytest.mark.parametrize(
    ("course", "said"),
    [
        ("spring", "course: there is no course spring; list them with `labgrader course list`"),
        ("a" * 40, f"course: there is no course {'a' * 40}; list them with `labgrader course list`"),
        *(
            (
                name,
                f"course: {name} is not the id of a course: 1 to 40 lower-case letters, digits and hyphens, beginning "
                "with a letter or digit",
            )
            for name in ("a" * 41, "Autumn", "autumn 2026", "../autumn", "-")
        ),
    ],
)
def test_unknown_course_is_refused(store: Store, course: str, said: str) -> None:
    store.record_course({"course": "autumn"})
    assert refused(store, {"lab": LAB, "roster": CLASS, "course": course}) == [said]


def test_roster_of_another_course_is_refused(store: Store) -> None:
    store.record_course({"course": "spring"})
    store.put(OF_COURSE, CLASS.encode())
    assert refused(store, {"lab": LAB, "roster": OF_COURSE, "course": "spring"}) == [
        "course: is spring, but the roster belongs to the course autumn"
    ]


# --- the descriptions of a request -----------------------------------------------------------------------------------


def test_event_schema_has_the_fields_of_the_api() -> None:
    by_event = read_schema("events/grade-requested")
    by_api = document(described())["components"]["schemas"]["RunRequest"]
    assert tuple(by_event["properties"]) == tuple(by_api["properties"]) == FIELDS
    assert by_event["required"] == by_api["required"] == ["lab", "roster"]
    assert by_event["additionalProperties"] is by_api["additionalProperties"] is False
    for name, field in by_event["properties"].items():
        for bound in ("pattern", "enum", "minItems", "maxItems", "default"):
            assert field.get(bound) == by_api["properties"][name].get(bound), (name, bound)


def test_course_id_of_a_request_is_that_of_a_course_file() -> None:
    assert read_schema("course")["properties"]["id"]["pattern"] == f"^{COURSE_ID}$"
