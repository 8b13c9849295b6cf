"""Name the kind of a file that is neither text nor a workbook, by its first bytes."""

from __future__ import annotations

import re

ZIP = b"PK\x03\x04"
"""How a ZIP archive begins; an Excel workbook is one."""

_SAVE = "save it as .xlsx or as CSV UTF-8"

_BINARY = (
    (b"\xd0\xcf\x11\xe0", f"an old Excel workbook (.xls), or a workbook with a password; {_SAVE}, without a password"),
    (b"%PDF", "a PDF document; export the class list as CSV"),
    (b"{\\rtf", "an RTF document; export the class list as CSV"),
    (b"\x1f\x8b", "a gzip archive; unpack it first"),
    (b"\x89PNG", "an image; export the class list as CSV"),
    (b"\xff\xd8\xff", "an image; export the class list as CSV"),
    (b"PK\x05\x06", "an empty ZIP archive; export the class list again"),
)

_ARCHIVES = (
    ("xl/workbook.bin", f"a binary Excel workbook (.xlsb); {_SAVE}"),
    ("word/", "a Word document; export the class list as CSV"),
    ("ppt/", "a PowerPoint document; export the class list as CSV"),
    ("Index/", f"a Numbers document; {_SAVE}"),
    ("content.xml", f"an OpenDocument spreadsheet (.ods); {_SAVE}"),
)


def other_kind(content: bytes) -> str:
    """Return what a binary file is, and what to do with it; empty if it may be text or a workbook."""
    return next((f"this is {what}" for mark, what in _BINARY if content.startswith(mark)), "")


def other_archive(names: list[str]) -> str:
    """Return what a ZIP archive with these names is, if it is no Excel workbook."""
    for beginning, what in _ARCHIVES:
        if any(name.startswith(beginning) for name in names):
            return f"this is {what}"
    return "this is a ZIP archive; unpack it first"


def is_markup(text: str) -> bool:
    """Return whether text is HTML or XML: no heading of a class list begins with ``<``."""
    return text.lstrip("\ufeff \t\r\n").startswith("<")


def other_markup(text: str) -> str:
    """Return what HTML or XML without a table is, and what to do with it."""
    if re.search(r"urn:schemas-microsoft-com:office:spreadsheet", text[:4_000], re.IGNORECASE):
        return f"this is an XML spreadsheet of Excel 2003; {_SAVE}"
    if re.search(r"<html|<!doctype html|<head|<body", text[:4_000], re.IGNORECASE):
        return "this is a web page without a table, perhaps a sign-in page; download the class list again"
    return "this is XML; export the class list as CSV"
