"""The `labgrader` command: grades what students built in AWS."""

from __future__ import annotations

import importlib.metadata
import signal
import sys
from types import FrameType
from typing import Annotated, Any

import typer
from botocore.exceptions import BotoCoreError, ClientError

from cli.commands import (
    audit,
    course,
    demo,
    deploy,
    embedded_aws,
    grade,
    labs,
    load_testing,
    results,
    self_check,
    simulate,
    token,
    verify,
)
from cli.errors import BAD_INPUT, UNREACHABLE, Interrupted, TargetError, UsageError
from cli.output import console
from cli.target import explained
from labgrader.errors import BadInputError, LabgraderError
from labgrader.labs.search_path import searching
from labgrader.store import MissingError

app = typer.Typer(
    name="labgrader",
    help="Grade what students built in AWS. Start with `labgrader demo`.",
    epilog="Exit status: 0 done · 1 some student is not fully graded · 2 bad input or usage · 3 AWS out of reach.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for module in (
    embedded_aws,
    deploy,
    labs,
    verify,
    simulate,
    grade,
    results,
    token,
    self_check,
    course,
    audit,
    load_testing,
    demo,
):
    module.register(app)


def _give_version(wanted: bool) -> None:
    if wanted:
        console.output(f"labgrader {importlib.metadata.version('labgrader')}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_give_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Hold the options that come before a command."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: in place of those of the process.

    Returns:
        The exit status: 0 done, 1 somebody is not fully graded, 2 bad input or usage, 3 AWS not reached or refused.
    """
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")  # a terminal that has no "→" gets a question mark, not a traceback
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        with searching():  # the folders that a command names are its own
            app(args=arguments, prog_name="labgrader")
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 0 if done.code is None else BAD_INPUT
    except (LabgraderError, BotoCoreError, ClientError, OSError) as error:
        return _refuse(error)
    return 0


def _refuse(error: Exception) -> int:
    """Say what is wrong, each problem on its own line; return the exit status that stands for it."""
    if isinstance(error, (BotoCoreError, ClientError)):
        console.info(f"error: {explained(error)}")
        return UNREACHABLE
    if isinstance(error.__cause__, (BotoCoreError, ClientError)) and not isinstance(error, TargetError):
        console.info(f"error: {explained(error.__cause__)}")
        return UNREACHABLE
    if isinstance(error, BadInputError):
        for problem in error.problems:
            console.info(f"error: {problem}")
        return BAD_INPUT
    if isinstance(error, OSError):
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        console.info(f"error: {what}")
        return BAD_INPUT
    console.info(f"error: {error}")
    return BAD_INPUT if isinstance(error, (UsageError, MissingError)) else UNREACHABLE


def _interrupt(number: int, _frame: FrameType | None) -> Any:
    raise Interrupted(128 + number)


if __name__ == "__main__":
    sys.exit(main())
