"""A headless Chromium for the tests of this folder: one process for all of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

NO_BROWSER = (
    "there is no Chromium on this machine. Install it (Debian: apt-get install chromium) to run the browser tests"
)


@pytest.fixture(scope="module")  # while it runs, no other test of the process can start an event loop
def browser() -> Iterator[Browser]:
    """Start Chromium. Skip the test if it is missing, or fail the test if LABGRADER_BROWSER is "required"."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        if os.environ.get("LABGRADER_BROWSER") == "required":
            pytest.fail(NO_BROWSER)
        pytest.skip(NO_BROWSER)
    with sync_playwright() as playwright:
        # Containers run as root, without a sandbox for Chromium, and have little shared memory. The pages are our own.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()
