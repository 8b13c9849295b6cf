"""A function with versions and an alias."""

from __future__ import annotations

from tests.checks.world import OPTIMIZED, World


def with_alias(name: str, version: str, weights: dict[str, float] | None = None, versions: int = 2) -> World:
    """Make a function with so many versions and one alias."""
    world = World().function(OPTIMIZED)
    for number in range(1, versions + 1):
        world.version(OPTIMIZED, number)
    return world.alias(OPTIMIZED, name, version, weights)
