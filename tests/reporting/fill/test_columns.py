"""The column that gets the grades: found, asked for, or refused."""

from __future__ import annotations

import pytest

from labgrader.errors import BadInputError
from labgrader.reporting.fill.gradebook import fill_gradebook
from tests.reporting.fill.graded_class import ADA, gradebook


def column_of(heading: str, wanted: str | None = None) -> str:
    row = ",".join(["ada", *[""] * heading.count(",")])
    return fill_gradebook(f"{heading}\n{row}\n".encode(), gradebook(ADA), wanted).column


def refusal(heading: str, wanted: str | None = None) -> str:
    with pytest.raises(BadInputError) as raised:
        column_of(heading, wanted)
    return str(raised.value)


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        ("username,Lab 5", "Lab 5"),
        ("username,Essay,Lambda Function Optimization", "Lambda Function Optimization"),
        ("username,lambda optimization,Essay", "lambda optimization"),
        ("Student,ID,SIS Login ID,Section,Essay (1),lambda-optimization (2)", "lambda-optimization (2)"),
        ("Username,Essay [Total Pts: 9 Score] |1,Lambda-Optimization [Total Pts: 9 Score] |2",
         "Lambda-Optimization [Total Pts: 9 Score] |2"),
        ("Student,ID,SIS Login ID,Section,Lab 5", "Lab 5"),
    ],
)  # fmt: skip
def test_a_column_that_is_plain_is_found(heading: str, column: str) -> None:
    assert column_of(heading) == column


@pytest.mark.parametrize(
    ("wanted", "column"),
    [
        ("Lab 5 (4711)", "Lab 5 (4711)"),
        ("lab 5", "Lab 5 (4711)"),
        ("Lab 6 (4712)", "Lab 6 (4712)"),
        (" Lab-6 ", "Lab 6 (4712)"),
    ],
)
def test_a_column_is_chosen_by_its_heading_or_its_title(wanted: str, column: str) -> None:
    assert column_of("Student,ID,SIS Login ID,Section,Lab 5 (4711),Lab 6 (4712)", wanted) == column


def test_several_columns_are_listed_with_the_option() -> None:
    assert refusal("username,Lab 5,Essay") == (
        "2 columns can take the grades; choose one with --column: “Lab 5”, “Essay”"
    )


def test_at_most_thirty_columns_are_named() -> None:
    message = refusal(",".join(["username", *(f"Lab {number}" for number in range(1, 33))]))
    assert message.startswith("32 columns can take the grades; choose one with --column: “Lab 1”, ")
    assert message.endswith("“Lab 30” and 2 more")


def test_a_file_without_a_column_for_grades_names_its_columns() -> None:
    assert refusal("username,email,Section") == (
        "no column can take the grades; the columns of the file are: “username”, “email”, “Section”"
    )


def test_a_column_that_the_file_does_not_have() -> None:
    assert refusal("username,Lab 5,Essay", "Lab 7") == "the file has no column Lab 7; it has: “Lab 5”, “Essay”"


def test_a_heading_of_two_columns() -> None:
    assert refusal("Student,ID,SIS Login ID,Section,Lab 5 (1),Lab 5 (2)", "Lab 5") == (
        "2 columns match Lab 5; give the whole heading: “Lab 5 (1)”, “Lab 5 (2)”"
    )


@pytest.mark.parametrize("wanted", ["username", "Section", "Name"])
def test_a_column_that_identifies_students_is_never_filled(wanted: str) -> None:
    assert refusal("username,Name,Section,Lab 5", wanted) == f"column {wanted} cannot be filled: it has no grades"


def test_a_file_without_a_column_that_identifies_students() -> None:
    assert refusal("Name,Lab 5") == (
        "the file has no column with a student id, a login or an e-mail address, so no row can be matched"
    )
