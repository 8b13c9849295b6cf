"""What axe-core finds on the recorded pages: violations, rules that passed, and what it cannot decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.accessibility.recorded_pages import recorded_pages

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
"""WCAG 2.2, levels A and AA, and the practices that axe-core recommends besides."""

CONTRAST: dict[str, Any] = {
    "id": "color-contrast",
    "options": {
        "ignoreUnicode": False,
        "ignoreLength": True,
        "ignorePseudo": False,
        "boldValue": 700,
        "boldTextPt": 14,
        "largeTextPt": 18,
        "contrastRatio": {"normal": {"expected": 4.5}, "large": {"expected": 3}},
        "pseudoSizeThreshold": 0.25,
        "shadowOutlineEmMax": 0.2,
        "textStrokeEmMin": 0.03,
    },
}
"""axe-core's own options, but symbols such as ✓ and texts of one character are measured, too."""


COLOR_RULES = ("color-contrast", "link-in-text-block")
"""The rules about colors."""


@dataclass(frozen=True)
class View:
    """How a page is looked at.

    Args:
        scheme: the color scheme that the reader prefers.
        width_px: the width of the window.
        rules: the rules to run; empty for all. Only colors differ between the two schemes.
    """

    scheme: Literal["light", "dark"]
    width_px: int
    rules: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The view in words: ``light, 390 px``."""
        return f"{self.scheme}, {self.width_px} px"


VIEWS = (View("light", 1200), View("dark", 1200, COLOR_RULES), View("light", 390))


@dataclass(frozen=True)
class Finding:
    """What axe-core says of one page in one view.

    Args:
        page: the page.
        view: the view.
        version: the version of axe-core.
        violations: for each violation the rule and the first element that violates it.
        passed: the rules that passed, with their help texts, by id.
        undecided: the rules that a person has to look at, with their help texts, by id.
    """

    page: str
    view: View
    version: str
    violations: tuple[str, ...]
    passed: dict[str, str]
    undecided: dict[str, str]


def find(browser: Browser) -> list[Finding]:
    """Run axe-core on every recorded page in every view."""
    return [finding for name, html in recorded_pages().items() for finding in _find(browser, name, html)]


def _find(browser: Browser, name: str, html: str) -> Iterator[Finding]:
    page = browser.new_page()
    page.set_default_timeout(300_000)  # stops a test that hangs
    page.set_content(html)
    page.evaluate(Axe().axe_script)
    page.evaluate("contrast => axe.configure({checks: [contrast]})", CONTRAST)
    for view in VIEWS:
        page.emulate_media(color_scheme=view.scheme)
        page.set_viewport_size({"width": view.width_px, "height": 800})
        yield _result(page, name, view)
    page.close()


def _result(page: Page, name: str, view: View) -> Finding:
    rules = {"type": "rule", "values": list(view.rules)} if view.rules else {"type": "tag", "values": list(TAGS)}
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    response: dict[str, Any] = page.evaluate("options => axe.run(options)", options)
    return Finding(
        page=name,
        view=view,
        version=response["testEngine"]["version"],
        violations=tuple(
            f"{name} ({view.name}): {rule['id']}: {rule['help']}: {rule['nodes'][0]['html'][:200]}"
            for rule in response["violations"]
        ),
        passed={rule["id"]: rule["help"] for rule in response["passes"]},
        undecided={rule["id"]: rule["help"] for rule in response["incomplete"]},
    )
