"""environment_is_read: advice on environment variables that no file reads."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.api_gateway.todo_api import TODO
from tests.checks.world import World


def coded(*imports: str, variables: Any = None, problem: str = "") -> World:
    world = World().function(TODO, Environment={"Variables": {"TABLE_NAME": "t"} if variables is None else variables})
    source = {"Path": "todo_api.py", "Imports": list(imports), "Calls": [], "Undefined": [], "Problem": problem}
    return world.say("labgrader:ReadCode", [source], FunctionName=TODO)


def test_names_a_variable_that_the_code_does_not_read() -> None:
    verdict = coded("json", "boto3", "uuid", "datetime").judge(
        "environment_is_read", function=TODO, variables=["TABLE_NAME"], explanation="The handout's mistake."
    )
    assert verdict.message == (
        f"The code of {TODO} does not read the environment variable TABLE_NAME: no file of its package imports os. "
        "The handout's mistake."
    )


@pytest.mark.parametrize(
    "world",
    [
        World(),
        coded("os", "boto3"),
        coded("os.path"),
        coded("aws_lambda_powertools.utilities"),
        coded("settings_of_a_layer"),
        coded("json", variables={}),
        coded(problem="a syntax error in line 1"),
        World()
        .function(TODO, Environment={"Variables": {"TABLE_NAME": "t"}})
        .say("labgrader:ReadCode", None, FunctionName=TODO),
    ],
)
def test_passes_when_the_variable_may_be_read(world: World) -> None:
    assert world.judge("environment_is_read", function=TODO, variables=["TABLE_NAME"]).status == "passed"
