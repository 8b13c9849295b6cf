"""The reports and the summary of a run: written once, complete after a crash, and not graded without a record."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.steps.check_outcomes import AUDIT_INVOKES_NOTHING
from labgrader.steps.run_check import run_check
from labgrader.steps.run_live_check import run_live_check
from labgrader.steps.summarise_run import NEVER_REPORTED, record_failure, summarise_run
from labgrader.steps.write_report import write_report
from labgrader.store import Keys, Store
from tests.steps.example_run import FIRST, KEYS, LAB, RUN, STARTED, Function, check_of, planned, recorded


def test_report_adds_up_and_is_written_once(store: Store) -> None:
    planned(store)
    recorded(store)
    run_check(store, RUN, "user1", "reserved")
    run_live_check(store, RUN, "user1", "handled", Function(), FIRST)
    first = write_report(store, RUN, "grade", "user1")
    assert first["score"] == {"points": 100, "max_points": 100, "percent": 100, "open_points": 0}
    assert first["status"] == "complete"
    assert write_report(store, RUN, "grade", "user1") == first == store.get_json(KEYS.report("user1"))
    assert b"<script" not in store.get(KEYS.report("user1", ".html"))
    best = store.best("user1", LAB.id)
    assert best is not None
    assert (best["run_id"], best["points"]) == (RUN, 100)


def test_summary_repairs_a_crash_between_s3_and_dynamodb(store: Store) -> None:
    planned(store)
    recorded(store)
    run_check(store, RUN, "user1", "reserved")
    run_live_check(store, RUN, "user1", "handled", Function(), FIRST)
    table = store._table
    store._table = Dying(table)  # type: ignore[assignment]  # the function crashes before it writes the record
    with pytest.raises(KeyboardInterrupt):
        write_report(store, RUN, "grade", "user1")
    store._table = table
    assert store.results(RUN) == []
    summarise_run(store, RUN, STARTED)
    (result,) = store.results(RUN)
    assert result["graded_at"] == store.get_json(KEYS.report("user1"))["graded_at"]
    latest = store.latest("user1", LAB.id)
    assert latest is not None
    assert latest["points"] == 100


class Dying:
    """A table that can be read. The first write ends the process."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def put_item(self, **_: Any) -> None:
        raise KeyboardInterrupt

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)


def test_repeated_run_reports_no_change(store: Store) -> None:
    planned(store)
    recorded(store, reserved=None)
    run_check(store, RUN, "user1", "reserved")
    first = write_report(store, RUN, "grade", "user1")
    assert [check["status"] for check in first["checks"]] == ["failed", "skipped"]
    again = Keys("again")
    for key in store.keys(f"{KEYS.root}/"):
        if "/reports/" not in key:
            store.put(key.replace(KEYS.root, again.root), store.get(key))
    assert write_report(store, "again", "grade", "user1")["previous"] == {"run_id": RUN, "points": 0, "changes": []}


@pytest.mark.parametrize(
    ("error", "cause", "message", "reason"),
    [
        (
            "NotGradedError",
            '{"errorMessage": "[denied] could not be graded, and no points are lost: lambda:ListAliases: '
            'AccessDeniedException: user \\"x\\" is not authorized", "errorTy',
            "could not be graded, and no points are lost: lambda:ListAliases: AccessDeniedException: "
            'user "x" is not authorized',
            "denied",
        ),
        (
            "States.Timeout",
            "",
            "labgrader did not finish this check in time; no points are lost, and the run can be repeated",
            "time_over",
        ),
        (
            "KeyError",
            '{"errorMessage": "\'x\'", "errorType": "KeyError"}',
            "labgrader failed on this check (KeyError); no points are lost, and the run can be repeated",
            "grader",
        ),
    ],
)
def test_workflow_error_costs_no_points_and_has_a_message(
    store: Store, error: str, cause: str, message: str, reason: str
) -> None:
    planned(store)
    recorded(store)
    run_live_check(store, RUN, "user1", "handled", Function(), FIRST)
    outcome = {"check": "reserved", "status": "not_graded", "error": error, "cause": cause}
    report = write_report(store, RUN, "grade", "user1", [outcome])
    check = check_of(report, "reserved")
    assert (check["message"], check["reason"]) == (message, reason)
    assert report["status"] == "incomplete"
    assert report["score"]["open_points"] == 40
    assert report["score"]["points"] == 60
    assert store.best("user1", LAB.id) is None


def test_audit_does_not_grade_checks_that_invoke(store: Store) -> None:
    planned(store, mode="audit")
    recorded(store)
    run_check(store, RUN, "user1", "reserved")
    report = write_report(store, RUN, "audit", "user1")
    assert check_of(report, "reserved")["status"] == "passed"
    assert check_of(report, "handled")["status"] == "not_graded"
    assert check_of(report, "handled")["message"] == AUDIT_INVOKES_NOTHING
    assert store.best("user1", LAB.id) is None


