"""The last line of the demo: mistakes that were found or missed, and false alarms."""

from __future__ import annotations

from typing import Any

import pytest

from checks.simulation.classes import Enrolled, Kind
from checks.simulation.mistake import Mistake
from checks.simulation.pack import Pack
from cli.verification.accuracy import Accuracy, compare
from labgrader.labs.lab import Item, Lab

LAB = Lab(
    "a-lab",
    "1.0.0",
    "A lab",
    "",
    3,
    (
        Item("base", "c", "Base", points=1),
        Item("top", "c", "Top", points=1, requires=("base",)),
        Item("side", "c", "Side", points=1, parameters={"factor": 2.0}),
    ),
)
NO_BASE = Mistake("no-base", "left the base out", frozenset({"base"}), lambda _: None)
NO_SIDE = Mistake("no-side", "left the side out", frozenset({"side"}), lambda _: None)
UNSEEN = Mistake("unseen", "destroyed the base", frozenset({"side"}), lambda _: None, not_graded=frozenset({"base"}))
PACK = Pack("a-lab", lambda _: None, (NO_BASE, NO_SIDE, UNSEEN))

PERFECT = Enrolled("ann")
ONE = Enrolled("ben", ("no-base",), ("base",), kind=Kind.ONE_MISTAKE)
HALF = Enrolled("cho", ("no-base", "no-side"), ("base", "side"), kind=Kind.HALF_DONE)
DENIED = Enrolled("dia", kind=Kind.ACCESS_DENIED)
OPEN = Enrolled("eli", ("unseen",), ("side",), ("base",), Kind.NOTHING_BUILT)


def report(base: str = "passed", top: str = "passed", side: str = "passed") -> dict[str, Any]:
    statuses = {"base": base, "top": top, "side": side}
    return {
        "checks": [
            {"id": name, "status": status, "message": "" if status == "passed" else "It is missing."}
            for name, status in statuses.items()
        ]
    }


RIGHT = {
    "ann": report(),
    "ben": report("failed", "skipped"),
    "cho": report("failed", "skipped", "partial"),
    "dia": report("not_graded", "not_graded", "not_graded"),
    "eli": report("not_graded", "not_graded", "failed"),
}
CLASS = (PERFECT, ONE, HALF, DENIED, OPEN)


def accuracy(**otherwise: dict[str, Any]) -> Accuracy:
    return compare(LAB, PACK, CLASS, {**RIGHT, **otherwise})


def test_an_accurate_grading_finds_every_mistake_without_a_false_alarm() -> None:
    result = accuracy()
    assert result.summary() == "4 of 4 planted mistakes found, no false alarms"
    assert result.problems() == []
    assert result.perfect


@pytest.mark.parametrize(
    ("enrolled", "summary"),
    [
        (PERFECT, "no mistakes planted, no false alarms"),
        (DENIED, "no mistakes planted, no false alarms"),
        (ONE, "1 of 1 planted mistake found, no false alarms"),
        (HALF, "2 of 2 planted mistakes found, no false alarms"),
    ],
)
def test_a_class_of_one(enrolled: Enrolled, summary: str) -> None:
    assert compare(LAB, PACK, [enrolled], RIGHT).summary() == summary


def test_a_missed_mistake_is_named_with_student_and_check() -> None:
    result = accuracy(cho=report("failed", "skipped", "passed"))
    assert result.summary() == "3 of 4 planted mistakes found, no false alarms"
    assert result.problems() == ["missed: cho left the side out (no-side), but the check side passed"]
    assert not result.perfect


def test_a_mistake_that_was_skipped_or_not_graded_is_missed() -> None:
    result = accuracy(ben=report("not_graded", "not_graded"), cho=report("failed", "skipped", "skipped"))
    assert result.summary() == "2 of 4 planted mistakes found, no false alarms, 1 check not as expected"
    assert result.problems() == [
        "missed: ben left the base out (no-base), but the check base was not graded",
        "missed: cho left the side out (no-side), but the check side was skipped",
        "not as expected: ben made no mistake here, but the check top was not graded: It is missing.",
    ]


