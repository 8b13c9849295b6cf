"""The findings of an audit for a student, and the summary of a class."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from labgrader.judging.carry_over import share_of
from labgrader.judging.scoring import ScoredCheck
from labgrader.judging.verdict import Verdict, failed, not_graded, partial, passed, skipped
from labgrader.labs.lab import Item, Lab
from labgrader.reporting.audit import build_audit, known_after
from labgrader.reporting.audit_summary import MAX_ENTRIES, MAX_STUDENTS, audit_entry, build_audit_summary
from labgrader.schemas import InvalidDocumentError, validate
from tests.reporting.audited_student import (
    BEFORE,
    COST,
    FAILED,
    ITEM,
    PASSED,
    STOP,
    class_page,
    quiet,
    report_of,
)
from tests.reporting.page_reading import safe

HALF: Any = {"status": "partial", "share": 0.5}
SKIPPED: Any = {"status": "skipped", "share": 0.0}


def audited(verdict: Verdict, before: Any | None = None, item: Item = ITEM, **changes: Any) -> Any:
    arguments: dict[str, Any] = {
        "compared_with": BEFORE,
        "known": {item.id: before} if before else {},
        "scored": [ScoredCheck(item, verdict, round(verdict.fraction * item.points, 2))],
        "gone": [],
        "running": [],
        "carried_over_from": None,
    }
    return build_audit(**{**arguments, **changes})


@pytest.mark.parametrize(
    ("before", "now", "drifted", "mended"),
    [
        (PASSED, failed("gone"), 8, None),
        (PASSED, skipped("comes later"), 8, None),
        (PASSED, partial(0.75, "one is missing"), 2, None),
        (HALF, partial(0.25, "two are missing"), 2, None),
        (HALF, failed("gone"), 4, None),
        (HALF, skipped("comes later"), 4, None),
        (HALF, partial(0.5, "one is missing"), None, None),
        (HALF, partial(0.5003, "rounded"), None, None),
        (HALF, partial(0.75, "better"), None, 2),
        (HALF, passed(), None, 4),
        (FAILED, passed(), None, 8),
        (SKIPPED, passed(), None, 8),
        (FAILED, partial(0.5, "half"), None, 4),
        (FAILED, skipped("comes later"), None, None),
        (SKIPPED, failed("gone"), None, None),
        (PASSED, passed(), None, None),
        (PASSED, not_graded("AccessDenied"), None, None),
        (None, failed("new in the lab"), None, None),
        ({"status": "not_known", "share": 1.0}, passed(), None, None),
    ],
)
def test_build_audit_lists_drifted_and_fixed_checks(before: Any, now: Verdict, drifted: Any, mended: Any) -> None:
    audit = audited(now, before)
    assert [change["points"] for change in audit["drifted"]] == ([] if drifted is None else [drifted])
    assert [change["points"] for change in audit["mended"]] == ([] if mended is None else [mended])


@pytest.mark.parametrize("points", [0, 0.3, 1, 2, 3.5, 5, 7, 8, 50])
@pytest.mark.parametrize(("done", "of"), [(1, 3), (2, 3), (5, 6), (3, 7), (19, 20)])
def test_rounding_of_points_is_no_change(points: float, done: int, of: int) -> None:
    item = replace(ITEM, points=points)
    check = {"status": "partial", "points": round(done / of * points, 2), "max_points": points}
    known: dict[str, Any] = {"status": "partial", "share": share_of(check)}
    for fraction in (done / of, known["share"]):  # judged now, and carried over
        audit = audited(partial(fraction, "one is missing"), known, item)
        assert (audit["drifted"], audit["mended"]) == ([], [])


def test_same_share_of_other_points_is_no_change() -> None:
    known = {"status": "partial", "share": 0.67}  # two thirds of one point
    audit = audited(partial(2 / 3, "one is missing"), known, replace(ITEM, points=10))
    assert (audit["drifted"], audit["mended"]) == ([], [])


def test_difference_has_both_statuses_and_the_message() -> None:
    assert audited(failed("the alias prod does not exist"), PASSED)["drifted"] == [
        {
            "check": "alias",
            "title": "Alias prod is there",
            "from": "passed",
            "to": "failed",
            "message": "the alias prod does not exist",
            "reason": "student",
            "points": 8,
        }
    ]


def test_check_without_points_can_drift() -> None:
    (change,) = audited(failed("gone"), PASSED, replace(ITEM, points=0))["drifted"]
    assert change["points"] == 0


def test_check_that_is_not_graded_keeps_its_last_verdict() -> None:
    report: Any = {
        "checks": [
            {"id": "a", "status": "not_graded", "points": 0, "max_points": 4},
            {"id": "b", "status": "not_graded", "points": 0, "max_points": 4},
            {"id": "c", "status": "partial", "points": 1, "max_points": 4},
        ]
    }
    known = known_after({"a": PASSED, "c": PASSED, "removed": PASSED}, report)
    assert known == {"a": PASSED, "c": {"status": "partial", "share": 0.25}}


def test_running_costs_are_added_up() -> None:
    audit = audited(passed(), running=[COST, COST])
    assert audit["running"][0] == {
        "resource": "user1-f:prod",
        "what": "provisioned concurrency, 2 × 512 MB",
        "usd_per_day": 0.36,
        "stop": STOP,
    }
    assert audit["usd_per_day"] == 0.72


def summary(reports: list[Any], lab: Lab) -> Any:
    made = build_audit_summary(
        run_id="r", lab=lab, course="cloud-2026", finished_at="2026-01-02T23:01:00Z", reports=reports
    )
    validate(made, "audit")
    return made


def test_audit_json_lists_students_with_findings_and_counts_all(example: Any) -> None:
    made = summary([quiet(example, "user2"), report_of(example), example.mixed("user3")], example.lab)
    (student,) = made["students"]
    assert (student["username"], student["status"], student["not_shown"]) == ("user1", "complete", 0)
    assert [change["check"] for change in student["drifted"]] == ["layers-attached"]
    assert student["gone"] == ["function user1-x"]
    assert made["counts"] == {
        "students": 3,
        "drifted": 1,
        "mended": 1,
        "gone": 1,
        "running": 1,
        "not_graded": 1,
        "first": 0,
    }
    assert (made["course"], made["usd_per_day"], made["more_students"]) == ("cloud-2026", 0.36, 0)


def test_audit_json_has_number_and_time_of_carried_over_results(example: Any) -> None:
    assert summary([quiet(example, "user1")], example.lab)["carried_over"] is None
    later = {"run_id": "graded-again", "graded_at": "2026-01-02T09:00:00Z", "lab_version": "1.0.0"}
    both = [report_of(example, "user1", carried_over_from=later), report_of(example, "user2")]
    assert summary(both, example.lab)["carried_over"] == {
        "results": 2,
        "students": 2,
        "runs": 2,
        "first": "2026-01-01T09:00:00Z",
        "last": "2026-01-02T09:00:00Z",
    }
    text = safe(class_page(example, both)).text
    assert "carried over from 2 graded runs, 1 January 2026, 09:00 UTC to 2 January 2026, 09:00 UTC" in text


def test_stop_command_is_never_cut(example: Any) -> None:
    stop = "aws " + "x" * 290
    (student,) = summary([report_of(example, running=[replace(COST, stop=stop, what="y" * 300)])], example.lab)[
        "students"
    ]
    assert student["running"][0]["stop"] == stop
    assert student["running"][0]["what"].endswith("… (60 more characters)")


def test_audit_json_without_findings_is_valid(example: Any) -> None:
    assert summary([quiet(example, "user1")], example.lab)["students"] == []
    assert audit_entry(example.mixed()) is None


@pytest.mark.parametrize("number", [MAX_ENTRIES, MAX_ENTRIES + 1])
def test_findings_of_a_student_are_limited(example: Any, number: int) -> None:
    report = report_of(example, gone=[f"table {index}" + "x" * 500 for index in range(number)])
    (student,) = summary([report], example.lab)["students"]
    assert len(student["gone"]) == MAX_ENTRIES
    assert student["not_shown"] == number - MAX_ENTRIES
    assert student["gone"][0].endswith("… (267 more characters)")


def test_audit_json_of_ten_thousand_students_keeps_those_who_drifted(example: Any) -> None:
    drifted, only_running = report_of(example), report_of(example, known={}, gone=[])

    def named(report: Any, number: int) -> Any:
        return {**report, "student": {**report["student"], "username": f"user{number}"}}

    reports = [named(drifted if number >= 9_500 else only_running, number) for number in range(10_000)]
    made = summary(reports, example.lab)
    assert len(made["students"]) == MAX_STUDENTS
    assert made["more_students"] == 10_000 - MAX_STUDENTS
    assert sum(bool(student["drifted"]) for student in made["students"]) == 500
    order = [int(student["username"].removeprefix("user")) for student in made["students"]]
    assert order == sorted(order)
    assert made["counts"]["running"] == 10_000
    assert made["usd_per_day"] == 3600
    assert len(json.dumps(made)) < 2_000_000


def test_audit_schema_refuses_invalid_documents(example: Any) -> None:
    made = summary([report_of(example)], example.lab)
    made["students"][0]["drifted"][0]["to"] = "not_graded"
    with pytest.raises(
        InvalidDocumentError, match=r"not a valid audit: students.0..drifted.0..to: 'not_graded' is not"
    ):
        validate(made, "audit")


def test_findings_keep_failed_checks_before_skipped_checks(example: Any) -> None:
    report = report_of(example)
    (change,) = report["audit"]["drifted"]
    many = [{**change, "to": "skipped"}] * MAX_ENTRIES + [{**change, "to": "failed"}]
    entry = audit_entry(report | {"audit": report["audit"] | {"drifted": many}})
    assert entry is not None
    assert [change["to"] for change in entry["drifted"]] == ["failed"] + ["skipped"] * (MAX_ENTRIES - 1)
    assert entry["not_shown"] == 1
