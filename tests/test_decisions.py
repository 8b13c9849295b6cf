"""The pages in `docs/decisions/` have one form, and `DECISIONS.md` is their index."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from cli.project import ROOT
from tests.markdown_pages import broken_links, table_rows

INDEX = ROOT / "DECISIONS.md"
PAGES = sorted((ROOT / "docs" / "decisions").iterdir())
NUMBERS = [f"{number:04}" for number in range(1, len(PAGES) + 1)]

MAX_WORDS = 500
"""Words of a decision: a printed page."""

PAGE = re.compile(
    r"# (?P<number>[0-9]{4})\. (?P<title>[^\n]+)\n\n"
    r"- Date: (?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})\n"
    r"- Status: (?P<status>[^\n]+)\n\n"
    r"## Context\n(?P<context>.+?)\n\n"
    r"## Decision\n(?P<decision>.+?)\n\n"
    r"## Consequences\n(?P<consequences>.+)\n",
    re.DOTALL,
)
STATUS = re.compile(
    r"Proposed|Accepted|(?:Superseded|Accepted, in part superseded) by \[(?P<number>[0-9]{4})\]\((?P<file>[^)]+)\)"
)


@dataclass(frozen=True)
class Decision:
    """A decision, as its page states it."""

    number: str
    title: str
    date: str
    status: str


def file_name(number: str, title: str) -> str:
    """Return the name that a decision's file must have."""
    words = re.sub(r"[^a-z0-9]+", "-", title.lower().replace("'", "")).strip("-")
    return f"{number}-{words}.md"


def read_decision(name: str, text: str) -> Decision:
    """Return what a page states.

    Args:
        name: the name of its file.
        text: the page.

    Raises:
        ValueError: the page does not have the form of a decision.
    """
    found = PAGE.fullmatch(text)
    if found is None or re.findall(r"^## .+$", text, re.MULTILINE) != ["## Context", "## Decision", "## Consequences"]:
        raise ValueError(f"{name}: the heading, date, status or one of the three sections is missing or misplaced")
    if name != (expected := file_name(found["number"], found["title"])):
        raise ValueError(f"{name}: the file of this heading is {expected}")
    date.fromisoformat(found["date"])
    if STATUS.fullmatch(found["status"]) is None:
        raise ValueError(f"{name}: {found['status']!r} is no status")
    if len(text.split()) > MAX_WORDS:
        raise ValueError(f"{name}: more than {MAX_WORDS} words")
    return Decision(found["number"], found["title"], found["date"], found["status"])


DECISIONS = [read_decision(page.name, page.read_text("utf-8")) for page in PAGES]


def test_the_numbers_have_no_gap() -> None:
    assert [decision.number for decision in DECISIONS] == NUMBERS


def test_the_index_has_a_row_for_each_page() -> None:
    rows = table_rows(INDEX.read_text("utf-8"), "## Index")
    expected = [
        [
            f"[{decision.number}](docs/decisions/{page.name})",
            decision.title,
            decision.date,
            decision.status.replace("](", "](docs/decisions/"),
        ]
        for page, decision in zip(PAGES, DECISIONS, strict=True)
    ]
    assert rows == expected


def test_the_dates_are_in_order() -> None:
    dates = [decision.date for decision in DECISIONS]
    assert dates == sorted(dates)


@pytest.mark.parametrize("page", [INDEX, *PAGES], ids=lambda page: page.name)
def test_every_link_resolves(page: Path) -> None:
    assert broken_links(page) == []


def test_a_later_decision_that_supersedes_another_links_to_it() -> None:
    superseded = {}
    for page, decision in zip(PAGES, DECISIONS, strict=True):
        found = STATUS.fullmatch(decision.status)
        if found is not None and found["number"]:
            assert found["number"] > decision.number
            assert found["file"].startswith(f"{found['number']}-")
            assert f"]({page.name})" in (page.parent / found["file"]).read_text("utf-8")
            superseded[decision.number] = found["number"]
    assert superseded.items() >= {"0012": "0048", "0023": "0047"}.items()


GOOD = """# 0007. Teachers' lists are read once

- Date: 2026-11-30
- Status: Accepted

## Context
Why.

## Decision
What.

## Consequences
- Then.
"""
NAME = "0007-teachers-lists-are-read-once.md"


def test_a_page_of_the_right_form_is_read() -> None:
    assert read_decision(NAME, GOOD) == Decision("0007", "Teachers' lists are read once", "2026-11-30", "Accepted")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("- Date: 2026-11-30\n", "", "is missing or misplaced"),
        ("2026-11-30", "2026-11-31", "day"),
        ("## Context\nWhy.\n\n", "", "is missing or misplaced"),
        ("## Decision\nWhat.\n\n", "", "is missing or misplaced"),
        ("## Consequences\n- Then.\n", "", "is missing or misplaced"),
        ("## Consequences\n", "## More\n\n## Consequences\n", "is missing or misplaced"),
        ("Accepted", "Agreed", "'Agreed' is no status"),
        ("# 0007. Teachers'", "# 0007. Students'", "the file of this heading is 0007-students-lists-are-read-once.md"),
        ("What.", "word " * MAX_WORDS, "more than 500 words"),
    ],
)
def test_a_page_of_another_form_is_refused(old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(ValueError, match=re.escape(message)):
        read_decision(NAME, GOOD.replace(old, new))


def test_the_longest_page_has_500_words() -> None:
    longest = GOOD.replace("What.", "word " * (MAX_WORDS - len(GOOD.split()) + 1))
    assert len(longest.split()) == MAX_WORDS
    assert read_decision(NAME, longest).number == "0007"
