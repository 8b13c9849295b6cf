"""`demo`: a simulated class, from nothing to the HTML report, leaving nothing running."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from checks.simulation.classes import Enrolled, Kind, simulate_class
from checks.simulation.pack import load_pack
from cli.command_line import HelpGroup
from cli.commands.grade import grade_class
from cli.commands.simulate import build, check_size, roster, write_truth
from cli.deployment.deploy import deploy
from cli.embedded_aws import server
from cli.errors import INCOMPLETE
from cli.options import Json, Labs, use_labs
from cli.output import console
from cli.output.class_table import Fetched, give_class_table, give_paths
from cli.target import embedded_target
from cli.verification.accuracy import Accuracy, compare
from labgrader.labs.lab import find_lab
from labgrader.rosters import read_roster

POSITION = 130
"""Where these commands stand within their groups of `labgrader --help`."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=HelpGroup.GET_STARTED, epilog="Example: labgrader demo --students 6")(demo)


def demo(
    lab: Annotated[str, typer.Option("--lab", metavar="ID", help="The lab.")] = "lambda-optimization",
    students: Annotated[int, typer.Option("--students", metavar="N", help="How many students.")] = 8,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="Another seed, another class.")] = 0,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the results go.")] = Path("out/demo"),
    labs: Labs = None,
    as_json: Json = False,
) -> None:
    """Grade a simulated class on an embedded AWS of its own, print the class table, stop.

    The last line says how many of the planted mistakes were found. Exit status 1 says that a report is wrong, or that a
    student is not fully graded who should be. An embedded AWS that `labgrader up` started is not touched.
    """
    began = time.monotonic()
    use_labs(labs)
    found = find_lab(lab)
    check_size(students)
    enrolled = simulate_class(found.id, students, seed, ungraded=True)
    with server.temporary(enforce_iam=True) as running:
        target = embedded_target(running)
        console.info(str(target))
        outputs = deploy(target, tell=console.info)
        build(target, found.id, enrolled, console.info)
        content = roster(enrolled).encode()
        fetched = grade_class(
            target,
            outputs,
            lab_id=found.id,
            roster=content,
            suffix=".csv",
            students=read_roster(content, "roster.csv"),
            out=out,
        )
        (out / "roster.csv").write_bytes(content)
        write_truth(out / "truth.json", found.id, seed, enrolled)
        accuracy = compare(found, load_pack(found.id), enrolled, fetched.reports)
        _give(fetched, enrolled, accuracy, as_json=as_json)
        console.info("stopping the embedded AWS")
    console.info(f"done in {time.monotonic() - began:.0f} s; nothing is left running")
    if not accuracy.perfect:
        raise typer.Exit(INCOMPLETE)


def _give(fetched: Fetched, enrolled: Sequence[Enrolled], accuracy: Accuracy, *, as_json: bool) -> None:
    """Print the results."""
    if as_json:
        console.output_json({**fetched.run, "accuracy": accuracy.to_dict()})
    else:
        give_class_table(fetched)
    give = console.info if as_json else console.output
    give_paths(fetched, give)
    give(f"mistakes made  {fetched.folder / 'truth.json'}\n")
    for student in enrolled:
        if student.kind is Kind.ACCESS_DENIED:
            give(f"{student.username} is not graded on purpose: their account denies access. They lose no points.")
        elif student.not_graded:
            give(f"{student.username} is not fully graded on purpose: some work cannot be seen. It costs no points.")
    for problem in accuracy.problems():
        give(problem)
    give(accuracy.summary())
