"""The exports of the platforms, filled: the cells of matched students change, and no other byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from labgrader.errors import BadInputError
from labgrader.reporting.fill.cells import read_csv
from labgrader.reporting.fill.gradebook import Filled, LeftRow, fill_gradebook
from labgrader.reporting.gradebook import StudentRow
from tests.reporting.fill.graded_class import ADA, BOB, CLASS, CRUZ, JOERG, ONEIL, ZOE, gradebook, student

SAMPLES = Path(__file__).parent / "samples"
ALL_SAMPLES = sorted(file.name for file in SAMPLES.iterdir())
COLUMNS = {"canvas_gradebook_export.csv": "Lab 5 Lambda (4711)"}


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def fill(name: str, *students: StudentRow) -> Filled:
    return fill_gradebook(sample(name), gradebook(*students), COLUMNS.get(name))


def expected(name: str, *changes: tuple[str, str], encoding: str = "utf-8") -> bytes:
    """Return a sample with some texts replaced, each of which it has once."""
    content = sample(name)
    for before, after in changes:
        assert content.count(before.encode(encoding)) == 1
        content = content.replace(before.encode(encoding), after.encode(encoding))
    return content


@pytest.mark.parametrize("name", ALL_SAMPLES)
def test_without_a_matched_student_every_byte_stays(name: str) -> None:
    filled = fill(name, ZOE)
    assert filled.content == sample(name)
    assert (filled.filled, filled.missing) == (0, ["zoe"])
    assert filled.left


@pytest.mark.parametrize("name", ALL_SAMPLES)
def test_filled_twice_it_is_the_same(name: str) -> None:
    once = fill(name)
    again = fill_gradebook(once.content, gradebook(), COLUMNS.get(name))
    assert again == once
    assert once.filled


def test_canvas() -> None:
    filled = fill("canvas_gradebook_export.csv")
    assert filled.content == expected(
        "canvas_gradebook_export.csv",
        ("ada,CLD-301-01,,18.50", "ada,CLD-301-01,87.5,18.50"),
        ('CLD-301-LAB2",71.00,EX', 'CLD-301-LAB2",0,EX'),
    )
    assert (filled.column, filled.filled) == ("Lab 5 Lambda (4711)", 2)
    assert filled.left == [
        LeftRow(6, "the assignment is not assigned to soneil: the cell has “N/A”"),
        LeftRow(7, "mdelacruz is not fully graded: 12.5 of 100 points are open"),
    ]
    assert filled.missing == ["jmueller", "zoe"]
    assert filled.notices == []


def test_canvas_excused_and_totals_stay() -> None:
    filled = fill_gradebook(sample("canvas_gradebook_export.csv"), gradebook(), "Essay")
    assert filled.left[0] == LeftRow(5, "bob-kahn is excused: the cell has “EX”")
    assert filled.notices == [
        "the column has 20 points and the lab has 100: the grades are not scaled; add --scale to scale them"
    ]
    for heading in ("Final Score", "Current Score"):
        with pytest.raises(BadInputError) as raised:
            fill_gradebook(sample("canvas_gradebook_export.csv"), gradebook(), heading)
        assert str(raised.value) == f"column {heading} cannot be filled: it is read-only in Canvas"


def test_canvas_in_german_with_semicolons() -> None:
    name = "canvas_gradebook_export_german_semicolon_bom.csv"
    filled = fill(name)
    assert filled.content == expected(name, ('CLD-301-02";87,50;', 'CLD-301-02";66,67;'))
    assert (filled.column, filled.filled, filled.left) == ("Lab 5 Lambda (4711)", 1, [])


def test_a_grade_that_is_there_keeps_its_bytes() -> None:
    name = "canvas_gradebook_export_german_semicolon_bom.csv"
    filled = fill(name, {**JOERG, "points": 87.5})
    assert (filled.content, filled.filled) == (sample(name), 1)


def test_moodle() -> None:
    filled = fill("moodle_worksheet_en.csv")
    assert filled.content == expected(
        "moodle_worksheet_en.csv",
        ('"Submitted for grading",Lab-A,,', '"Submitted for grading",Lab-A,87.5,'),
        ("Lab-A,71.00,", "Lab-A,0,"),
    )
    cruz = student("mdelacruz", email="MDELACRUZ@example.edu")
    assert fill("moodle_worksheet_en.csv", cruz).left[-1] == LeftRow(4, "the grade of mdelacruz is locked")


def test_moodle_in_german_has_decimal_commas_in_quotation_marks() -> None:
    filled = fill("moodle_worksheet_de.csv")
    assert filled.content == expected(
        "moodle_worksheet_de.csv", ('"Zur Bewertung abgegeben",,', '"Zur Bewertung abgegeben","87,5",')
    )
    assert filled.left == [
        LeftRow(3, "the grade of bob-kahn is locked"),
        LeftRow(4, "the 66.67 points of jmueller are above the maximum grade 50"),
    ]


def test_blackboard() -> None:
    filled = fill("blackboard_ultra_download.csv")
    assert filled.content == expected("blackboard_ultra_download.csv", ('"Yes","",""', '"Yes","87.5",""'))
    assert filled.column == "Lab 5 Lambda [Total Pts: 100 Score] |1281892"
    with pytest.raises(BadInputError) as raised:
        fill_gradebook(sample("blackboard_ultra_download.csv"), gradebook(), "Overall Grade")
    assert str(raised.value) == (
        "column Overall Grade [Total Pts: up to 100 Letter] |1281890 cannot be filled: Blackboard calculates it"
    )


def test_blackboard_in_utf_16_with_tabs() -> None:
    name = "blackboard_original_download.xls"
    filled = fill(name, {**ADA, "points": 90.25})
    assert filled.content == expected(name, ('"87.5"', '"90.25"'), encoding="utf-16-le")


def test_blackboard_writes_over_an_attempt_that_needs_grading() -> None:
    content = sample("blackboard_ultra_download.csv").replace(b'"Yes",""', b'"Yes","Needs Grading(0.00)"')
    assert b'"Yes","87.5"' in fill_gradebook(content, gradebook()).content


def test_brightspace() -> None:
    filled = fill("brightspace_export.csv")
    assert filled.content == expected(
        "brightspace_export.csv",
        ("ada@example.edu,,#", "ada@example.edu,87.5,#"),
        ("bob.kahn@example.edu,71,#", "bob.kahn@example.edu,0,#"),
    )


def test_gradescope() -> None:
    filled = fill("gradescope_grades.csv")
    assert filled.content == expected("gradescope_grades.csv", ("A,,100.0", "A,87.5,100.0"), ("B,71.0,", "B,0,"))
    assert filled.column == "Lab 5"


def test_google_classroom() -> None:
    filled = fill("google_classroom_grades.csv")
    assert filled.content == expected("google_classroom_grades.csv", ("kahn@example.edu,", "kahn@example.edu,0"))
    assert (filled.column, filled.filled, filled.left) == ("Lab 5", 2, [])


def test_github_classroom() -> None:
    filled = fill("github_classroom_grades.csv", ADA)
    assert filled.content == expected("github_classroom_grades.csv", ('"87"', '"87.5"'))
    assert filled.left == [LeftRow(3, "no student of the run has any of these: bob-k")]


def test_any_csv_with_a_sep_line_and_windows_1252() -> None:
    content = 'sep=;\r\nMatrikelnummer;Name;Punkte\r\n0001234;Müller;\r\nS0002001;"Jörg";12\r\n'.encode("cp1252")
    filled = fill_gradebook(content, gradebook())
    assert filled.content.decode("cp1252") == (
        'sep=;\r\nMatrikelnummer;Name;Punkte\r\n0001234;Müller;87,5\r\nS0002001;"Jörg";66,67\r\n'
    )
    assert filled.column == "Punkte"


def test_a_student_without_points_gets_0_and_one_who_is_not_graded_keeps_the_cell() -> None:
    content = b"username,points\nbob-kahn,\nmdelacruz,12\n"
    filled = fill_gradebook(content, gradebook(BOB, CRUZ))
    assert filled.content == b"username,points\nbob-kahn,0\nmdelacruz,12\n"


def test_words_in_a_grade_cell_stay() -> None:
    filled = fill_gradebook(b"username,points\nada,absent\nsoneil,-\n", gradebook(ADA, ONEIL))
    assert filled.content == b"username,points\nada,absent\nsoneil,87.5\n"
    assert filled.left == [LeftRow(2, "the cell of ada has “absent”, which is not a number")]


def test_points_have_at_most_two_decimals() -> None:
    filled = fill_gradebook(b"username,points\nada,\n", gradebook({**ADA, "points": 0.7000000000000001}))
    assert filled.content == b"username,points\nada,0.7\n"


def test_a_quotation_mark_without_an_end_is_refused() -> None:
    with pytest.raises(BadInputError) as raised:
        fill_gradebook(b'username,points\nada,1\n"bob,2\n', gradebook())
    assert str(raised.value) == "row 3: a quotation mark begins a cell and has no end"


def test_the_class_has_these_students() -> None:
    assert len(CLASS) == 6


def test_moodle_in_a_language_that_is_not_known() -> None:
    content = (
        "Identificatore,Nome,Email,Stato,Valutazione,Massimo,Modificabile,Ultima,Ultima2\n"
        '"Partecipante 100101","Ada",ada@example.edu,x,,"100,00",Sì,-,-\n'
        '"Partecipante 100102","Bob",bob.kahn@example.edu,x,,"100,00",No,-,-\n'
    )
    filled = fill_gradebook(content.encode(), gradebook())
    assert filled.content.decode() == content.replace(',x,,"100,00",Sì', ',x,"87,5","100,00",Sì')
    assert (filled.column, filled.left) == ("Valutazione", [LeftRow(3, "the grade of bob-kahn is locked")])


def test_a_moodle_worksheet_with_blind_marking_is_refused() -> None:
    content = b'Identifier,Status,Grade,"Maximum Grade","Grade can be changed"\n"Participant 1",x,,100.00,Yes\n'
    with pytest.raises(BadInputError) as raised:
        fill_gradebook(content, gradebook())
    assert str(raised.value) == (
        "the worksheet has no ID number and no e-mail address (blind marking), so no row can be matched"
    )


def test_canvas_with_split_names_and_all_ids() -> None:
    content = (
        "LastName,FirstName,ID,SIS User ID,SIS Login ID,Integration ID,Root Account,Section,Notes,Lab (7),Final Score\n"
        "    Points Possible,,,,,,,,(read only),100.00,(read only)\n"
        "Lovelace,Ada,1,0001234,ada,,school.example,A,ada,,\n"
        '"Student",Test,9,,8f0c1d2e3b4a,,,A,,,\n'
    )
    filled = fill_gradebook(content.encode(), gradebook())
    assert filled.content.decode() == content.replace(",A,ada,,", ",A,ada,87.5,")
    assert filled.column == "Lab (7)"


def test_the_test_student_and_rows_of_the_platform_itself_are_no_students() -> None:
    content = 'Student,ID,SIS Login ID,Section,Lab (7)\n    Points Possible,,,,100\n"Student, Test",9,8f0c,A,\n'
    assert fill_gradebook(content.encode(), gradebook()).left == []
    google = "Last Name,First Name,Email Address,Lab\nDate,,,\nPoints,,,9\nDate,Ann,ann@example.edu,\n"
    assert fill_gradebook(google.encode(), gradebook()).left == [
        LeftRow(4, "no student of the run has any of these: ann@example.edu")
    ]


def test_one_zero_byte_makes_no_utf_16() -> None:
    content = b"username,points\nada,\nb\x00b,\n"
    assert fill_gradebook(content, gradebook()).content == content.replace(b"ada,", b"ada,87.5")


def test_a_class_of_10_000_with_wide_rows_is_filled() -> None:
    students = [student(f"user{number}", f"{number:07}") for number in range(10_000)]
    lines = [f'"Name {number}",{number:07},user{number},{",".join("x" * 40)},' for number in range(10_000)]
    heading = ",".join(["Name", "Student ID", "Username", *(f"h{number}" for number in range(40)), "Lab"])
    content = "\r\n".join([heading, *lines]).encode()
    filled = fill_gradebook(content, gradebook(*students), "Lab")
    assert filled.filled == 10_000
    assert filled.content == content.replace(b",\r\n", b",87.5\r\n") + b"87.5"


@pytest.mark.parametrize(
    ("content", "points"),
    [
        ("Username,Lab [Total Pts: 12 Score] |1\nada,\n", "10.5"),
        ("OrgDefinedId,Lab Points Grade <Numeric MaxPoints:8 Weight:2>,End-of-Line Indicator\n#0001234,,#\n", "7"),
        ("Email,Lab,Lab - Max Points\nada@example.edu,,10.0\n", "8.75"),
        ("Identifier,Email,Grade,Maximum Grade\nParticipant 1,ada@example.edu,,10.00\n", "8.75"),
        ("Student,ID,SIS Login ID,Section,Lab (1)\n    Points Possible,,,,200.00\nA,1,ada,B,\n", "175"),
    ],
)
def test_points_are_scaled_if_the_teacher_asks(content: str, points: str) -> None:
    filled = fill_gradebook(content.encode(), gradebook(ADA), scale=True)
    row = read_csv(filled.content).rows[-1]
    assert points in [cell.text for cell in row.cells]
    assert (filled.filled, filled.notices) == (1, [])


def test_a_column_without_points_cannot_be_scaled() -> None:
    with pytest.raises(BadInputError) as raised:
        fill_gradebook(b"username,Lab\nada,\n", gradebook(ADA), scale=True)
    assert str(raised.value) == "the file does not say the points of the column “Lab”: omit --scale"
