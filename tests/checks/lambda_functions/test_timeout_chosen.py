"""timeout_chosen: advice on the default timeout and the longest one."""

from __future__ import annotations

import pytest

from tests.checks.two_functions import A, B, advise, two_functions
from tests.checks.world import World


@pytest.mark.parametrize("world", [World(), two_functions()], ids=["nothing", "nothing known"])
def test_gives_no_advice_where_nothing_is_known(world: World) -> None:
    verdict = advise(world, "timeout_chosen")
    assert (verdict.status, verdict.message) == ("passed", "")


@pytest.mark.parametrize("timeout", [1, 2, 4, 30, 899])
def test_passes_with_a_chosen_timeout(timeout: int) -> None:
    assert advise(two_functions(Timeout=timeout), "timeout_chosen").status == "passed"


def test_names_all_functions_with_the_default_timeout() -> None:
    verdict = advise(two_functions(Timeout=3), "timeout_chosen", suggest_s=10)
    assert (verdict.status, verdict.observed) == ("failed", "3 s and 3 s")
    assert verdict.message == (
        "user1-a and user1-b still have the default timeout of 3 s, so that one slow answer ends a call half-way: "
        "half as much again as the longest call you have measured is a good timeout."
    )
    assert verdict.hint == (
        "aws lambda update-function-configuration --function-name user1-a --timeout 10\n"
        "aws lambda update-function-configuration --function-name user1-b --timeout 10"
    )


def test_names_the_longest_timeout_beside_the_default() -> None:
    verdict = advise(two_functions(Timeout=3).configure(B, Timeout=900), "timeout_chosen")
    assert verdict.message == (
        "user1-a still has the default timeout of 3 s, so that one slow answer ends a call half-way; user1-b has the "
        "longest timeout there is, 900 s, so that a call that hangs is paid for 15 minutes: half as much again as the "
        "longest call you have measured is a good timeout."
    )
    assert verdict.hint.endswith("--function-name user1-b --timeout 30")


def test_fifteen_minutes_are_fine_where_the_handout_asks_for_them() -> None:
    world = two_functions(Timeout=900)
    assert advise(world, "timeout_chosen", longest_by_design=[A, B]).status == "passed"
    assert advise(world, "timeout_chosen", longest_by_design=[B]).hint.count("\n") == 0
    assert advise(two_functions(Timeout=3), "timeout_chosen", longest_by_design=[A, B]).status == "failed"
