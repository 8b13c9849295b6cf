"""Markdown pages of the repository, as the documentation tests read them."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

_CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def broken_links(page: Path) -> list[str]:
    """Return the relative links of a page that lead to no file or to no heading.

    Args:
        page: the Markdown file.
    """
    return [link for link in _LINK.findall(_CODE.sub("", page.read_text("utf-8"))) if not _resolves(page, link)]


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    headings = _HEADING.findall(re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def table_rows(text: str, heading: str) -> list[list[str]]:
    """Return the cells of each row of the first table after a line.

    Args:
        text: the page.
        heading: the line that the section begins with, with its number signs.
    """
    _, found, section = text.partition(f"\n{heading}\n")
    assert found, heading
    lines = [line for line in section.split("\n#")[0].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def _resolves(page: Path, link: str) -> bool:
    if re.match(r"[a-z]+:", link):
        return True
    path, _, anchor = unquote(link).partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists():
        return False
    return not anchor or anchor in anchors(target.read_text("utf-8"))
