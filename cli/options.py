"""Options that several commands share."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cli.project import DEFAULT_STACK
from labgrader.labs.search_path import refuse_empty_folders, use_folders
from labgrader.rosters import UsernameSource

Aws = Annotated[
    bool, typer.Option("--aws", help="Use your AWS account (AWS_PROFILE, AWS_REGION) instead of the embedded AWS.")
]
Stack = Annotated[str, typer.Option("--stack", metavar="NAME", help="Name of the deployed stack.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Labs = Annotated[
    list[Path] | None,
    typer.Option(
        "--labs",
        metavar="DIR",
        envvar="LABGRADER_LABS",
        show_default=False,
        help="Folder with your own labs (ID/lab.yaml) and checks (checks/NAME.py). Repeatable.",
    ),
]
UsernameFrom = Annotated[
    UsernameSource | None,
    typer.Option("--username-from", help="What missing usernames are made from.", show_default=False),
]
Accounts = Annotated[
    Path | None,
    typer.Option(
        "--accounts",
        metavar="FILE",
        show_default=False,
        help="A second file with usernames and accounts, joined by student_id, login or email.",
    ),
]


def limits(*parts: str) -> str:
    """Return the default and the bounds of an option for its help text: ``[default: 10; max: 60]``.

    The first bracket is escaped: Typer reads help texts as Rich markup.
    """
    return rf"\[{'; '.join(parts)}]"


def use_labs(labs: Sequence[Path] | None) -> None:
    """Add the folders of ``--labs`` to the search path of labs.

    Raises:
        BadInputError: one is not a folder, or has neither a lab nor a check.
    """
    if labs:
        use_folders(labs)
        refuse_empty_folders(labs)


def chosen(aws: bool, stack: str, labs: Sequence[Path] | None = None) -> str:
    """Return the options for a command that a message suggests, each after a space: `` --aws``.

    Args:
        aws, stack: the values of the options.
        labs: the folders of labs, if the command has ``--labs``.
    """
    options = " --aws" if aws else ""
    options += "" if stack == DEFAULT_STACK else f" --stack {stack}"
    return options + "".join(f" --labs {shlex.quote(str(folder))}" for folder in labs or ())
