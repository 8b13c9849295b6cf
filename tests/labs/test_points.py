"""Points with two decimals: they add up, and they are never rounded up to full marks."""

from __future__ import annotations

import pytest

from labgrader.labs.lab import Lab
from labgrader.labs.points import percent_of, points_text, rounded_below, shown_points, total_points

THIRD = 10 / 3


@pytest.mark.parametrize(
    ("points", "shown"),
    [
        ([], []),
        ([0.1, 0.7, 3.33, 10], [0.1, 0.7, 3.33, 10]),
        ([0.1] * 10, [0.1] * 10),
        ([THIRD] * 3, [3.34, 3.33, 3.33]),
        ([THIRD] * 6, [3.34, 3.34, 3.33, 3.33, 3.33, 3.33]),
        ([5, THIRD, THIRD, THIRD], [5, 3.34, 3.33, 3.33]),
        ([1.006, 1.009, 1.005], [1.01, 1.01, 1.0]),
        ([0.004, 0.004], [0.01, 0.0]),
    ],
)
def test_shown_points_go_to_the_largest_remainders(points: list[float], shown: list[float]) -> None:
    assert shown_points(points) == shown
    assert total_points(shown) == total_points(points)
    assert shown_points(shown) == shown


@pytest.mark.parametrize(
    ("points", "total"), [([], 0), ([0.1] * 3, 0.3), ([0.1, 0.7], 0.8), ([THIRD] * 3, 10), ([99.994], 99.99)]
)
def test_total_points_are_the_exact_sum(points: list[float], total: float) -> None:
    assert total_points(points) == total


@pytest.mark.parametrize(
    ("value", "full", "decimals", "shown"),
    [
        (99.994, 100, 2, 99.99),
        (99.995, 100, 2, 99.99),
        (99.9999999, 100, 2, 99.99),
        (100, 100, 2, 100),
        (99.94, 100, 1, 99.9),
        (99.95, 100, 1, 99.9),
        (100, 100, 1, 100),
        (6.666, 10, 2, 6.67),
        (0.005, 0.01, 2, 0),
    ],
)
def test_rounded_below_reaches_full_marks_only_with_all_of_them(
    value: float, full: float, decimals: int, shown: float
) -> None:
    assert rounded_below(value, full, decimals) == shown


@pytest.mark.parametrize(
    ("points", "most", "percent"),
    [(0, 0, 0), (0, 5, 0), (5, 5, 100), (99_999.99, 100_000, 99.99), (1, 3, 33.33), (2, 3, 66.67)],
)
def test_percent_is_100_only_for_all_points(points: float, most: float, percent: float) -> None:
    assert percent_of(points, most) == percent


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (100, "100"), (7.5, "7.5"), (3.33, "3.33"), (99_999.99, "99999.99"), (0.1, "0.1")]
)
def test_points_are_written_without_trailing_zeros(value: float, text: str) -> None:
    assert points_text(value) == text


def test_a_lab_gets_its_points_with_two_decimals_once() -> None:
    check = {"check": "function_can_run", "title": "It runs", "task": "Task 1", "points": THIRD}
    document = {"id": "thirds", "version": "1.0.0", "title": "Thirds", "points": 10}
    hidden = {**check, "id": "c", "visibility": "hidden"}
    lab = Lab.from_dict({**document, "checks": [{**check, "id": "a"}, {**check, "id": "b"}, hidden]})
    assert [item.points for item in lab.checks] == [3.34, 3.33, 3.33]
    assert Lab.from_dict(lab.to_dict()) == lab
    visible = lab.for_self_check()
    assert ([item.points for item in visible.checks], visible.points) == ([3.34, 3.33], 6.67)
    assert visible.hidden_points == 3.33
