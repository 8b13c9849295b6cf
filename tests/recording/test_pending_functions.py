"""Functions that are still being created or updated: they are waited for, within limits."""

from __future__ import annotations

import pytest

from benchmarks.stub_aws import Clock, StubAws
from labgrader.recording.recorder import SETTLE_LOOKS, SETTLE_WAIT_S
from labgrader.rosters import Student
from tests.recording.recording import F, record, record_all, recorder


@pytest.mark.parametrize("busy", [{"State": "Pending"}, {"LastUpdateStatus": "InProgress"}])
def test_a_function_that_becomes_ready_is_waited_for(aws: StubAws, busy: dict[str, str]) -> None:
    ready = dict(aws.functions[F]["Configuration"])
    aws.functions[F]["Configuration"].update(busy)
    looks = []

    def settle(operation: str, parameters: object) -> None:
        if operation == "GetFunction":
            looks.append(operation)
            if len(looks) == 3:
                aws.functions[F]["Configuration"] = ready

    aws.before.append(settle)
    clock = Clock()
    function = record(aws, lambda s: s.function(F), clock=clock).function(F)
    assert (function.state, function.last_update_status) == ("Active", "Successful")
    assert len(looks) == 3
    assert clock.now - 1000 == pytest.approx(2 * SETTLE_WAIT_S, abs=0.5)


def test_a_function_that_stays_pending_is_recorded_as_it_is(aws: StubAws) -> None:
    aws.add_function(F, State="Pending", StateReason="The function is being created.")
    snapshot = record(aws, lambda s: s.function(F), lambda s: s.aliases(F))
    assert snapshot.function(F).state == "Pending"
    assert snapshot.aliases(F) == []
    assert aws.counted()["GetFunction"] == SETTLE_LOOKS


def test_waits_for_many_students_overlap() -> None:
    aws = StubAws()
    students = [Student(f"user{number}") for number in range(30)]
    for student in students:
        aws.add_function(f"{student.username}-f", State="Pending")
    clock = Clock()
    recording = recorder(aws, clock=clock, workers=1)
    record_all(recording, [lambda s: s.function(f"{s.username}-f")], students)
    assert recording.calls["lambda:GetFunction"] == 30 * SETTLE_LOOKS
    assert clock.now - 1000 < SETTLE_LOOKS * (SETTLE_WAIT_S + 1)
