"""The student's copy of a report has no hidden checks, and says how many there are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labgrader.judging.verdict import failed, not_graded, passed, skipped
from labgrader.reporting.hidden_checks import hidden_field
from labgrader.reporting.html import render_student
from labgrader.reporting.student_copy import HIDDEN_REASON, hidden_part, student_copy, visible_points
from labgrader.schemas import validate


@pytest.mark.parametrize(
    ("checks", "points", "message"),
    [
        (3, 12, "3 more checks, worth 12 points, are not shown to you. Full marks need more than the checks shown."),
        (1, 1, "1 more check, worth 1 point, is not shown to you. Full marks need more than the checks shown."),
        (2, 7.5, "2 more checks, worth 7.5 points, are not shown to you. Full marks need more than the checks shown."),
        (1, 0, "1 more check, worth no points, is not shown to you."),
        (2, 0.001, "2 more checks, worth no points, are not shown to you."),
    ],
)
def test_hidden_field_has_a_sentence_about_hidden_checks(checks: int, points: float, message: str) -> None:
    field = hidden_field(checks, points)
    assert field is not None
    assert field["message"] == message


def test_hidden_field_is_empty_without_hidden_checks(example: Any) -> None:
    assert hidden_field(0, 0) is None
    report = example.perfect()
    report["checks"] = [{**check, "visibility": "visible"} for check in report["checks"]]
    copy = student_copy(report)
    assert "hidden" not in copy
    assert copy == report


def test_student_copy_leaves_out_hidden_checks_and_their_points(example: Any) -> None:
    report = example.mixed()
    copy = student_copy(report)
    validate(copy, "report")
    assert [check["id"] for check in copy["checks"]] == ["baseline-function", "layers-attached", "holds-under-load"]
    assert copy["score"] == {"points": 49.99, "max_points": 86.66, "percent": 57.69, "open_points": 20}
    assert copy["hidden"] == {
        "checks": 1,
        "points": 13.34,
        "message": "1 more check, worth 13.34 points, is not shown to you. Full marks need more than the checks shown.",
    }
    assert "bad-json" not in json.dumps(copy)
    assert "JSONDecodeError" not in json.dumps(copy)
    assert report == example.mixed(), "the report itself does not change"


def test_student_copy_of_a_copy_is_the_same(example: Any) -> None:
    copy = student_copy(example.mixed())
    assert student_copy(copy) == copy


def test_student_copy_is_complete_if_all_visible_checks_are_graded(example: Any) -> None:
    verdicts = {**example.all_passed, "answers-bad-json": not_graded("lambda:InvokeFunction: AccessDenied")}
    report = example.report(example.student(), verdicts)
    assert (report["status"], student_copy(report)["status"]) == ("incomplete", "complete")
    verdicts = {**example.all_passed, "holds-under-load": not_graded("lambda:InvokeFunction: AccessDenied")}
    assert student_copy(example.report(example.student(), verdicts))["status"] == "incomplete"


def test_student_copy_leaves_out_measurements_of_hidden_checks(example: Any) -> None:
    report = example.report(
        example.student(),
        example.all_passed,
        load_results=[
            (item_id, example.load_result()) for item_id in ("answers-bad-json", "holds-under-load", "forgotten")
        ],
        comparisons=[(item_id, example.comparison()) for item_id in ("answers-bad-json", "holds-under-load")],
        advice=[(example.lab.advice[0], failed("version 1 has 256 MB"))],
    )
    report["advice"].append({"id": "answers-bad-json", "title": "Bad JSON", "message": "x", "hint": ""})
    copy = student_copy(report)
    assert [test["id"] for test in copy["load_tests"]] == ["holds-under-load"]
    assert [test["id"] for test in copy["comparisons"]] == ["holds-under-load"]
    assert [advice["id"] for advice in copy["advice"]] == ["memory-advice"]


@pytest.mark.parametrize("points", [{}, {"visible_points": 20}])
def test_student_copy_has_earlier_points_only_without_hidden_checks(example: Any, points: dict[str, Any]) -> None:
    changes = [
        {"check": "answers-bad-json", "from": "failed", "to": "passed"},
        {"check": "layers-attached", "from": "failed", "to": "passed"},
    ]
    previous = {"run_id": "before", "points": 33.34, "changes": changes, **points}
    copy = student_copy(example.report(example.student(), example.all_passed, previous=previous))
    validate(copy, "report")
    if points:
        assert copy["previous"] == {"run_id": "before", "points": 20, "visible_points": 20, "changes": changes[1:]}
    else:
        assert "previous" not in copy


def test_student_copy_leaves_out_audit_findings_of_hidden_checks(example: Any) -> None:
    def found(check: str) -> Any:
        return {"check": check, "title": check, "from": "passed", "to": "failed", "message": "x", "points": 1}

    audit = {
        "compared_with": None,
        "drifted": [found("answers-bad-json"), found("layers-attached")],
        "mended": [found("answers-bad-json")],
        "gone": ["function user1-x"],
        "running": [],
        "usd_per_day": 0,
        "carried_over_from": None,
    }
    copy = student_copy(example.report(example.student(), example.all_passed, mode="audit", audit=audit))
    validate(copy, "report")
    assert [change["check"] for change in copy["audit"]["drifted"]] == ["layers-attached"]
    assert copy["audit"]["mended"] == []
    assert copy["audit"]["gone"] == ["function user1-x"]


def test_student_copy_does_not_name_a_hidden_prerequisite(example: Any) -> None:
    report = example.mixed()
    shown = next(check for check in report["checks"] if check["id"] == "layers-attached")
    shown |= {"requires": ["baseline-function", "answers-bad-json"], "status": "skipped", "points": 0}
    shown["message"] = skipped("Skipped: fix “Bad JSON gets 400” first.").message
    copy = student_copy(report)
    kept = next(check for check in copy["checks"] if check["id"] == "layers-attached")
    assert (kept["requires"], kept["message"]) == (["baseline-function"], HIDDEN_REASON)
    assert "Bad JSON" not in json.dumps(copy)


def test_student_copy_of_a_self_check_counts_the_hidden_checks_of_the_lab(example: Any) -> None:
    lab = example.lab.for_self_check()
    report = example.report(example.student(), {item.id: passed() for item in lab.checks}, lab=lab, mode="self-check")
    validate(report, "report")
    assert report["score"]["max_points"] == 86.66
    assert (report["hidden"]["checks"], report["hidden"]["points"]) == (1, 13.34)
    assert student_copy(report) == report
    page = render_student(report)
    assert report["hidden"]["message"] in page
    assert "Every check that is shown passed." in page
    assert "· self-check</p>" in page


def test_visible_points_are_those_of_visible_checks(example: Any) -> None:
    assert visible_points(example.mixed()) == {
        "visible_points": 49.99,
        "visible_max_points": 86.66,
        "visible_open_points": 20,
    }


def test_hidden_part_has_only_number_and_points(example: Any) -> None:
    assert hidden_part(example.mixed()) == {"hidden_checks": 1, "hidden_points": 13.34}
    assert hidden_part(student_copy(example.mixed())) == {"hidden_checks": 1, "hidden_points": 13.34}
    mixed: Any = example.mixed()
    shown = mixed | {"checks": [check for check in mixed["checks"] if check["visibility"] == "visible"]}
    assert hidden_part(shown) == {"hidden_checks": 0, "hidden_points": 0}
    assert hidden_part(shown | {"hidden": {"checks": 2, "points": 0.5}}) == {"hidden_checks": 2, "hidden_points": 0.5}


def test_student_copy_of_a_lab_with_only_hidden_checks_has_no_points(example: Any) -> None:
    report = example.perfect()
    report["checks"] = [{**check, "visibility": "hidden"} for check in report["checks"]]
    copy = student_copy(report)
    assert (copy["checks"], copy["score"]["percent"], copy["hidden"]["checks"]) == ([], 0, 4)
