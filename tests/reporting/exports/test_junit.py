"""The gradebook as JUnit XML, read by the rules of CI systems."""

from __future__ import annotations

from pathlib import Path

import pytest

from labgrader.reporting.exports.junit import render_junit
from tests.reporting.exports.example_class import gradebook, old_gradebook
from tests.reporting.exports.importers.junit import read_cases
from tests.reporting.exports.importers.refusal import RefusedError

SAMPLES = Path(__file__).parent / "samples"


def test_each_check_of_each_student_is_a_case_with_its_outcome() -> None:
    cases = read_cases(render_junit(gradebook()))
    assert len(cases) == 15
    assert cases["ada.Task 3: Layers", "layers-attached"] == ("passed", "")
    assert cases["ada.Task 3: Layers", "prod-alias"] == ("failure", "27.5 of 30 points: =1+1 is no alias")
    assert cases["ada.Task 5", "secret"] == ("failure", "no")
    assert cases["bob.Task 3: Layers", "prod-alias"] == ("skipped", "waits")
    assert cases["eve.Task 3: Layers", "prod-alias"] == ("error", "not graded: AccessDenied")


def test_characters_that_xml_does_not_have_are_replaced() -> None:
    cases = read_cases(render_junit(gradebook()))
    assert cases["bob.Task 3: Layers", "layers-attached"] == (
        "failure",
        "no\N{REPLACEMENT CHARACTER}layer\N{REPLACEMENT CHARACTER}",
    )


def test_a_gradebook_of_an_earlier_version_has_the_titles_as_messages() -> None:
    cases = read_cases(render_junit(old_gradebook()))
    assert cases["ada", "prod-alias"] == ("failure", "27.5 of 30 points: Alias \N{REPLACEMENT CHARACTER}[2Jprod exists")
    assert b"timestamp" not in render_junit(old_gradebook())


def test_the_file_begins_so() -> None:
    lines = render_junit(gradebook()).decode().split("\n")
    assert lines[:4] == [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<testsuites name="lambda-optimization">',
        ' <testsuite name="lambda-optimization.ada" tests="3" failures="2" errors="0" skipped="0" time="0" '
        'timestamp="2026-03-12T22:15:31">',
        '  <testcase classname="ada.Task 3: Layers" name="layers-attached" time="0" />',
    ]


def test_the_importer_takes_a_file_of_a_ci_system_and_refuses_what_it_cannot_show() -> None:
    sample = (SAMPLES / "junit.xml").read_bytes()
    assert read_cases(sample)["Task 4", "prod-alias"] == ("failure", "alias user1-prod does not exist")
    for changed, why in (
        (sample.replace(b"prod-alias", b"prod\x1balias"), "not XML"),
        (sample.replace(b"user1-prod", b"&#27;"), "not XML"),
        (sample.replace(b'"Task 4" name="prod-alias"', b'"Task 3" name="layers-attached"'), "given twice"),
        (sample.replace(b'failures="1"', b'failures="2"'), "the counts are wrong"),
    ):
        with pytest.raises(RefusedError, match=why):
            read_cases(changed)
