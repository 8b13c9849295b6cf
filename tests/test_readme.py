"""The numbers and pictures of the README are true. `test_documentation.py` tests its commands."""

from __future__ import annotations

import re

from cli.documentation.pictures import PICTURES
from cli.project import ROOT
from labgrader.labs.lab import find_lab
from tests.checks.test_labs import LABS

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_it_counts_the_checks_of_every_lab() -> None:
    shown = dict(re.findall(r"^\| `([a-z-]+)` \| [^|]+ \| ([0-9]+) \|", README, re.MULTILINE))
    assert shown == {lab_id: str(len(find_lab(lab_id).checks)) for lab_id in LABS}


def test_it_shows_every_picture_with_a_description() -> None:
    shown = dict(re.findall(r"!\[([^\]]*)\]\(docs/images/([^)]+)\)", README))
    assert sorted(shown.values()) == sorted(picture.file for picture in PICTURES)
    assert all(len(description) > 20 for description in shown)
