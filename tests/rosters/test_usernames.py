"""Usernames that are made by the rule of ``--username-from``, and those that are refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labgrader.rosters import MAX_USERNAME, Student
from labgrader.rosters.usernames import beginnings, make_username
from tests.rosters.class_lists import problems, read


@pytest.mark.parametrize(
    ("value", "username"),
    [
        ("ada", "ada"),
        ("Ada.Lovelace@example.edu", "ada-lovelace"),
        ("bob_kahn", "bob_kahn"),
        ("o'neil", "o-neil"),
        ("müller", "m-ller"),
        ("mu\u0308ller", "m-ller"),
        ("DOMAIN\\ada", "domain-ada"),
        (" 0001234 ", "0001234"),
        ("_ada.", "ada"),
        ("a@b@c", "a"),
        ("@example.edu", ""),
        ("...", ""),
        ("張偉", ""),
    ],
)
def test_a_username_is_made_by_the_rule(value: str, username: str) -> None:
    assert make_username(value) == username


@settings(max_examples=200, deadline=None, database=None, derandomize=True)
@given(st.text(max_size=MAX_USERNAME))
def test_a_made_username_is_empty_or_a_valid_one(value: str) -> None:
    username = make_username(value)
    if username and "labgrader" not in username:
        assert problems(read(f"username\n{username}\n")) == []


def test_changed_names_are_shown() -> None:
    found = read("login,email\nada,ada@x.edu\nBob.Kahn,bob@x.edu\n", "login")
    assert [student.username for student in found.students] == ["ada", "bob-kahn"]
    assert found.notices == ["usernames are made from login: Bob.Kahn → bob-kahn"]


def test_usernames_of_the_list_stay_and_missing_ones_are_made() -> None:
    found = read("username,email\nuser1,ada@x.edu\n,bob@x.edu\n", "email")
    assert [student.username for student in found.students] == ["user1", "bob"]
    found = read("username,email\nuser1,ada@x.edu\n", "email")
    assert found.notices == ["every student has a username, and none is made from email"]


@pytest.mark.parametrize(
    ("text", "source", "said"),
    [
        (
            "login,name\na.b,X\na-b,Y\n",
            "login",
            "class.csv:3: login: the username a-b is already on row 2; "
            "give one of the two another username with an accounts file",
        ),
        (
            "email,name\nann@x.edu,X\nANN@y.edu,Y\n",
            "email",
            "class.csv:3: email: the username ann is already on row 2; "
            "give one of the two another username with an accounts file",
        ),
        (
            "username,email\nann,x@x.edu\n,ann@x.edu\n",
            "email",
            "class.csv:3: email: the username ann is already on row 2; "
            "give one of the two another username with an accounts file",
        ),
        (
            "login,name\nann,X\nann.marie,Y\n",
            "login",
            "class.csv:3: username: the resources of ann-marie begin with ann-, too: ann is the username on row 2; "
            "give one of them another username with an accounts file",
        ),
        (
            "login,name\nann-marie,Y\nann,X\n",
            "login",
            "class.csv:2: username: the resources of ann-marie begin with ann-, too: ann is the username on row 3; "
            "give one of them another username with an accounts file",
        ),
        ("login,name\n,X\n", "login", "class.csv:2: login: is empty; no username can be made of it"),
        ("login,name\n...,X\n", "login", "class.csv:2: login: has no letters or digits for a username"),
        ("login,name\nada,X\n", "email", "class.csv: the class list has no column for email; it has: login"),
        (
            f"login,name\n{'a' * 81},X\n",
            "login",
            f"class.csv:2: username: {'a' * 81} is not letters, digits, hyphens and underscores, beginning and ending "
            "with a letter or digit, at most 80 characters",
        ),
    ],
)
def test_a_username_that_cannot_be_made_or_is_ambiguous_is_refused(text: str, source: str, said: str) -> None:
    assert problems(read(text, source)) == [said]


@pytest.mark.parametrize("logins", [("ann", "anna"), ("user1", "user10"), ("ann_", "ann_marie"), ("ann", "ann_marie")])
def test_a_name_is_a_beginning_only_with_a_hyphen_behind_it(logins: tuple[str, str]) -> None:
    assert problems(read("login,name\n" + "".join(f"{login},X\n" for login in logins), "login")) == []


def test_beginnings_of_given_usernames_are_a_notice_in_one_account_only() -> None:
    found = read("username\nann\nann-marie\nann-marie-lee\n")
    assert problems(found) == []
    assert found.notices == [
        "one username is the beginning of another one, and both begin the names of resources: ann and ann-marie, "
        "ann and ann-marie-lee, ann-marie and ann-marie-lee"
    ]
    assert read("username,account_id\nann,111122223333\nann-marie,444455556666\n").notices == []


def test_ten_thousand_usernames_are_compared_at_once() -> None:
    names = [f"a-{number}-b-c-d" for number in range(10_000)]
    assert list(beginnings(names)) == []
    assert list(beginnings([*names, "a-7-b"])) == [("a-7-b", "a-7-b-c-d")]


# --- the accounts file -----------------------------------------------------------------------------------------------

CANVAS = 'Student,ID,SIS User ID,SIS Login ID,Section\n"Lovelace, Ada",1,0012,ada,A\n"Kahn, Bob",2,0013,bob,A\n'
ROLE = "arn:aws:iam::012345678901:role/reader"


@pytest.mark.parametrize(
    "accounts",
    [
        f"student_id,username,account_id,region,role_arn,external_id\n0012,user1,,us-east-1,{ROLE},secret\n0013,user2,,,,\n",
        f"Login;Username;role_arn;region;External ID\nADA;user1;{ROLE};us-east-1;secret\nbob;user2;;;\n",
        f"student_id,login,username,role_arn,region,external_id\n,ada,user1,{ROLE},us-east-1,secret\n0013,,user2,,,\n",
        f'[{{"login": "ada", "username": "user1", "role_arn": "{ROLE}", "region": "us-east-1", '
        '"external_id": "secret"}, {"student_id": "0013", "username": "user2"}]',
    ],
)
def test_an_accounts_file_gives_the_cloud_half(accounts: str) -> None:
    found = read(CANVAS, accounts=accounts)
    assert problems(found) == []
    assert found.students == [
        Student("user1", "0012", "Lovelace, Ada", "", "A", "012345678901", "us-east-1", ROLE, "secret"),
        Student("user2", "0013", "Kahn, Bob", "", "A"),
    ]


def test_an_accounts_file_joins_by_email_and_the_rule_makes_the_rest() -> None:
    found = read(
        "Email,Name\nada@x.edu,Ada\nbob@x.edu,Bob\n",
        "email",
        accounts="email,username,region\nADA@x.edu,user1,us-east-1\n",
    )
    assert problems(found) == []
    assert [(student.username, student.region) for student in found.students] == [("user1", "us-east-1"), ("bob", "")]
    assert found.notices == [
        "accounts.csv has no account of: bob@x.edu",
        "usernames are made from email: bob@x.edu → bob",
    ]


@pytest.mark.parametrize(
    ("accounts", "said"),
    [
        (
            "username,account_id\nuser1,1\n",
            [
                "accounts.csv: an accounts file has one of the columns student_id, login, email, "
                "which joins it to the class list",
                "class.csv: a gradebook of Canvas has no usernames, which begin the names of resources; "
                "use --username-from login or --username-from student_id",
            ],
        ),
        (
            "student_id,username\n0012,user1\n0012,user3\n0013,user2\n",
            ["accounts.csv:3: student_id: 0012 is already on row 2"],
        ),
        (
            "login,username\nada,user1\nADA,user3\nbob,user2\n",
            ["accounts.csv:3: login: the same login is already on row 2"],
        ),
        (
            "student_id,username,account_id\n0012,user1,1234\n0013,user2,\n",
            ["accounts.csv:2: account_id: 1234 is not 12 digits"],
        ),
        (
            "student_id,username\n12,user1\n0013,user2\n",
            [
                "class.csv:2: student_id: 0012 is 12 on row 2 of accounts.csv: a spreadsheet has dropped leading "
                "zeros; format the column as text and enter it again",
                "class.csv:2: username: is empty",
            ],
        ),
        (
            b"%PDF",
            [
                "accounts.csv: this is a PDF document; export the class list as CSV",
                "class.csv: a gradebook of Canvas has no usernames, which begin the names of resources; "
                "use --username-from login or --username-from student_id",
            ],
        ),
    ],
)
def test_a_faulty_accounts_file_is_named(accounts: str | bytes, said: list[str]) -> None:
    assert problems(read(CANVAS, accounts=accounts)) == said


def test_two_files_that_disagree_are_refused() -> None:
    found = read("username,student_id,region\nuser1,s-1,us-east-1\n", accounts="student_id,region\ns-1,eu-west-1\n")
    assert problems(found) == ["class.csv:2: region: us-east-1 differs from eu-west-1 on row 2 of accounts.csv"]


def test_accounts_of_other_students_are_one_notice() -> None:
    accounts = "student_id,username\n0012,user1\n0013,user2\n" + "".join(f"9{n:03},u{n}\n" for n in range(12))
    found = read(CANVAS, accounts=accounts)
    assert found.notices[-1] == (
        "accounts.csv has accounts of students who are not in the class list: 9000, 9001, 9002, 9003, 9004, 9005, "
        "9006, 9007, 9008, 9009 and 2 more"
    )
