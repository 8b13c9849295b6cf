"""A run from plan to summary, state by state, against an S3 and a DynamoDB in memory."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from labgrader.errors import BadInputError, NotGradedError, ServiceFaultError
from labgrader.evidence.probe import Invocation
from labgrader.evidence.probe_results import HttpReply, SentMessages, UploadResult
from labgrader.evidence.question import Answer, Answers, Question
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.verdict import Verdict
from labgrader.labs.lab import Item, Lab
from labgrader.messages import quote
from labgrader.roster import GraderAccount, Student
from labgrader.runs.request import Request
from labgrader.steps import run_documents
from labgrader.steps.check_outcomes import AUDIT_INVOKES_NOTHING
from labgrader.steps.live_dispatcher import StudentsFunctions
from labgrader.steps.plan_run import plan_run
from labgrader.steps.run_check import run_check
from labgrader.steps.run_documents import CheckRecord
from labgrader.steps.run_live_check import Delivery, run_live_check
from labgrader.steps.summarise_run import NEVER_REPORTED, record_failure, summarise_run
from labgrader.steps.write_report import write_report
from labgrader.store import Keys, Store
from tests.clock import EPOCH, Clock
from tests.stored_runs import put_run

RUN = "20260101-000000-example-0000"
KEYS = Keys(RUN)
STARTED = "2026-01-01T00:00:00Z"

HANGING_S = 300.0
"""Seconds after which a test that hangs is given up."""

FIRST = Delivery("request-1", EPOCH + 3600)
HOME = GraderAccount.from_arn("arn:aws:lambda:us-east-1:111122223333:function:labgrader-plan-run")

LAB = Lab(
    id="lambda-optimization",
    version="1.0.0",
    title="An example",
    handout="",
    points=100,
    checks=(
        Item(
            id="reserved",
            check="reserved_concurrency_set",
            title="Concurrency is reserved",
            task="Task 1",
            points=40,
            parameters={"function": "{username}-f", "executions": 10},
        ),
        Item(
            id="handled",
            check="answers_only_with",
            title="Failures are handled",
            task="Task 2",
            points=60,
            requires=("reserved",),
            parameters={"function": "{username}-f", "operation": "retry_demo", "statuses": [200], "tries": 1},
        ),
    ),
)


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """A warm function remembers the last runs; each test is a function that starts cold."""
    for remembered in (run_documents.lab_of, run_documents.snapshot_of, run_documents.students_of):
        remembered.cache_clear()


def planned(store: Store, usernames: tuple[str, ...] = ("user1",), mode: str = "grade") -> None:
    store.put_json(KEYS.lab, LAB.to_dict())
    students = [
        Student(username=name, student_id=f"s-{name}", name=name.title(), account_id="111122223333", region="us-east-1")
        for name in usernames
    ]
    store.put_json(KEYS.students, [student.to_dict() for student in students])
    put_run(store, {"run_id": RUN, "lab": LAB.id, "mode": mode, "status": "running", "started_at": STARTED})


def recorded(store: Store, username: str = "user1", *, reserved: int | None = 10, denied: bool = False) -> None:
    answers = Answers()
    answers.record(Question("lambda:ListFunctions"), Answer([f"{username}-f"]))
    question = Question("lambda:GetFunction", {"FunctionName": f"{username}-f"})
    if denied:
        answers.record(question, Answer(error_code="AccessDeniedException", error_message="not authorized"))
    else:
        concurrency = {} if reserved is None else {"ReservedConcurrentExecutions": reserved}
        configuration = {"FunctionName": f"{username}-f", "State": "Active"}
        answers.record(question, Answer({"Configuration": configuration, "Concurrency": concurrency, "Tags": {}}))
    snapshot = Snapshot(username, "111122223333", "us-east-1", STARTED, answers)
    store.put_json(KEYS.snapshot(username), snapshot.to_dict())


class Function:
    """A student's function that answers every call the same, and counts."""

    def __init__(self, status: int = 200) -> None:
        self.calls = 0
        self.payload = json.dumps({"statusCode": status, "body": "{}"})

    def __call__(self, question: Question) -> Answer:
        self.calls += 1
        name = question.arguments["FunctionName"]
        return Answer(Invocation(target=name, outcome="answered", payload=self.payload).to_dict())


