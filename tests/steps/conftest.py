"""Fixtures of the tests of the steps."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from labgrader.steps import live_dispatcher, run_documents
from labgrader.store import Store, default_store
from tests.clock import Clock


@pytest.fixture(autouse=True)
def _time_stands_still(clock: Clock) -> None:
    """Use the test clock: a busy machine could reach the end of a delivery before the test does."""


@pytest.fixture(autouse=True)
def _cold_start() -> Iterator[None]:
    """Clear the caches before each test, as in a cold start."""
    _forget_the_last_runs()
    yield
    _forget_the_last_runs()


def _forget_the_last_runs() -> None:
    remembered = [run_documents.lab_of, run_documents.snapshot_of, run_documents.students_of, live_dispatcher._accounts]
    for cached in remembered:
        cached.cache_clear()


@pytest.fixture
def stack_environment(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set the bucket and the table in the environment, as the template does for a function."""
    monkeypatch.setenv("BUCKET", "bucket")
    monkeypatch.setenv("TABLE", "table")
    default_store.cache_clear()
    yield
    default_store.cache_clear()
