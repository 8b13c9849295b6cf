"""Titles of labs as headings of gradebooks: which ones a learning platform drops or reads as an id."""

from __future__ import annotations

import re

DROPPED_BY_CANVAS = re.compile(r"(?:current|final|override)\s+(?:score|points|grade)", re.IGNORECASE)
"""Canvas ignores a column with this in its heading (``lib/gradebook_importer.rb``)."""

_CANVAS_ID = re.compile(r"\(\s*[0-9]+\s*\)\s*$")
"""Canvas reads the number at the end as the id of an assignment."""

_BLACKBOARD_ID = re.compile(r"\|\s*[0-9]+\s*$")
"""Blackboard reads the number at the end as the id of a column."""


def heading_problem(title: str) -> str:
    """Return why a title cannot be the heading of a grade column, or an empty string.

    Args:
        title: the title of a lab.
    """
    dropped = DROPPED_BY_CANVAS.search(title)
    if dropped:
        return f"Canvas drops a grade column with “{dropped[0]}” in its heading: change the title"
    if number := _CANVAS_ID.search(title):
        return f"Canvas reads “{number[0].strip()}” at the end of a heading as an id: change the end of the title"
    if number := _BLACKBOARD_ID.search(title):
        return f"Blackboard reads “{number[0].strip()}” at the end of a heading as an id: change the end of the title"
    return ""
