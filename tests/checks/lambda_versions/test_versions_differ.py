"""versions_differ: enough versions are published, and their code differs."""

from __future__ import annotations

import pytest

from tests.checks.world import OPTIMIZED, World, perfect


def test_passes_with_two_versions_of_different_code() -> None:
    assert perfect().judge("versions_differ", function=OPTIMIZED).status == "passed"
    assert World().judge("versions_differ", function=OPTIMIZED).message == f"There is no function {OPTIMIZED}."


@pytest.mark.parametrize(("count", "counted"), [(0, "0 published versions"), (1, "1 published version")])
def test_fails_with_too_few_versions(count: int, counted: str) -> None:
    world = World().function(OPTIMIZED)
    for number in range(1, count + 1):
        world.version(OPTIMIZED, number)
    verdict = world.judge("versions_differ", function=OPTIMIZED)
    assert (verdict.status, verdict.message) == ("failed", f"{OPTIMIZED} has {counted}. The lab publishes 2.")


def test_the_same_code_twice_earns_half() -> None:
    world = World().function(OPTIMIZED).version(OPTIMIZED, 1, "same").version(OPTIMIZED, 2, "same")
    verdict = world.judge("versions_differ", function=OPTIMIZED)
    assert (verdict.status, verdict.fraction) == ("partial", 0.5)
    assert verdict.message == (
        f"The versions 1 and 2 of {OPTIMIZED} have the same code. Change the code before you publish again."
    )
    assert world.version(OPTIMIZED, 10, "other").judge("versions_differ", function=OPTIMIZED).status == "passed"
