"""`labgrader simulate` for several labs: on one embedded AWS, no class deletes the students of another lab."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from checks.simulation.classes import simulate_class
from cli.commands.simulate import roster
from cli.embedded_aws import server
from cli.main import main
from cli.target import embedded_target

pytestmark = pytest.mark.usefixtures("own_state_and_signals")

FIRST, SECOND = "lambda-optimization", "performance-scaling"

Capture = pytest.CaptureFixture[str]


def simulated(capsys: Capture, lab: str, students: int) -> tuple[list[str], str]:
    """Simulate a class; return its usernames and what was said on standard error."""
    assert main(["simulate", "--lab", lab, "--students", str(students)]) == 0
    captured = capsys.readouterr()
    return [row["username"] for row in csv.DictReader(io.StringIO(captured.out))], captured.err


@pytest.mark.workflow
def test_a_second_lab_keeps_the_students_of_the_first(capsys: Capture, tmp_path: Path) -> None:
    running = server.start(None, lasting=True)
    try:
        functions = embedded_target(running).client("lambda")

        def owners() -> set[str]:
            pages = functions.get_paginator("list_functions").paginate()
            return {found["FunctionName"].split("-")[0] for page in pages for found in page["Functions"]}

        names, said = simulated(capsys, FIRST, 2)
        assert (names, "stay" in said) == (["user1", "user2"], False)
        assert owners() == {"user1", "user2"}
        names, said = simulated(capsys, SECOND, 1)
        assert names == ["user3"]
        assert f"the simulated students of {FIRST} stay; these begin with user3\n" in said
        assert owners() == {"user1", "user2", "user3"}
        names, _ = simulated(capsys, FIRST, 1)
        assert names == ["user1"]
        assert owners() == {"user1", "user3"}, "the class of the same lab is replaced"
        names, _ = simulated(capsys, FIRST, 3)
        assert names == ["user4", "user5", "user6"]
        assert owners() == {"user3", "user4", "user5", "user6"}
    finally:
        server.stop(running)


def test_a_class_can_begin_with_any_number() -> None:
    first, later = simulate_class(FIRST, 4), simulate_class(FIRST, 4, first=13)
    assert [student.username for student in later] == ["user13", "user14", "user15", "user16"]
    assert [student.mistakes for student in later] == [student.mistakes for student in first]
    assert roster(later, 13).splitlines()[1] == "s-013,user13,Student 13"
