"""Phrases and commands that several pieces of advice share: functions, places in the code, deployment."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from labgrader.evidence.snapshot import Call, Function, Snapshot, Source
from labgrader.judging import listed, quote

MAX_PLACES = 5
"""Number of places in the code that one sentence names."""


def existing(snapshot: Snapshot, functions: Iterable[str]) -> list[Function]:
    """Return the functions that exist. Other checks report the missing ones."""
    found = (snapshot.function(name) for name in functions)
    return [function for function in found if function is not None]


def names_of(functions: Iterable[Function]) -> str:
    """Return the functions' names for a sentence."""
    return listed(function.name for function in functions)


def pluralize(things: Sequence[Any], singular: str, plural: str) -> str:
    """Return the word that agrees with the number of things: ``has`` or ``have``."""
    return singular if len(things) == 1 else plural


def and_why(explanation: str) -> str:
    """Return a lab's explanation with a leading space, to follow a sentence."""
    return f" {explanation}" if explanation else ""


def argument(text: object) -> str:
    """Return a text as one word of a shell command, with any characters."""
    return shlex.quote(quote(text))


def json_argument(document: Any) -> str:
    """Return a JSON document as one word of a shell command."""
    return shlex.quote(json.dumps(document))


def calls_in(snapshot: Snapshot, function: Function) -> Iterator[tuple[Source, Call]]:
    """Yield every call in a function's code with its file; nothing if the code cannot be read."""
    for source in snapshot.code(function.name) or ():
        for call in source.calls:
            yield source, call


def place(source: Source, call: Call) -> str:
    """Return the place of a call: ``boto3.client in lambda_handler (app.py:12)``."""
    inside = f" in {quote(call.function)}" if call.function else ""
    return f"{quote(call.name)}{inside} ({quote(source.path)}:{call.line})"


def some(places: Sequence[str]) -> str:
    """Return the first places for a sentence, and the number of the others."""
    others = len(places) - MAX_PLACES
    return f"{', '.join(places[:MAX_PLACES])} and {others} more" if others > 0 else listed(places)


def deploy_again(functions: Iterable[Function]) -> str:
    """Return the commands that deploy changed code."""
    commands = [
        f"aws lambda update-function-code --function-name {name} --zip-file fileb://function.zip"
        for name in dict.fromkeys(function.name for function in functions)
    ]
    return "\n".join(["zip -r function.zip .  # in the folder of the changed code", *commands])
