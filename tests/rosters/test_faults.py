"""Cells that a spreadsheet has spoilt, characters that cannot be seen, students who share an id, and long lists."""

from __future__ import annotations

import pytest

from labgrader.api.problems import bad_input
from labgrader.errors import BadInputError
from labgrader.events import run_failed
from labgrader.rosters import GraderAccount, MoreProblems, Student, assign_accounts, select
from labgrader.rosters.reader import read_roster
from labgrader.rosters.spreadsheet_damage import damage, lost_zeros
from tests.rosters.class_lists import problems, read

ROLE = "arn:aws:iam::012345678901:role/reader"


@pytest.mark.parametrize("value", ["1.23457E+11", "1,23457E+11", "2.19E+26", "1E+15", "1.2e+20"])
def test_a_rounded_number_is_named(value: str) -> None:
    assert damage(value) == (
        "is a number that Excel has rounded: its last digits are lost; format the column as text and enter it again"
    )


@pytest.mark.parametrize(
    "value",
    ["1-Mar", "01-mar-26", "Mar-01", "01. Mrz", "1. Mär", "03-janv", "3-févr.", "2-ene", "Okt 25", "12-Dec-2026"],
)
def test_a_date_is_named(value: str) -> None:
    assert damage(value) == "is a date that Excel has made of an id; format the column as text and enter it again"


@pytest.mark.parametrize(
    "value", ["", "12E3", "s-001", "mar", "marie-1", "2026-03-01", "1-2", "12345678901234567", "dec1"]
)
def test_an_id_that_only_looks_like_it_stays(value: str) -> None:
    assert damage(value) == ""


@pytest.mark.parametrize(
    ("value", "full"),
    [
        ("12345678901", "012345678901"),
        ("12345678", "000012345678"),
        ("1234567", ""),
        ("123456789012", ""),
        ("1234567890x", ""),
        ("", ""),
    ],
)
def test_leading_zeros_of_an_account(value: str, full: str) -> None:
    assert lost_zeros(value) == full


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "username,account_id\nuser1,1.23457E+11\n",
            "class.csv:2: account_id: 1.23457E+11 is a number that Excel has rounded: its last digits are lost; "
            "format the column as text and enter it again",
        ),
        (
            "username,account_id\nuser1,12345678901\n",
            "class.csv:2: account_id: 12345678901 is not 12 digits: a spreadsheet or a JSON number drops "
            "leading zeros; write 012345678901 as text if it is that",
        ),
        (
            f"username,account_id,role_arn\nuser1,12345678902,{ROLE}\n",
            "class.csv:2: account_id: 12345678902 is not 12 digits: a spreadsheet or a JSON number drops "
            "leading zeros; write 012345678902 as text if it is that",
        ),
        (
            "username,student_id\nuser1,1-Mar\n",
            "class.csv:2: student_id: 1-Mar is a date that Excel has made of an id; "
            "format the column as text and enter it again",
        ),
        (
            "username,student_id\nuser1,#REF!\n",
            "class.csv:2: student_id: #REF! is an error value of a spreadsheet, and no id; correct the cell",
        ),
    ],
)
def test_a_spoilt_cell_is_refused_with_its_reason(text: str, said: str) -> None:
    assert said in problems(read(text))


def test_a_lost_zero_is_taken_back_if_the_role_proves_it() -> None:
    found = read(f"username,account_id,role_arn\nuser1,12345678901,{ROLE}\n")
    assert (problems(found), found.students[0].account_id) == ([], "012345678901")
    assert found.notices == [
        "account_id has its leading zero again, as role_arn proves: line 2 (12345678901 → 012345678901)"
    ]


def test_rounded_ids_are_not_reported_as_equal_too() -> None:
    assert len(problems(read("username,student_id\nuser1,1.2E+11\nuser2,1.2E+11\n"))) == 2


def test_a_spoilt_section_is_a_notice() -> None:
    found = read("username,section\nuser1,3-Jan\n")
    assert (problems(found), found.notices) == ([], ["a spreadsheet has changed the section: line 2 (3-Jan)"])


def test_the_text_of_a_formula_is_the_value() -> None:
    assert read('username,student_id\nuser1,="0012"\n').students == [Student("user1", "0012")]


# --- characters that cannot be seen ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("character", "named"),
    [
        ("\u200b", "U+200B ZERO WIDTH SPACE"),
        ("\ufeff", "U+FEFF ZERO WIDTH NO-BREAK SPACE"),
        ("\u00ad", "U+00AD SOFT HYPHEN"),
        ("\u202e", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("\u200e", "U+200E LEFT-TO-RIGHT MARK"),
        ("\u2060", "U+2060 WORD JOINER"),
    ],
)
def test_an_invisible_character_is_removed_and_named(character: str, named: str) -> None:
    found = read(f"user{character}name,student_id,name\nus{character}er1,{character}0012,A{character}da\n")
    assert found.students == [Student("user1", "0012", "Ada")]
    assert found.notices == [f"removed {named}, which cannot be seen: line 2 (username), 2 (student_id), 2 (name)"]