def check_of(report: dict[str, Any], check: str) -> dict[str, Any]:
    return next(one for one in report["checks"] if one["id"] == check)


# --- plan ------------------------------------------------------------------------------------------------------------


def test_the_plan_freezes_lab_and_students_and_sorts_the_checks_by_kind(store: Store) -> None:
    store.put("rosters/r.csv", b"username\nuser1\nuser2\n")
    plan = plan_run(store, RUN, STARTED, Request("lambda-optimization", "rosters/r.csv", students=("user2",)), HOME)
    assert plan["students_key"] == f"runs/{RUN}/students.json"
    assert [student.username for student in store.students(RUN)] == ["user2"]
    assert set(plan["checks"]) == {"configuration", "behaviour", "performance"}
    assert sum(map(len, plan["checks"].values())) == len(store.lab(RUN).checks)
    run = store.run(RUN)
    assert run is not None
    assert (run.status, run.counts.students) == ("running", 1)


@pytest.mark.parametrize(("names", "planned_for"), [((" USER2 ",), "user2"), ((), None), (("user1", "user2"), None)])
def test_a_run_of_one_student_takes_exactly_one_name(
    store: Store, names: tuple[str, ...], planned_for: str | None
) -> None:
    store.put("rosters/r.csv", b"username\nuser1\nuser2\n")
    request = Request("lambda-optimization", "rosters/r.csv", students=names)
    if planned_for:
        assert plan_run(store, RUN, STARTED, request, HOME, alone=True)["username"] == planned_for
    else:
        with pytest.raises(BadInputError, match="a run of one student has one name in students, not 2"):
            plan_run(store, RUN, STARTED, request, HOME, alone=True)


def test_a_plan_that_is_made_twice_is_the_same_run(store: Store) -> None:
    store.put("rosters/r.csv", b"username\nuser1\n")
    request = Request("lambda-optimization", "rosters/r.csv")
    first = plan_run(store, RUN, STARTED, request, HOME)
    store.put("rosters/r.csv", b"username\nuser1\nuser2\n")
    assert plan_run(store, RUN, STARTED, request, HOME) == first
    assert [student.username for student in store.students(RUN)] == ["user1"]


def test_a_plan_reads_the_stored_students_and_no_roster(store: Store) -> None:
    rows = [Student("user1", "s-1", account_id="111122223333", region="us-east-1")]
    store.put_students_once(RUN, rows)
    store.put("rosters/r.csv", b"\xff is no roster")
    for roster in ("rosters/r.csv", "rosters/none.csv"):
        assert plan_run(store, RUN, STARTED, Request("lambda-optimization", roster), HOME)["username"] == "user1"
    assert store.students(RUN) == rows


@pytest.mark.parametrize(("alone", "students"), [(True, 2), (False, 2), (True, 1)])
def test_a_run_of_one_student_refuses_several_stored_ones(store: Store, alone: bool, students: int) -> None:
    names = ("user1", "user2")[:students]
    store.put_students_once(RUN, [Student(name, account_id="111122223333", region="us-east-1") for name in names])
    request = Request("lambda-optimization", "rosters/none.csv")
    if alone and students == 2:
        with pytest.raises(BadInputError, match="a run of one student has one name in students, not 2"):
            plan_run(store, RUN, STARTED, request, HOME, alone=True)
    else:
        assert plan_run(store, RUN, STARTED, request, HOME, alone=alone)["username"] == "user1"


def test_students_without_an_account_are_at_home(store: Store) -> None:
    role = "arn:aws:iam::444455556666:role/labgrader-reader"
    store.put("rosters/r.csv", f"username,role_arn,region\nuser1,,\nuser2,{role},eu-west-1\n".encode())
    plan_run(store, RUN, STARTED, Request("lambda-optimization", "rosters/r.csv"), HOME)
    assert [(student.account_id, student.region) for student in store.students(RUN)] == [
        ("111122223333", "us-east-1"),
        ("444455556666", "eu-west-1"),
    ]


