"""names_are_defined: advice on names that no file imports or defines."""

from __future__ import annotations

import pytest

from tests.checks.code.samples import DEPLOY, DEPLOY_B, coded, file
from tests.checks.two_functions import advise
from tests.checks.world import World


@pytest.mark.parametrize(
    "world", [World(), coded(None), coded([]), coded([file("app.py")]), coded([{}])], ids=list("abcde")
)
def test_gives_no_advice_without_readable_code(world: World) -> None:
    verdict = advise(world, "names_are_defined")
    assert (verdict.status, verdict.message) == ("passed", "")


def test_names_the_module_without_an_import() -> None:
    world = coded([file("cleanup_lambda.py", undefined=("json",))])
    verdict = advise(world, "names_are_defined", explanation="The handout's own code forgets it.")
    assert (verdict.status, verdict.observed) == ("failed", "json")
    assert verdict.message == (
        "A name is neither imported nor defined (json in cleanup_lambda.py of user1-a). An invocation that reaches "
        "such a line fails with a NameError. The handout's own code forgets it."
    )
    assert verdict.hint == "# at the top of cleanup_lambda.py: import json\n" + DEPLOY


def test_names_the_files_of_several_functions() -> None:
    world = coded([file("a.py", undefined=("result", "os"))], [file("b.py", undefined=("boto3",))])
    verdict = advise(world, "names_are_defined")
    assert verdict.message == (
        "Some names are neither imported nor defined (result and os in a.py of user1-a; boto3 in b.py of user1-b). "
        "An invocation that reaches such a line fails with a NameError."
    )
    assert verdict.hint.splitlines()[:3] == [
        "# at the top of a.py: define or import result",
        "# at the top of a.py: import os",
        "# at the top of b.py: import boto3",
    ]
    assert verdict.hint.endswith(DEPLOY + DEPLOY_B)


def test_a_path_cannot_leave_its_comment() -> None:
    verdict = advise(coded([file("a.py\nrm -rf /", undefined=("x",))]), "names_are_defined")
    assert verdict.hint.splitlines()[0] == "# at the top of a.py\ufffdrm -rf /: define or import x"
