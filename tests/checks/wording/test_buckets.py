"""The key of an object that a trigger's filter matches."""

from __future__ import annotations

import pytest

from checks.s3._common import key_for
from labgrader.evidence.snapshot import Notification
from tests.checks.s3.samples import BUCKET, FUNCTION
from tests.checks.world import function_arn


@pytest.mark.parametrize(
    ("suffix", "ending", "key"),
    [(".jpg", ".txt", None), ("/x.txt", ".txt", None), ("", ".txt", "labgrader.txt"), (".txt", "", "labgrader.txt")],
)
def test_returns_a_key_that_the_filter_matches(suffix: str, ending: str, key: str | None) -> None:
    assert key_for(Notification(BUCKET, function_arn(FUNCTION), suffix=suffix), "labgrader", ending) == key