def test_another_account_needs_a_role(store: Store) -> None:
    store.put("rosters/r.csv", b"username,account_id\nuser1,444455556666\n")
    with pytest.raises(BadInputError, match="user1 has account 444455556666 and no role_arn"):
        plan_run(store, RUN, STARTED, Request("lambda-optimization", "rosters/r.csv"), HOME)


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        (Request("lab-5", "rosters/r.csv"), "there is no lab 'lab-5'"),
        (Request("lambda-optimization", "rosters/none.csv"), "there is no roster at rosters/none.csv"),
        (Request("lambda-optimization", "rosters/r.csv", students=("user9",)), "user9 is not on the roster"),
    ],
)
def test_a_plan_that_cannot_be_made_says_why(store: Store, request_: Request, problem: str) -> None:
    store.put("rosters/r.csv", b"username\nuser1\n")
    with pytest.raises(BadInputError, match=problem):
        plan_run(store, RUN, STARTED, request_, HOME)


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ("x", "a request is an object"),
        ({"roster": "rosters/r.csv"}, "lab: is missing or not text"),
        ({"lab": "x", "roster": "runs/other/students.json"}, "roster: runs/other/students.json is not a key below"),
        ({"lab": "x", "roster": "rosters/../runs/x"}, "is not a key below rosters/"),
        ({"lab": "x", "roster": "rosters/r.csv", "mode": "exam"}, "mode: exam is not one of: grade, audit"),
        ({"lab": "x", "roster": "rosters/r.csv", "students": "user1"}, "students: is not a list of usernames"),
        ({"lab": "x", "roster": "rosters/r.csv", "force": True}, "force: unknown field"),
    ],
)
def test_a_malformed_request_is_named_field_by_field(document: Any, problem: str) -> None:
    with pytest.raises(BadInputError, match=problem):
        Request.from_dict(document)


# --- one check -------------------------------------------------------------------------------------------------------


def test_a_check_is_judged_from_the_snapshot_and_kept(store: Store) -> None:
    planned(store)
    recorded(store, reserved=5)
    verdict = run_check(store, RUN, "user1", "reserved")
    assert verdict.message == "The reserved concurrency of user1-f is 5 instead of 10."
    kept = store.get_json(KEYS.evidence("user1", "reserved"))
    assert kept["verdict"]["status"] == "partial"


def test_a_check_whose_answer_was_denied_is_raised_for_the_state_machine(store: Store) -> None:
    planned(store)
    recorded(store, denied=True)
    with pytest.raises(NotGradedError, match="lambda:GetFunction: AccessDeniedException: not authorized"):
        run_check(store, RUN, "user1", "reserved")
    assert KEYS.evidence("user1", "reserved") not in store.keys(KEYS.root)


def test_a_probe_is_recorded_with_its_verdict(store: Store) -> None:
    planned(store)
    recorded(store)
    function = Function()
    assert run_live_check(store, RUN, "user1", "handled", function, FIRST).status == "passed"
    kept = store.get_json(KEYS.evidence("user1", "handled"))
    assert len(kept["answers"]) == function.calls == 1


def test_a_probe_that_is_delivered_twice_invokes_once(store: Store) -> None:
    planned(store)
    recorded(store)
    function = Function()
    verdicts = [run_live_check(store, RUN, "user1", "handled", function, FIRST) for _ in range(2)]
    assert verdicts[0] == verdicts[1]
    assert function.calls == 1


def test_a_second_delivery_waits_for_the_first_and_invokes_nothing(store: Store, clock: Clock) -> None:
    planned(store)
    recorded(store)
    slow, second = Function(), Function()
    begun, goes_on = threading.Event(), threading.Event()

    def answer(question: Question) -> Answer:
        begun.set()
        assert goes_on.wait(HANGING_S)
        return slow(question)

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(run_live_check, store, RUN, "user1", "handled", answer, FIRST)

        def end_of_the_first() -> None:
            goes_on.set()
            first.result(HANGING_S)

        assert begun.wait(HANGING_S)
        clock.while_sleeping = end_of_the_first
        verdict = run_live_check(store, RUN, "user1", "handled", second, Delivery("request-2", time.time() + 60))
        assert verdict == first.result()
    assert clock.elapsed == 1, "the second one looked again after a second"
    assert (slow.calls, second.calls) == (1, 0)


