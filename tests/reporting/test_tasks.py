"""Tasks appear once, sorted by their numbers."""

from __future__ import annotations

import pytest

from labgrader.reporting.tasks import by_task


@pytest.mark.parametrize(
    ("tasks", "headings"),
    [
        (
            ["Lab 1, Step 3", "Lab 1, Step 2", "Lab 1, Step 3", "Lab 1, Step 10", "Lab 1, Step 1", "Lab 2, Step 1"],
            ["Lab 1, Step 1", "Lab 1, Step 2", "Lab 1, Step 3", "Lab 1, Step 10", "Lab 2, Step 1"],
        ),
        (["Labs 1 and 3", "Lab 3", "Lab 1", "All labs"], ["Lab 1", "Labs 1 and 3", "Lab 3", "All labs"]),
        (["Lab Verification", "Task 2", "", "Task 1"], ["Task 1", "Task 2", "Lab Verification", "Other checks"]),
        (["Deploy", "Build", "Deploy"], ["Deploy", "Build"]),
        (["Step 2", "Part 1", "Step 1"], ["Step 2", "Part 1", "Step 1"]),
        (["", "Deploy"], ["Deploy", "Other checks"]),
        ([], []),
    ],
)
def test_by_task_sorts_the_tasks(tasks: list[str], headings: list[str]) -> None:
    assert [task for task, _ in by_task({"task": task} for task in tasks)] == headings


def test_by_task_keeps_the_order_of_checks() -> None:
    checks = [{"task": "Task 2", "id": "a"}, {"task": "Task 1", "id": "b"}, {"task": "Task 2", "id": "c"}]
    assert by_task(checks) == [("Task 1", [checks[1]]), ("Task 2", [checks[0], checks[2]])]
