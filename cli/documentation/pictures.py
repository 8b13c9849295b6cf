"""The pictures in `docs/images/`: the class page and one student's report of the sample class, taken by Chromium.

python -m cli.documentation.pictures            take the pictures again
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cli.documentation import sample_class
from cli.output import console
from cli.project import ROOT
from labgrader.errors import BadInputError

FOLDER = ROOT / "docs" / "images"

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
"""The names of the browser on the PATH; the first one that exists is used."""

TIMEOUT_S = 120
"""Seconds that the browser may take for one picture; it takes about two."""


@dataclass(frozen=True)
class Picture:
    """A picture of a page of the sample class.

    Args:
        file: the name of the picture in `docs/images/`.
        page: the page, as `sample_class.pages` names it.
        width: the width of the browser's window in CSS pixels.
        height: the height of the window; the rest of the page is cut off.
        scale: pixels of the picture for one CSS pixel.
    """

    file: str
    page: str
    width: int
    height: int
    scale: float


PICTURES = (
    Picture("class-page.png", "class.html", 1200, 1690, 0.75),
    Picture("student-report.png", "reports/user02.html", 1000, 1290, 0.9),
)


def main() -> int:
    """Take every picture again. Return the exit status: 2 if the browser or a recorded proof is missing."""
    try:
        browser = find_browser()
        pages = sample_class.pages()
    except BadInputError as error:
        console.info(str(error))
        return 2
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for picture in PICTURES:
            page = Path(folder) / Path(picture.page).name
            page.write_text(pages[picture.page], encoding="utf-8")
            target = FOLDER / picture.file
            take(browser, page, picture, target)
            console.info(f"wrote {target.relative_to(ROOT)} ({target.stat().st_size // 1024} KiB)")
    return 0


def find_browser() -> str:
    """Return the path of a Chromium.

    Raises:
        BadInputError: none of ``BROWSERS`` is on the PATH.
    """
    for name in BROWSERS:
        found = shutil.which(name)
        if found:
            return found
    raise BadInputError(
        [
            "The pictures need Chromium or Chrome, and neither is on the PATH. Install it, for example with "
            "`sudo apt-get install chromium` or `brew install --cask chromium`, then run `make pictures` again."
        ]
    )


def take(browser: str, page: Path, picture: Picture, target: Path) -> None:
    """Write a picture of a page.

    Args:
        browser: the path of a Chromium.
        page: the HTML file.
        picture: the size of the window.
        target: the PNG to write.

    Raises:
        subprocess.CalledProcessError: the browser failed.
        subprocess.TimeoutExpired: the browser took longer than ``TIMEOUT_S``.
    """
    with tempfile.TemporaryDirectory() as profile:
        command = [
            browser,
            "--headless",
            "--disable-gpu",
            "--hide-scrollbars",
            f"--force-device-scale-factor={picture.scale}",
            f"--user-data-dir={profile}",
            f"--window-size={picture.width},{picture.height}",
            f"--screenshot={target}",
            page.as_uri(),
        ]
        if os.geteuid() == 0:  # Chromium refuses its sandbox to root; the page is ours and runs no script
            command.insert(1, "--no-sandbox")
        subprocess.run(command, check=True, capture_output=True, timeout=TIMEOUT_S)  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())
