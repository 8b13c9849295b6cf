"""`labgrader labs new`: the files of a small pack that a teacher starts from."""

from __future__ import annotations

import re
from pathlib import Path

from labgrader.errors import BadInputError, Problem
from labgrader.labs.lab import lab_ids
from labgrader.labs.search_path import CHECKS, check_files, searching

_ID = re.compile(r"[a-z][a-z0-9-]{1,60}")
"""A lab's id (``schemas/lab.schema.json``)."""

SIMULATION = "checks.simulation"
"""The package that a solution and its mistakes are made of."""

_LAB = """\
# {{username}}, {{account_id}} and {{region}} are the student's. Text in braces is written {{{{name}}}}.
id: {lab_id}
version: 1.0.0
title: My lab
points: 100

checks:
  - id: function-deployed
    check: function_configured
    title: The function is deployed as specified
    task: Task 1
    points: 30
    with:
      function: "{{username}}-hello"
      runtime: python
      handler: app.handler
      memory_mb: 128

  - id: function-described
    check: {check} # yours: {folder}/{check}.py
    title: The function has a description
    task: Task 1
    points: 20
    requires: [function-deployed]
    with: {{function: "{{username}}-hello", at_least: 10}}

  - id: greets-by-name
    check: event_answered
    title: The function greets whoever calls it
    task: Task 2
    points: 50
    requires: [function-deployed]
    with:
      function: "{{username}}-hello"
      event: {{name: Ada}}
      contains: {{message: "Hello, Ada!"}}

unseen:
  - promise: The student tested the function in the console
    why: a test in the console leaves nothing that can be read afterwards
"""

_CHECK = '''\
"""A function has a description."""

from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, passed, quote


@check(
    title="The function has a description",
    hint="aws lambda update-function-configuration --function-name {{function}} --description 'What it does'",
)
def {check}(snapshot: Snapshot, *, function: str, at_least: int = 1) -> Verdict:
    """The function's description is not empty, and long enough.

    Args:
        function: its name.
        at_least: the characters that it must have.
    """
    deployed = snapshot.function(function)
    if deployed is None:
        return failed(f"There is no function {{function}}.")
    if len(deployed.description) < at_least:
        observed = quote(deployed.description) or "nothing"
        return failed(
            f"The description of {{function}} has {{len(deployed.description)}} of {{at_least}} characters.",
            expected=f"at least {{at_least}} characters",
            observed=observed,
        )
    return passed()
'''

_SOLUTION = '''\
"""What a student who does everything right builds."""

from {simulation}.student import SimulatedStudent

CODE = """\\
import json


def handler(event, context):
    return {{"statusCode": 200, "body": json.dumps({{"message": f"Hello, {{event['name']}}!"}})}}
"""


def build(student: SimulatedStudent) -> None:
    """Build everything that the lab asks for; each name gets the student's prefix."""
    student.create_function(
        "hello",
        {{"app.py": CODE}},
        Runtime="python3.13",
        Handler="app.handler",
        MemorySize=128,
        Description="Greets whoever calls it",
    )
'''

_MISTAKES = '''\
"""What students get wrong, each with the checks that must find it."""

from {simulation}.mistake import Mistake, changed, edited, parameters, replaced

MISTAKES = [
    Mistake(
        "no-description",
        "leaves the description empty",
        {{"function-described"}},
        changed(parameters("create_function", "hello", Description=None)),
    ),
    Mistake(
        "greets-the-world",
        "greets the world, whoever calls",
        {{"greets-by-name"}},
        changed(edited("app.py", replaced("{{event['name']}}", "world"))),
    ),
]
'''


def write_pack(lab_id: str, folder: Path) -> list[Path]:
    """Write a pack of one function, three checks (one of them in a file of its own) and two mistakes.

    Args:
        lab_id: the id of the new lab.
        folder: the folder of labs; it is made where there is none.

    Returns:
        The files.

    Raises:
        BadInputError: the id cannot be used, or a file of that name is there already.
    """
    check = f"{lab_id.replace('-', '_')}_described"
    if not _ID.fullmatch(lab_id) or lab_id == CHECKS:
        letters = "2 to 61 lower-case letters, digits and hyphens, beginning with a letter, and not checks"
        raise BadInputError([f"{lab_id!r} is not the id of a lab: {letters}"])
    folder.mkdir(parents=True, exist_ok=True)
    with searching(folder):
        if lab_id in lab_ids():
            raise BadInputError([f"there is already a lab {lab_id}; give yours another id"])
        if check in check_files():
            raise BadInputError([f"there is already a check {check}; give your lab another id"])
    pack = folder / lab_id
    texts = {
        pack / "lab.yaml": _LAB,
        pack / "solution.py": _SOLUTION,
        pack / "mistakes.py": _MISTAKES,
        folder / CHECKS / f"{check}.py": _CHECK,
    }
    if there := [file for file in texts if file.exists()]:
        raise BadInputError([Problem("is there already", str(file)) for file in there])
    for file, text in texts.items():
        file.parent.mkdir(exist_ok=True)
        content = text.format(lab_id=lab_id, check=check, folder=CHECKS, simulation=SIMULATION)
        file.write_text(content, encoding="utf-8")
    return list(texts)
