"""Every lab pack is graded by the deployed workflow under its own roles: a perfect student and one with a mistake."""

from __future__ import annotations

from typing import Any

import pytest

from cli.proof import differences
from cli.simulation.pack import build_student, load_pack
from cli.simulation.student import connect
from cli.simulation.teardown import delete_class
from labgrader.lab import find_lab
from tests.checks.test_labs import LABS

pytestmark = pytest.mark.workflow

ALREADY_GRADED = "lambda-optimization"
"""The other workflow tests grade this one."""


@pytest.mark.parametrize("lab_id", sorted(LABS.keys() - {ALREADY_GRADED}))
def test_a_lab_is_graded_to_full_points_and_to_its_mistake(stack: Any, lab_id: str) -> None:
    lab, pack = find_lab(lab_id), load_pack(lab_id)
    mistake = next(one for one in pack.mistakes if not one.slow)
    connections = connect(stack.target.session, stack.target.endpoint)
    build_student(pack, "perfect", connections)
    build_student(pack, "slip", connections, mistake)
    try:
        stack.run(f"every-lab-{lab_id}", ["perfect", "slip"], lab=lab_id)
        for username, made in (("perfect", None), ("slip", mistake)):
            report = stack.report(f"every-lab-{lab_id}", username)
            assert list(differences(lab, made, report)) == [], username
            assert report["status"] == "complete"
    finally:
        delete_class(connections, ["perfect", "slip"])
