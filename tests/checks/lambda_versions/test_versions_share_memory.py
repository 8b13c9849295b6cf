"""versions_share_memory: advice on an alias that serves a version with other memory."""

from __future__ import annotations

import pytest

from tests.checks.lambda_versions.samples import with_alias
from tests.checks.world import OPTIMIZED, World


@pytest.mark.parametrize(("memory", "status"), [(256, "failed"), (512, "passed"), (None, "passed")])
def test_names_a_version_with_other_memory(memory: int | None, status: str) -> None:
    world = World().function(OPTIMIZED, MemorySize=512).version(OPTIMIZED, 1, MemorySize=memory)
    world.alias(OPTIMIZED, "user1-prod", "1")
    verdict = world.judge("versions_share_memory", function=OPTIMIZED, alias="user1-prod")
    assert verdict.status == status
    if status == "failed":
        assert verdict.message == (
            "user1-prod serves version 1, which keeps 256 MB, while $LATEST has 512 MB: a version keeps the settings "
            "it was published with. The lab changes the memory last, so this costs no points; in production you would "
            "publish again and move the alias."
        )


@pytest.mark.parametrize("world", [World(), World().function(OPTIMIZED), with_alias("user1-prod", "$LATEST")])
def test_gives_no_advice_where_there_is_nothing_to_say(world: World) -> None:
    assert world.judge("versions_share_memory", function=OPTIMIZED, alias="user1-prod").status == "passed"
