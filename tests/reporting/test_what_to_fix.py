"""The points of a failed check and of the checks that wait for it."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.reporting.what_to_fix import what_to_fix


def check(check_id: str, status: str, *requires: str, points: float = 0, most: float = 5) -> dict[str, Any]:
    return {"id": check_id, "status": status, "points": points, "max_points": most, "requires": list(requires)}


def words(*checks: dict[str, Any]) -> dict[str, str]:
    return {fix.check["id"]: fix.words for fix in what_to_fix(checks)}


def test_a_check_counts_all_that_wait_for_it_also_through_other_skipped_checks() -> None:
    skipped = [
        check(f"s{number}", "skipped", f"s{number - 1}" if number else "function", most=3) for number in range(19)
    ]
    assert words(check("function", "failed"), *skipped, check("alone", "failed", most=2)) == {
        "function": "5 points, and 57 more in 19 checks that wait for it",
        "alone": "2 points",
    }


def test_a_skipped_check_counts_for_its_first_cause_only() -> None:
    checks = (
        check("first", "failed"),
        check("second", "failed"),
        check("of-both", "skipped", "second", "first", most=2),
        check("of-a-skipped-one", "skipped", "of-both", "first", most=4),
    )
    assert words(*checks) == {"first": "5 points", "second": "5 points, and 6 more in 2 checks that wait for it"}


@pytest.mark.parametrize("status", ["passed", "partial", "not_graded"])
def test_a_prerequisite_that_did_not_fail_is_no_cause(status: str) -> None:
    checks = (check("before", status), check("cause", "failed"), check("waits", "skipped", "before", "cause"))
    assert words(*checks)["cause"] == "5 points, and 5 more in 1 check that waits for it"


def test_points_are_said_in_the_singular_and_rounded() -> None:
    checks = (
        check("one", "failed", most=1),
        check("waits", "skipped", "one", most=1),
        check("partly", "partial", points=16.66, most=33.33),
    )
    assert words(*checks) == {"one": "1 point, and 1 more in 1 check that waits for it", "partly": "16.67 points"}


def test_only_failed_and_partial_checks_are_to_fix() -> None:
    assert words(check("a", "passed", points=5), check("b", "not_graded"), check("c", "skipped", "hidden")) == {}


def test_a_check_that_waits_for_none_that_is_shown_counts_for_none() -> None:
    assert words(check("a", "failed"), check("b", "skipped", "hidden"), check("c", "skipped")) == {"a": "5 points"}


def test_reports_of_early_versions_have_no_prerequisites() -> None:
    old = {name: value for name, value in check("b", "skipped").items() if name != "requires"}
    assert words(check("a", "failed"), old) == {"a": "5 points"}


def test_a_circle_of_skipped_checks_ends() -> None:
    assert words(check("a", "skipped", "b"), check("b", "skipped", "a"), check("c", "failed")) == {"c": "5 points"}
