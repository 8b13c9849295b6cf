"""Every lab pack is graded by the deployed workflow under its own roles: a perfect student and one with a mistake."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cli.proof import differences
from cli.simulation.pack import load_pack
from cli.simulation.teardown import delete_class
from labgrader.lab import find_lab
from tests.checks.test_labs import LABS
from tests.workflow.conftest import LAB

pytestmark = pytest.mark.workflow

OTHER_LABS = sorted(LABS.keys() - {LAB})
"""The other workflow tests grade that one."""


def names(lab_id: str) -> tuple[str, str]:
    """The usernames of a lab's perfect student and of the one with a mistake."""
    number = OTHER_LABS.index(lab_id)
    return f"perfect{number}", f"slip{number}"


@pytest.fixture(scope="module")
def runs(stack: Any) -> Iterator[dict[str, str]]:
    """The executions that grade the labs, started side by side: alone, each spends most of its time waiting."""
    for lab_id in OTHER_LABS:
        perfect, slip = names(lab_id)
        stack.build(perfect, lab=lab_id)
        stack.build(slip, mistake_of(lab_id).id, lab=lab_id)
    yield {lab_id: stack.start(f"every-lab-{lab_id}", [*names(lab_id)], lab=lab_id) for lab_id in OTHER_LABS}
    delete_class(stack.connections, [name for lab_id in OTHER_LABS for name in names(lab_id)])


def mistake_of(lab_id: str) -> Any:
    return next(one for one in load_pack(lab_id).mistakes if not one.slow)


@pytest.mark.parametrize("lab_id", OTHER_LABS)
def test_a_lab_is_graded_to_full_points_and_to_its_mistake(stack: Any, runs: dict[str, str], lab_id: str) -> None:
    ended = stack.finish(runs[lab_id])
    assert ended["status"] == "SUCCEEDED", (ended.get("error"), ended.get("cause"))
    for username, made in zip(names(lab_id), (None, mistake_of(lab_id)), strict=True):
        report = stack.report(f"every-lab-{lab_id}", username)
        assert list(differences(find_lab(lab_id), made, report)) == [], username
        assert report["status"] == "complete"
