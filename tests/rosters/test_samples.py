"""Files as platforms and spreadsheets write them, each with everything that is read of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from labgrader.rosters import UsernameSource
from labgrader.rosters.reader import read_class_list

FOLDER = Path(__file__).parent
SAMPLES = sorted(file for file in (FOLDER / "samples").iterdir() if not file.name.startswith("."))


@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: file.name)
def test_a_sample_is_read_as_expected(file: Path) -> None:
    expected = json.loads((FOLDER / "expected" / f"{file.name}.json").read_text("utf-8"))
    source = expected.pop("username_from")
    found = read_class_list(
        file.read_bytes(), file.name, username_from=UsernameSource(source) if source else None
    ).to_dict()
    assert found == expected


def test_every_expectation_has_its_sample() -> None:
    assert {file.stem for file in (FOLDER / "expected").iterdir()} == {file.name for file in SAMPLES}
