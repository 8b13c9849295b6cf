"""The results for Gradescope, read by its rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from labgrader.reporting.exports.gradescope import render_gradescope, render_one_student
from tests.reporting.exports.example_class import STUDENTS, gradebook, old_gradebook, row
from tests.reporting.exports.importers.gradescope import parse, read_results
from tests.reporting.exports.importers.refusal import RefusedError

SAMPLES = Path(__file__).parent / "samples"


def test_the_results_of_one_student_are_a_results_json() -> None:
    ada = parse(render_one_student(gradebook(students=STUDENTS[:1])))
    assert ada == {
        "score": 87.5,
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [
            {
                "name": "Layers are attached",
                "score": 60,
                "max_score": 60,
                "status": "passed",
                "visibility": "visible",
                "number": "3.1",
            },
            {
                "name": "Alias \N{REPLACEMENT CHARACTER}[2Jprod exists",
                "score": 27.5,
                "max_score": 30,
                "status": "failed",
                "visibility": "visible",
                "number": "3.2",
                "output": "partly passed: =1+1 is no alias",
            },
            {
                "name": "A secret check",
                "score": 0,
                "max_score": 10,
                "status": "failed",
                "visibility": "hidden",
                "number": "5.1",
                "output": "no",
            },
        ],
    }


def test_the_results_of_a_class_are_by_username_and_students_see_no_hidden_check() -> None:
    results = {name: read_results(document) for name, document in parse(render_gradescope(gradebook())).items()}
    assert {name: shown.score for name, shown in results.items()} == {
        "ada": 87.5,
        "bob": 0,
        "eve": 60,
        "kim": 0.7,
        "lee": 100,
    }
    assert all("A secret check" not in shown.tests for shown in results.values())


def test_a_check_that_is_not_graded_says_so_and_its_points_are_open() -> None:
    eve = parse(render_gradescope(gradebook()))["eve"]
    assert eve["output"] == "1 check is not graded: its 30 points are open."
    assert (eve["tests"][1]["output"], eve["tests"][1]["tags"]) == ("not graded: AccessDenied", ["not_graded"])


def test_several_checks_that_are_not_graded_are_counted() -> None:
    results: list[tuple[float, str, str]] = [(60, "passed", ""), (0, "not_graded", ""), (0, "not_graded", "")]
    eve = row("eve", results)
    document = parse(render_one_student(gradebook(students=[eve])))
    assert document["output"] == "2 checks are not graded: their 40 points are open."


def test_a_gradebook_of_an_earlier_version_can_be_read() -> None:
    document = parse(render_gradescope(old_gradebook()))["ada"]
    assert read_results(document).score == 87.5
    assert ["number" in test for test in document["tests"]] == [False] * 3
    assert document["tests"][1]["output"] == "partly passed"


def test_the_importer_takes_a_file_for_the_platform_and_refuses_what_the_platform_refuses() -> None:
    sample = parse((SAMPLES / "gradescope_results.json").read_bytes())
    with pytest.raises(RefusedError, match="do not agree"):  # the file shows two tests of many
        read_results(sample)
    assert read_results({**sample, "score": 8}).score == 8
    for changed, why in (
        ({**sample, "visibility": "shown"}, "unknown visibility"),
        ({**sample, "tests": [{**sample["tests"][0], "status": "partial"}]}, "unknown status"),
        ({**sample, "tests": [{**sample["tests"][0], "score": "8"}]}, "points are numbers"),
        ({"tests": []}, "no score and no tests"),
    ):
        with pytest.raises(RefusedError, match=why):
            read_results(changed)
    with pytest.raises(RefusedError, match="NaN is not JSON"):
        parse(b'{"score": NaN}')
