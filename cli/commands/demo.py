"""`demo`: a simulated class, from nothing to the HTML report, leaving nothing running."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from cli import embedded, screen
from cli.commands.grade import grade_class
from cli.commands.simulate import build, enroll, roster, write_truth
from cli.deploy import deploy
from cli.errors import INCOMPLETE
from cli.options import Labs, use_labs
from cli.results import give_class_table, give_paths
from cli.target import embedded_target
from labgrader.lab import find_lab
from labgrader.roster import read_roster


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: labgrader demo --students 6")(demo)


def demo(
    lab: Annotated[str, typer.Option("--lab", metavar="ID", help="The lab.")] = "lambda-optimization",
    students: Annotated[int, typer.Option("--students", metavar="N", help="How many students.")] = 12,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="Another seed, another class.")] = 0,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the results go.")] = Path("out/demo"),
    labs: Labs = None,
) -> None:
    """Grade a simulated class on an embedded AWS of its own, print the class table, stop.

    An embedded AWS that `labgrader up` started is not touched.
    """
    began = time.monotonic()
    use_labs(labs)
    found = find_lab(lab)
    enrolled = enroll(found.id, students, seed)
    with embedded.temporary() as running:
        target = embedded_target(running)
        screen.say(str(target))
        outputs = deploy(target, tell=screen.say)
        build(target, found.id, enrolled, screen.say)
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
    give_class_table(fetched)
    give_paths(fetched, screen.give)
    screen.give(f"mistakes made  {out / 'truth.json'}")
    screen.say(f"done in {time.monotonic() - began:.0f} s; nothing is left running")
    if fetched.incomplete:
        raise typer.Exit(INCOMPLETE)
