"""That a request started nothing."""

from __future__ import annotations

from tests.api.conftest import World
from tests.api.reports import LAB

GOOD = {"lab": LAB}


def nothing_started(world: World) -> bool:
    return world.executions("grade_student") == world.executions("grade_class") == []
