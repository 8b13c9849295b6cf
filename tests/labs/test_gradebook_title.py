"""Titles of labs as headings of gradebooks."""

from __future__ import annotations

import pytest

from labgrader.labs.gradebook_title import heading_problem


@pytest.mark.parametrize(
    ("title", "begins"),
    [
        ("Current Score", "Canvas drops a grade column with “Current Score”"),
        ("My FINAL POINTS", "Canvas drops a grade column with “FINAL POINTS”"),
        ("Override Grades", "Canvas drops a grade column with “Override Grade”"),
        ("Lab (4711)", "Canvas reads “(4711)” at the end"),
        ("Lab |4711", "Blackboard reads “|4711” at the end"),
        ("Lab (2024): Lambda", ""),
        ("Lab (part 2)", ""),
        ("Final lab", ""),
        ("Final: Score", ""),
        ("Scores of the final", ""),
        ("Lab 5 | Lambda", ""),
    ],
)
def test_titles_that_platforms_drop_or_read_as_an_id_are_named(title: str, begins: str) -> None:
    message = heading_problem(title)
    assert message.startswith(begins)
    assert bool(message) is bool(begins)
