"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.project import DEFAULT_STACK

Aws = Annotated[
    bool, typer.Option("--aws", help="Use the AWS account of your environment instead of the embedded AWS.")
]
Stack = Annotated[str, typer.Option("--stack", metavar="NAME", help="The name of the deployed stack.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def chosen(aws: bool, stack: str) -> str:
    """Return the options that say the same of another command, each with a space before it: `` --aws``."""
    return (" --aws" if aws else "") + ("" if stack == DEFAULT_STACK else f" --stack {stack}")
