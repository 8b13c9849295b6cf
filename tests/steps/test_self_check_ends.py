"""The end of a self-check: whether it counts, and the comparison with earlier results."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from labgrader.judging.verdict import not_graded, passed
from labgrader.reasons import Reason
from labgrader.runs.self_check import allowance_of
from labgrader.runs.self_check_quota import Allowance
from labgrader.steps.summarise_run import record_failure, summarise_run
from labgrader.steps.write_report import write_report
from labgrader.store import Store
from labgrader.store.self_checks import Taken
from tests.steps.ending_run import FAULT, KEYS, LAB, RUN, STARTED, Bus, judged, planned
from tests.stored_runs import stored_run

NOW = datetime(2026, 1, 1, 0, 1, tzinfo=UTC)


def self_checking(store: Store) -> None:
    """A self-check that holds the lock. One more is left this hour."""
    planned(store, "self-check", student="user1")
    assert store.put_ledger_if_unchanged(
        "user1", LAB.id, store.ledger("user1", LAB.id), [Taken(RUN, NOW.timestamp())], RUN, NOW.timestamp() + 3600
    )


def left(store: Store) -> Allowance:
    return allowance_of(store, "user1", LAB, NOW)


def test_ended_self_check_counts_and_unlocks(store: Store) -> None:
    self_checking(store)
    judged(store, handled=passed())
    run = summarise_run(store, RUN, STARTED)
    assert run["status"] == "complete"
    assert store.ledger("user1", LAB.id).running == ""
    assert left(store).remaining_this_hour == 1
    record = stored_run(store, RUN)
    assert (record["status"], record["student"], record["requested_by"]) == ("complete", "user1", "student user1")
    assert store.runs() == []
    assert [run.run_id for run in store.self_checks(LAB.id)] == [RUN]


@pytest.mark.parametrize(
    ("denied", "handled", "remaining"),
    [
        (True, passed(), 2),
        (False, None, 2),
        (False, not_graded("user1-f is not connected.", Reason.NO_INTERNET), 1),
    ],
)
def test_self_check_not_graded_because_of_labgrader_does_not_count(
    store: Store, denied: bool, handled: Any, remaining: int
) -> None:
    self_checking(store)
    judged(store, denied=denied, handled=handled)
    assert summarise_run(store, RUN, STARTED)["status"] == "incomplete"
    (result,) = store.results(RUN)
    assert result["our_fault"] is (remaining == 2)
    assert left(store).remaining_this_hour == remaining
    assert store.ledger("user1", LAB.id).running == ""


def test_self_check_that_is_summarized_twice_is_given_back_once(store: Store) -> None:
    self_checking(store)
    judged(store)
    summarise_run(store, RUN, STARTED)
    summarise_run(store, RUN, STARTED)
    assert left(store).remaining_this_hour == 2


def test_self_check_is_not_latest_best_or_baseline_and_has_no_hidden_checks(store: Store) -> None:
    self_checking(store)
    judged(store, handled=passed())
    summarise_run(store, RUN, STARTED)
    assert store.latest("user1", LAB.id) is store.best("user1", LAB.id) is store.seen("user1", LAB.id) is None
    (result,) = store.history("user1", LAB.id)
    assert (result["visible_points"], result["visible_max_points"], result["mode"]) == (88, 88, "self-check")
    assert (result["hidden_checks"], result["hidden_points"]) == (1, 12)
    report = store.get_json(KEYS.report("user1"))
    assert [check["id"] for check in report["checks"]] == ["reserved", "handled"]
    assert report["hidden"]["message"] == (
        "1 more check, worth 12 points, is not shown to you. Full marks need more than the checks shown."
    )
    assert "audit" not in report


@pytest.mark.parametrize("visible", [{"visible_points": 30}, {}])
def test_self_check_compares_with_visible_points(store: Store, visible: dict[str, int]) -> None:
    before = {"checks": [{"id": "reserved", "status": "failed"}, {"id": "secret", "status": "failed"}]}
    store.put_json("runs/before/reports/user1.json", before)
    result = {"username": "user1", "lab": LAB.id, "points": 42, "graded_at": "2025-12-31T00:00:00Z", **visible}
    store.record_result("before", {**result, "report_key": "runs/before/reports/user1.json"}, keep_best=False)
    self_checking(store)
    judged(store, handled=passed())
    report = write_report(store, RUN, "self-check", "user1")
    if visible:
        changes = [{"check": "reserved", "from": "failed", "to": "passed"}]
        assert report["previous"] == {"run_id": "before", "points": 30, "visible_points": 30, "changes": changes}
    else:
        assert "previous" not in report


def test_failed_self_check_does_not_count(store: Store) -> None:
    self_checking(store)
    bus = Bus()
    record = record_failure(store, RUN, STARTED, FAULT, publish=bus.publish).record
    assert (record.status, record.student, record.course) == ("failed", "user1", "cloud-2026")
    assert left(store).remaining_this_hour == 2
    assert store.ledger("user1", LAB.id).running == ""
    assert [(event.detail["mode"], event.detail["reason"]) for event in bus.events] == [
        ("self-check", "BadInputError: there is no lab 'x'")
    ]


def test_self_check_that_failed_after_its_summary_counts(store: Store) -> None:
    self_checking(store)
    judged(store, handled=passed())
    summarise_run(store, RUN, STARTED)
    bus = Bus()
    record = record_failure(store, RUN, STARTED, FAULT, publish=bus.publish).record
    assert (record.status, bus.events) == ("complete", [])
    assert left(store).remaining_this_hour == 1


def test_self_check_failure_that_is_reported_twice_is_given_back_once(store: Store) -> None:
    self_checking(store)
    record_failure(store, RUN, STARTED, FAULT)
    record_failure(store, RUN, STARTED, {"Error": "FAILED"})
    assert left(store).remaining_this_hour == 2


@pytest.mark.parametrize(
    ("checked_at", "compared_with", "points"),
    [("2025-12-30T00:00:00Z", "graded", 30), ("2026-01-01T00:00:00Z", "checked", 88)],
)
def test_self_check_compares_with_the_result_that_the_student_saw_last(
    store: Store, checked_at: str, compared_with: str, points: int
) -> None:
    def before(run_id: str, mode: str, at: str, status: str, of_all: int, visible: int) -> None:
        key = f"runs/{run_id}/reports/user1.json"
        store.put_json(key, {"checks": [{"id": name, "status": status} for name in ("reserved", "handled")]})
        result = {"username": "user1", "lab": LAB.id, "mode": mode, "points": of_all, "visible_points": visible}
        record = {**result, "graded_at": at, "report_key": key}
        store.record_result(run_id, record, keep_latest=mode == "grade", keep_best=False)

    before("graded", "grade", "2025-12-31T00:00:00Z", "failed", 42, 30)
    before("checked", "self-check", checked_at, "partial", 88, 88)
    self_checking(store)
    judged(store, handled=passed())
    for _ in range(2):  # a second report does not compare with itself
        report = write_report(store, RUN, "self-check", "user1")
        assert (report["previous"]["run_id"], report["previous"]["points"]) == (compared_with, points)
    assert (store.latest_self_check("user1", LAB.id) or {})["run_id"] == RUN
    assert (store.latest("user1", LAB.id) or {})["run_id"] == "graded"
