"""Ask the user before a command does what cannot be undone or costs money."""

from __future__ import annotations

import sys

import typer

from cli.errors import UsageError


def confirm(question: str, *, no_terminal: str, refused: str) -> None:
    """Ask a question that is answered with yes or no.

    Args:
        question: the question.
        no_terminal: the error if standard input is not a terminal.
        refused: the error if the answer is no.

    Raises:
        UsageError: the answer is no, or standard input is not a terminal.
    """
    if not sys.stdin.isatty():
        raise UsageError(no_terminal)
    if not typer.confirm(question, err=True):
        raise UsageError(refused)


def confirm_by_name(question: str, name: str, *, no_terminal: str, refused: str) -> None:
    """Ask the user to type a name.

    Args:
        question: the question.
        name: the only answer that counts as yes.
        no_terminal: the error if standard input is not a terminal.
        refused: the error if the answer is anything else.

    Raises:
        UsageError: the answer is not the name, or standard input is not a terminal.
    """
    if not sys.stdin.isatty():
        raise UsageError(no_terminal)
    if typer.prompt(question, default="", show_default=False, err=True).strip() != name:
        raise UsageError(refused)
