"""code_can_be_parsed: advice on files that are not Python."""

from __future__ import annotations

import pytest

from tests.checks.code.samples import DEPLOY, DEPLOY_B, coded, file
from tests.checks.two_functions import advise
from tests.checks.world import World


@pytest.mark.parametrize(
    "world", [World(), coded(None), coded([]), coded([file("app.py")]), coded([{}])], ids=list("abcde")
)
def test_gives_no_advice_without_readable_code(world: World) -> None:
    verdict = advise(world, "code_can_be_parsed")
    assert (verdict.status, verdict.message) == ("passed", "")


def test_names_the_files_that_are_not_python() -> None:
    world = coded([file("app.py", problem="line 3: expected ':'.")], [file("b.py", problem="line 1: bad")])
    verdict = advise(world, "code_can_be_parsed")
    assert verdict.message == (
        "A file is not valid Python (app.py of user1-a: line 3: expected ':'; b.py of user1-b: line 1: bad). Every "
        "import of it fails before its first line runs."
    )
    assert verdict.hint == "python3 -m compileall -q .  # prints the invalid lines\n" + DEPLOY + DEPLOY_B


@pytest.mark.parametrize("problem", ["too large to be read", "too deeply nested to be read"])
def test_passes_when_the_grader_cannot_read_the_file(problem: str) -> None:
    assert advise(coded([file("app.py", problem=problem)]), "code_can_be_parsed").status == "passed"
