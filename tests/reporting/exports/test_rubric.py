"""The rubric for Canvas, imported by its rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from labgrader.reporting.exports.rubric import render_rubric
from tests.reporting.exports.example_class import CHECKS, gradebook, old_gradebook
from tests.reporting.exports.importers.canvas import import_rubric
from tests.reporting.exports.importers.refusal import RefusedError

SAMPLES = Path(__file__).parent / "samples"


def test_each_visible_check_is_a_criterion_and_the_hidden_ones_are_one_together() -> None:
    assert import_rubric(render_rubric(gradebook())) == {
        "Lab 5, Lambda": [
            ("Layers are attached", "Task 3: Layers", [("Passed", 60), ("Failed", 0)]),
            ("Alias  [2Jprod exists", "Task 3: Layers", [("Passed", 30), ("Failed", 0)]),
            ("Hidden checks", "", [("Passed", 10), ("Failed", 0)]),
        ]
    }
    assert b"secret" not in render_rubric(gradebook())


def test_checks_with_the_same_title_are_distinguished_by_their_ids() -> None:
    checks = [{**CHECKS[0], "id": name} for name in ("first", "second")]
    criteria = import_rubric(render_rubric(gradebook(checks=checks)))["Lab 5, Lambda"]
    assert [name for name, _, _ in criteria] == ["Layers are attached (first)", "Layers are attached (second)"]


def test_a_gradebook_of_an_earlier_version_says_nothing_of_tasks() -> None:
    criteria = import_rubric(render_rubric(old_gradebook()))["lambda-optimization"]
    assert criteria[0] == ("Layers are attached", "", [("Passed", 60), ("Failed", 0)])


def test_the_importer_takes_a_file_of_the_platform_and_refuses_what_the_platform_refuses() -> None:
    sample = (SAMPLES / "canvas_rubric.csv").read_bytes()
    assert import_rubric(sample) == {
        "Lab 5": [("Layers are attached", "both layers at any version", [("Attached", 8), ("Missing", 0)])]
    }
    for changed, why in (
        (sample.replace(b"Criteria Name", b"Name"), "Invalid header row"),
        (sample.replace(b"Lab 5,", b","), "Missing rubric name"),
        (sample.replace(b"false", b"no"), "true or false"),
    ):
        with pytest.raises(RefusedError, match=why):
            import_rubric(changed)
