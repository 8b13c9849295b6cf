"""The tasks of a lab as a page heads them: each once, in the order in which a student works through them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

OTHER = "Other checks"
"""Heads the checks that belong to no task."""

Check = TypeVar("Check", bound=Mapping[str, Any])

_NUMBER = re.compile(r"\d+")


def by_task(checks: Iterable[Check]) -> list[tuple[str, list[Check]]]:
    """Return the checks by the task they belong to.

    A lab names its checks in the order in which they need each other, which is not that of its steps. Tasks that are
    numbered alike (``Lab 1, Step 2``, ``Task 10``) stand in the order of their numbers, others follow as they come, and
    checks of no task are last.

    Args:
        checks: of a report or of a run, each with ``task``.
    """
    found: dict[str, list[Check]] = {}
    for check in checks:
        found.setdefault(check.get("task") or "", []).append(check)
    alike = len({_beginning(task) for task in found if _NUMBER.search(task)}) == 1
    order = sorted(found, key=lambda task: _rank(task, alike=alike))
    return [(task or OTHER, found[task]) for task in order]


def _beginning(task: str) -> str:
    """What stands before the first number: ``Lab 1`` and ``Labs 1 and 3`` begin alike."""
    return _NUMBER.split(task)[0].strip().lower().removesuffix("s")


def _rank(task: str, *, alike: bool) -> tuple[bool, bool, list[int]]:
    numbers = [int(number[:9]) for number in _NUMBER.findall(task)] if alike else []
    return not task, alike and not numbers, numbers
