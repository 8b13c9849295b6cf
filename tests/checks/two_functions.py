"""Two functions of a student that a check gives advice on."""

from __future__ import annotations

import shlex
from typing import Any

from labgrader.judging.verdict import Verdict
from tests.checks.world import World

A, B = "user1-a", "user1-b"
HOSTILE = "x'; rm -rf / #"


def two_functions(**settings: Any) -> World:
    """Make two functions with the same settings."""
    settings = {"Runtime": "python3.13", "Handler": "app.lambda_handler", **settings}
    return World().function(A, **settings).function(B, **settings)


def advise(world: World, check: str, **parameters: Any) -> Verdict:
    """Judge the two functions, and a third one that does not exist."""
    return world.judge(check, functions=[A, B, "user1-missing"], **parameters)


def words(command: str) -> list[str]:
    """Return the words that a shell makes of a command."""
    return shlex.split(command, comments=True)
