"""`simulate`: a class of students, good and bad, on the embedded AWS."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from cli import screen
from cli.errors import UsageError
from cli.options import Labs, use_labs
from cli.simulation.classes import Enrolled, build_class, simulate_class
from cli.simulation.connections import Connections
from cli.simulation.teardown import delete_class
from cli.target import Target, reached, running_target
from labgrader.lab import find_lab

MAX_SIMULATED = 500
"""Students of one simulated class: each costs some 300 MB while it is graded."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="Example: labgrader simulate --lab lambda-optimization --students 12 --truth truth.json > class.csv"
    )(simulate)


def simulate(
    lab: Annotated[str, typer.Option("--lab", metavar="ID", help="The lab, as `labgrader labs` lists it.")],
    students: Annotated[int, typer.Option("--students", metavar="N", help="How many students.")],
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="Another seed, another class.")] = 0,
    truth: Annotated[
        Path | None, typer.Option("--truth", metavar="FILE", help="Write there what each student did wrong, as JSON.")
    ] = None,
    labs: Labs = None,
) -> None:
    """Build a class of students, good and bad, on the embedded AWS. Prints the roster as CSV.

    Students of the same names that are there already are replaced, with everything whose name begins with theirs
    (user1-).
    """
    use_labs(labs)
    found = find_lab(lab)
    enrolled = enroll(found.id, students, seed)
    target = running_target()
    screen.say(str(target))
    build(target, found.id, enrolled, screen.say)
    if truth is not None:
        write_truth(truth, found.id, seed, enrolled)
        screen.say(f"what they did wrong: {truth}")
    screen.give(roster(enrolled).rstrip("\n"))


def enroll(lab_id: str, students: int, seed: int = 0) -> list[Enrolled]:
    """Decide who is in a class.

    Raises:
        UsageError: there would be nobody, or too many for one machine.
        BadInputError: the lab cannot be simulated.
    """
    if not 1 <= students <= MAX_SIMULATED:
        raise UsageError(f"a simulated class has 1 to {MAX_SIMULATED} students, not {students}")
    return simulate_class(lab_id, students, seed)


def build(target: Target, lab_id: str, enrolled: Sequence[Enrolled], tell: Callable[[str], None]) -> None:
    """Build a class in place of one with the same names.

    Args:
        target: an embedded AWS.
        lab_id: the lab.
        enrolled: the class.
        tell: is told what is being done.

    Raises:
        TargetError: the embedded AWS refused.
    """
    perfect = sum(not one.mistakes for one in enrolled)
    tell(f"building {len(enrolled)} students: {perfect} perfect, {len(enrolled) - perfect} with a mistake")
    connections = Connections(target.client, target.account_id, target.region)
    with reached():
        delete_class(connections, [one.username for one in enrolled])
        build_class(lab_id, enrolled, connections)


def roster(enrolled: Sequence[Enrolled]) -> str:
    """Return a class as a roster in CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("student_id", "username", "name"))
    for number, one in enumerate(enrolled, start=1):
        writer.writerow((f"s-{number:03}", one.username, f"Student {number}"))
    return text.getvalue()


def write_truth(file: Path, lab_id: str, seed: int, enrolled: Sequence[Enrolled]) -> None:
    """Write what each student of a class did wrong, and the checks that must find it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    document = {"lab": lab_id, "seed": seed, "students": [one.to_dict() for one in enrolled]}
    file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
