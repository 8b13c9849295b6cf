"""The name that may be meant where one does not exist."""

from __future__ import annotations

import pytest

from labgrader.evidence.snapshot import closest


@pytest.mark.parametrize(
    ("missing", "names", "found"),
    [
        ("user1-prod", ["user1-dev", "user1-staging"], ""),
        ("user1-optimized-function", ["User1_Optimized_Function"], "User1_Optimized_Function"),
        ("user1-error-handling-function", ["user1-baseline-function", "user1-error-handling"], "user1-error-handling"),
        ("user1-baseline-function", ["user1-optimized-function"], ""),
    ],
)
def test_only_a_misspelling_is_close(missing: str, names: list[str], found: str) -> None:
    assert closest(missing, names) == found
