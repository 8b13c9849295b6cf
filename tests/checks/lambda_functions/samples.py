"""A function with environment variables."""

from __future__ import annotations

from tests.checks.world import World

FUNCTION = "user1-f"


def with_variables(**variables: str) -> World:
    """Make a function with these environment variables."""
    return World().function(FUNCTION, Environment={"Variables": variables})
