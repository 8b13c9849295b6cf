"""timeout_chosen: advice on the default timeout and the maximum timeout."""

from __future__ import annotations

import pytest

from tests.checks.two_functions import A, B, advise, two_functions
from tests.checks.world import World


@pytest.mark.parametrize("world", [World(), two_functions()], ids=["nothing", "nothing known"])
def test_gives_no_advice_if_nothing_is_known(world: World) -> None:
    verdict = advise(world, "timeout_chosen")
    assert (verdict.status, verdict.message) == ("passed", "")


@pytest.mark.parametrize("timeout", [1, 2, 4, 30, 899])
def test_passes_with_a_chosen_timeout(timeout: int) -> None:
    assert advise(two_functions(Timeout=timeout), "timeout_chosen").status == "passed"


def test_names_all_functions_with_the_default_timeout() -> None:
    verdict = advise(two_functions(Timeout=3), "timeout_chosen", suggest_s=10)
    assert (verdict.status, verdict.observed) == ("failed", "3 s and 3 s")
    assert verdict.message == (
        "user1-a and user1-b have the default timeout of 3 s, so a slow request stops an invocation halfway. "
        "A good timeout is 1.5 times the longest duration that you have measured."
    )
    assert verdict.hint == (
        "aws lambda update-function-configuration --function-name user1-a --timeout 10\n"
        "aws lambda update-function-configuration --function-name user1-b --timeout 10"
    )


def test_names_the_maximum_timeout_and_the_default() -> None:
    verdict = advise(two_functions(Timeout=3).configure(B, Timeout=900), "timeout_chosen")
    assert verdict.message == (
        "user1-a has the default timeout of 3 s, so a slow request stops an invocation halfway. user1-b has the "
        "maximum timeout of 900 s, so you pay 15 minutes for an invocation that hangs. "
        "A good timeout is 1.5 times the longest duration that you have measured."
    )
    assert verdict.hint.endswith("--function-name user1-b --timeout 30")


def test_passes_with_fifteen_minutes_if_the_handout_sets_them() -> None:
    world = two_functions(Timeout=900)
    assert advise(world, "timeout_chosen", longest_by_design=[A, B]).status == "passed"
    assert advise(world, "timeout_chosen", longest_by_design=[B]).hint.count("\n") == 0
    assert advise(two_functions(Timeout=3), "timeout_chosen", longest_by_design=[A, B]).status == "failed"
