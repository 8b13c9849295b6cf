"""Workbooks and HTML tables, and what is no workbook or too large for one."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest

from labgrader.rosters import Student
from labgrader.rosters.workbook import MAX_FILES, MAX_UNPACKED
from tests.rosters.class_lists import problems, read

DAMAGED = "this workbook is damaged, or not of Excel; open it and save it again as .xlsx, or as CSV UTF-8"


def workbook(*sheets: list[list[Any]], hidden: int | None = None) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"Sheet {number}")
        sheet.sheet_state = "hidden" if number == hidden else "visible"
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def archive(files: dict[str, bytes], base: bytes = b"") -> bytes:
    """Return a ZIP archive, or a workbook with other files in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        if base:
            with zipfile.ZipFile(io.BytesIO(base)) as before:
                for entry in before.infolist():
                    if entry.filename not in files:
                        made.writestr(entry.filename, before.read(entry))
        for name, content in files.items():
            made.writestr(name, content)
    return file.getvalue()


PLAIN: list[list[Any]] = [["student_id", "username", "name"], ["0012", "user1", "Jörg"], [13, "user2", None]]


def test_a_workbook_gives_the_values_of_its_cells() -> None:
    found = read(workbook(PLAIN), source="class.xlsx")
    assert (found.format, found.encoding, problems(found)) == ("labgrader", "xlsx", [])
    assert found.students == [Student("user1", "0012", "Jörg"), Student("user2", "13")]


@pytest.mark.parametrize(
    ("value", "student_id"),
    [
        (7, "7"),
        (7.0, "7"),
        (12345678901, "12345678901"),
        (999_999_999_999_999, "999999999999999"),
        (1.5, "1.5"),
        (True, "TRUE"),
    ],
)
def test_a_number_is_written_as_a_person_types_it(value: Any, student_id: str) -> None:
    found = read(workbook([["username", "student_id"], ["user1", value]]))
    assert (found.students[0].student_id, problems(found)) == (student_id, [])


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (
            1_234_567_890_123_456,
            "1.23457E+15 is a number that Excel has rounded: its last digits are lost; "
            "format the column as text and enter it again",
        ),
        (
            date(2026, 3, 1),
            "2026-03-01 is a date that Excel has made of an id; format the column as text and enter it again",
        ),
        (
            datetime(2026, 3, 1, 10, 30),  # noqa: DTZ001  a workbook has no time zones
            "2026-03-01T10:30:00 is a date that Excel has made of an id; format the column as text and enter it again",
        ),
        ("#N/A", "#N/A is an error value of a spreadsheet, and no id; correct the cell"),
    ],
)
def test_a_damaged_id_in_a_workbook_is_named(value: Any, said: str) -> None:
    found = read(workbook([["username", "student_id"], ["user1", value]]), source="class.xlsx")
    assert problems(found) == [f"class.xlsx:2: student_id: {said}"]


def test_the_sheet_with_headings_is_read_and_hidden_ones_are_not() -> None:
    notes: list[list[Any]] = [["Notes"], ["of the teacher"]]
    found = read(workbook(notes, [["username"], ["hidden"]], [["Class list"], [], ["username"], ["user1"]], hidden=1))
    assert found.students == [Student("user1", "user1")]
    assert found.notices == ["the worksheet Sheet 2 is read, and no other one", "skipped, above the headings: row 1"]


def test_a_username_that_is_taken_names_the_row_of_a_workbook() -> None:
    found = read(workbook([["username"], ["user1"], ["User1"], ["user1"]]), source="class.xlsx")
    assert problems(found) == [
        "class.xlsx:3: username: User1 is the same username as user1 on row 2 (upper and lower case are the same)",
        "class.xlsx:4: username: user1 is already on row 2",
    ]


def test_an_empty_workbook_is_refused() -> None:
    assert problems(read(workbook([]), source="class.xlsx")) == [
        "class.xlsx: the roster is empty; write the column names in the first row"
    ]


def test_a_cell_in_the_last_corner_of_a_sheet_costs_nothing() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["username"])
    sheet.append(["user1"])
    sheet.cell(1_048_576, 16_384, "far away")
    file = io.BytesIO()
    book.save(file)
    assert read(file.getvalue()).students == [Student("user1", "user1")]


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = archive({"xl/media/image1.png": bytes(MAX_UNPACKED)}, workbook(PLAIN))
    assert len(bomb) < 100_000
    assert problems(read(bomb, source="class.xlsx")) == [
        "class.xlsx: this workbook is larger than 50 MB in 2,000 files when it is unpacked"
    ]


