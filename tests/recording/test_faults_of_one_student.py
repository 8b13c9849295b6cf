"""A fault about one student does not end the recording of the class."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError

from benchmarks.stub_aws import StubAws
from labgrader.recording.sessions import Accounts
from labgrader.rosters import Student
from tests.recording.recording import Reading, Readings, record_all, recorder, refusal
from tests.recording.recording import next_question as read


def test_an_invalid_region_does_not_affect_other_students() -> None:
    aws = StubAws()
    aws.add_function("user2-f")
    students = [Student("user1", region="us-east-١"), Student("user2")]
    snapshots = record_all(recorder(aws), [lambda s: s.function(f"{s.username}-f")], students)
    assert refusal(snapshots["user1"].function_names).startswith("lambda:ListFunctions: InvalidRegionError: ")
    assert snapshots["user2"].function("user2-f").name == "user2-f"


def test_an_unusable_account_does_not_affect_other_students() -> None:
    aws = StubAws()
    aws.add_function("user2-f")

    class Evicted(Accounts):
        """An account that was open when it was looked at, and is not any more when it is used."""

        def is_open(self, student: Student) -> bool:
            return student.username == "user1" or super().is_open(student)

        def open(self, student: Student) -> Any:
            if student.username == "user1":
                raise NoCredentialsError
            return super().open(student)

    recording = recorder(aws, accounts=Evicted("run-1", new_session=aws.session))
    readings = [lambda s: s.function(f"{s.username}-f")]
    snapshots = record_all(recording, readings, [Student("user1"), Student("user2")])
    assert "NoCredentialsError" in refusal(snapshots["user1"].function_names)
    assert snapshots["user2"].function("user2-f").name == "user2-f"


@pytest.mark.parametrize("workers", [1, 4])
def test_an_unexpected_error_about_one_student_does_not_end_the_class(
    workers: int, caplog: pytest.LogCaptureFixture
) -> None:
    class Mistaken(Accounts):
        def region(self, student: Student) -> str:
            if student.username == "user3":
                raise ZeroDivisionError("a mistake in labgrader")
            return super().region(student)

    aws = StubAws()
    students = [Student(f"user{number}") for number in range(6)]
    for student in students:
        aws.add_function(f"{student.username}-f")
    readings = [lambda s: s.aliases(f"{s.username}-f"), lambda s: s.function_names()]
    recording = recorder(aws, accounts=Mistaken("run-1", new_session=aws.session), workers=workers)
    with caplog.at_level(logging.ERROR):
        snapshots = record_all(recording, readings, students)
    assert sorted(snapshots) == [student.username for student in students]
    assert all(snapshot.taken_at == "2026-01-02T03:04:05Z" for snapshot in snapshots.values())
    failed = snapshots.pop("user3")
    said = "RecordingFailed: labgrader failed while it recorded this student; see its log"
    assert refusal(failed.function_names) == f"lambda:ListFunctions: {said}"
    for username, snapshot in snapshots.items():
        assert snapshot.aliases(f"{username}-f") == []
    (logged,) = caplog.records
    assert logged.getMessage() == "user3: the recording failed"
    assert "ZeroDivisionError: a mistake in labgrader" in caplog.text


def test_an_unreadable_answer_affects_only_its_question(caplog: pytest.LogCaptureFixture) -> None:
    aws = StubAws()
    students = [Student("user1"), Student("user2")]
    for student in students:
        aws.add_function(f"{student.username}-f")
    aws.fail("ListLayers", AttributeError("'str' object has no attribute 'get'"))
    readings = [lambda s: s.layer_names(), lambda s: s.versions(f"{s.username}-f")]
    recording = recorder(aws)
    with caplog.at_level(logging.ERROR):
        snapshots = record_all(recording, readings, students)
    for username, snapshot in snapshots.items():
        assert refusal(snapshot.layer_names) == (
            "lambda:ListLayers: UnreadableAnswer: the response could not be read (AttributeError); see labgrader's log"
        )
        assert snapshot.versions(f"{username}-f") == []
    assert recording.calls["lambda:ListLayers"] == 1, "the list is requested once"
    assert "lambda:ListLayers: the answer could not be read" in caplog.text


def test_a_failure_to_personalize_a_lab_does_not_end_the_class(caplog: pytest.LogCaptureFixture) -> None:
    class Picky(Readings):
        def for_student(self, username: str, account_id: str, region: str) -> Readings:
            if username == "user1":
                raise KeyError(username)
            return self

    aws = StubAws()
    lab = Picky(lambda s: s.function_names())
    students = [Student("user1"), Student("user2")]
    with caplog.at_level(logging.ERROR):
        found = {
            snapshot.username: snapshot for snapshot in recorder(aws).record_class(lab, students, next_question=read)
        }
    assert found["user1"].taken_at
    assert found["user2"].function_names() == []
    assert "user1: the recording failed" in caplog.text


def test_a_question_that_is_not_json_affects_only_its_check(caplog: pytest.LogCaptureFixture) -> None:
    aws = StubAws()
    aws.add_function("user1-f")
    names: Any = {"user1-f"}  # a set is not JSON
    broken: Reading = lambda s: s.layer_versions(names)  # noqa: E731
    with caplog.at_level(logging.ERROR):
        found = record_all(recorder(aws), [broken, lambda s: s.function("user1-f")], [Student("user1")])
    assert found["user1"].function("user1-f").name == "user1-f"
    assert "a check failed while its questions were collected" in caplog.text
