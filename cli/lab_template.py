"""`labgrader labs new`: the files of a small lab to start from."""

from __future__ import annotations

import re
from pathlib import Path

from labgrader.errors import BadInputError, Problem
from labgrader.labs.lab import lab_ids
from labgrader.labs.search_path import CHECKS, check_files, searching

_ID = re.compile(r"[a-z][a-z0-9-]{1,60}")
"""The form of a lab's id (``schemas/lab.schema.json``)."""

SIMULATION = "checks.simulation"
"""The package from which a solution and its mistakes import."""

_LAB = """\
# {{username}}, {{account_id}} and {{region}} stand for the student's values. Write other braces twice: {{{{name}}}}.
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
    check: {check} # your own check: {folder}/{check}.py
    title: The function has a description
    task: Task 1
    points: 20
    requires: [function-deployed]
    with: {{function: "{{username}}-hello", at_least: 10}}

  - id: greets-by-name
    check: event_answered
    title: The function greets the caller by name
    task: Task 2
    points: 50
    requires: [function-deployed]
    with:
      function: "{{username}}-hello"
      event: {{name: Ada}}
      contains: {{message: "Hello, Ada!"}}

unseen:
  - promise: The student tested the function in the console
    why: a test in the console leaves no trace in the account
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
    """The description of the function has the required length.

    Args:
        function: the name of the function.
        at_least: the minimum number of characters.
    """
    deployed = snapshot.function(function)
    if not deployed:
        return failed(f"The function {{function}} does not exist.")
    if len(deployed.description) < at_least:
        observed = quote(deployed.description) or "nothing"
        return failed(
            f"The description of {{function}} is too short.",
            expected=f"at least {{at_least}} characters",
            observed=observed,
        )
    return passed()
'''

_SOLUTION = '''\
"""Build what a student builds who makes no mistake."""

from {simulation}.student import SimulatedStudent

CODE = """\\
import json


def handler(event, context):
    return {{"statusCode": 200, "body": json.dumps({{"message": f"Hello, {{event['name']}}!"}})}}
"""


def build(student: SimulatedStudent) -> None:
    """Build everything that the lab requires. Each name gets the student's prefix."""
    student.create_function(
        "hello",
        {{"app.py": CODE}},
        Runtime="python3.13",
        Handler="app.handler",
        MemorySize=128,
        Description="Greets the caller by name",
    )
'''

_MISTAKES = '''\
"""Mistakes of students, each with the checks that must fail."""

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
        "greets the world instead of the caller",
        {{"greets-by-name"}},
        changed(edited("app.py", replaced("{{event['name']}}", "world"))),
    ),
]
'''


def write_pack(lab_id: str, folder: Path) -> list[Path]:
    """Write a lab with one function, three checks (one of them a new check) and two mistakes.

    Args:
        lab_id: the id of the new lab.
        folder: the folder of labs. It is created if it does not exist.

    Returns:
        The files.

    Raises:
        BadInputError: the id is invalid or already used, or a file exists.
    """
    check = f"{lab_id.replace('-', '_')}_described"
    if not _ID.fullmatch(lab_id) or lab_id == CHECKS:
        rule = "use 2 to 61 lower-case letters, digits and hyphens, beginning with a letter; checks is reserved"
        raise BadInputError([f"{lab_id!r} cannot be the id of a lab; {rule}"])
    folder.mkdir(parents=True, exist_ok=True)
    with searching(folder):
        if lab_id in lab_ids():
            raise BadInputError([f"the lab {lab_id} already exists; choose another id"])
        if check in check_files():
            raise BadInputError([f"the check {check} already exists; choose another id for the lab"])
    pack = folder / lab_id
    texts = {
        pack / "lab.yaml": _LAB,
        pack / "solution.py": _SOLUTION,
        pack / "mistakes.py": _MISTAKES,
        folder / CHECKS / f"{check}.py": _CHECK,
    }
    if existing := [file for file in texts if file.exists()]:
        raise BadInputError(
            [Problem("this file already exists; move it, or choose another id", str(file)) for file in existing]
        )
    for file, text in texts.items():
        file.parent.mkdir(exist_ok=True)
        content = text.format(lab_id=lab_id, check=check, folder=CHECKS, simulation=SIMULATION)
        file.write_text(content, encoding="utf-8")
    return list(texts)
