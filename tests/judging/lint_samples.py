"""Lab files without a mistake, to be changed by the tests of lint, and the problems that lint finds."""

from __future__ import annotations

from pathlib import Path

from labgrader.judging.lint import lint

GOOD = """\
id: example
version: 1.0.0
title: An example
points: 10
checks:
  - id: first
    check: alias_points_to
    title: The alias prod serves version 1
    task: Task 1
    points: 4
    with: {function: "{username}-f", alias: "{username}-prod", version: "1"}
  - id: second
    check: alias_points_to
    title: The alias dev serves $LATEST
    task: Task 1
    points: 6
    requires: [first]
    with: {function: "{username}-f", alias: "{username}-dev", version: "$LATEST"}
"""

EXPECTING = GOOD.replace(
    """    check: alias_points_to
    title: The alias prod serves version 1""",
    """    check: event_answered
    title: The function answers""",
).replace(
    """    with: {function: "{username}-f", alias: "{username}-prod", version: "1"}""",
    """    with:
      function: "{username}-f"
      event: {}
      matches:
        type: object
        required: [user_id]
        properties:
          user_id: {type: string, pattern: "^u"}""",
)
"""The first check has a schema of the answer."""


def problems_of(file: Path) -> list[str]:
    """Return the problems that lint finds in a file, without the file's name."""
    return [str(problem).removeprefix(f"{file}:") for problem in lint(file)]


def problems(folder: Path, text: str) -> list[str]:
    """Write a lab file and return the problems that lint finds in it."""
    file = folder / "lab.yaml"
    file.write_text(text, encoding="utf-8")
    return problems_of(file)
