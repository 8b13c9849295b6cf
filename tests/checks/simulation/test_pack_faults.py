"""Errors in a teacher's solution or mistakes name the file and the line, and are not errors of AWS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from checks.simulation.connections import Connections
from checks.simulation.mistake import Mistake
from checks.simulation.pack import Pack, build_student, load_pack
from labgrader.errors import BadInputError
from labgrader.labs.search_path import searching
from tests.checks.simulation.test_simulation import Aws
from tests.checks.test_labs import every_lab

LAB = "id: mine\nversion: 1.0.0\ntitle: Mine\npoints: 1\nchecks:\n  - {id: one, check: alias_points_to, title: It is, task: T, points: 1, with: {function: f, alias: a, version: '1'}}\n"  # noqa: E501

SOLUTION = """\
from checks.simulation.builders import create_queue


def build(student):
    create_queue(student, "jobs")
"""

MISTAKES = """\
from checks.simulation.mistake import Mistake, changed, parameters

MISTAKES = (
    Mistake("slow", "waits long", {{"one"}}, changed(parameters("create_queue", "{queue}", {values}))),
)
"""


def refused(folder: Path, solution: str = SOLUTION, queue: str = "jobs", values: str = "QueueName='x'") -> str:
    pack = folder / "mine"
    pack.mkdir()
    (pack / "lab.yaml").write_text(LAB, encoding="utf-8")
    (pack / "solution.py").write_text(solution, encoding="utf-8")
    (pack / "mistakes.py").write_text(MISTAKES.format(queue=queue, values=values), encoding="utf-8")
    client = boto3.client(
        "sqs",
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        endpoint_url="http://127.0.0.1:9",
        config=Config(retries={"total_max_attempts": 1}),
    )
    connections = Connections(lambda _: client if "unknown" in values else Aws(), "123456789012", "us-east-1")
    with searching(folder):
        loaded = load_pack("mine")
        said = problem_of(loaded, connections, loaded.mistakes[0])
    assert said is not None
    return said.removeprefix(f"{pack}/")


def problem_of(pack: Pack, connections: Connections, mistake: Mistake) -> str | None:
    """Return the error of building a student, or None if it succeeds."""
    try:
        build_student(pack, "user1", connections, mistake)
    except BadInputError as error:
        return str(error)
    return None


def test_a_mistake_that_matches_no_step_is_rejected(tmp_path: Path) -> None:
    assert refused(tmp_path, queue="jobz") == ("the mistake slow changes nothing: no step of the solution matches it")


def test_an_error_of_the_solution_names_its_line(tmp_path: Path) -> None:
    solution = SOLUTION.replace('create_queue(student, "jobs")', 'student.nothing("x")')
    assert refused(tmp_path, solution) == (
        "solution.py:5: with the mistake slow: AttributeError: 'SimulatedStudent' object has no attribute 'nothing'"
    )


def test_an_unknown_parameter_of_aws_names_its_line(tmp_path: Path) -> None:
    said = refused(tmp_path, values="unknown=1")
    assert said.startswith("solution.py:5: with the mistake slow: ParamValidationError: Parameter validation failed:")
    assert 'Unknown parameter in input: "unknown"' in said


@every_lab
def test_each_mistake_of_the_built_in_labs_changes_a_step(lab_id: str) -> None:
    """Some mistakes depend on the responses of AWS. The test ignores their errors with this client's responses."""
    pack = load_pack(lab_id)

    def connections() -> Connections:
        aws: Any = Aws()
        return Connections(lambda _: aws, "123456789012", "us-east-1")

    refusals = {mistake.id: problem_of(pack, connections(), mistake) or "" for mistake in pack.mistakes}
    assert [name for name, refusal in refusals.items() if "changes nothing" in refusal] == []
