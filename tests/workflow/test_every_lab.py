"""The deployed workflow grades every lab pack: a perfect student, one with a mistake, and one who is half done."""

from __future__ import annotations

from typing import Any

import pytest

from checks.simulation.classes import NOTHING_BUILT, Kind, build_class, enroll
from checks.simulation.pack import load_pack
from checks.simulation.teardown import delete_class
from cli.verification.accuracy import compare
from labgrader.labs.lab import find_lab
from tests.checks.test_labs import LABS
from tests.measured import losses
from tests.workflow.conftest import LAB

pytestmark = pytest.mark.workflow


@pytest.mark.parametrize("lab_id", sorted(LABS.keys() - {LAB}))
def test_lab_gives_full_points_and_costs_the_points_of_mistakes(stack: Any, lab_id: str) -> None:
    """Other workflow tests grade the lab that is left out. Labs run in turn: parallel runs only add cold starts."""
    lab, pack = find_lab(lab_id), load_pack(lab_id)
    slip = next(mistake for mistake in pack.mistakes if mistake.id != NOTHING_BUILT and not mistake.slow)
    enrolled = [enroll("perfect", Kind.PERFECT), enroll("slip", Kind.ONE_MISTAKE, [slip])]
    enrolled.append(enroll("half", Kind.HALF_DONE, [pack.mistake(mistake) for mistake in pack.half_done]))
    usernames = [student.username for student in enrolled]
    build_class(lab_id, enrolled, stack.connections)
    try:
        run = stack.run(f"every-lab-{lab_id}", usernames, lab=lab_id)
        reports = {username: stack.report(f"every-lab-{lab_id}", username) for username in usernames}
        accuracy = compare(lab, pack, enrolled, reports)
        assert accuracy.problems() == []
        assert accuracy.found == accuracy.planted == 1 + len(pack.half_done)
        assert run["counts"] == {"students": 3, "complete": 3, "incomplete": 0}
        assert losses(reports["perfect"]) == []
        assert 40 <= reports["half"]["score"]["points"] <= 65
    finally:
        delete_class(stack.connections, usernames)
