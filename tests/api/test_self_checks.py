"""A student starts a self-check and follows it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from labgrader.api.app import resolver
from labgrader.rosters import Student
from labgrader.schemas import validate
from labgrader.store import Keys
from labgrader.store.self_checks import Ledger, Taken
from tests.api.conftest import INSTRUCTOR, NOON, OTHER_STUDENT, STUDENT, World
from tests.api.reports import LAB, check_of, load_test_of, report_of
from tests.stored_runs import put_run, stored_run


def start(world: World, caller: dict[str, str] = STUDENT) -> Any:
    return world.ask("POST", "/v1/self-checks", caller, {"lab": LAB})


def test_a_student_on_a_class_list_gets_no_note(world: World) -> None:
    world.store.enrol("day-2", "Day 2", "2026-02-01T00:00:00Z", {"user1": {LAB: Student("user1", "s-1")}})
    assert start(world).json["note"] is None


def ended(world: World, run_id: str, status: str = "complete", **fields: Any) -> None:
    """Record the end of a self-check as its workflow does."""
    record = stored_run(world.store, run_id)
    put_run(world.store, {**record, "status": status, "finished_at": "2026-03-01T12:00:06Z", **fields})


def test_a_self_check_is_started_for_the_student_of_the_token(world: World) -> None:
    answer = start(world)
    assert answer.status == 202, answer.body
    started = answer.json
    run_id = started["run_id"]
    left = {"per_hour": 5, "per_day": 20, "remaining_this_hour": 4, "remaining_today": 19}
    assert started == {
        "run_id": run_id,
        "status_url": f"/v1/self-checks/{run_id}",
        "remaining_today": 19,
        "allowance": {**left, "refills_at": "2026-03-01T13:00:00Z"},
        "note": "You are on no class list for this lab. labgrader therefore looks for resources named user1-… in its "
        "own account. If you built the lab in another account, ask your instructor to add you to the class list.",
    }
    (execution,) = world.executions("grade_student")
    asked = json.loads(execution["input"])
    assert execution["name"] == run_id
    assert (asked["lab"], asked["mode"], asked["students"]) == (LAB, "self-check", ["user1"])
    assert world.executions("grade_class") == []


def test_a_running_self_check_has_no_report(world: World) -> None:
    run_id = start(world).json["run_id"]
    answer = world.ask("GET", f"/v1/self-checks/{run_id}", STUDENT)
    assert answer.status == 200, answer.body
    assert answer.json == {
        "run_id": run_id,
        "lab": LAB,
        "status": "running",
        "started_at": "2026-03-01T12:00:00Z",
        "finished_at": None,
        "allowance": {
            "per_hour": 5,
            "per_day": 20,
            "remaining_this_hour": 4,
            "remaining_today": 19,
            "refills_at": "2026-03-01T13:00:00Z",
        },
        "hidden": {"checks": 0, "points": 0, "message": None},
        "error": None,
        "report": None,
    }


def test_a_finished_self_check_has_a_report_without_hidden_checks(world: World) -> None:
    run_id = start(world).json["run_id"]
    world.store.put_json(Keys(run_id).report("user1"), report_of(run_id, mode="self-check"))
    ended(world, run_id)
    answer = world.ask("GET", f"/v1/self-checks/{run_id}", STUDENT)
    assert (answer.status, answer.json["status"]) == (200, "complete")
    assert answer.json["finished_at"] == "2026-03-01T12:00:06Z"
    report = answer.json["report"]
    validate(report, "report")
    assert [check["id"] for check in report["checks"]] == ["shown-check"]
    assert report["score"] == {"points": 8, "max_points": 10, "percent": 80, "open_points": 0}
    assert report["hidden"]["points"] == 5
    assert "secret" not in answer.body


FAILED = "labgrader could not finish this self-check. It does not count toward your allowance. Try again later."
CAUSE = "AccessDenied: arn:aws:sts::123456789012:assumed-role/labgrader may not perform dynamodb:GetItem"


def test_only_an_instructor_sees_why_a_self_check_failed(world: World) -> None:
    run_id = start(world).json["run_id"]
    ended(world, run_id, "failed", error=CAUSE)
    answer = world.ask("GET", f"/v1/self-checks/{run_id}", STUDENT)
    assert answer.json["error"] == FAILED
    assert (answer.json["status"], answer.json["report"]) == ("failed", None)
    assert "123456789012" not in answer.body
    assert world.ask("GET", f"/v1/self-checks/{run_id}", INSTRUCTOR).json["error"] == CAUSE


@pytest.mark.parametrize("caller", [STUDENT, INSTRUCTOR])
def test_a_self_check_that_did_not_fail_shows_no_error(world: World, caller: dict[str, str]) -> None:
    run_id = start(world).json["run_id"]
    ended(world, run_id, "complete", error=CAUSE)
    assert world.ask("GET", f"/v1/self-checks/{run_id}", caller).json["error"] is None


def test_a_student_can_follow_an_unrecorded_self_check_for_a_minute(world: World) -> None:
    """A second device got the run's id while the first one's request had not started the execution yet."""
    at = NOON.timestamp()
    assert world.store.put_ledger_if_unchanged("user1", LAB, Ledger(), [Taken("begun", at)], "begun", at + 15_000)
    world.later(seconds=59.9)
    answer = world.ask("GET", "/v1/self-checks/begun", STUDENT)
    assert answer.status == 200, answer.body
    shown = answer.json
    assert (shown["status"], shown["lab"], shown["started_at"]) == ("running", LAB, "2026-03-01T12:00:00Z")
    assert (shown["finished_at"], shown["error"], shown["report"]) == (None, None, None)
    for other in (OTHER_STUDENT, INSTRUCTOR):
        world.ask("GET", "/v1/self-checks/begun", other).problem(404, "not-found")
    world.later(seconds=0.1)
    world.ask("GET", "/v1/self-checks/begun", STUDENT).problem(404, "not-found")


def test_a_second_self_check_is_refused_with_the_url_of_the_first(world: World) -> None:
    run_id = start(world).json["run_id"]
    problem = start(world).problem(409, "already-running")
    assert problem["detail"] == "only one self-check of a lab can run at a time; follow the running one at status_url"
    assert (problem["run_id"], problem["status_url"]) == (run_id, f"/v1/self-checks/{run_id}")
    assert problem["allowance"]["remaining_today"] == 19
    assert start(world, OTHER_STUDENT).status == 202, "another student's self-check is independent"


def test_two_hundred_concurrent_requests_start_one_self_check(world: World) -> None:
    def post(_: int) -> Any:
        return world.ask("POST", "/v1/self-checks", STUDENT, {"lab": LAB}, api=resolver(world.services()))

    with ThreadPoolExecutor(max_workers=32) as pool:
        answers = list(pool.map(post, range(200)))
    (started,) = [answer.json for answer in answers if answer.status == 202]
    refused = [answer.problem(409, "already-running") for answer in answers if answer.status != 202]
    assert len(refused) == 199
    assert {problem["status_url"] for problem in refused} == {started["status_url"]}
    assert [execution["name"] for execution in world.executions("grade_student")] == [started["run_id"]]


def test_concurrent_students_get_their_own_self_checks(world: World) -> None:
    """Powertools shares the event of the last request among all threads."""

    def post(number: int) -> tuple[str, str]:
        caller = {"subject": f"user{number}", "role": "student"}
        answer = world.ask("POST", "/v1/self-checks", caller, {"lab": LAB}, api=resolver(world.services()))
        return caller["subject"], answer.json["run_id"]

    with ThreadPoolExecutor(max_workers=16) as pool:
        started = list(pool.map(post, range(48)))
    for username, run_id in started:
        assert stored_run(world.store, run_id)["student"] == username


def test_the_hourly_allowance_is_used_up_and_refills(world: World) -> None:
    for number in range(5):
        answer = start(world)
        assert (answer.status, answer.json["allowance"]["remaining_this_hour"]) == (202, 4 - number)
        world.store.put_json(Keys(answer.json["run_id"]).report("user1"), report_of())
        end_of(world, answer.json["run_id"])
        world.later(minutes=1)
    refused = start(world)
    problem = refused.problem(429, "allowance-spent")
    assert problem["detail"] == (
        "you have used your 5 self-checks of this lab for this hour; start the next one at 2026-03-01T13:00:00Z"
    )
    assert refused.headers["Retry-After"] == str(55 * 60)
    assert problem["allowance"] == {
        "per_hour": 5,
        "per_day": 20,
        "remaining_this_hour": 0,
        "remaining_today": 15,
        "refills_at": "2026-03-01T13:00:00Z",
    }
    world.now = NOON + timedelta(hours=1)
    assert start(world).status == 202


def test_the_daily_allowance_is_named_when_it_is_used_up(world: World) -> None:
    for number in range(20):
        world.now = NOON + timedelta(minutes=15 * number)
        answer = start(world)
        assert answer.status == 202, answer.body
        end_of(world, answer.json["run_id"])
    world.later(minutes=15)
    problem = start(world).problem(429, "allowance-spent")
    assert problem["detail"] == (
        "you have used your 20 self-checks of this lab for today; start the next one at 2026-03-02T12:00:00Z"
    )


def end_of(world: World, run_id: str) -> None:
    from labgrader.runs.self_check import finish_self_check

    ended(world, run_id)
    finish_self_check(world.store, run_id, "user1", LAB, give_back=False)


def test_an_unknown_lab_is_refused_with_the_list_of_labs(world: World) -> None:
    problem = world.ask("POST", "/v1/self-checks", STUDENT, {"lab": "no-such-lab"}).problem(422, "bad-input")
    (error,) = problem["errors"]
    assert error["field"] == "lab"
    assert error["message"].startswith("there is no lab no-such-lab; the labs are: lambda-fundamentals, ")


def test_an_instructor_can_follow_but_not_start_a_self_check(world: World) -> None:
    problem = start(world, INSTRUCTOR).problem(403, "not-yours")
    assert problem["detail"] == "only students can do this; your token is for an instructor"
    run_id = start(world).json["run_id"]
    assert world.ask("GET", f"/v1/self-checks/{run_id}", INSTRUCTOR).json["status"] == "running"


def test_another_students_self_check_is_403_and_an_unknown_one_404(world: World) -> None:
    run_id = start(world).json["run_id"]
    problem = world.ask("GET", f"/v1/self-checks/{run_id}", OTHER_STUDENT).problem(403, "not-yours")
    assert problem["detail"] == "this self-check belongs to another student"
    world.has_run("r1")
    for unknown in ("no-such-run", "r1"):
        problem = world.ask("GET", f"/v1/self-checks/{unknown}", STUDENT).problem(404, "not-found")
        assert problem["detail"] == f"there is no self-check {unknown}"


def test_a_stopped_self_check_fails_and_does_not_count(world: World) -> None:
    run_id = start(world).json["run_id"]
    (execution,) = world.executions("grade_student")
    world.states.stop_execution(executionArn=execution["executionArn"])
    answer = world.ask("GET", f"/v1/self-checks/{run_id}", STUDENT).json
    assert answer["status"] == "failed"
    assert answer["error"] == FAILED
    assert answer["allowance"]["remaining_today"] == 20
    assert start(world).status == 202


@pytest.mark.parametrize(("outcome", "kept"), [("succeeded", True), ("x" * 4000, False)])
def test_a_report_that_is_too_large_omits_its_samples_with_a_note(world: World, outcome: str, kept: bool) -> None:
    run_id = start(world).json["run_id"]
    tests = [load_test_of(f"under-load-{number}", outcome) for number in range(3)]
    world.store.put_json(Keys(run_id).report("user1"), report_of(run_id, mode="self-check", load_tests=tests))
    ended(world, run_id)
    report = world.ask("GET", f"/v1/self-checks/{run_id}", STUDENT).json["report"]
    validate(report, "report")
    note = "the single requests are omitted because the report is too large; the report's page shows them"
    for load_test in report["load_tests"]:
        assert (len(load_test["samples"]), load_test.get("notes")) == ((500, None) if kept else (0, [note]))


def test_a_report_with_too_much_evidence_omits_it_with_a_note(world: World) -> None:
    run_id = start(world).json["run_id"]
    long = [{**check_of(f"check-{number}", 1, 1), "evidence": ["x" * 4000] * 21} for number in range(60)]
    world.store.put_json(Keys(run_id).report("user1"), report_of(run_id, mode="self-check", checks=long))
    ended(world, run_id)
    report = world.ask("GET", f"/v1/self-checks/{run_id}", STUDENT).json["report"]
    validate(report, "report")
    assert {line for check in report["checks"] for line in check["evidence"]} == {
        "the evidence is omitted because the report is too large; the report's page shows it"
    }
