"""An account that is not the example account of AWS."""

from __future__ import annotations

from typing import Any

from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.judge import judge
from labgrader.judging.verdict import Verdict
from tests.checks.world import World, item

OWN_ACCOUNT = "210987654321"


def elsewhere(world: World, check: str, **parameters: Any) -> Verdict:
    """Judge in an account that is not the example account of AWS."""
    snapshot = world.snapshot()
    own = Snapshot(snapshot.username, OWN_ACCOUNT, snapshot.region, snapshot.taken_at, snapshot.answers)
    return judge(item(check, **parameters), own)
