"""Group checks by the tasks of a lab, in the order in which a student works through the tasks. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

OTHER = "Other checks"
"""The heading of the checks without a task."""

Check = TypeVar("Check", bound=Mapping[str, Any])

_NUMBER = re.compile(r"\d+")


def by_task(checks: Iterable[Check]) -> list[tuple[str, list[Check]]]:
    """Return the tasks with their checks.

    A lab lists its checks by their prerequisites, and not by its steps. Tasks with numbers of the same kind (``Lab 1,
    Step 2``, ``Task 10``) come first, sorted by number. Other tasks follow in their order. Checks without a task are
    last.

    Args:
        checks: the checks of a report or of a run, each with ``task``.
    """
    found: dict[str, list[Check]] = {}
    for check in checks:
        found.setdefault(check.get("task") or "", []).append(check)
    alike = len({_beginning(task) for task in found if _NUMBER.search(task)}) == 1
    order = sorted(found, key=lambda task: _rank(task, alike=alike))
    return [(task or OTHER, found[task]) for task in order]


def _beginning(task: str) -> str:
    """Return the text before the first number. It is the same for ``Lab 1`` and ``Labs 1 and 3``."""
    return _NUMBER.split(task)[0].strip().lower().removesuffix("s")


def _rank(task: str, *, alike: bool) -> tuple[bool, bool, list[int]]:
    numbers = [int(number[:9]) for number in _NUMBER.findall(task)] if alike else []
    return not task, alike and not numbers, numbers
