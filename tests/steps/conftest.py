"""What the tests of the steps stand on."""

from __future__ import annotations

import pytest

from tests.clock import Clock


@pytest.fixture(autouse=True)
def _time_stands_still(clock: Clock) -> None:
    """A delivery ends at a moment, and a busy machine reaches it before the test does."""
