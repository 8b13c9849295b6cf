"""What an audit says of a student, and its summary of a class."""

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
def test_what_drifted_and_what_is_mended(before: Any, now: Verdict, drifted: Any, mended: Any) -> None:
    audit = audited(now, before)
    assert [one["points"] for one in audit["drifted"]] == ([] if drifted is None else [drifted])
    assert [one["points"] for one in audit["mended"]] == ([] if mended is None else [mended])


@pytest.mark.parametrize("points", [0, 0.3, 1, 2, 3.5, 5, 7, 8, 50])
@pytest.mark.parametrize(("done", "of"), [(1, 3), (2, 3), (5, 6), (3, 7), (19, 20)])
def test_a_part_that_was_rounded_is_neither_drift_nor_mended(points: float, done: int, of: int) -> None:
    item = replace(ITEM, points=points)
    check = {"status": "partial", "points": round(done / of * points, 2), "max_points": points}
    known: dict[str, Any] = {"status": "partial", "share": share_of(check)}
    for fraction in (done / of, known["share"]):  # judged now, and carried over
        audit = audited(partial(fraction, "one is missing"), known, item)
        assert (audit["drifted"], audit["mended"]) == ([], [])


def test_a_part_of_other_points_in_another_version_of_the_lab_is_the_same_part() -> None:
    known = {"status": "partial", "share": 0.67}  # two thirds of one point
    audit = audited(partial(2 / 3, "one is missing"), known, replace(ITEM, points=10))
    assert (audit["drifted"], audit["mended"]) == ([], [])


def test_a_difference_says_from_what_to_what_and_why() -> None:
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


def test_a_check_that_is_worth_nothing_can_drift() -> None:
    (one,) = audited(failed("gone"), PASSED, replace(ITEM, points=0))["drifted"]
    assert one["points"] == 0


def test_what_could_not_be_told_keeps_what_was_known_before() -> None:
    report: Any = {
        "checks": [
            {"id": "a", "status": "not_graded", "points": 0, "max_points": 4},
            {"id": "b", "status": "not_graded", "points": 0, "max_points": 4},
            {"id": "c", "status": "partial", "points": 1, "max_points": 4},
        ]
    }
    known = known_after({"a": PASSED, "c": PASSED, "removed": PASSED}, report)
    assert known == {"a": PASSED, "c": {"status": "partial", "share": 0.25}}


def test_what_is_running_is_added_up() -> None:
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


def test_audit_json_has_only_those_with_something_and_counts_everybody(example: Any) -> None:
    made = summary([quiet(example, "user2"), report_of(example), example.mixed("user3")], example.lab)
    (student,) = made["students"]
    assert (student["username"], student["status"], student["not_shown"]) == ("user1", "complete", 0)
    assert [one["check"] for one in student["drifted"]] == ["layers-attached"]
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


def test_audit_json_says_what_is_carried_over_from_how_many_runs_and_when(example: Any) -> None:
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


def test_a_command_is_never_cut(example: Any) -> None:
    stop = "aws " + "x" * 290
    (student,) = summary([report_of(example, running=[replace(COST, stop=stop, what="y" * 300)])], example.lab)[
        "students"
    ]
    assert student["running"][0]["stop"] == stop
    assert student["running"][0]["what"].endswith("… (60 more characters)")


def test_nothing_to_say_of_anybody_is_a_summary_too(example: Any) -> None:
    assert summary([quiet(example, "user1")], example.lab)["students"] == []
    assert audit_entry(example.mixed()) is None


@pytest.mark.parametrize("number", [MAX_ENTRIES, MAX_ENTRIES + 1])
def test_what_is_listed_of_a_student_is_bounded(example: Any, number: int) -> None:
    report = report_of(example, gone=[f"table {one}" + "x" * 500 for one in range(number)])
    (student,) = summary([report], example.lab)["students"]
    assert len(student["gone"]) == MAX_ENTRIES
    assert student["not_shown"] == number - MAX_ENTRIES
    assert student["gone"][0].endswith("… (267 more characters)")


def test_ten_thousand_students_are_bounded_and_those_who_drifted_come_first(example: Any) -> None:
    drifted, only_running = report_of(example), report_of(example, known={}, gone=[])

    def named(report: Any, number: int) -> Any:
        return {**report, "student": {**report["student"], "username": f"user{number}"}}

    reports = [named(drifted if number >= 9_500 else only_running, number) for number in range(10_000)]
    made = summary(reports, example.lab)
    assert len(made["students"]) == MAX_STUDENTS
    assert made["more_students"] == 10_000 - MAX_STUDENTS
    assert sum(bool(one["drifted"]) for one in made["students"]) == 500
    order = [int(one["username"].removeprefix("user")) for one in made["students"]]
    assert order == sorted(order)
    assert made["counts"]["running"] == 10_000
    assert made["usd_per_day"] == 3600
    assert len(json.dumps(made)) < 2_000_000


def test_what_audit_json_may_not_say_is_refused(example: Any) -> None:
    made = summary([report_of(example)], example.lab)
    made["students"][0]["drifted"][0]["to"] = "not_graded"
    with pytest.raises(
        InvalidDocumentError, match=r"not a valid audit: students.0..drifted.0..to: 'not_graded' is not"
    ):
        validate(made, "audit")


def test_a_summary_keeps_what_failed_before_what_is_only_skipped(example: Any) -> None:
    report = report_of(example)
    (one,) = report["audit"]["drifted"]
    many = [{**one, "to": "skipped"}] * MAX_ENTRIES + [{**one, "to": "failed"}]
    entry = audit_entry(report | {"audit": report["audit"] | {"drifted": many}})
    assert entry is not None
    assert [change["to"] for change in entry["drifted"]] == ["failed"] + ["skipped"] * (MAX_ENTRIES - 1)
    assert entry["not_shown"] == 1
