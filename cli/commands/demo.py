"""`demo`: grade a simulated class on a temporary embedded AWS, from the students' code to the HTML report."""

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
from cli.commands.simulate import MAX_SIMULATED, build, check_size, roster, write_truth
from cli.deployment.deploy import deploy
from cli.embedded_aws import server
from cli.errors import INCOMPLETE
from cli.options import Json, Labs, limits, use_labs
from cli.output import console
from cli.output.class_table import Fetched, give_class_table, give_paths
from cli.output.results_folder import forget_demo, prepare_folder
from cli.target import embedded_target
from cli.verification.accuracy import Accuracy, compare
from labgrader.labs.lab import find_lab
from labgrader.rosters.reader import read_roster

POSITION = 130
"""The position of these commands in their groups of `labgrader --help`."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=HelpGroup.GET_STARTED, epilog="Example: labgrader demo --students 6")(demo)


def demo(
    lab: Annotated[
        str, typer.Option("--lab", metavar="ID", help="Id of the lab (`labgrader labs`).")
    ] = "lambda-optimization",
    students: Annotated[
        int,
        typer.Option(
            "--students",
            metavar="N",
            show_default=False,
            help=f"Number of students. {limits('default: 8', f'max: {MAX_SIMULATED}')}",
        ),
    ] = 8,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", help="Seed of the random class. Another number makes another class.")
    ] = 0,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder for the results; created if it does not exist.")
    ] = Path("out/demo"),
    labs: Labs = None,
    as_json: Json = False,
) -> None:
    """Grade a simulated class on this machine and print the class table. Needs no AWS account.

    The students and their mistakes are simulated on a temporary embedded AWS, which is deleted at the end. The last
    line of the results says how many of the mistakes were found. An embedded AWS that `labgrader up` started is not
    used.

    Exit status 1: a report is wrong, or a student is unexpectedly not fully graded.
    """
    began = time.monotonic()
    use_labs(labs)
    found = find_lab(lab)
    check_size(students)
    enrolled = simulate_class(found.id, students, seed, ungraded=True)
    forget_demo(out)
    prepare_folder(out, found.id, "grade")
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
        _print_results(fetched, enrolled, accuracy, as_json=as_json)
        console.info("stopping the embedded AWS")
    console.info(f"done in {time.monotonic() - began:.0f} s; nothing is left running")
    if not accuracy.perfect:
        raise typer.Exit(INCOMPLETE)


def _print_results(fetched: Fetched, enrolled: Sequence[Enrolled], accuracy: Accuracy, *, as_json: bool) -> None:
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
            give(
                f"{student.username} is not fully graded on purpose: labgrader cannot see some of the work. "
                "They lose no points."
            )
    for problem in accuracy.problems():
        give(problem)
    give(accuracy.summary())
