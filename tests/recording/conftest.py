"""Fixtures of the tests of the recorder."""

from __future__ import annotations

import pytest

from benchmarks.stub_aws import StubAws
from tests.recording.recording import F


@pytest.fixture
def aws() -> StubAws:
    """A stub AWS with one function."""
    stub = StubAws()
    stub.add_function(F)
    return stub
