"""The pages in a headless Chromium: axe-core's rules, the keyboard, narrow windows, print."""

from __future__ import annotations

import os
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.accessibility.axe import Finding, find
from tests.accessibility.recorded_pages import recorded_pages
from tests.accessibility.statement import FILE, UNDECIDED, render, same_statement

pytestmark = pytest.mark.browser

DEADLINE_MS = 300_000
"""Stops a test that hangs."""

every_page = pytest.mark.parametrize("name", ["class page", "class page of an audit", "student’s page", "load test"])


@pytest.fixture(scope="module")
def findings(browser: Browser) -> list[Finding]:
    return find(browser)


@pytest.fixture
def page(browser: Browser) -> Any:
    page = browser.new_page(viewport={"width": 390, "height": 800}, bypass_csp=True)  # for wait_for_function
    page.set_default_timeout(DEADLINE_MS)
    yield page
    page.close()


def test_no_page_violates_a_rule(findings: list[Finding]) -> None:
    assert [violation for finding in findings for violation in finding.violations] == []


def test_every_undecided_rule_is_explained(findings: list[Finding]) -> None:
    assert {rule for finding in findings for rule in finding.undecided} <= set(UNDECIDED)


def test_the_statement_is_current(findings: list[Finding]) -> None:
    written = render(findings)
    if os.environ.get("LABGRADER_ACCESSIBILITY") == "write":  # `make accessibility`
        FILE.write_text(written, encoding="utf-8")
    assert same_statement(FILE.read_text(encoding="utf-8"), written), "run `make accessibility`"


@every_page
def test_a_page_of_320_pixels_does_not_scroll_sideways(name: str, page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 800})
    page.set_content(recorded_pages()[name])
    assert page.evaluate("document.documentElement.scrollWidth") == 320


@every_page
def test_the_first_tab_stop_skips_to_the_content(name: str, page: Page) -> None:
    page.set_content(recorded_pages()[name])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


SCROLLING = "[...document.querySelectorAll('*')].filter(e => /auto|scroll/.test(getComputedStyle(e).overflowX) && "
SCROLLING += "e.scrollWidth > e.clientWidth)"


@every_page
def test_every_scrolling_region_has_a_name_and_scrolls_by_the_keyboard(name: str, page: Page) -> None:
    page.set_content(recorded_pages()[name])
    regions = page.evaluate(f"{SCROLLING}.map(e => [e.tabIndex, e.getAttribute('role'), !!e.ariaLabel])")
    assert regions
    assert regions == [[0, "region", True]] * len(regions)
    page.evaluate(f"{SCROLLING}[0].focus()")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.activeElement.scrollLeft > 0", timeout=DEADLINE_MS)


def test_the_heads_of_the_class_table_do_not_hide_a_focused_cell(page: Page) -> None:
    page.set_viewport_size({"width": 800, "height": 400})
    page.set_content(recorded_pages()["class page"])
    page.evaluate("document.documentElement.style.scrollBehavior = 'auto'")
    cells = page.locator(".matrix td a")
    for order in (range(cells.count()), reversed(range(cells.count()))):
        for number in order:
            cells.nth(number).focus()
            hidden = page.evaluate(
                """() => {
                    const cell = document.activeElement, box = cell.getBoundingClientRect();
                    const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
                    return !(top === cell || cell.contains(top));
                }"""
            )
            assert not hidden, cells.nth(number).get_attribute("href")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_print_is_black_on_white_and_has_all_that_scrolls_or_is_folded(scheme: Any, page: Page) -> None:
    page.emulate_media(media="print", color_scheme=scheme)
    page.set_content(recorded_pages()["class page"])
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(28, 37, 48)"
    assert page.evaluate("getComputedStyle(document.querySelector('.tall')).overflowX") == "visible"
    assert page.evaluate("document.querySelector('.by-points').getBoundingClientRect().height") > 0
    assert page.evaluate("getComputedStyle(document.querySelector('.skip')).display") == "none"
