"""An Excel workbook (``.xlsx``): the values of one worksheet, within bounds."""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.etree.ElementTree import ParseError

from labgrader.rosters.file_kinds import other_archive
from labgrader.rosters.table import MAX_ROWS, Row, Table, UnreadableFileError, is_blank

MAX_UNPACKED = 50_000_000
"""Bytes of an unpacked workbook. 10,000 students with nine columns have 5 MB."""

MAX_FILES = 2_000
"""Files in a workbook."""

MAX_SHEETS = 20
"""Worksheets that are looked at for a class list."""

MAX_SHEET_COLUMNS = 300
"""Columns of a worksheet that are read. The identity columns of all platforms come first."""

MAX_DIGITS = 15
"""Digits that Excel keeps of a number (Microsoft, "Excel specifications and limits")."""

_DAMAGED = "this workbook is damaged, or not of Excel; open it and save it again as .xlsx, or as CSV UTF-8"

_FAULTS = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    ParseError,
    ValueError,  # a value of another type than stated; DefusedXmlException is one
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
)
"""What the library raises when it reads a workbook that does not keep to the format."""


def read_workbook(content: bytes, has_headings: Callable[[Sequence[Row]], bool]) -> Table:
    """Read the worksheet with a class list; the first one with any text if none has known headings.

    Args:
        content: the file.
        has_headings: whether rows begin with the headings of a class list.

    Raises:
        UnreadableFileError: it is no workbook, or larger than a class list can be.
    """
    _check_archive(content)
    try:
        return _read(content, has_headings)
    except _FAULTS:
        raise UnreadableFileError(_DAMAGED) from None


def _read(content: bytes, has_headings: Callable[[Sequence[Row]], bool]) -> Table:
    import openpyxl  # imported here: it takes 100 ms, and only readers of workbooks need it

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and extensions, which no value depends on
        workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        visible = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"][:MAX_SHEETS]
        filled: list[tuple[str, list[Row]]] = []
        for sheet in visible:
            rows = _rows(sheet)
            if rows and has_headings(rows):
                filled = [(sheet.title, rows)]
                break
            if rows:
                filled.append((sheet.title, rows))
    if not filled:
        return Table([], "xlsx")
    title, rows = filled[0]
    notices = [] if len(visible) == 1 else [f"the worksheet {title} is read, and no other one"]
    return Table(rows, "xlsx", notices)


def _rows(sheet: Any) -> list[Row]:
    # The bounds are given because the size that the file states can be wrong: one cell may be in the last row of Excel.
    values = sheet.iter_rows(values_only=True, max_row=MAX_ROWS, max_col=MAX_SHEET_COLUMNS)
    texts = ((number, _texts(row)) for number, row in enumerate(values, start=1))
    return [Row(number, cells) for number, cells in texts if not is_blank(cells)]


def _texts(values: Sequence[Any]) -> list[str]:
    """Return the text of the cells of a row, without the empty ones at its end."""
    last = len(values)
    while last and values[last - 1] is None:
        last -= 1
    return [_text(value) for value in values[:last]]


def _text(value: Any) -> str:
    """Return a value as a person would type it. A number that Excel has rounded is written as Excel shows it."""
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float() if abs(value) >= 10**MAX_DIGITS:
            return f"{value:.5E}"
        case float() if value.is_integer():
            return str(int(value))
        case datetime() if value.time() == time.min:
            return value.date().isoformat()
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
        case _:
            return str(value)


def _check_archive(content: bytes) -> None:
    """Refuse an archive that is no workbook, too large when unpacked, or has XML entities.

    ``zipfile`` unpacks no more of a file than the archive states, so the stated sizes are a bound.

    Raises:
        UnreadableFileError: it is one of these.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if not any(entry.filename.startswith("xl/worksheets/") for entry in entries):
                raise UnreadableFileError(other_archive([entry.filename for entry in entries]))
            if any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries):
                raise UnreadableFileError(_DAMAGED)
            if any(entry.flag_bits & 1 for entry in entries):
                raise UnreadableFileError("this workbook has a password; save it without one")
            unpacked = sum(entry.file_size for entry in entries)
            if unpacked > MAX_UNPACKED or len(entries) > MAX_FILES:
                limit = f"{MAX_UNPACKED // 1_000_000} MB in {MAX_FILES:,} files"
                raise UnreadableFileError(f"this workbook is larger than {limit} when it is unpacked")
            if any(_has_entities(archive, entry) for entry in entries):
                raise UnreadableFileError("this workbook has XML entities, which Excel never writes")
    except _FAULTS:
        raise UnreadableFileError(_DAMAGED) from None


def _has_entities(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    """Return whether a file of the archive declares a document type: entities are declared in one."""
    before = b""
    with archive.open(entry) as file:
        while chunk := file.read(1 << 20):
            text = before + chunk.replace(b"\0", b"")  # in UTF-16, every other byte is NUL
            if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
                return True
            before = text[-16:]
    return False
