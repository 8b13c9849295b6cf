"""The scores for LTI AGS, taken by the rules of the platforms."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from labgrader.reporting.exports.ags import render_ags
from tests.reporting.exports.example_class import FIXES, STUDENTS, gradebook, old_gradebook
from tests.reporting.exports.importers.ags import take_scores
from tests.reporting.exports.importers.refusal import RefusedError

SAMPLES = Path(__file__).parent / "samples"
USERS = ("000ada", "000bob", "000kim", "000eve", "lee")


def test_every_graded_student_gets_the_score_and_zero_is_one() -> None:
    grades = take_scores(render_ags(gradebook()), USERS)
    assert {user: round(grade.percent, 2) for user, grade in grades.items()} == {
        "000ada": 87.5,
        "000bob": 0,
        "000kim": 0.7,
        "lee": 100,
    }


def test_the_work_was_submitted_when_the_snapshot_was_taken() -> None:
    grades = take_scores(render_ags(gradebook()), USERS)
    assert {grade.submitted_at for grade in grades.values()} == {datetime(2026, 3, 12, 21, 58, tzinfo=UTC)}


def test_the_scores_are_these() -> None:
    _, bob, eve, *_ = json.loads(render_ags(gradebook()))
    assert bob == {
        "userId": "000bob",
        "scoreGiven": 0,
        "scoreMaximum": 100,
        "comment": "\n".join(["0 of 100 points", *(f"Fix: {fix}" for fix in FIXES)]),
        "timestamp": "2026-03-12T22:15:31.000Z",
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "submission": {"submittedAt": "2026-03-12T21:58:00Z"},
    }
    assert eve == {
        "userId": "000eve",
        "comment": "60 of 100 points, 1 check not graded (30 points open)",
        "timestamp": "2026-03-12T22:15:31.000Z",
        "activityProgress": "Submitted",
        "gradingProgress": "Pending",
        "submission": {"submittedAt": "2026-03-12T21:58:00Z"},
    }


def test_a_lab_without_points_has_no_scores() -> None:
    student = {**STUDENTS[1], "max_points": 0}
    assert take_scores(render_ags(gradebook(students=[student])), USERS) == {}


def test_a_gradebook_of_an_earlier_version_has_the_start_of_1970_as_its_time() -> None:
    assert take_scores(render_ags(old_gradebook()), USERS)["000ada"].submitted_at == datetime(1970, 1, 1, tzinfo=UTC)
    known = old_gradebook()
    known["finished_at"] = "2026-03-12T22:20:00Z"
    assert take_scores(render_ags(known), USERS)["000ada"].submitted_at == datetime(2026, 3, 12, 22, 20, tzinfo=UTC)


def test_the_importer_takes_scores_for_a_platform_and_refuses_what_it_refuses() -> None:
    sample = (SAMPLES / "ags_scores.json").read_bytes()
    users = ("lti-user-1", "lti-user-2")
    assert {user: grade.percent for user, grade in take_scores(sample, users).items()} == {"lti-user-1": 87.5}
    for changed, why in (
        (sample.replace(b"87.5", b"0.7000000000000001"), "too many decimals"),
        (sample.replace(b'"scoreMaximum": 100', b'"scoreMaximum": 0'), "above 0"),
        (sample.replace(b'"gradingProgress": "Pending"', b'"x": ""'), "missing"),
        (sample.replace(b"FullyGraded", b"Done"), "unknown progress"),
        (sample.replace(b"2026-03-12T21:58:00Z", b"12 March"), "no ISO 8601"),
    ):
        with pytest.raises(RefusedError, match=why):
            take_scores(changed, users)
    with pytest.raises(RefusedError, match="not gradable"):
        take_scores(sample, users[:1])
