"""A verdict of an earlier run is carried over if it still holds."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.judging.carry_over import carried_verdict, checks_by_id, share_of
from labgrader.judging.verdict import Verdict
from labgrader.labs.lab import Item
from labgrader.reasons import Reason

ITEM = Item("bad-json", "answers_only_with", "Bad JSON gets 400", "Task 1", 8)


def entry(**changes: Any) -> dict[str, Any]:
    return {
        "id": "bad-json",
        "check": "answers_only_with",
        "status": "partial",
        "points": 2.67,
        "max_points": 8,
        "message": "1 of 3 answers was right",
        "expected": "400",
        "observed": "500",
        "hint": "wrap it",
        "evidence": ["a line"],
        **changes,
    }


def test_a_whole_verdict_is_carried_over() -> None:
    assert carried_verdict(ITEM, entry()) == Verdict(
        "partial", 0.3337, "1 of 3 answers was right", "400", "500", "wrap it", ("a line",), Reason.CARRIED_OVER
    )


def test_a_passed_verdict_has_no_reason() -> None:
    carried = carried_verdict(ITEM, entry(status="passed", points=8))
    assert carried is not None
    assert carried.reason is None


@pytest.mark.parametrize("status", ["skipped", "not_graded", "guessed"])
def test_skipped_and_not_graded_are_not_carried_over(status: str) -> None:
    assert carried_verdict(ITEM, entry(status=status)) is None


@pytest.mark.parametrize(
    "check",
    [None, {}, entry(check="latency_within"), entry(points="2"), entry(max_points=None), {"status": "passed"}],
)
def test_verdicts_of_another_check_or_shape_are_not_carried_over(check: Any) -> None:
    assert carried_verdict(ITEM, check) is None


@pytest.mark.parametrize(
    ("status", "points", "most", "share"),
    [
        ("passed", 8, 8, 1.0),
        ("passed", 0, 0, 1.0),
        ("partial", 2, 8, 0.25),
        ("partial", 0, 0, 0.5),
        ("failed", 0, 8, 0.0),
        ("skipped", 0, 8, 0.0),
    ],
)
def test_the_share_of_a_check_without_points(status: str, points: float, most: float, share: float) -> None:
    assert share_of({"status": status, "points": points, "max_points": most}) == share


@pytest.mark.parametrize("report", [None, [], {}, {"checks": None}, {"checks": ["x", {"status": "passed"}]}, "text"])
def test_an_invalid_report_has_no_checks(report: Any) -> None:
    assert checks_by_id(report) == {}


def test_the_checks_of_a_report_by_id() -> None:
    assert list(checks_by_id({"checks": [entry()]})) == ["bad-json"]
