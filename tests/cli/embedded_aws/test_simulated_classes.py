"""Classes of several labs on one embedded AWS: each keeps its students."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.embedded_aws.simulated_classes import SimulatedClass, place_class, remember_class, simulated_classes


def test_classes_are_remembered_by_lab(tmp_path: Path) -> None:
    assert simulated_classes(tmp_path) == {}
    remember_class(tmp_path, "a", SimulatedClass(1, 12))
    remember_class(tmp_path, "b", SimulatedClass(13, 2))
    remember_class(tmp_path, "a", SimulatedClass(1, 3))
    assert simulated_classes(tmp_path) == {"a": SimulatedClass(1, 3), "b": SimulatedClass(13, 2)}
    assert simulated_classes(tmp_path)["b"].usernames == ["user13", "user14"]


@pytest.mark.parametrize(
    ("classes", "students", "first"),
    [
        ({}, 12, 1),
        ({"b": SimulatedClass(1, 12)}, 12, 13),
        ({"b": SimulatedClass(1, 12), "c": SimulatedClass(13, 5)}, 1, 18),
        ({"a": SimulatedClass(1, 12)}, 500, 1),
        ({"a": SimulatedClass(1, 12), "b": SimulatedClass(13, 12)}, 12, 1),
        ({"a": SimulatedClass(1, 12), "b": SimulatedClass(13, 12)}, 13, 25),
        ({"a": SimulatedClass(13, 12), "b": SimulatedClass(1, 12)}, 40, 13),
        ({"b": SimulatedClass(13, 12)}, 12, 1),
        ({"b": SimulatedClass(13, 12)}, 13, 25),
    ],
)
def test_a_class_shares_no_student_with_another_lab(
    classes: dict[str, SimulatedClass], students: int, first: int
) -> None:
    placed = place_class(classes, "a", students)
    assert placed == SimulatedClass(first, students)
    others = [known for lab, known in classes.items() if lab != "a"]
    assert not [other for other in others if set(other.usernames) & set(placed.usernames)]
