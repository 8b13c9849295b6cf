"""From bytes to rows: encodings, separators, and files that are no text."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labgrader.rosters import Student
from tests.rosters.class_lists import problems, read

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "utf-16", "utf-32", "cp1252")

LATIN = st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f\xad", exclude_categories=["Cc"])


@settings(max_examples=60, deadline=None, database=None, derandomize=True)
@given(
    encoding=st.sampled_from(ENCODINGS),
    separator=st.sampled_from([",", ";", "\t"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    separator_line=st.booleans(),
    names=st.lists(st.text(LATIN, max_size=20), min_size=1, max_size=8),
)
def test_a_class_reads_back_the_same_in_any_encoding_with_any_separator(
    encoding: str, separator: str, quoting: int, line_end: str, separator_line: bool, names: list[str]
) -> None:
    students = [
        Student(f"user{number}", f"00{number}", name.strip(), f"u{number}@x.edu", "A")
        for number, name in enumerate(names)
    ]
    text = io.StringIO(newline="")
    if separator_line:
        text.write(f"sep={separator}{line_end}")
    writer = csv.writer(text, delimiter=separator, quoting=quoting, lineterminator=line_end)  # type: ignore[arg-type]
    writer.writerow(["student_id", "username", "name", "email", "section"])
    writer.writerows(
        [student.student_id, student.username, student.name, student.email, student.section] for student in students
    )
    found = read(text.getvalue().encode(encoding))
    assert problems(found) == []
    assert found.students == students


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("username\nuser1\n".encode("utf-8-sig"), "utf-8"),
        ("username\nuser1\n".encode("utf-16"), "utf-16-le"),
        (b"\xfe\xff" + "username\nuser1\n".encode("utf-16-be"), "utf-16-be"),
        ("username\nuser1\n".encode("utf-16-le"), "utf-16-le"),
        ("username\nuser1\n".encode("utf-16-be"), "utf-16-be"),
        ("username\nuser1\n".encode("utf-32"), "utf-32-le"),
        ('[{"username": "user1"}]'.encode("utf-16"), "utf-16-le"),
        (b"username\nuser1\n", "utf-8"),
    ],
)
def test_the_encoding_is_found_and_shown(content: bytes, encoding: str) -> None:
    found = read(content)
    assert (found.encoding, found.students) == (encoding, [Student("user1", "user1")])
    assert found.notices == []


def test_utf_16_without_a_mark_is_found_by_its_headings() -> None:
    text = "username,name\n" + "".join(f"u{number},張偉張偉張偉張偉張偉張偉張偉\n" for number in range(50))
    found = read(text.encode("utf-16-le"))
    assert (found.encoding, len(found.students), problems(found)) == ("utf-16-le", 50, [])


def test_names_that_depend_on_windows_1252_are_shown() -> None:
    found = read("username;name;section\nuser1;Jörg;Größe\nuser2;Ann;B\n".encode("cp1252"))
    assert found.encoding == "windows-1252"
    assert found.notices == ["the file is not UTF-8 and was read as Windows-1252; check: Jörg, Größe"]


def test_a_heading_alone_in_windows_1252_changes_no_student() -> None:
    found = read("Student Number;Email;Größe\n12;a@x.edu;1\n".encode("cp1252"), "email")
    assert found.notices[1] == "the file is not UTF-8 and was read as Windows-1252; no student depends on it"


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\nusername;name\nuser1;Ada\n",
        '"sep=;"\r\nusername;name\r\nuser1;Ada\r\n',
        "SEP=|\nusername|name\nuser1|Ada\n",
        "\nsep=;\nusername;name\nuser1;Ada\n",
    ],
)
def test_a_line_that_names_the_separator_is_skipped_and_counted(text: str) -> None:
    found = read(text + "../x;;\n")
    line = 2 if text.startswith("\n") else 1
    assert found.students[0] == Student("user1", "user1", "Ada")
    assert found.notices == [f"line {line}, which names the separator, was skipped"]
    assert problems(found)[0].startswith(f"class.csv:{line + 3}: ")


@pytest.mark.parametrize("end", ["\x1a", "\x1a\r\n", "\n\x1a\x1a"])
def test_ctrl_z_at_the_end_is_skipped_with_one_line(end: str) -> None:
    found = read(f"username\nuser1{end}")
    assert found.students == [Student("user1", "user1")]
    assert found.notices == ["the Ctrl-Z at the end of the file was skipped"]


def test_empty_rows_and_unnamed_empty_columns_are_nothing() -> None:
    found = read(",,,\nusername,,name,,\n , ,\nuser1,,Ada,,,,\nuser2,,Bob\n\n,,,,,,,\n")
    assert [student.name for student in found.students] == ["Ada", "Bob"]
    assert (found.notices, problems(found)) == ([], [])


def test_an_unnamed_column_with_text_is_a_problem() -> None:
    assert problems(read("username,\nuser1,Ada\n")) == [
        "class.csv:1: a column without a name; the columns are: student_id, username, name, email, section, "
        "account_id, region, role_arn, external_id"
    ]


def test_titles_above_the_headings_are_skipped() -> None:
    found = read("Cloud Computing\nSpring\n\nusername;name\nuser1;Ada\n")
    assert found.students == [Student("user1", "user1", "Ada")]
    assert found.notices == ["skipped, above the headings: row 1, 2"]


@pytest.mark.parametrize(
    ("row", "skipped"),
    [
        ("Total,,", "3 (Total)"),
        ("Total:,24,", "3 (Total:)"),
        ("Total (24),,", "3 (Total (24))"),
        ("Summe,,", "3 (Summe)"),
        (",Moyenne,", "3 (Moyenne)"),
        ("Promedio,,87.5", "3 (Promedio)"),
    ],
)
def test_a_total_row_is_skipped_with_one_line(row: str, skipped: str) -> None:
    text = f"student_id,name,section\ns-1,Ada,A\n{row}\n"
    found = read(text, "student_id")
    assert [student.name for student in found.students] == ["Ada"]
    assert found.notices[0] == f"skipped, not a student: row {skipped}"


def test_a_student_with_the_name_of_a_total_stays() -> None:
    found = read("username,name,email\ntotal,,\nuser1,Total,\nuser2,Total,t@x.edu\n")
    assert [student.username for student in found.students] == ["total", "user1", "user2"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.7\n", "this is a PDF document; export the class list as CSV"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            "this is an old Excel workbook (.xls), or a workbook with a password; save it as .xlsx or as CSV UTF-8, "
            "without a password",
        ),
        (b"{\\rtf1", "this is an RTF document; export the class list as CSV"),
        (b"\x1f\x8b\x08", "this is a gzip archive; unpack it first"),
        (b"\x89PNG\r\n", "this is an image; export the class list as CSV"),
        (b"\xff\xd8\xff\xe0", "this is an image; export the class list as CSV"),
        (b"PK\x05\x06" + bytes(18), "this is an empty ZIP archive; export the class list again"),
        (
            b"PK\x03\x04 and no more",
            "this workbook is damaged, or not of Excel; open it and save it again as .xlsx, or as CSV UTF-8",
        ),
        (b"username\0\nuser1\n", "not text: byte 8 is NUL; export the class list again, as CSV UTF-8"),
        (b"username\n\x81\xff\n", "not UTF-8 text (byte 9), and not Windows-1252; save it as CSV UTF-8"),
        (b"\xff\xfeu\x00s", "not UTF-16 text (byte 2 after the byte-order mark)"),
        (
            b"<!DOCTYPE html><html><body>Sign in</body></html>",
            "this is a web page without a table, perhaps a sign-in page; download the class list again",
        ),
        (
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
            "this is an XML spreadsheet of Excel 2003; save it as .xlsx or as CSV UTF-8",
        ),
        (b"<list/>", "this is XML; export the class list as CSV"),
        (b"x" * 20_000_001, "has 20.0 MB; a class list has at most 20 MB"),
        (b"", "the roster is empty; write the column names in the first row"),
    ],
)
def test_a_file_that_is_no_class_list_is_named_for_what_it_is(content: bytes, said: str) -> None:
    found = read(content, source="class.xls")
    assert problems(found) == [f"class.xls: {said}"]
    assert (found.format, found.students) == ("", [])
