"""A class with usernames that are the beginning of others: each list of a student holds only the student's own."""

from __future__ import annotations

from benchmarks.stub_aws import StubAws
from labgrader.evidence.snapshot import Snapshot
from labgrader.recording.account_cache import NamesByPrefix
from labgrader.rosters import Student, tell_apart
from tests.recording.recording import record_all, recorder

CLASS = tell_apart([Student("ann"), Student("ann-marie"), Student("ann-marie-lou"), Student("bob")])


def recorded(*students: Student) -> dict[str, Snapshot]:
    aws = StubAws()
    for name in ("ann-f", "Ann_g", "ann-marie-f", "ann-marie-lou-f", "ann-mary-f", "bob-f"):
        aws.add_function(name)
    return record_all(recorder(aws), [lambda s: s.function_names()], list(students))


def test_each_student_has_only_the_names_of_the_longest_username_that_fits() -> None:
    snapshots = recorded(*CLASS)
    assert {username: snapshot.function_names() for username, snapshot in snapshots.items()} == {
        "ann": ["Ann_g", "ann-f", "ann-mary-f"],
        "ann-marie": ["ann-marie-f"],
        "ann-marie-lou": ["ann-marie-lou-f"],
        "bob": ["bob-f"],
    }
    assert snapshots["ann"].longer_usernames == ("ann-marie", "ann-marie-lou")


def test_a_student_who_is_graded_alone_has_the_same_names() -> None:
    assert recorded(CLASS[0])["ann"].function_names() == ["Ann_g", "ann-f", "ann-mary-f"]


def test_the_index_filters_by_longer_usernames() -> None:
    names = NamesByPrefix(["ann-f", "ann-marie-f"])
    assert names.owned("ann") == ["ann-f", "ann-marie-f"]
    assert names.owned("ann", ["ann-marie"]) == ["ann-f"]
