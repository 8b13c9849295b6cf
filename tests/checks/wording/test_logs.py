"""Lines of a log that the function wrote."""

from __future__ import annotations

import pytest

from checks.cloudwatch._logs import own_lines
from tests.checks.cloudwatch.samples import END, ENTRY, PREFIX, START


@pytest.mark.parametrize(
    ("log", "structured", "plain"),
    [
        ("", [], []),
        (START + END, [], []),
        (f"INIT_START Runtime Version: python:3.12\n{START}{PREFIX}{ENTRY}\n\n{END}XRAY TraceId: 1\n", [ENTRY], []),
        (f"{ENTRY}\n{ENTRY}\n", [ENTRY, ENTRY], []),
        ('{\n  "level": "INFO",\n  "deep": {"a": "}"}\n}\nplain\n', ["{"], ["plain"]),
        ('{"time": "now", "type": "platform.start", "record": {}}\n' + ENTRY, [ENTRY], []),
        (f"Event: {ENTRY}", [], [f"Event: {ENTRY}"]),
        (f"{ENTRY} and more", [], [f"{ENTRY} and more"]),
        ("[1, 2]\n12\n", [], ["[1, 2]", "12"]),
        ('{"broken": \n', [], ['{"broken": ']),
        ("{" * 3000, [], ["{" * 3000]),
        ('{"a": ' * 3000, [], ['{"a": ' * 3000][:0]),  # a tail of 18,000 characters may begin inside a line
        (f"{PREFIX}Processing\n", [], ["Processing"]),
        ("x" * 4000 + f"\n{ENTRY}\n", [ENTRY], []),
        ("x" * 3900 + f"\n{ENTRY}\n", [ENTRY], ["x" * 3900]),
    ],
)
def test_separates_json_lines_from_plain_lines(log: str, structured: list[str], plain: list[str]) -> None:
    assert own_lines(log) == (structured, plain)
