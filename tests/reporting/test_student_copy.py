"""What a student may see of a report: nothing of a hidden check, and the truth about how much is hidden."""

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
def test_the_sentence_about_what_is_hidden(checks: int, points: float, message: str) -> None:
    field = hidden_field(checks, points)
    assert field is not None
    assert field["message"] == message


def test_where_nothing_is_hidden_nothing_is_said(example: Any) -> None:
    assert hidden_field(0, 0) is None
    report = example.perfect()
    report["checks"] = [{**check, "visibility": "visible"} for check in report["checks"]]
    copy = student_copy(report)
    assert "hidden" not in copy
    assert copy == report


def test_hidden_checks_and_their_points_are_left_out(example: Any) -> None:
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
    assert report == example.mixed(), "the report itself stays as it is"


def test_the_copy_of_a_copy_is_the_same(example: Any) -> None:
    copy = student_copy(example.mixed())
    assert student_copy(copy) == copy


def test_only_what_is_shown_decides_whether_it_is_complete(example: Any) -> None:
    verdicts = {**example.all_passed, "answers-bad-json": not_graded("lambda:InvokeFunction: AccessDenied")}
    report = example.report(example.student(), verdicts)
    assert (report["status"], student_copy(report)["status"]) == ("incomplete", "complete")
    verdicts = {**example.all_passed, "holds-under-load": not_graded("lambda:InvokeFunction: AccessDenied")}
    assert student_copy(example.report(example.student(), verdicts))["status"] == "incomplete"


def test_what_was_measured_for_a_hidden_check_is_left_out(example: Any) -> None:
    report = example.report(
        example.student(),
        example.all_passed,
        load_results=[(one, example.load_result()) for one in ("answers-bad-json", "holds-under-load", "forgotten")],
        comparisons=[(one, example.comparison()) for one in ("answers-bad-json", "holds-under-load")],
        advice=[(example.lab.advice[0], failed("version 1 has 256 MB"))],
    )
    report["advice"].append({"id": "answers-bad-json", "title": "Bad JSON", "message": "x", "hint": ""})
    copy = student_copy(report)
    assert [test["id"] for test in copy["load_tests"]] == ["holds-under-load"]
    assert [test["id"] for test in copy["comparisons"]] == ["holds-under-load"]
    assert [one["id"] for one in copy["advice"]] == ["memory-advice"]


@pytest.mark.parametrize("points", [{}, {"visible_points": 20}])
def test_the_points_of_before_are_told_only_without_those_of_hidden_checks(
    example: Any, points: dict[str, Any]
) -> None:
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


def test_what_an_audit_found_of_hidden_checks_is_left_out(example: Any) -> None:
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
    assert [one["check"] for one in copy["audit"]["drifted"]] == ["layers-attached"]
    assert copy["audit"]["mended"] == []
    assert copy["audit"]["gone"] == ["function user1-x"]


def test_an_older_lab_whose_visible_check_requires_a_hidden_one_does_not_name_it(example: Any) -> None:
    report = example.mixed()
    shown = next(check for check in report["checks"] if check["id"] == "layers-attached")
    shown |= {"requires": ["baseline-function", "answers-bad-json"], "status": "skipped", "points": 0}
    shown["message"] = skipped("Skipped: fix “Bad JSON gets 400” first.").message
    copy = student_copy(report)
    kept = next(check for check in copy["checks"] if check["id"] == "layers-attached")
    assert (kept["requires"], kept["message"]) == (["baseline-function"], HIDDEN_REASON)
    assert "Bad JSON" not in json.dumps(copy)


def test_a_self_check_says_what_was_left_out_of_its_lab(example: Any) -> None:
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


def test_what_a_student_reached_in_what_is_shown(example: Any) -> None:
    assert visible_points(example.mixed()) == {
        "visible_points": 49.99,
        "visible_max_points": 86.66,
        "visible_open_points": 20,
    }


def test_how_much_is_hidden_is_kept_and_never_what(example: Any) -> None:
    assert hidden_part(example.mixed()) == {"hidden_checks": 1, "hidden_points": 13.34}
    assert hidden_part(student_copy(example.mixed())) == {"hidden_checks": 1, "hidden_points": 13.34}
    mixed: Any = example.mixed()
    shown = mixed | {"checks": [check for check in mixed["checks"] if check["visibility"] == "visible"]}
    assert hidden_part(shown) == {"hidden_checks": 0, "hidden_points": 0}
    assert hidden_part(shown | {"hidden": {"checks": 2, "points": 0.5}}) == {"hidden_checks": 2, "hidden_points": 0.5}


def test_a_lab_of_nothing_but_hidden_checks_has_no_points_to_show(example: Any) -> None:
    report = example.perfect()
    report["checks"] = [{**check, "visibility": "hidden"} for check in report["checks"]]
    copy = student_copy(report)
    assert (copy["checks"], copy["score"]["percent"], copy["hidden"]["checks"]) == ([], 0, 4)
