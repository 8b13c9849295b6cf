"""The pictures of the documentation show a class that is judged from recorded proofs."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

from cli.documentation import pictures, sample_class
from cli.project import ROOT
from labgrader.errors import BadInputError

MAX_BYTES = 200_000
"""The size of a picture that a reader of the README downloads."""


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return sample_class.pages()


def text(page: str) -> str:
    body = re.sub(r"<style>.*?</style>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def test_every_student_of_the_class_has_a_report(pages: dict[str, str]) -> None:
    assert set(pages) == {"class.html", *(f"reports/{student.username}.html" for student in sample_class.CLASS)}
    for student in sample_class.CLASS:
        assert student.name in pages["class.html"]
        assert student.name in pages[f"reports/{student.username}.html"]
        assert "student00" not in pages[f"reports/{student.username}.html"]


def test_the_points_are_those_of_the_recorded_proofs(pages: dict[str, str]) -> None:
    assert "100 of 100 points" in text(pages["reports/user01.html"])
    assert "70 of 100 points" in text(pages["reports/user02.html"])
    assert "0 of 100 points" in text(pages["reports/user05.html"])


def test_a_student_without_access_loses_no_points(pages: dict[str, str]) -> None:
    denied = text(pages["reports/user09.html"])
    assert "sts:AssumeRole: AccessDenied: the account of the student refuses the role labgrader-reader" in denied
    assert "Incomplete: 100 points are open" in denied


def test_every_picture_shows_a_page_and_is_small(pages: dict[str, str]) -> None:
    for picture in pictures.PICTURES:
        file = ROOT / "docs" / "images" / picture.file
        content = file.read_bytes()
        assert picture.page in pages
        assert len(content) < MAX_BYTES, file
        width, height = struct.unpack(">II", content[16:24])
        assert abs(width - picture.width * picture.scale) <= 1, f"run `make pictures`: {file}"
        assert abs(height - picture.height * picture.scale) <= 1, f"run `make pictures`: {file}"


def test_every_picture_of_the_folder_is_taken_by_the_script() -> None:
    files = {file.name for file in (ROOT / "docs" / "images").iterdir()}
    assert files == {picture.file for picture in pictures.PICTURES}


def test_a_missing_browser_is_named_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BadInputError) as caught:
        pictures.find_browser()
    assert str(caught.value) == (
        "The pictures need Chromium or Chrome, and neither is on the PATH. Install it, for example with "
        "`sudo apt-get install chromium` or `brew install --cask chromium`, then run `make pictures` again."
    )


def test_the_first_browser_on_the_path_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("google-chrome", "chromium"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert pictures.find_browser() == str(tmp_path / "chromium")
