"""What a spreadsheet does to ids: rounded numbers, dates, lost zeros, error values."""

from __future__ import annotations

import re

ROUNDED = re.compile(r"[0-9]+(?:[.,][0-9]+)?E\+[0-9]+", re.IGNORECASE)
"""A long number as Excel shows it: ``1.23457E+11``."""

_MONTHS = (
    "jan|janv|ene|feb|fev|fevr|mar|mars|mrz|maer|maerz|apr|avr|abr|may|mai|jun|juin|jul|juil|aug|aout|ago|"
    "sep|sept|oct|okt|nov|dec|dez|dic"
)
_DATE = re.compile(rf"(?:[0-9]{{1,2}}[-. ]+(?:{_MONTHS})\.?(?:[-. ]+[0-9]{{2,4}})?|(?:{_MONTHS})\.?[-. ][0-9]{{1,4}})")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T.*)?")
_ERROR = re.compile(r"#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|#+)")
_FORMULA_TEXT = re.compile(r'="([^"]*)"')

ACCOUNT_DIGITS = 12
"""Digits of an AWS account ID."""


def unwrapped(value: str) -> str:
    """Return the text of a formula that exports write to keep leading zeros: ``0001`` of ``="0001"``."""
    found = _FORMULA_TEXT.fullmatch(value.strip())
    return found[1] if found else value


def damage(value: str, *, workbook: bool = False) -> str:
    """Return what a spreadsheet has done to an id, and what to do; empty if nothing.

    Args:
        value: the cell.
        workbook: whether it is a cell of a workbook: a date in ISO 8601 is the value of a date there.
    """
    if ROUNDED.fullmatch(value):
        return (
            "is a number that Excel has rounded: its last digits are lost; format the column as text and enter it again"
        )
    if _DATE.fullmatch(_plain(value)) or (workbook and _ISO_DATE.fullmatch(value)):
        return "is a date that Excel has made of an id; format the column as text and enter it again"
    if _ERROR.fullmatch(value):
        return "is an error value of a spreadsheet, and no id; correct the cell"
    return ""


def lost_zeros(value: str) -> str:
    """Return an account ID with the leading zeros that a spreadsheet has dropped; empty if that is not what it is."""
    digits = value.isascii() and value.isdigit()
    return value.zfill(ACCOUNT_DIGITS) if digits and ACCOUNT_DIGITS - 4 <= len(value) < ACCOUNT_DIGITS else ""


def _plain(value: str) -> str:
    folded = value.casefold()
    for accented, plain in (("ä", "ae"), ("é", "e"), ("û", "u")):
        folded = folded.replace(accented, plain)
    return folded