def test_a_delivery_that_died_is_taken_over_when_its_time_is_up(store: Store) -> None:
    planned(store)
    recorded(store)
    died = {"id": "request-0", "ends_at": time.time() - 1}
    store.put_json(KEYS.claim("user1", "handled"), died)
    function = Function()
    assert run_live_check(store, RUN, "user1", "handled", function, FIRST).status == "passed"
    assert function.calls == 1


def test_a_fault_of_aws_on_the_way_leaves_the_task_to_the_next_delivery(store: Store, clock: Clock) -> None:
    planned(store)
    recorded(store)

    def closed(question: Question) -> Answer:
        raise ServiceFaultError("sts:AssumeRole: InternalFailure: try later")

    with pytest.raises(ServiceFaultError, match="try later"):
        run_live_check(store, RUN, "user1", "handled", closed, FIRST)
    function = Function()
    second = Delivery("request-2", time.time() + 3600)
    assert run_live_check(store, RUN, "user1", "handled", function, second).status == "passed"
    assert clock.elapsed == 0
    assert function.calls == 1


def test_a_delivery_that_leaves_no_record_is_not_waited_for_for_ever(store: Store) -> None:
    planned(store)
    recorded(store)
    store.put_json(KEYS.claim("user1", "handled"), {"id": "request-0", "ends_at": time.time() + 3600})
    with pytest.raises(NotGradedError, match="the first one left no record"):
        run_live_check(store, RUN, "user1", "handled", Function(), Delivery("request-2", time.time() + 0.1))


def test_nothing_is_invoked_when_a_prerequisite_failed(store: Store) -> None:
    planned(store)
    recorded(store, reserved=None)
    function = Function()
    verdict = run_live_check(store, RUN, "user1", "handled", function, FIRST)
    assert verdict.status == "skipped"
    assert verdict.message == "skipped: fix “Concurrency is reserved” first"
    assert function.calls == 0


def test_a_refused_invocation_is_kept_as_evidence_and_not_graded(store: Store) -> None:
    planned(store)
    recorded(store)

    def refuse(question: Question) -> Answer:
        return Answer(error_code="AccessDeniedException", error_message="no")

    for _ in range(2):
        with pytest.raises(NotGradedError, match="lambda:InvokeFunction: AccessDeniedException: no"):
            run_live_check(store, RUN, "user1", "handled", refuse, FIRST)
    assert store.get_json(KEYS.evidence("user1", "handled"))["verdict"] is None


@pytest.mark.parametrize(("left_s", "calls"), [(66, 1), (64, 0)])
def test_a_call_that_could_outlast_the_task_is_not_begun(store: Store, left_s: float, calls: int) -> None:
    """A call may take its own 35 seconds and 30 more for repetitions and tidying up."""
    planned(store)
    recorded(store)
    function = Function()
    delivery = Delivery("request-1", time.time() + left_s)
    if calls:
        assert run_live_check(store, RUN, "user1", "handled", function, delivery).status == "passed"
    else:
        with pytest.raises(NotGradedError) as refused:
            run_live_check(store, RUN, "user1", "handled", function, delivery)
        assert refused.value.reason == "NotReached: the time for this check was over before everything could be tried"
    assert function.calls == calls


# --- report ----------------------------------------------------------------------------------------------------------


REPORT_LINE = "REPORT RequestId: 8f5\tDuration: 3 ms\tMemory Size: 128 MB\tMax Memory Used: 126 MB\t"


def _with_advice(store: Store, *advice: Item) -> None:
    planned(store)
    store.put_json(KEYS.lab, replace(LAB, advice=advice).to_dict())
    recorded(store)
    snapshot = store.get_json(KEYS.snapshot("user1"))
    (function,) = [value for key, value in snapshot["answers"].items() if key.startswith("lambda:GetFunction ")]
    function["value"]["Configuration"]["MemorySize"] = 128
    store.put_json(KEYS.snapshot("user1"), snapshot)


