"""README.md and docs/: each command exists with its options, each link has a target, the index lists every page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cli.project import ROOT
from tests.documented_commands import Shown, problems, shown_commands

INDEX = ROOT / "docs" / "README.md"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
COMMANDS = [
    pytest.param(shown, id=f"{name}: {shown.text}")
    for name, page in zip(NAMES, PAGES, strict=True)
    for shown in dict.fromkeys(shown_commands(page.read_text(encoding="utf-8")))
]

_LINK = re.compile(r"\]\(([^)\s]+)\)")


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    prose = re.sub(r"^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("shown", COMMANDS)
def test_a_shown_command_exists_with_its_options(shown: Shown) -> None:
    assert problems(shown) == []


def test_readme_shows_the_commands_of_a_first_class() -> None:
    shown = {command.words[0] for command in shown_commands(PAGES[0].read_text(encoding="utf-8")) if command.whole}
    assert {"demo", "up", "simulate", "grade", "down", "deploy"} <= shown


@pytest.mark.parametrize("name", NAMES)
def test_every_link_of_a_page_has_a_target(name: str) -> None:
    page = ROOT / name
    for link in _LINK.findall(page.read_text(encoding="utf-8")):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{name}: {link}"
        if anchor:
            assert anchor in anchors(target), f"{name}: {link}"


def test_the_index_lists_every_page() -> None:
    linked = {link.partition("#")[0] for link in _LINK.findall(INDEX.read_text(encoding="utf-8"))}
    assert {page.name for page in (ROOT / "docs").iterdir() if page.is_file()} - {INDEX.name} <= linked


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("docs/")])
def test_every_page_says_what_it_is_for_below_its_title(name: str) -> None:
    title, empty, purpose = (ROOT / name).read_text(encoding="utf-8").splitlines()[:3]
    assert (title[:2], empty) == ("# ", "")
    assert re.match(r"[A-Z]", purpose), purpose


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("```bash\nlabgrader grad --lab x\n```", ["there is no command grad"]),
        ("```bash\nlabgrader course\n```", ["the command is incomplete"]),
        ("```bash\nlabgrader down --now\n```", ["there is no option --now"]),
        ("```bash\nlabgrader up --port\n```", ["--port has no value"]),
        ("```bash\nlabgrader grade --lab x --roster y --mode quick\n```", ["--mode cannot be quick"]),
        ("```bash\nlabgrader grade --lab x\n```", ["--roster is missing"]),
        ("```bash\nlabgrader labs show\n```", ["lab_id is missing"]),
        ("```bash\nlabgrader down x\n```", ["there is no argument x"]),
        ('```bash\neval "$(labgrader up --exports)"\n```', ["there is no option --exports"]),
        ("```\nAWS_PROFILE=x .venv/bin/labgrader down --x > file\n```", ["there is no option --x"]),
        ("Use `labgrader runs --all`.", ["there is no option --all"]),
        ("Use `labgrader grade`.", []),
        ("```bash\nlabgrader grade --lab x \\\n  --roster=y   # comment --no\n```", []),
        ("```bash\nlabgrader simulate --lab x --students 6 > class.csv && labgrader down\n```", []),
        ("```yaml\nlabgrader nothing\n```", []),
    ],
)
def test_a_wrong_command_is_found(page: str, expected: list[str]) -> None:
    assert [problem for shown in shown_commands(page) for problem in problems(shown)] == expected
