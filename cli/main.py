"""The `labgrader` command: grades what students built in AWS."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from importlib.util import find_spec
from types import FrameType
from typing import Annotated, Any

import typer

from cli import commands
from cli.class_lists import show_notices
from cli.command_line import Group, register_commands
from cli.errors import (
    BAD_INPUT,
    CRASHED,
    DONE,
    EXIT_STATUSES,
    READER_GONE,
    UNREACHABLE,
    Interrupted,
    TargetError,
    UsageError,
)
from cli.output import console
from labgrader import __version__
from labgrader.errors import BadInputError, LabgraderError, MissingError
from labgrader.labs.search_path import searching

START = " Start with `labgrader demo`."
"""What the help says if there is a demo. The students' package has none."""

app = typer.Typer(
    name="labgrader",
    cls=Group,
    help=f"Grade what students built in AWS.{START if find_spec('cli.commands.demo') else ''}",
    epilog=f"Exit status: {' · '.join(f'{status} {meaning}' for status, meaning in EXIT_STATUSES.items())}.",
    context_settings={"help_option_names": ["--help", "-h"]},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
register_commands(app, commands)


def _give_version(wanted: bool) -> None:
    if wanted:
        console.output(f"labgrader {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_give_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Define the options that come before a command."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: used instead of the arguments of the process.

    Returns:
        The exit status, one of ``cli.errors.EXIT_STATUSES``.
    """
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")  # a terminal without "→" shows a question mark, not a traceback
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _interrupt)
    console.show_progress(True)
    try:
        return _run(arguments)
    except BrokenPipeError:
        _discard_output()
        return READER_GONE


def _run(arguments: list[str] | None) -> int:
    """Run one command; return its exit status.

    Raises:
        BrokenPipeError: the reader of the output stopped reading.
    """
    try:
        with searching():  # the folders of --labs end with the command
            app(args=arguments, prog_name="labgrader")
    except SystemExit as done:
        if isinstance(done.__context__, BrokenPipeError):  # Typer and Rich turn it into exit status 1
            raise done.__context__ from None
        return done.code if isinstance(done.code, int) else DONE if done.code is None else BAD_INPUT
    except Exception as error:  # noqa: BLE001  the traceback is printed, and the exit status is only used for this
        if isinstance(error, (LabgraderError, OSError)) or _aws_error(error):
            return _refuse(error)
        traceback.print_exc()
        return CRASHED
    return DONE


def _discard_output() -> None:
    """Discard the buffered output. Python would flush it at exit and report the broken pipe."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is not None:
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _refuse(error: Exception) -> int:
    """Print what is wrong, each problem on its own line. Return the exit status."""
    aws_error = _aws_error(error) or ("" if isinstance(error, TargetError) else _aws_error(error.__cause__))
    if aws_error:
        console.error(f"error: {aws_error}")
        return UNREACHABLE
    if isinstance(error, BadInputError):
        show_notices(error.notices)
        for problem in error.problems:
            console.error(f"error: {problem}")
        return BAD_INPUT
    if isinstance(error, OSError):
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        console.error(f"error: {what}")
        return BAD_INPUT
    console.error(f"error: {error}")
    return BAD_INPUT if isinstance(error, (UsageError, MissingError)) else UNREACHABLE


def _aws_error(error: BaseException | None) -> str:
    """Return a sentence for an error of botocore; empty for any other. The students' package has no botocore."""
    if "botocore" not in sys.modules:
        return ""
    from botocore.exceptions import BotoCoreError, ClientError

    from cli.target import explained

    return explained(error) if isinstance(error, (BotoCoreError, ClientError)) else ""


def _interrupt(number: int, _frame: FrameType | None) -> Any:
    raise Interrupted(128 + number)


if __name__ == "__main__":
    sys.exit(main())