def test_too_many_files_are_refused() -> None:
    many = archive({f"xl/media/{number}": b"" for number in range(MAX_FILES)}, workbook(PLAIN))
    assert problems(read(many, source="class.xlsx")) == [
        "class.xlsx: this workbook is larger than 50 MB in 2,000 files when it is unpacked"
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_xml_entities_are_refused(encoding: str) -> None:
    lines = ['<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaa">']
    lines += [f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)]
    laughs = "\n".join([*lines, "]><sst>&i;</sst>"]).encode(encoding)
    assert problems(read(archive({"xl/sharedStrings.xml": laughs}, workbook(PLAIN)), source="class.xlsx")) == [
        "class.xlsx: this workbook has XML entities, which Excel never writes"
    ]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"word/document.xml": b""}, "this is a Word document; export the class list as CSV"),
        ({"ppt/slide.xml": b""}, "this is a PowerPoint document; export the class list as CSV"),
        ({"content.xml": b""}, "this is an OpenDocument spreadsheet (.ods); save it as .xlsx or as CSV UTF-8"),
        ({"Index/Document.iwa": b""}, "this is a Numbers document; save it as .xlsx or as CSV UTF-8"),
        ({"xl/workbook.bin": b""}, "this is a binary Excel workbook (.xlsb); save it as .xlsx or as CSV UTF-8"),
        ({"class.csv": b"username\nuser1\n"}, "this is a ZIP archive; unpack it first"),
        ({"xl/worksheets/sheet1.xml": b"<broken"}, DAMAGED),
    ],
)
def test_another_archive_is_named(files: dict[str, bytes], said: str) -> None:
    assert problems(read(archive(files), source="class.xlsx")) == [f"class.xlsx: {said}"]


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml"])
def test_a_workbook_with_a_broken_part_is_damaged(part: str) -> None:
    broken = archive({part: b"<a><b></a>"}, workbook(PLAIN))
    assert problems(read(broken, source="class.xlsx")) == [f"class.xlsx: {DAMAGED}"]


def test_a_truncated_workbook_is_damaged() -> None:
    content = workbook(PLAIN)
    assert problems(read(content[: len(content) // 2], source="class.xlsx")) == [f"class.xlsx: {DAMAGED}"]


# --- HTML ------------------------------------------------------------------------------------------------------------


def test_the_table_with_headings_is_read_with_text_as_a_browser_shows_it() -> None:
    page = (
        "<table><tr><td>Menu</table>"
        "<table><tr><th colspan=2>Class <b>A</b><th>x</tr>"
        "<tr><td>ID<td>Name<td>Email<td>Units"
        "<tr><td>0012<td>Lovelace,<br>Ada &amp; Co<script>evil()</script><td> ada@x.edu <td>3</table>"
    )
    found = read(page, "student_id", source="ps.xls")
    assert found.students == [Student("0012", "0012", "Lovelace, Ada & Co", "ada@x.edu")]
    assert found.notices[0] == "skipped, above the headings: row 1"


def test_a_table_in_a_cell_is_a_table_of_its_own() -> None:
    page = "<html><table><tr><td><table><tr><td>username</td></tr><tr><td>user1</td></tr></table></td></tr></table>"
    assert read(page).students == [Student("user1", "user1")]


def test_an_html_table_in_utf_16_is_read() -> None:
    page = "<table><tr><td>username<td>name<tr><td>user1<td>Jörg</table>"
    assert read(page.encode("utf-16")).students == [Student("user1", "user1", "Jörg")]


@pytest.mark.parametrize(
    "page",
    ["<table><tr><td colspan=999999999>x", "<table>" * 20_000, "<table><tr>" + "<td>" * 200_000, "<" * 200_000],
)
def test_a_hostile_page_ends_in_a_problem(page: str) -> None:
    assert len(problems(read(page))) >= 1


def test_the_library_of_workbooks_is_imported_for_a_workbook_only() -> None:
    code = (
        "import sys; from labgrader.rosters.reader import read_roster; "
        "read_roster(b'username\\nuser1\\n', 'class.csv'); "
        "print('openpyxl' in sys.modules, 'html.parser' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "False False\n"