@pytest.mark.parametrize(("status", "words"), [("failed", "failed"), ("partial", "cost points")])
def test_a_false_alarm_is_named_and_checks_that_it_skips_are_not_counted(status: str, words: str) -> None:
    result = accuracy(ann=report(status, "skipped"))
    assert result.summary() == "4 of 4 planted mistakes found, 1 false alarm"
    assert result.problems() == [f"false alarm: ann made no mistake here, but the check base {words}: It is missing."]
    assert not result.perfect


def test_a_check_that_is_skipped_for_no_reason_is_a_false_alarm() -> None:
    result = accuracy(ann=report(top="skipped"))
    assert result.problems() == ["false alarm: ann made no mistake here, but the check top was skipped: It is missing."]


def test_missed_and_false_alarms_together() -> None:
    result = accuracy(ann=report(side="failed"), ben=report(side="failed"))
    assert result.summary() == "3 of 4 planted mistakes found, 2 false alarms"
    assert result.problems() == [
        "missed: ben left the base out (no-base), but the check base passed",
        "false alarm: ann made no mistake here, but the check side failed: It is missing.",
        "false alarm: ben made no mistake here, but the check side failed: It is missing.",
    ]
    assert result.to_dict() == {
        "planted": 4,
        "found": 3,
        "missed": ["ben left the base out (no-base), but the check base passed"],
        "false_alarms": [
            "ann made no mistake here, but the check side failed: It is missing.",
            "ben made no mistake here, but the check side failed: It is missing.",
        ],
        "unexpected": [],
        "undecided": [],
    }


def test_a_student_without_access_neither_loses_nor_gets_points() -> None:
    result = accuracy(dia=report("failed", "skipped", "passed"), eli=report("passed", "not_graded", "failed"))
    assert result.summary() == "4 of 4 planted mistakes found, 1 false alarm, 2 checks not as expected"
    assert result.problems() == [
        "false alarm: labgrader cannot see the work of dia, but the check base failed: It is missing.",
        "not as expected: labgrader cannot see the work of dia, but the check side passed",
        "not as expected: labgrader cannot see the work of eli, but the check base passed",
    ]


def test_a_good_student_who_was_not_graded_is_not_as_expected() -> None:
    result = accuracy(ann=report(side="not_graded"))
    assert result.summary() == "4 of 4 planted mistakes found, no false alarms, 1 check not as expected"
    assert result.problems() == [
        "not as expected: ann made no mistake here, but the check side was not graded: It is missing."
    ]
    assert not result.perfect


@pytest.mark.parametrize(
    ("interval", "undecided"), [([1.99, 2.0], True), ([1.1, 14.4], True), ([1.1, 1.99], False), ([2.0, 14.4], False)]
)
def test_a_comparison_that_is_too_close_to_call_is_no_false_alarm(interval: list[float], undecided: bool) -> None:
    measured = {**report(side="partial"), "comparisons": [{"id": "side", "ratio_interval": interval}]}
    result = accuracy(ann=measured)
    if not undecided:
        assert result.summary() == "4 of 4 planted mistakes found, 1 false alarm"
        assert not result.perfect
        return
    assert result.summary() == "4 of 4 planted mistakes found, no false alarms, 1 too close to call on this machine"
    assert result.problems() == [
        "too close to call: ann made no mistake here, but the check side cost points: It is missing."
    ]
    assert result.perfect


def test_a_failed_comparison_is_a_false_alarm_for_any_interval() -> None:
    measured = {**report(side="failed"), "comparisons": [{"id": "side", "ratio_interval": [1.0, 3.0]}]}
    assert accuracy(ann=measured).summary() == "4 of 4 planted mistakes found, 1 false alarm"
