"""The gradebook as JSON, as the API answers it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from labgrader.judging.verdict import failed, not_graded, partial, passed
from labgrader.labs.lab import Item
from labgrader.reporting.exports.json import render_json
from labgrader.reporting.gradebook import build_gradebook, build_row

IDS = ("points", "status", "name", "email")


def test_every_student_and_check_and_the_words_as_they_are(example: Any) -> None:
    checks = tuple(Item(check_id, "report_configuration", check_id, "Task 1", 10) for check_id in IDS)
    lab = replace(example.lab, points=40.0, checks=checks)
    student = example.student(name="=cmd() Zoë\ud800", email="ada@example.org", section="A")
    verdicts = dict(zip(IDS, (passed(), partial(0.5, "half"), failed("no"), not_graded("denied")), strict=True))
    row = build_row(student, example.report(student, verdicts, lab=lab))
    content = render_json(build_gradebook("r1", lab, [row]))
    assert content.isascii()
    assert json.loads(content) == {
        "run_id": "r1",
        "lab": "lambda-optimization",
        "checks": ["points", "status", "name", "email"],
        "students": [
            {
                "student_id": "s-user1",
                "username": "user1",
                "name": "=cmd() Zoë\ud800",
                "email": "ada@example.org",
                "section": "A",
                "status": "incomplete",
                "points": 15,
                "max_points": 40,
                "percent": 37.5,
                "open_points": 10,
                "check_points": [10, 5, 0, None],
            }
        ],
    }


def test_an_empty_class_has_its_checks(example: Any) -> None:
    assert json.loads(render_json(build_gradebook("r1", example.lab, []))) == {
        "run_id": "r1",
        "lab": "lambda-optimization",
        "checks": ["baseline-function", "layers-attached", "answers-bad-json", "holds-under-load"],
        "students": [],
    }
