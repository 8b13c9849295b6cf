"""Rosters as people write them, and all of their problems."""

import json

import pytest

from labgrader.errors import BadInputError
from labgrader.rosters import MAX_STUDENTS, MAX_USERNAME, Student, select
from labgrader.rosters.reader import read_class_list, read_roster


def read(text: str | bytes, source: str = "class.csv") -> list[Student]:
    return read_roster(text.encode() if isinstance(text, str) else text, source)


def refused(text: str | bytes, source: str = "class.csv") -> list[str]:
    with pytest.raises(BadInputError) as caught:
        read(text, source)
    return [str(problem) for problem in caught.value.problems]


def test_a_bom_spaces_case_and_blank_rows_are_ignored() -> None:
    students = read(b"\xef\xbb\xbfUsername,Student ID,Name\r\n\r\n User1 ,s-1, Ada \r\n,,\r\nuser10,s-2,Bob\r\n")
    assert students == [
        Student(username="user1", student_id="s-1", name="Ada"),
        Student(username="user10", student_id="s-2", name="Bob"),
    ]


def test_semicolons_are_read_as_separators() -> None:
    assert read("username;name\nuser1;Ada\n")[0].name == "Ada"


def test_the_username_replaces_a_missing_student_id() -> None:
    assert read("username\nuser1\n")[0].student_id == "user1"


def test_every_problem_has_row_and_column() -> None:
    wrong = "username,student_id,account_id,region\nuser1,a,12,mars\n../x,b,,\n,c,,\nUSER1,d,,\nuser2,a,,\n"
    assert refused(wrong) == [
        "class.csv:2: account_id: 12 is not 12 digits",
        "class.csv:2: region: mars is not a Region such as us-east-1",
        "class.csv:3: username: ../x is not letters, digits, hyphens and underscores, beginning and ending with a "
        "letter or digit, at most 80 characters",
        "class.csv:4: username: is empty",
        "class.csv:5: username: USER1 is the same username as user1 on line 2 (upper and lower case are the same)",
        "class.csv:6: student_id: a is already on line 2",
    ]


def test_a_username_has_at_most_80_characters() -> None:
    assert len(read(f"username\n{'a' * MAX_USERNAME}\n")[0].username) == 80
    assert "at most 80 characters" in refused(f"username\n{'a' * (MAX_USERNAME + 1)}\n")[0]


def test_a_username_with_labgrader_is_refused() -> None:
    assert refused("username\nann\nmy-Labgrader-1\n") == [
        "class.csv:3: username: my-Labgrader-1 contains labgrader, which is reserved for labgrader's own resources"
    ]


def test_unknown_columns_are_reported() -> None:
    (problem,) = refused("username,grade\nuser1,100\n")
    assert problem.startswith("class.csv:1: grade: unknown column; the columns are: student_id, username, name")


def test_a_missing_username_column_is_named() -> None:
    assert "class.csv:1: username: this column is required" in refused("name\nAda\n")


@pytest.mark.parametrize("text", ["username\n", "username\n\n , \n"])
def test_roster_without_students_is_refused(text: str) -> None:
    assert refused(text) == ["class.csv: the roster has no students"]


def test_an_empty_file_is_refused() -> None:
    assert refused("") == ["class.csv: the roster is empty; write the column names in the first row"]


def test_what_is_not_text_is_refused() -> None:
    assert refused(b"username\n\x81\xff\n") == [
        "class.csv: not UTF-8 text (byte 9), and not Windows-1252; save it as CSV UTF-8"
    ]


def test_a_row_with_more_cells_than_columns_is_refused() -> None:
    assert "class.csv:2: the line has 2 cells, the header has 1" in refused("username\nuser1,extra\n")


def test_a_roster_has_at_most_ten_thousand_students() -> None:
    rows = "".join(f"user{number}\n" for number in range(MAX_STUDENTS))
    assert len(read("username\n" + rows)) == MAX_STUDENTS
    too_many = refused("username\n" + rows + "one-more\n")
    assert too_many == ["class.csv: 10,001 students; a run can have at most 10,000"]


