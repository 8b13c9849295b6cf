"""The code of two functions, as ``labgrader:ReadCode`` records it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.checks.two_functions import A, B
from tests.checks.world import World

DEPLOY = (
    "zip -r function.zip .  # in the folder of the changed code\n"
    "aws lambda update-function-code --function-name user1-a --zip-file fileb://function.zip"
)
DEPLOY_B = "\naws lambda update-function-code --function-name user1-b --zip-file fileb://function.zip"


def call(name: str, line: int = 12, inside: str = "lambda_handler", *keywords: str) -> dict[str, Any]:
    """Return one call in a file: its name, its place and its keywords."""
    return {"Name": name, "Line": line, "In": inside, "Keywords": list(keywords)}


def file(path: str, *calls: Mapping[str, Any], undefined: tuple[str, ...] = (), problem: str = "") -> dict[str, Any]:
    """Return one file of a package with its calls."""
    return {"Path": path, "Imports": [], "Calls": list(calls), "Undefined": list(undefined), "Problem": problem}


def coded(a: list[dict[str, Any]] | None, b: list[dict[str, Any]] | None = None) -> World:
    """Make two functions with these files; ``None`` for unreadable code."""
    world = World().function(A).function(B)
    world.say("labgrader:ReadCode", a, FunctionName=A)
    return world.say("labgrader:ReadCode", b, FunctionName=B)
