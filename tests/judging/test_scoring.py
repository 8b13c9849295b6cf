"""Points, prerequisites, and the rule that a fault of ours never costs a student."""

import pytest

from labgrader.judging.scoring import score
from labgrader.judging.verdict import Verdict, failed, not_graded, partial, passed, share, skipped
from labgrader.labs.lab import Item


def item(name: str, points: float = 10, *requires: str) -> Item:
    return Item(id=name, check="some_check", title=f"The {name}", points=points, requires=requires)


def statuses(items: list[Item], verdicts: dict[str, Verdict]) -> dict[str, str]:
    return {check.item.id: check.verdict.status for check in score(items, verdicts).checks}


def test_points_add_up_and_a_partial_verdict_earns_its_share() -> None:
    result = score(
        [item("a"), item("b"), item("c", 5)], {"a": passed(), "b": partial(0.25, "a quarter"), "c": failed("no")}
    )
    assert (result.points, result.max_points, result.open_points) == (12.5, 25, 0)
    assert result.percent == 50
    assert result.complete


def test_thirds_are_rounded_to_two_decimals_and_still_sum() -> None:
    result = score([item("a"), item("b"), item("c")], {name: share(1, 3, "one of three") for name in "abc"})
    assert [check.points for check in result.checks] == [3.33, 3.33, 3.33]
    assert result.points == 9.99


def test_points_are_never_rounded_up_to_full_marks() -> None:
    result = score([item("a", 100)], {"a": share(19_999, 20_000, "one is missing")})
    assert (result.points, result.max_points, result.percent) == (99.99, 100, 99.99)
    result = score([item("a", 99_999.99), item("b", 0.01)], {"a": passed(), "b": failed("no")})
    assert (result.points, result.max_points, result.percent) == (99_999.99, 100_000, 99.99)
    result = score([item("a", 100)], {"a": passed()})
    assert (result.points, result.percent) == (100, 100)


def test_a_partial_share_that_was_rounded_up_to_all_is_not_full_marks() -> None:
    """An audit repeats the share of an earlier report, which has four decimals."""
    assert score([item("a", 10)], {"a": Verdict("partial", 1.0, "almost")}).points == 9.99


def test_points_of_thirds_add_up_to_the_points_of_the_lab() -> None:
    items = [item(name, 10 / 3) for name in "abc"]
    result = score(items, dict.fromkeys("abc", passed()))
    assert [check.points for check in result.checks] == [check.item.points for check in result.checks]
    assert [check.points for check in result.checks] == [3.34, 3.33, 3.33]
    assert (result.points, result.max_points, result.percent) == (10, 10, 100)


def test_a_failed_prerequisite_skips_with_its_title() -> None:
    result = score([item("a"), item("b", 10, "a")], {"a": failed("missing"), "b": passed()})
    assert result.checks[1].verdict == skipped("Skipped: fix “The a” first.")
    assert result.points == 0


def test_skipping_reaches_indirect_dependents_in_any_order_of_the_checks() -> None:
    items = [item("c", 10, "b"), item("b", 10, "a"), item("a")]
    assert statuses(items, {"a": failed("x"), "b": passed(), "c": passed()}) == {
        "a": "failed",
        "b": "skipped",
        "c": "skipped",
    }


def test_a_partial_prerequisite_skips_no_check() -> None:
    assert statuses([item("a"), item("b", 10, "a")], {"a": partial(0.5, "half"), "b": passed()})["b"] == "passed"


@pytest.mark.parametrize(
    ("own", "expected"), [(passed(), "passed"), (failed("x"), "not_graded"), (partial(0.5, "x"), "not_graded")]
)
def test_nothing_is_lost_while_a_prerequisite_is_not_graded(own: Verdict, expected: str) -> None:
    items = [item("a"), item("b", 10, "a")]
    assert statuses(items, {"a": not_graded("denied"), "b": own})["b"] == expected


def test_a_check_without_a_verdict_is_open_not_lost() -> None:
    result = score([item("a"), item("b")], {"a": passed()})
    assert (result.points, result.open_points, result.complete) == (10, 10, False)
    assert result.checks[1].verdict.message == "labgrader recorded no verdict for this check"


@pytest.mark.parametrize(
    ("earned", "status", "fraction"),
    [(-1, "failed", 0), (0, "failed", 0), (1, "partial", 0.5), (2, "passed", 1), (3, "passed", 1)],
)
def test_share_at_both_bounds(earned: int, status: str, fraction: float) -> None:
    verdict = share(earned, 2, "some are missing")
    assert (verdict.status, verdict.fraction) == (status, fraction)
    assert verdict.message == ("" if status == "passed" else "some are missing")


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.1])
def test_partial_is_never_all_or_nothing(fraction: float) -> None:
    with pytest.raises(ValueError, match="earns more than nothing and less than all"):
        partial(fraction, "x")


def test_a_verdict_survives_being_written_down() -> None:
    verdict = failed("no", expected="1", observed="2", hint="aws", evidence=["line"])
    assert Verdict.from_dict(verdict.to_dict()) == verdict
