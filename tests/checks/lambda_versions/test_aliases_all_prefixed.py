"""aliases_all_prefixed: every alias begins with the student's prefix."""

from __future__ import annotations

import pytest

from tests.checks.lambda_versions.samples import with_alias
from tests.checks.world import OPTIMIZED, World, perfect


def test_names_aliases_without_the_prefix() -> None:
    assert perfect().judge("aliases_all_prefixed", function=OPTIMIZED).status == "passed"
    world = perfect().alias(OPTIMIZED, "prod", "1").alias(OPTIMIZED, "staging", "2")
    verdict = world.judge("aliases_all_prefixed", function=OPTIMIZED, explanation="Use the others.")
    assert verdict.message == f"{OPTIMIZED} has the aliases prod and staging without your prefix. Use the others."
    assert verdict.hint.splitlines()[0] == f"aws lambda delete-alias --function-name {OPTIMIZED} --name prod"


@pytest.mark.parametrize("world", [World(), World().function(OPTIMIZED), with_alias("user1-prod", "$LATEST")])
def test_gives_no_advice_without_an_alias_that_lacks_the_prefix(world: World) -> None:
    assert world.judge("aliases_all_prefixed", function=OPTIMIZED).status == "passed"
