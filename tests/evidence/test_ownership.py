"""Which student owns a name, if usernames contain hyphens."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.errors import NotGradedError
from labgrader.evidence.deleted_resources import deleted_resources
from labgrader.evidence.naming import has_prefix, owns
from labgrader.evidence.probe import Probe
from labgrader.evidence.question import Answer, Answers, Question
from labgrader.evidence.snapshot import Queue, Snapshot

LONGER = ("ann-marie", "ann_b")


@pytest.mark.parametrize(
    ("name", "carried", "exact"),
    [
        ("ann-f", True, True),
        ("Ann_f", True, False),
        ("ann", True, False),
        ("ann-mariex", True, True),
        ("ann-marie-f", False, False),
        ("ann-marie", False, False),
        ("ANN-Marie_f", False, False),
        ("ann_b-f", False, False),
        ("ann_bf", True, False),
        ("anna-f", False, False),
    ],
)
def test_a_name_belongs_to_the_longest_username_that_fits(name: str, carried: bool, exact: bool) -> None:
    assert (owns("ann", name, LONGER), has_prefix("ann", name, LONGER)) == (carried, exact)
    snapshot = Snapshot("ann", "111122223333", "us-east-1", longer_usernames=LONGER)
    assert snapshot.owns(name) is exact


def test_without_longer_usernames_every_name_with_the_prefix_is_owned() -> None:
    assert owns("ann", "ann-marie-f")
    assert has_prefix("ann", "ann-marie-f")
    assert has_prefix("ann-marie", "ann-marie-f")
    assert not has_prefix("", "-f")


def test_a_snapshot_keeps_the_longer_usernames() -> None:
    snapshot = Snapshot("ann", "111122223333", "us-east-1", longer_usernames=LONGER)
    assert Snapshot.from_dict(snapshot.to_dict()).longer_usernames == LONGER
    assert "longer_usernames" not in Snapshot("ann", "111122223333", "us-east-1").to_dict()


def test_a_probe_does_not_touch_what_belongs_to_a_longer_username() -> None:
    probe = Probe(Snapshot("ann", "111122223333", "us-east-1", longer_usernames=LONGER))
    with pytest.raises(NotGradedError) as refused:
        probe.send_messages(Queue("ann-marie-jobs", "https://sqs/ann-marie-jobs"), ["{}"])
    assert refused.value.reason == ("the queue ann-marie-jobs belongs to a student with a longer username: not touched")


def test_what_belongs_to_a_longer_username_is_not_reported_as_deleted() -> None:
    def snapshot(names: list[str], **more: Any) -> Snapshot:
        answers = Answers()
        answers.record(Question("s3:ListAllMyBuckets"), Answer(names))
        return Snapshot("ann", "111122223333", "us-east-1", answers=answers, **more)

    before = snapshot(["ann-marie-uploads", "ann-uploads"])
    assert deleted_resources(before, snapshot([])) == ["bucket ann-marie-uploads", "bucket ann-uploads"]
    assert deleted_resources(before, snapshot([], longer_usernames=LONGER)) == ["bucket ann-uploads"]
