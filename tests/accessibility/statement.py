"""The page `docs/accessibility.md`, written from the findings of axe-core."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from labgrader.reporting.formatting import counted
from tests.accessibility.axe import VIEWS, Finding

FILE = Path(__file__).parents[2] / "docs" / "accessibility.md"

_RULES = re.compile(r"(?ms)^## Rules that passed$.*?(?=^## )")
_VERSION = re.compile(r"axe-core \d+\.\d+\.\d+")


def render(findings: Sequence[Finding]) -> str:
    """Return the page. The same findings give the same page; the version of the browser is not in it."""
    pages = list(dict.fromkeys(finding.page for finding in findings))
    by_place = {(finding.page, finding.view): finding for finding in findings}
    violations = sum(len(finding.violations) for finding in findings)
    found = counted(violations, "violation") if violations else "no violations"
    passed = {rule: text for finding in findings for rule, text in finding.passed.items()}
    undecided = sorted({rule for finding in findings for rule in finding.undecided})
    lines = [
        "# Accessibility",
        "",
        "Which accessibility checks the HTML pages of labgrader pass. For instructors and for buyers of software.",
        "`make accessibility` runs the checks and writes this page.",
        "",
        "- [Result](#result)",
        "- [Further tests](#further-tests)",
        "- [Undecided rules](#undecided-rules)",
        "- [Rules that passed](#rules-that-passed)",
        "- [Limits](#limits)",
        "",
        "## Result",
        f"axe-core {findings[0].version} found {found} of WCAG 2.2, levels A and AA, or of its own best practices.",
        "",
        f"| page | {' | '.join(view.name for view in VIEWS)} |",
        f"| --- |{' --- |' * len(VIEWS)}",
        *(f"| {page} | {' | '.join(_cell(by_place[page, view]) for view in VIEWS)} |" for page in pages),
        "",
        "Each number is the count of violations. The pages show recorded students of the lab `lambda-optimization`. In",
        "the dark color scheme, only the rules about colors run, because nothing else differs.",
        "",
        "## Further tests",
        "axe-core reads a page as it stands. `tests/accessibility` also tests in a headless Chromium:",
        "",
        "| WCAG 2.2 | test |",
        "| --- | --- |",
        "| 1.4.10 Reflow | A window of 320 px does not scroll sideways. Only tables and plots do. |",
        "| 2.1.1 Keyboard | The Tab key reaches every region that scrolls. The arrow keys scroll it. |",
        "| 2.4.1 Bypass Blocks | The first Tab stop is a link to the content. |",
        "| 2.4.11 Focus Not Obscured | The fixed heads of the class table do not hide a cell that has the focus. |",
        "| 1.4.3, 1.4.11 Contrast | Texts have a contrast of 4.5:1 with all their backgrounds, marks of plots 3:1. |",
        "| print | A page prints in black on white in both color schemes. Scrolled and folded parts are printed. |",
        "",
        "## Undecided rules",
        "axe-core cannot decide these rules for all elements:",
        "",
        "| rule | why | instead |",
        "| --- | --- | --- |",
        *(f"| `{rule}` | {UNDECIDED[rule][0]} | {UNDECIDED[rule][1]} |" for rule in undecided),
        "",
        "## Rules that passed",
        "| rule | help |",
        "| --- | --- |",
        *(f"| `{rule}` | {_text(passed[rule])} |" for rule in sorted(passed)),
        "",
        "## Limits",
        "- No person has tested the pages with a screen reader yet.",
        "- labgrader does not know the language of texts that students wrote, so the pages do not mark it.",
        "",
    ]
    return "\n".join(lines)


UNDECIDED = {
    "color-contrast": (
        "A text lies in a picture: the labels of the plots.",
        "A test computes the contrast of the colors of plots.",
    ),
    "th-has-data-cells": (
        "A heading of a group of rows has no cell in its own row.",
        'The heading has `scope="rowgroup"`, as HTML prescribes.',
    ),
}
"""For each rule that axe-core cannot decide: why, and what is done instead. A new rule here needs a person's look."""


def same_statement(page: str, other: str) -> bool:
    """Return whether two pages say the same.

    Pages of different versions of axe-core may list different rules; all else must be equal.
    """
    if _VERSION.findall(page) == _VERSION.findall(other):
        return page == other
    return _without_version(page) == _without_version(other)


def _without_version(page: str) -> str:
    return _RULES.sub("", _VERSION.sub("axe-core", page))


def _cell(finding: Finding) -> str:
    return str(len(finding.violations))


def _text(words: str) -> str:
    return words.replace("<", "`<").replace(">", ">`").replace("|", "\\|")
