"""`verify`: prove a lab pack on an embedded AWS."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from checks.simulation.pack import load_pack
from cli.command_line import HelpGroup
from cli.deployment.deploy import deploy
from cli.embedded_aws import server
from cli.errors import INCOMPLETE
from cli.options import Json, Labs, use_labs
from cli.output import console
from cli.target import embedded_target
from cli.verification.proof import Outcome, cases, prove
from labgrader.labs.lab import find_lab

POSITION = 40
"""The position of these commands in their groups of `labgrader --help`."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=HelpGroup.LABS, epilog="Example: labgrader verify lambda-optimization")(verify)


def verify(
    lab_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the lab (`labgrader labs`).")],
    mistake: Annotated[
        list[str] | None,
        typer.Option("--mistake", metavar="ID", help="Grade only this mistake and the solution. Repeatable."),
    ] = None,
    skip_slow: Annotated[bool, typer.Option("--skip-slow", help="Skip the mistakes that take minutes.")] = False,
    record: Annotated[
        Path | None,
        typer.Option("--record", metavar="DIR", help="Save in this folder the data from which students were graded."),
    ] = None,
    labs: Labs = None,
    as_json: Json = False,
) -> None:
    """Prove a lab: its solution scores full points, and each mistake fails exactly the checks that it names.

    Each mistake is graded as a simulated student on a temporary embedded AWS, which is deleted at the end. Needs no
    AWS account.

    Exit status 1: the proof does not hold; the table says which check of which student.
    """
    use_labs(labs)
    lab = find_lab(lab_id)
    pack = load_pack(lab.id)
    wanted = cases(pack, mistake or [], slow=not skip_slow)
    outcomes = []
    with server.temporary() as running:
        target = embedded_target(running)
        console.info(str(target))
        outputs = deploy(target, tell=console.info)
        for outcome in prove(target, outputs, lab, pack, wanted, record=record, tell=console.info):
            outcomes.append(outcome)
            console.info(f"{'holds' if not outcome.problems else 'DOES NOT HOLD'}  {outcome.case.id}")
        _print_results(outcomes, as_json=as_json)
        broken = sum(bool(outcome.problems) for outcome in outcomes)
        console.info(f"{len(outcomes) - broken} of {len(outcomes)} students were graded as the lab says")
    if broken:
        raise typer.Exit(INCOMPLETE)


def _print_results(outcomes: list[Outcome], *, as_json: bool) -> None:
    if as_json:
        console.output_json(
            [
                {
                    "case": outcome.case.id,
                    "username": outcome.case.username,
                    "fails": sorted(outcome.case.mistake.fails) if outcome.case.mistake else [],
                    "points": outcome.report["score"]["points"],
                    "holds": not outcome.problems,
                    "problems": list(outcome.problems),
                }
                for outcome in outcomes
            ]
        )
        return
    console.output_table(
        ("student", "points", "fails", "proof"),
        [
            (
                outcome.case.id,
                console.points(outcome.report["score"]["points"]),
                ", ".join(sorted(outcome.case.mistake.fails)) if outcome.case.mistake else "nothing",
                "; ".join(outcome.problems) or "holds",
            )
            for outcome in outcomes
        ],
        numbers=("points",),
    )
