"""The helpers that find broken links in Markdown pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.markdown_pages import anchors, broken_links, table_rows


@pytest.mark.parametrize(
    ("link", "broken"),
    [
        ("other.md", False),
        ("missing.md", True),
        ("other.md#a-heading-with-code", False),
        ("other.md#no-heading", True),
        ("#this-page", False),
        ("#other-page", True),
        ("https://example.com/missing", False),
    ],
)
def test_a_link_is_broken_when_its_file_or_heading_is_missing(tmp_path: Path, link: str, broken: bool) -> None:
    (tmp_path / "other.md").write_text("# A heading, with `code`\n")
    page = tmp_path / "page.md"
    page.write_text(f"# This page\n[text]({link})\n")
    assert broken_links(page) == ([link] if broken else [])


def test_links_in_code_are_not_links(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("`[a](missing.md)`\n```\n[b](missing.md)\n```\n")
    assert broken_links(page) == []


def test_comments_in_code_are_not_headings() -> None:
    assert anchors("# Heading\n```\n# comment\n```\n") == {"heading"}


def test_table_rows_are_those_of_the_section() -> None:
    text = "# Page\n## First\n| a | b |\n| --- | --- |\n| 1 | `2` |\n## Second\n| c |\n| --- |\n| 3 |\n"
    assert table_rows(text, "## First") == [["1", "`2`"]]