def test_json_is_read_as_a_list_or_an_object() -> None:
    row = {"username": "user1", "student_id": 7, "name": None}
    expected = [Student(username="user1", student_id="7")]
    assert read(json.dumps([row]), "class.json") == expected
    assert read(json.dumps({"students": [row]}), "class.json") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "class.json: not JSON"),
        ('"x"', 'class.json: a JSON roster is a list of students, or {"students": [...]}'),
        ("[1]", "class.json: [0]: is not an object"),
        ('[{"username": ["a"]}]', "class.json: [0].username: is not text"),
        ('[{"user": "a"}]', "class.json: [0].user: unknown column"),
        ('[{"username": "a", "name": true}]', "class.json: [0].name: is not text"),
        ('[{"username": "a", "name": "\\ud800"}]', "class.json: [0].name: is not text"),
        ("[" * 100_000, "class.json: not JSON"),
    ],
)
def test_invalid_json_rosters_are_refused(text: str, expected: str) -> None:
    assert any(problem.startswith(expected) for problem in refused(text, "class.json"))


def test_problems_of_a_json_roster_name_the_index() -> None:
    rows = [{"username": "user1"}, 5, {"username": 7, "email": ["x"]}, {"name": "Ada"}, {"username": " User1 "}]
    assert refused(json.dumps([*rows, {"username": None}, {"username": ["a"]}]), "class.json") == [
        "class.json: [1]: is not an object",
        "class.json: [2].email: is not text",
        "class.json: [6].username: is not text",
        "class.json: [3].username: is missing",
        "class.json: [4].username: User1 is the same username as user1 at [0] (upper and lower case are the same)",
        "class.json: [5].username: is empty",
    ]


def test_a_notice_of_a_json_roster_names_the_entry() -> None:
    found = read_class_list('[{"username": "us\u200ber1"}]'.encode(), "class.json")
    assert found.notices == ["removed U+200B ZERO WIDTH SPACE, which cannot be seen: entry 0 (username)"]


def test_problems_of_a_request_name_the_field() -> None:
    def said(text: str, source: str = "") -> list[str]:
        with pytest.raises(BadInputError) as caught:
            read_roster(text.encode(), source, "roster")
        return [str(problem) for problem in caught.value.problems]

    assert said('[{"username": "user1"}, {"username": "user1"}]') == [
        "roster[1].username: user1 is already at roster[0]"
    ]
    assert said("username\nuser1\n\nuser1\n", "rosters/class.csv") == [
        "roster: line 4: username: user1 is already on line 2"
    ]
    assert said("[]") == said("username\n") == ["roster: has no students"]
    assert said("{") == [
        "roster: not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"
    ]
    assert said("[[]]") == ["roster[0]: is not an object"]


def test_the_account_is_read_from_the_role() -> None:
    role = "arn:aws:iam::111122223333:role/labgrader-reader"
    assert read(f"username,role_arn\nuser1,{role}\n")[0].account_id == "111122223333"
    assert refused(f"username,role_arn,account_id\nuser1,{role},999999999999\n") == [
        "class.csv:2: account_id: account 999999999999 is not the account of role_arn"
    ]


def test_an_unknown_name_in_a_selection_is_an_error() -> None:
    students = read("username\nuser1\nuser2\n")
    assert select(students, []) == students
    assert [student.username for student in select(students, [" USER2 "])] == ["user2"]
    with pytest.raises(BadInputError, match=r"^User3 is not on the roster$"):
        select(students, [" User3"])


@pytest.mark.parametrize(
    ("column", "good", "strange"),
    [
        ("region", "us-east-1", "us-east-١"),
        ("account_id", "111122223333", "11112222333٣"),
        ("role_arn", "arn:aws:iam::111122223333:role/grader1", "arn:aws:iam::11112222333٣:role/grader1"),
        ("role_arn", "arn:aws:iam::111122223333:role/grader1", "arn:aws:iam::111122223333:role/grader١"),
        ("external_id", "class-1", "class-١"),
    ],
)
def test_digits_of_other_scripts_are_refused(column: str, good: str, strange: str) -> None:
    (student,) = read_roster(f"username,{column}\nuser1,{good}\n".encode(), "class.csv")
    assert getattr(student, column) == good
    with pytest.raises(BadInputError, match=f"class.csv:2: {column}: "):
        read_roster(f"username,{column}\nuser1,{strange}\n".encode(), "class.csv")
