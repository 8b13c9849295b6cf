"""The last line of the demonstration: what was found, what was missed, who was accused of nothing they did."""

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
            {"id": name, "status": status, "message": "" if status == "passed" else "There is none."}
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


def test_everything_was_found_and_nobody_was_accused() -> None:
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
    assert result.problems() == ["missed: cho left the side out (no-side), and the check side passed"]
    assert not result.perfect


def test_a_mistake_that_was_skipped_or_not_graded_is_missed() -> None:
    result = accuracy(ben=report("not_graded", "not_graded"), cho=report("failed", "skipped", "skipped"))
    assert result.summary() == "2 of 4 planted mistakes found, no false alarms, 1 check not as expected"
    assert result.problems() == [
        "missed: ben left the base out (no-base), and the check base was not graded",
        "missed: cho left the side out (no-side), and the check side was skipped",
        "not as expected: ben did it right, and the check top was not graded: There is none.",
    ]


@pytest.mark.parametrize(("status", "words"), [("failed", "failed"), ("partial", "cost points")])
def test_a_false_alarm_is_named_and_what_is_skipped_after_it_is_not_counted_again(status: str, words: str) -> None:
    result = accuracy(ann=report(status, "skipped"))
    assert result.summary() == "4 of 4 planted mistakes found, 1 false alarm"
    assert result.problems() == [f"false alarm: ann did it right, and the check base {words}: There is none."]
    assert not result.perfect


def test_a_check_that_is_skipped_for_no_reason_is_a_false_alarm() -> None:
    result = accuracy(ann=report(top="skipped"))
    assert result.problems() == ["false alarm: ann did it right, and the check top was skipped: There is none."]


def test_missed_and_false_alarms_together() -> None:
    result = accuracy(ann=report(side="failed"), ben=report(side="failed"))
    assert result.summary() == "3 of 4 planted mistakes found, 2 false alarms"
    assert result.problems() == [
        "missed: ben left the base out (no-base), and the check base passed",
        "false alarm: ann did it right, and the check side failed: There is none.",
        "false alarm: ben did it right, and the check side failed: There is none.",
    ]
    assert result.to_dict() == {
        "planted": 4,
        "found": 3,
        "missed": ["ben left the base out (no-base), and the check base passed"],
        "false_alarms": [
            "ann did it right, and the check side failed: There is none.",
            "ben did it right, and the check side failed: There is none.",
        ],
        "unexpected": [],
        "undecided": [],
    }


def test_a_student_who_cannot_be_seen_neither_loses_nor_gets_a_point() -> None:
    result = accuracy(dia=report("failed", "skipped", "passed"), eli=report("passed", "not_graded", "failed"))
    assert result.summary() == "4 of 4 planted mistakes found, 1 false alarm, 2 checks not as expected"
    assert result.problems() == [
        "false alarm: nobody can see the work of dia, and the check base failed: There is none.",
        "not as expected: nobody can see the work of dia, and the check side passed",
        "not as expected: nobody can see the work of eli, and the check base passed",
    ]


def test_a_good_student_who_was_not_graded_is_not_as_expected() -> None:
    result = accuracy(ann=report(side="not_graded"))
    assert result.summary() == "4 of 4 planted mistakes found, no false alarms, 1 check not as expected"
    assert result.problems() == ["not as expected: ann did it right, and the check side was not graded: There is none."]
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
    assert result.problems() == ["too close to call: ann did it right, and the check side cost points: There is none."]
    assert result.perfect


def test_a_comparison_that_failed_is_a_false_alarm_whatever_was_measured() -> None:
    measured = {**report(side="failed"), "comparisons": [{"id": "side", "ratio_interval": [1.0, 3.0]}]}
    assert accuracy(ann=measured).summary() == "4 of 4 planted mistakes found, 1 false alarm"
