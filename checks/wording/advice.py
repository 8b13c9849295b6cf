"""What several pieces of advice say or do in the same way: whom they concern, where in the code, how to deploy it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from labgrader.evidence.snapshot import Call, Function, Snapshot, Source
from labgrader.judging import listed, quote

MAX_PLACES = 5
"""Places in the code that one sentence names."""


def existing(snapshot: Snapshot, functions: Iterable[str]) -> list[Function]:
    """The functions that exist; what is missing has a check of its own."""
    return [one for one in (snapshot.function(name) for name in functions) if one is not None]


def names_of(functions: Iterable[Function]) -> str:
    """The functions' names for a sentence."""
    return listed(one.name for one in functions)


def pluralize(things: Sequence[Any], one: str, more: str) -> str:
    """``one`` for one thing, ``more`` for several: ``has`` or ``have``."""
    return one if len(things) == 1 else more


def and_why(explanation: str) -> str:
    """A lab's own words, as they follow a sentence."""
    return f" {explanation}" if explanation else ""


def argument(text: object) -> str:
    """A text as one word of a shell command, whatever stands in it."""
    return shlex.quote(quote(text))


def json_argument(document: Any) -> str:
    """A JSON document as one word of a shell command."""
    return shlex.quote(json.dumps(document))


def calls_in(snapshot: Snapshot, function: Function) -> Iterator[tuple[Source, Call]]:
    """Every call in the code of a function with the file it stands in; none where the code cannot be read."""
    for source in snapshot.code(function.name) or ():
        for call in source.calls:
            yield source, call


def place(source: Source, call: Call) -> str:
    """Where a call stands: ``boto3.client in lambda_handler (app.py:12)``."""
    inside = f" in {quote(call.function)}" if call.function else ""
    return f"{quote(call.name)}{inside} ({quote(source.path)}:{call.line})"


def some(places: Sequence[str]) -> str:
    """The first places for a sentence, and how many more there are."""
    left = len(places) - MAX_PLACES
    return f"{', '.join(places[:MAX_PLACES])} and {left} more" if left > 0 else listed(places)


def deploy_again(functions: Iterable[Function]) -> str:
    """The commands that put changed code into place."""
    commands = [
        f"aws lambda update-function-code --function-name {name} --zip-file fileb://function.zip"
        for name in dict.fromkeys(one.name for one in functions)
    ]
    return "\n".join(["zip -r function.zip .  # in the folder of the changed code", *commands])
