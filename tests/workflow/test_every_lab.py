"""Every lab pack is graded by the deployed workflow under its own roles: a perfect student and one with a mistake."""

from __future__ import annotations

from typing import Any

import pytest

from cli.proof import differences
from cli.simulation.pack import load_pack
from cli.simulation.teardown import delete_class
from labgrader.lab import find_lab
from tests.checks.test_labs import LABS
from tests.workflow.conftest import LAB

pytestmark = pytest.mark.workflow


@pytest.mark.parametrize("lab_id", sorted(LABS.keys() - {LAB}))
def test_a_lab_is_graded_to_full_points_and_to_its_mistake(stack: Any, lab_id: str) -> None:
    """The other workflow tests grade the lab that is left out. One lab after the other: more at once only adds cold
    starts."""
    lab, mistake = find_lab(lab_id), next(one for one in load_pack(lab_id).mistakes if not (one.slow or one.not_graded))
    stack.build("perfect", lab=lab_id)
    stack.build("slip", mistake.id, lab=lab_id)
    try:
        stack.run(f"every-lab-{lab_id}", ["perfect", "slip"], lab=lab_id)
        for username, made in (("perfect", None), ("slip", mistake)):
            report = stack.report(f"every-lab-{lab_id}", username)
            assert list(differences(lab, made, report)) == [], username
            assert report["status"] == "complete"
    finally:
        delete_class(stack.connections, ["perfect", "slip"])