@pytest.mark.parametrize(
    "name", ["علی\u200cرضا", "Zoe\u0308", "張偉", "Ada\nLovelace", "Ada\u00a0Lovelace", "=1+1", "-Ela"]
)
def test_a_name_stays_as_it_is_spelled(name: str) -> None:
    found = read(f'username,name\nuser1,"{name}"\n')
    assert (found.students[0].name, found.notices) == (name, [])


def test_a_control_character_is_removed_from_a_name_and_refused_in_an_id() -> None:
    found = read("username,name\nuser1,A\x07da\n")
    assert (found.students[0].name, found.notices) == ("Ada", ["removed U+0007, which cannot be seen: line 2 (name)"])
    assert problems(read("username,student_id\nuser1,00\x0712\n")) == [
        "class.csv:2: student_id: 00\N{REPLACEMENT CHARACTER}12 is not 1 to 128 characters without slashes "
        "(it has U+0007)"
    ]


def test_a_letter_of_another_script_is_named_by_code_point() -> None:
    assert problems(read("username\nus\u0435r1\n")) == [
        "class.csv:2: username: us\u0435r1 is not letters, digits, hyphens and underscores, beginning and ending with "
        "a letter or digit, at most 80 characters (it has U+0435 CYRILLIC SMALL LETTER IE)"
    ]


# --- students who share an id ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("student_id,username\na,user1\na,user2\n", ["class.csv:3: student_id: a is already on line 2"]),
        (
            "student_id,username\na,user1\nA,user2\n",
            ["class.csv:3: student_id: A is the same student_id as a on line 2 (upper and lower case are the same)"],
        ),
        (
            "student_id,username\nuser2,user1\n,user2\n",
            [
                "class.csv:3: student_id: user2 is already on line 2; "
                "a student without a student_id has the username in its place"
            ],
        ),
        (
            "student_id,username\n,user2\nUSER2,user1\n",
            [
                "class.csv:3: student_id: USER2 is the same student_id as user2 on line 2 "
                "(upper and lower case are the same)"
            ],
        ),
        (
            "student_id,username\n,user1\n,USER1\n",
            [
                "class.csv:3: username: USER1 is the same username as user1 on line 2 "
                "(upper and lower case are the same)"
            ],
        ),
    ],
)
def test_two_students_with_one_student_id_are_refused(text: str, said: list[str]) -> None:
    assert problems(read(text)) == said


# --- long lists of problems ------------------------------------------------------------------------------------------


def refused(count: int) -> BadInputError:
    text = "username,account_id\n" + "".join(f"user{number},x\n" for number in range(count))
    with pytest.raises(BadInputError) as error:
        read_roster(text.encode(), "", "roster")
    return error.value


@pytest.mark.parametrize(
    ("count", "last"), [(21, "1 more problem"), (22, "2 more problems"), (10_000, "9,980 more problems")]
)
def test_twenty_problems_are_shown_and_the_others_counted(count: int, last: str) -> None:
    said = [str(problem) for problem in refused(count).problems]
    assert len(said) == 21
    assert said[19] == "roster: line 21: account_id: x is not 12 digits"
    assert said[20] == f"roster: {last}"


def test_twenty_problems_are_not_counted() -> None:
    assert len(refused(20).problems) == 20
    assert not any(isinstance(problem, MoreProblems) for problem in refused(20).problems)


def test_a_problem_document_has_twenty_errors_and_a_count() -> None:
    body = bad_input(refused(10_000).problems).body()
    assert (len(body["errors"]), body["errors_left_out"]) == (20, 9_980)
    assert body["detail"].endswith("; and 9997 more")


def test_an_event_has_twenty_problems_and_a_count_in_less_than_256_kb() -> None:
    worst = "a" * 90 + "\u1fa7\u1fa6\u1fa5\u1fa4" * 500
    text = "username\n" + "".join(f"{worst}{number}\n" for number in range(3_000))
    with pytest.raises(BadInputError) as error:
        read_roster(text.encode(), "", "roster")
    reason = run_failed("run", "lab", "grade", str(error.value)).detail["reason"]
    assert reason.splitlines()[-1] == "roster: 2,980 more problems"
    assert len(reason.splitlines()) == 21
    assert len(reason.encode()) < 256 * 1024


def test_students_of_other_accounts_and_unknown_students_are_counted_too() -> None:
    students = [Student(f"user{number}", account_id="444455556666") for number in range(30)]
    with pytest.raises(BadInputError) as error:
        assign_accounts(students, GraderAccount("111122223333", "us-east-1"))
    assert str(error.value.problems[-1]) == "10 more problems"
    with pytest.raises(BadInputError) as error:
        select(students, [f"other{number}" for number in range(30)])
    assert str(error.value.problems[-1]) == "10 more problems"


def test_json_shows_twenty_problems_and_a_count() -> None:
    shown = read("username\n" + "../x\n" * 100).to_dict()["problems"]
    assert (len(shown), shown[-1]) == (21, "class.csv: 179 more problems")