def test_report_has_the_changes_since_the_last_run(store: Store) -> None:
    planned(store)
    store.put_json("runs/before/reports/user1.json", {"checks": [{"id": "reserved", "status": "failed"}]})
    before = {"username": "user1", "lab": LAB.id, "points": 60.0, "graded_at": "2025-12-31T00:00:00Z"}
    store.record_result("before", {**before, "report_key": "runs/before/reports/user1.json"}, keep_best=True)
    recorded(store)
    run_check(store, RUN, "user1", "reserved")
    report = write_report(store, RUN, "grade", "user1")
    assert report["previous"] == {
        "run_id": "before",
        "points": 60,
        "changes": [{"check": "reserved", "from": "failed", "to": "passed"}],
    }


def test_student_lost_by_the_workflow_has_a_report_that_is_not_graded(store: Store) -> None:
    planned(store, ("user1", "user2"))
    for name in ("user1", "user2"):
        recorded(store, name)
        run_check(store, RUN, name, "reserved")
    run_live_check(store, RUN, "user1", "handled", Function(), FIRST)
    write_report(store, RUN, "grade", "user1")
    run = summarise_run(store, RUN, STARTED)
    assert run["status"] == "incomplete"
    assert run["counts"] == {"students": 2, "complete": 1, "incomplete": 1}
    lost = store.get_json(KEYS.report("user2"))
    assert check_of(lost, "handled")["message"] == NEVER_REPORTED
    assert (lost["score"]["points"], lost["score"]["open_points"]) == (40, 60)
    assert store.get(KEYS.gradebook).count(b"\n") == 3
    assert b"User2" in store.get(KEYS.class_page)


def test_unreadable_record_affects_only_its_student(store: Store) -> None:
    planned(store, ("user1", "user2"))
    for name in ("user1", "user2"):
        recorded(store, name)
        run_check(store, RUN, name, "reserved")
    store.put(KEYS.evidence("user1", "reserved"), b"not JSON")
    run = summarise_run(store, RUN, STARTED)
    assert [(student["points"], student["open_points"]) for student in run["students"]] == [(0, 100), (40, 60)]
    assert store.get(KEYS.gradebook).count(b"\n") == 3


def test_student_without_a_snapshot_has_a_report(store: Store) -> None:
    planned(store)
    run = summarise_run(store, RUN, STARTED)
    assert run["students"][0]["status"] == "incomplete"
    assert run["students"][0]["points"] == 0
    assert store.get_json(KEYS.report("user1"))["score"]["open_points"] == 100


def test_summary_stores_the_gradebook_as_json_and_csv(store: Store) -> None:
    planned(store, ("user1", "user2"))
    for name in ("user1", "user2"):
        recorded(store, name)
        run_check(store, RUN, name, "reserved")
    finished_at = summarise_run(store, RUN, STARTED)["finished_at"]
    kept = store.get_json(KEYS.gradebook_json)
    assert (kept["schema"], kept["run_id"], kept["lab"]) == ("labgrader.gradebook/1", RUN, LAB.id)
    assert (kept["mode"], kept["finished_at"]) == ("grade", finished_at)
    assert kept["checks"] == [
        {
            "id": check_id,
            "title": title,
            "max_points": points,
            "task": task,
            "visibility": "visible",
        }
        for check_id, title, points, task in (
            ("reserved", "Concurrency is reserved", 40, "Task 1"),
            ("handled", "Failures are handled", 60, "Task 2"),
        )
    ]
    assert [(row["username"], row["name"], row["points"], row["open_points"]) for row in kept["students"]] == [
        ("user1", "User1", 40, 60),
        ("user2", "User2", 40, 60),
    ]
    assert [check["status"] for check in kept["students"][0]["checks"]] == ["passed", "not_graded"]
    assert store.get(KEYS.gradebook).decode().split("\r\n") == [
        "student_id,username,name,email,section,status,points,max_points,percent,open_points,reserved,handled,"
        "run_id,run_mode,run_finished_at",
        f"s-user1,user1,User1,,,incomplete,40,100,40,60,40,,{RUN},grade,{finished_at}",
        f"s-user2,user2,User2,,,incomplete,40,100,40,60,40,,{RUN},grade,{finished_at}",
        "",
    ]


def test_summary_is_the_same_twice(store: Store) -> None:
    planned(store)
    recorded(store)
    first = summarise_run(store, RUN, STARTED)
    before = {key: store.get(key) for key in store.keys(KEYS.root)}
    assert summarise_run(store, RUN, STARTED) == first
    assert {key: store.get(key) for key in store.keys(KEYS.root)} == before


def test_failed_run_is_recorded_with_its_reason(store: Store) -> None:
    record_failure(store, RUN, STARTED, {"Error": "BadInputError", "Cause": "there is no lab 'x'"})
    run = store.run(RUN)
    assert run is not None
    assert (run.status, run.error) == ("failed", "BadInputError: there is no lab 'x'")
