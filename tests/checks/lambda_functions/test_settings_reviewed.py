"""settings_reviewed: advice on logs, tracing and architecture together."""

from __future__ import annotations

import pytest

from tests.checks.two_functions import A, advise, two_functions
from tests.checks.world import World


@pytest.mark.parametrize("world", [World(), two_functions()], ids=["nothing", "nothing known"])
def test_gives_no_advice_if_nothing_is_known(world: World) -> None:
    verdict = advise(world, "settings_reviewed")
    assert (verdict.status, verdict.message) == ("passed", "")


def test_joins_three_pieces_of_advice() -> None:
    world = World().function(
        A,
        Runtime="python3.13",
        Handler="app.lambda_handler",
        Architectures=["x86_64"],
        TracingConfig={"Mode": "PassThrough"},
    )
    world.list("logs:DescribeLogGroups", A, {})
    parts = [advise(world, check) for check in ("log_retention_set", "tracing_active", "architecture_is_arm")]
    verdict = advise(world, "settings_reviewed", explanation="The handout chooses x86_64.")
    assert verdict.message == f"{' '.join(part.message for part in parts)} The handout chooses x86_64."
    assert verdict.hint == "\n".join(part.hint for part in parts)
    assert (verdict.expected, verdict.observed) == ("14 days; Active; arm64", "never expire; PassThrough; x86_64")
    world.list("logs:DescribeLogGroups", A, {"retentionInDays": 7}).configure(A, TracingConfig={"Mode": "Active"})
    assert advise(world, "settings_reviewed").message == parts[2].message
    assert advise(world.configure(A, Architectures=["arm64"]), "settings_reviewed").status == "passed"