def test_advice_about_behaviour_reads_what_was_recorded_for_all_checks(store: Store) -> None:
    memory = Item(
        id="memory", check="memory_fits", title="Memory fits", task="Task 1", parameters={"functions": ["{username}-f"]}
    )
    _with_advice(store, memory)

    def answer(question: Question) -> Answer:
        payload = json.dumps({"statusCode": 200, "body": "{}"})
        return Answer(Invocation("user1-f", "answered", payload, log_tail=REPORT_LINE).to_dict())

    run_live_check(store, RUN, "user1", "handled", answer, FIRST)
    (advice,) = write_report(store, RUN, "grade", "user1")["advice"]
    assert advice["message"] == (
        "user1-f used 126 of its 128 MB in 1 call and is killed when it needs more: 1.5 to 2 times of what is "
        "typically used is a good size."
    )


def test_advice_asks_nothing_that_was_not_recorded(store: Store) -> None:
    calls = {"function": "{username}-f", "operation": "other", "statuses": [200], "tries": 1}
    load = {"function": "{username}-f", "operation": "other", "concurrency": 2, "requests": 20}
    _with_advice(
        store,
        Item(id="calls", check="answers_only_with", title="Calls", parameters=calls),
        Item(id="loads", check="succeeds_under_load", title="Loads", parameters=load),
    )
    report = write_report(store, RUN, "grade", "user1")
    assert report["advice"] == []


def test_the_evidence_of_calls_objects_and_messages_is_part_of_a_valid_report(store: Store) -> None:
    """What such calls came back with is kept as it is, hostile text and all, and the report is still a valid one."""
    planned(store)
    recorded(store)
    run_check(store, RUN, "user1", "reserved")
    said = "\ud800<script>=1+1\x00"
    answers = Answers()
    for question, value in (
        ("labgrader:CallApi", HttpReply("answered", 200, {"x": said}, said)),
        ("labgrader:DropObject", UploadResult("timeout", left_behind=[said])),
        ("labgrader:SendMessages", SentMessages("left", 3, 1, 45_000.0)),
    ):
        answers.record(Question(question, {"a": said}), Answer(value.to_dict()))
    verdict = Verdict("failed", 0.0, f"it said {quote(said)}", evidence=(said,))
    store.put_json(KEYS.evidence("user1", "handled"), CheckRecord("handled", answers, verdict).to_dict())
    assert run_live_check(store, RUN, "user1", "handled", Function(), FIRST) == verdict
    report = write_report(store, RUN, "grade", "user1")
    assert check_of(report, "handled")["status"] == "failed"


# --- the way to a student's functions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "arguments", "reason"),
    [
        (
            "lambda:InvokeFunction",
            {"FunctionName": "user10-f", "Qualifier": "", "Payload": {}},
            "user10-f does not begin",
        ),
        (
            "labgrader:CallApi",
            {"Method": "GET", "ApiName": "user10-api"},
            "the API user10-api does not begin with user1-",
        ),
        ("labgrader:DropObject", {"Bucket": "user10-b"}, "the bucket user10-b does not begin with user1-"),
        (
            "labgrader:SendMessages",
            {"QueueName": "user10-q", "QueueUrl": "x", "Bodies": []},
            "the queue user10-q does not",
        ),
        ("labgrader:DropObject", {"Bucket": "grader-stack-b"}, "the bucket grader-stack-b belongs to the grader"),
    ],
)
def test_each_question_finds_its_way_and_only_to_the_students_own(
    store: Store, action: str, arguments: dict[str, Any], reason: str
) -> None:
    planned(store)
    functions = StudentsFunctions(store, RUN, "user1", stack="grader-stack")
    with pytest.raises(NotGradedError, match=reason):
        functions.answer(Question(action, arguments))


def test_a_report_adds_up_and_is_written_once(store: Store) -> None:
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


