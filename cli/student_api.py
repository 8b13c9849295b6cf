"""What the commands of students share: the options for the address and the token of the API, and the connection."""

from __future__ import annotations

import importlib.util
import os
import shlex
from pathlib import Path
from typing import Annotated

import typer

from cli.api_client import Api
from cli.errors import UsageError
from cli.options import chosen
from cli.output import console
from labgrader.documents.report import Report

LATEST = "latest"
"""The name of the newest report or self-check. No run has this id: an id begins with a date."""

Token = Annotated[
    str,
    typer.Option(
        "--token",
        metavar="TOKEN",
        envvar="LABGRADER_TOKEN",
        show_default=False,
        help="The token that your instructor gave you. LABGRADER_TOKEN is safer: other users of this machine can see "
        "the command line, and your shell stores it.",
    ),
]

Url = Annotated[
    str,
    typer.Option(
        "--url",
        metavar="URL",
        envvar="LABGRADER_API_URL",
        show_default=False,
        help="The address of the API, from your instructor. By default, the embedded AWS on this machine.",
    ),
]

Page = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help="Write the report to this file, as a page for a browser."),
]


def open_api(url: str, token: str, stack: str) -> Api:
    """Return a client of the API.

    Args:
        url: the address, or empty for the embedded AWS on this machine.
        token: the student's token.
        stack: the stack on the embedded AWS.

    Raises:
        UsageError: the token or the address is missing or malformed.
    """
    if not token:
        raise UsageError("a token is missing: set LABGRADER_TOKEN to the token that your instructor gave you")
    return Api(url or _url_here(stack), token)


def same_api(url: str, stack: str) -> str:
    """Return the options with which another command calls the same API. They never contain the token."""
    if url:
        return "" if os.environ.get("LABGRADER_API_URL") == url else f" --url {shlex.quote(url)}"
    return chosen(False, stack)


def write_page(report: Report, file: Path) -> None:
    """Write a report to a file, as a page for a browser.

    Args:
        report: the student's copy.
        file: the file. An earlier one is replaced.
    """
    from labgrader.reporting.html import render_student  # Jinja2: most commands write no page

    file.write_text(render_student(report), encoding="utf-8")
    console.info(f"wrote {file}")


def _url_here(stack: str) -> str:
    """Return the address of the API on the embedded AWS of this machine.

    Raises:
        UsageError: no embedded AWS runs here. The students' package has none.
    """
    outputs: dict[str, str] = {}
    if importlib.util.find_spec("cli.target") is not None:
        from cli.embedded_aws import server
        from cli.target import embedded_target, stack_outputs

        found = server.running()
        outputs = stack_outputs(embedded_target(found), stack) if found else {}
    if "ApiUrl" not in outputs:
        raise UsageError("the address of the API is missing: set LABGRADER_API_URL to the one from your instructor")
    return outputs["ApiUrl"]
