"""Files with damaged bytes: each is read, or ends in a problem. None ends in another error."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rosters.class_lists import read

SAMPLES = [file.read_bytes() for file in sorted((Path(__file__).parent / "samples").iterdir()) if file.name[0] != "."]
BEGINNINGS = [
    b"",
    b"PK\x03\x04",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"<table>",
    b"[{",
    b"sep=",
    b"username,name\n",
    b"ID,Grade\n",
]

bounded = settings(max_examples=150, deadline=None, database=None, derandomize=True)


def workbook_parts() -> dict[str, bytes]:
    book = openpyxl.Workbook()
    for number in range(5):
        book.active.append(["username", "student_id"] if number == 0 else [f"user{number}", number])
    file = io.BytesIO()
    book.save(file)
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


PARTS = workbook_parts()


def damaged(content: bytes, changes: list[tuple[int, int]]) -> bytes:
    """Return content with other bytes at some places."""
    changed = bytearray(content)
    for place, byte in changes:
        changed[place % len(changed)] = byte
    return bytes(changed)


CHANGES = st.lists(st.tuples(st.integers(0, 100_000), st.integers(0, 255)), min_size=1, max_size=6)


@bounded
@given(st.sampled_from(BEGINNINGS), st.binary(max_size=300), st.sampled_from(["", "login", "email", "student_id"]))
def test_any_bytes_are_read_or_end_in_a_problem(beginning: bytes, content: bytes, source: str) -> None:
    found = read(beginning + content, source, accounts=content)
    assert found.students or found.problems


@bounded
@given(st.sampled_from(SAMPLES), CHANGES, st.sampled_from(["", "login", "email"]))
def test_a_damaged_sample_is_read_or_ends_in_a_problem(
    content: bytes, changes: list[tuple[int, int]], source: str
) -> None:
    found = read(damaged(content, changes), source)
    assert found.students or found.problems


@bounded
@given(st.sampled_from(sorted(PARTS)), CHANGES)
def test_a_workbook_with_a_damaged_part_is_read_or_ends_in_a_problem(name: str, changes: list[tuple[int, int]]) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for part, content in PARTS.items():
            archive.writestr(part, damaged(content, changes) if part == name else content)
    found = read(file.getvalue())
    assert found.students or found.problems


@bounded
@given(CHANGES)
def test_a_damaged_archive_is_read_or_ends_in_a_problem(changes: list[tuple[int, int]]) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in PARTS.items():
            archive.writestr(part, content)
    found = read(damaged(file.getvalue(), changes))
    assert found.students or found.problems