def test_a_crash_between_s3_and_dynamodb_is_mended_by_the_summary(store: Store) -> None:
    planned(store)
    recorded(store)
    run_check(store, RUN, "user1", "reserved")
    run_live_check(store, RUN, "user1", "handled", Function(), FIRST)
    table = store._table
    store._table = Dying(table)  # type: ignore[assignment]  # the function is killed before it writes its record
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
    """A table that can be read, and whose first write is the end of the process."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def put_item(self, **_: Any) -> None:
        raise KeyboardInterrupt

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)


def test_a_run_that_is_repeated_unchanged_reports_no_change(store: Store) -> None:
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
def test_an_error_of_the_workflow_costs_nothing_and_says_why(
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


def test_an_audit_leaves_what_needs_an_invocation_open(store: Store) -> None:
    planned(store, mode="audit")
    recorded(store)
    run_check(store, RUN, "user1", "reserved")
    report = write_report(store, RUN, "audit", "user1")
    assert check_of(report, "reserved")["status"] == "passed"
    assert check_of(report, "handled")["status"] == "not_graded"
    assert check_of(report, "handled")["message"] == AUDIT_INVOKES_NOTHING
    assert store.best("user1", LAB.id) is None


def test_a_report_says_what_changed_since_the_last_run(store: Store) -> None:
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


# --- summary ---------------------------------------------------------------------------------------------------------


def test_a_student_whom_the_workflow_lost_is_reported_open(store: Store) -> None:
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


def test_a_record_that_cannot_be_read_costs_its_student_the_grade_and_nobody_else(store: Store) -> None:
    planned(store, ("user1", "user2"))
    for name in ("user1", "user2"):
        recorded(store, name)
        run_check(store, RUN, name, "reserved")
    store.put(KEYS.evidence("user1", "reserved"), b"not JSON")
    run = summarise_run(store, RUN, STARTED)
    assert [(student["points"], student["open_points"]) for student in run["students"]] == [(0, 100), (40, 60)]
    assert store.get(KEYS.gradebook).count(b"\n") == 3


def test_a_student_without_a_snapshot_still_gets_a_report(store: Store) -> None:
    planned(store)
    run = summarise_run(store, RUN, STARTED)
    assert run["students"][0]["status"] == "incomplete"
    assert run["students"][0]["points"] == 0
    assert store.get_json(KEYS.report("user1"))["score"]["open_points"] == 100


def test_the_summary_keeps_the_gradebook_as_data_and_its_csv(store: Store) -> None:
    planned(store, ("user1", "user2"))
    for name in ("user1", "user2"):
        recorded(store, name)
        run_check(store, RUN, name, "reserved")
    summarise_run(store, RUN, STARTED)
    kept = store.get_json(KEYS.gradebook_json)
    assert (kept["schema"], kept["run_id"], kept["lab"]) == ("labgrader.gradebook/1", RUN, LAB.id)
    assert kept["checks"] == [
        {"id": "reserved", "title": "Concurrency is reserved", "max_points": 40},
        {"id": "handled", "title": "Failures are handled", "max_points": 60},
    ]
    assert [(row["username"], row["name"], row["points"], row["open_points"]) for row in kept["students"]] == [
        ("user1", "User1", 40, 60),
        ("user2", "User2", 40, 60),
    ]
    assert [check["status"] for check in kept["students"][0]["checks"]] == ["passed", "not_graded"]
    assert store.get(KEYS.gradebook).decode().split("\r\n") == [
        "student_id,username,name,email,section,status,points,max_points,percent,open_points,reserved,handled",
        "s-user1,user1,User1,,,incomplete,40,100,40,60,40,",
        "s-user2,user2,User2,,,incomplete,40,100,40,60,40,",
        "",
    ]


def test_a_summary_written_twice_is_the_same(store: Store) -> None:
    planned(store)
    recorded(store)
    first = summarise_run(store, RUN, STARTED)
    before = {key: store.get(key) for key in store.keys(KEYS.root)}
    assert summarise_run(store, RUN, STARTED) == first
    assert {key: store.get(key) for key in store.keys(KEYS.root)} == before


def test_a_run_that_failed_is_recorded_with_its_reason(store: Store) -> None:
    record_failure(store, RUN, STARTED, {"Error": "BadInputError", "Cause": "there is no lab 'x'"})
    run = store.run(RUN)
    assert run is not None
    assert (run.status, run.error) == ("failed", "BadInputError: there is no lab 'x'")
