"""versions_share_memory: advice on an alias that serves a version with another memory size."""

from __future__ import annotations

import pytest

from tests.checks.lambda_versions.samples import with_alias
from tests.checks.world import OPTIMIZED, World


@pytest.mark.parametrize(("memory", "status"), [(256, "failed"), (512, "passed"), (None, "passed")])
def test_names_a_version_with_another_memory_size(memory: int | None, status: str) -> None:
    world = World().function(OPTIMIZED, MemorySize=512).version(OPTIMIZED, 1, MemorySize=memory)
    world.alias(OPTIMIZED, "user1-prod", "1")
    verdict = world.judge("versions_share_memory", function=OPTIMIZED, alias="user1-prod")
    assert verdict.status == status
    if status == "failed":
        assert verdict.message == (
            "user1-prod serves version 1, which has 256 MB of memory, while $LATEST has 512 MB. A published version "
            "keeps its settings. The lab changes the memory last, so this costs no points. In production, publish a "
            "new version and update the alias."
        )


@pytest.mark.parametrize("world", [World(), World().function(OPTIMIZED), with_alias("user1-prod", "$LATEST")])
def test_gives_no_advice_without_an_alias_of_a_published_version(world: World) -> None:
    assert world.judge("versions_share_memory", function=OPTIMIZED, alias="user1-prod").status == "passed"
