"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Aws = Annotated[
    bool, typer.Option("--aws", help="Use the AWS account of your environment instead of the embedded AWS.")
]
Stack = Annotated[str, typer.Option("--stack", metavar="NAME", help="The name of the deployed stack.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
