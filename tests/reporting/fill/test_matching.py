"""Which row is which student: by id, then login, then e-mail address, never by name."""

from __future__ import annotations

import random

import pytest

from labgrader.reporting.fill.cells import read_csv
from labgrader.reporting.fill.gradebook import Filled, LeftRow, fill_gradebook
from labgrader.reporting.gradebook import StudentRow
from tests.reporting.fill.dialects import any_dialect, any_text
from tests.reporting.fill.graded_class import gradebook, student

ADA = student("ada", "s-1", "Ada Lovelace", "ada@example.edu")
BOB = student("bob-kahn", "s-2", "Bob Kahn", "bob.kahn@example.edu", points=50)


def fill(content: str, *students: StudentRow) -> Filled:
    return fill_gradebook(content.encode(), gradebook(*(students or (ADA, BOB))))


def rows_of(filled: Filled) -> list[str]:
    return filled.content.decode().splitlines()[1:]


@pytest.mark.parametrize(
    "row",
    ["s-1,,", " S-1 ,,", '"=""s-1""",,', ",ada,", ",ADA,", ",,Ada@Example.edu", "s-1,unknown,", "x-9,ada,", ",#ada,"],
)
def test_a_student_is_found_by_any_of_the_three(row: str) -> None:
    assert rows_of(fill(f"Student ID,Username,Email,Lab\n{row},\n"))[0].endswith(",87.5")


@pytest.mark.parametrize("login", ["bob.kahn", "Bob.Kahn@other.example", "bob_kahn@x"])
def test_a_login_is_found_by_the_username_that_is_made_from_it(login: str) -> None:
    filled = fill(f"Username,Lab\n{login},\n")
    assert rows_of(filled)[0].endswith(",50") is (login != "bob_kahn@x")


def test_a_name_alone_is_never_enough() -> None:
    filled = fill("Name,Username,Lab\nAda Lovelace,,\n")
    assert filled.left == [LeftRow(2, "the row has no id, no login and no e-mail address")]
    assert filled.missing == ["ada", "bob-kahn"]


def test_a_row_with_values_of_two_students_is_left() -> None:
    filled = fill("Student ID,Username,Lab\ns-1,bob-kahn,\n")
    assert filled.left == [LeftRow(2, "the row matches several students: ada and bob-kahn")]
    assert (filled.filled, filled.missing) == (0, ["ada", "bob-kahn"])


def test_of_two_rows_the_one_with_the_stronger_value_is_taken() -> None:
    filled = fill("Student ID,Username,Lab\n,ada,\ns-1,,\n")
    assert rows_of(filled) == [",ada,", "s-1,,87.5"]
    assert filled.left == [LeftRow(2, "row 3 matches ada better")]


def test_two_rows_with_the_same_value_are_left() -> None:
    filled = fill("Username,Lab\nada,\nADA,\nbob-kahn,\n")
    assert rows_of(filled) == ["ada,", "ADA,", "bob-kahn,50"]
    assert filled.left == [LeftRow(2, "rows 2 and 3 match ada"), LeftRow(3, "rows 2 and 3 match ada")]


def test_a_value_of_two_students_does_not_decide() -> None:
    twins = (student("ada", "s-1", email="home@example.edu"), student("eve", "s-2", email="home@example.edu"))
    assert fill("Email,Lab\nhome@example.edu,\n", *twins).left == [
        LeftRow(2, "several students have “home@example.edu”: ada and eve")
    ]
    assert rows_of(fill("Student ID,Email,Lab\ns-2,home@example.edu,\n", *twins)) == ["s-2,home@example.edu,87.5"]


def test_a_login_that_changed_hands_is_left() -> None:
    row, other = "user1,s-0,Grace Hopper,", "bob-kahn,s-2,Bob Kahn,"
    now = student("user1", "s-1", "Ada Lovelace")
    filled = fill(f"Username,Student ID,Name,Lab\n{row}\n{other}\n", now, BOB)
    assert rows_of(filled) == [row, f"{other}50"]
    assert filled.left == [LeftRow(2, "the login or e-mail address is that of user1, but the id and the name are not")]
    assert filled.missing == ["user1"]


@pytest.mark.parametrize(
    "row",
    [
        "user1,s-0,Ada King,",  # the id of another system, and a name with the same word
        "user1,,Grace Hopper,",  # no id
        "user1,s-0,,",  # no name
    ],
)
def test_another_id_or_another_name_alone_is_no_other_student(row: str) -> None:
    now = student("user1", "s-1", "Ada Lovelace")
    filled = fill(f"Username,Student ID,Name,Lab\n{row}\nbob-kahn,s-2,Bob Kahn,\n", now, BOB)
    assert rows_of(filled)[0] == f"{row}87.5"


def test_ids_of_another_system_say_nothing() -> None:
    row = "user1,10011,Grace Hopper,"
    filled = fill(f"Username,ID,Name,Lab\n{row}\n", student("user1", "s-1", "Ada Lovelace"))
    assert rows_of(filled) == [f"{row}87.5"]


def test_a_student_id_that_is_the_username_of_another_student() -> None:
    first, second = student("user1", "user2", "Ada"), student("user2", "s-2", "Bob", points=50)
    assert rows_of(fill("Student ID,Username,Lab\nuser2,user1,\ns-2,user2,\n", first, second)) == [
        "user2,user1,87.5",
        "s-2,user2,50",
    ]


def test_students_with_the_same_name_are_distinguished() -> None:
    first, second = student("user1", "s-1", "Wei Zhang"), student("user2", "s-2", "Wei Zhang", points=50)
    assert rows_of(fill("Name,Student ID,Lab\nWei Zhang,s-2,\nWei Zhang,s-1,\n", first, second)) == [
        "Wei Zhang,s-2,50",
        "Wei Zhang,s-1,87.5",
    ]


@pytest.mark.parametrize("seed", range(200))
def test_in_any_dialect_exactly_the_cells_of_matched_students_change(seed: int) -> None:
    dice = random.Random(seed)
    dialect = any_dialect(dice)
    names = [f"user{number}" for number in range(dice.randint(1, 12))]
    heading = ["Name", "Username", "Lab", "Remark"]
    rows = [heading] + [
        [any_text(dice, dialect), name, dice.choice(["", "12", "-"]), any_text(dice, dialect)] for name in names
    ]
    content = dialect.write(rows)
    nobody = fill_gradebook(content, gradebook(student("someone")), "Lab")
    assert (nobody.content, nobody.filled) == (content, 0)
    graded = {name: dice.choice([0, 8, 66.67, 100]) for name in names if dice.random() < 0.6}
    if not graded:
        return
    students = [student(name, points=points) for name, points in graded.items()]
    filled = fill_gradebook(content, gradebook(*students), "Lab")
    read = dialect.read(filled.content)
    for before, after in zip(rows, read, strict=True):
        points = graded.get(before[1])
        assert [after[0], after[1], after[3]] == [before[0], before[1], before[3]]
        assert after[2] == before[2] if points is None else float(after[2].replace(",", ".")) == points
    assert filled.filled == len(graded)
    before_cells, after_cells = (
        [cell for row in read_csv(file).rows for cell in row.cells] for file in (content, filled.content)
    )
    for index, (cell, after_cell) in enumerate(zip(before_cells, after_cells, strict=True)):
        assert after_cell.quoted or not cell.quoted
        assert index % len(heading) == 2 or after_cell.quoted == cell.quoted
