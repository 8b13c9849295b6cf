"""The reason of each check, from the error of AWS or of a check to the report, the events and the audit."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.stub_aws import UNREACHABLE, Clock, Fault, StubAws
from functions.run_check.app import handler as run_check_handler
from labgrader.errors import LabgraderError
from labgrader.evidence.probe import Invocation
from labgrader.evidence.question import Answer, Answers, Question
from labgrader.judging.judge import next_question
from labgrader.judging.verdict import failed, not_graded
from labgrader.labs.lab import Item, Lab
from labgrader.labs.search_path import searching
from labgrader.load_testing.admission import TEST_S
from labgrader.messages import quote
from labgrader.reasons import Reason, split_reason, with_reason
from labgrader.recording.rate_limiter import RateLimiter
from labgrader.recording.recorder import Recorder
from labgrader.recording.sessions import Accounts
from labgrader.roster import GraderAccount, Student
from labgrader.schemas import read_schema, validate
from labgrader.steps import run_documents
from labgrader.steps.check_outcomes import AUDIT_INVOKES_NOTHING
from labgrader.steps.error_reason import reason_in_text
from labgrader.steps.live_dispatcher import Sharing, StudentsFunctions
from labgrader.steps.run_check import run_check
from labgrader.steps.run_documents import CheckRecord
from labgrader.steps.run_live_check import Delivery, run_live_check
from labgrader.steps.summarise_run import NEVER_REPORTED, summarise_run
from labgrader.steps.write_report import write_report
from labgrader.store import Keys, RunRecord, Store, default_store

ROOT = Path(__file__).parents[2]
RUN = "20260101-000000-reasons-0000"
KEYS = Keys(RUN)
STARTED = "2026-01-01T00:00:00Z"
HOME = GraderAccount("111122223333", "us-east-1")
NOT_GRADED = "could not be graded, and no points are lost"

CALLS = {"function": "{username}-f", "operation": "x", "statuses": [200], "tries": 1}
TEN = {"function": "{username}-f", "executions": 10}
RESERVED = Item("reserved", "reserved_concurrency_set", "It is reserved", "Task 1", 40, parameters=TEN)
LIVE = Item("live", "answers_only_with", "It answers", "Task 2", 60, parameters=CALLS)
AFTER = Item("after", "answers_only_with", "It answers after", "Task 2", 60, ("reserved",), CALLS)
LOADS = Item(
    "loads",
    "succeeds_under_load",
    "It holds",
    "Task 3",
    60,
    parameters={"function": "{username}-f", "operation": "x", "concurrency": 2, "requests": 20},
)

DENIED = Fault("AccessDeniedException", 403, "User: x is not authorized to perform: lambda:GetFunction")
THROTTLED = Fault("TooManyRequestsException", 429, "Rate exceeded")
BROKEN = Fault("ServiceException", 500, "oh")


@dataclass
class Context:
    """What Lambda says of a call."""

    function_name: str = "labgrader-run-check"
    memory_limit_in_mb: int = 1769
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:111122223333:function:labgrader-run-check"
    aws_request_id: str = "request-1"


@pytest.fixture(autouse=True)
def _cold(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("BUCKET", "bucket")
    monkeypatch.setenv("TABLE", "table")
    remembered: list[Any] = [default_store, run_documents.lab_of, run_documents.snapshot_of, run_documents.students_of]
    for one in remembered:
        one.cache_clear()
    yield
    for one in remembered:
        one.cache_clear()


def aws(fault: Exception | None = None, reserved: int | None = 10) -> StubAws:
    """An AWS with one student, where every look at a function fails."""
    stub = StubAws()
    stub.add_function("user1-f", reserved=reserved)
    if fault:
        stub.fail("GetFunction", fault)
    return stub


def planned(store: Store, *checks: Item, stub: StubAws | None = None, mode: str = "grade") -> Lab:
    """A run of one student, recorded by our own recorder through botocore."""
    lab = Lab("reasons", "1.0.0", "An example", "", 100, checks)
    student = Student("user1", account_id="111122223333", region="us-east-1")
    store.put_json(KEYS.lab, lab.to_dict())
    store.put_json(KEYS.students, [student.to_dict()])
    store.record_run(RunRecord(run_id=RUN, lab=lab.id, mode=mode, status="running", started_at=STARTED))
    store.put_json(KEYS.snapshot("user1"), snapshot_of(lab, student, stub or aws()))
    return lab


def snapshot_of(lab: Lab, student: Student, stub: StubAws) -> dict[str, Any]:
    clock = Clock()
    accounts = Accounts(RUN, new_session=stub.session)
    recorder = Recorder(accounts, rate_limiter=RateLimiter(clock=clock, sleep=clock.sleep), workers=1)
    (snapshot,) = recorder.record_class(lab, [student], next_question=next_question)
    return snapshot.to_dict()


def outcome_of(check_id: str, run: Callable[[], object], shown_as: str = "") -> dict[str, str]:
    """What the state machine hands to Write report: an error's class and text, as Lambda tells them, cut."""
    try:
        run()
    except LabgraderError as error:
        kind = shown_as or type(error).__name__
        cause = json.dumps({"errorMessage": str(error), "errorType": kind, "stackTrace": ["a line"] * 50})
        return {"check": check_id, "status": "not_graded", "error": kind, "cause": cause[:600]}
    return {"check": check_id, "status": "passed"}


def check(check_id: str, shown_as: str = "") -> dict[str, str]:
    """Run check, as Lambda calls it."""
    event = {"run_id": RUN, "username": "user1", "check": check_id}
    return outcome_of(check_id, lambda: run_check_handler(event, Context()), shown_as)  # type: ignore[arg-type]


def live(store: Store, check_id: str, answer: Callable[[Question], Answer], ends_in_s: float = 3600) -> dict[str, str]:
    """Run probe or Run load test."""

    def run() -> None:
        with reason_in_text():
            run_live_check(store, RUN, "user1", check_id, answer, Delivery("request-1", time.time() + ends_in_s))

    return outcome_of(check_id, run)


def reported(store: Store, *outcomes: dict[str, str], mode: str = "grade", **more: Any) -> dict[str, dict[str, Any]]:
    """The checks of the report by id; the report and what is told of it are as their schemas say."""
    told: list[Any] = []
    report = write_report(store, RUN, mode, "user1", outcomes, publish=lambda *events: told.extend(events), **more)
    validate(report, "report")
    (event,) = told
    validate(event.detail, event.schema)
    open_ = {one["reason"] for one in report["checks"] if one["status"] == "not_graded"}
    assert event.detail["not_graded_reasons"] == sorted(open_)
    (result,) = store.results(RUN)
    assert result["our_fault"] is any(Reason(reason).ours for reason in open_)
    return {one["id"]: one for one in report["checks"]}


def answered(payload: dict[str, Any], outcome: Any = "answered") -> Callable[[Question], Answer]:
    return lambda question: Answer(
        Invocation(question.arguments["FunctionName"], outcome, json.dumps(payload)).to_dict()
    )


# --- from an error of AWS --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shown_as", ["NotGradedError", "Runtime.HandlerError"])
@pytest.mark.parametrize(
    ("fault", "reason", "said"),
    [
        (DENIED, "denied", "AccessDeniedException: User: x is not authorized to perform: lambda:GetFunction"),
        (Fault("OddlyNamed", 403, "no"), "denied", "OddlyNamed: no"),
        (THROTTLED, "throttled", "TooManyRequestsException: still throttled after 8 attempts in "),
        (Fault("SlowDown", 503, "wait"), "throttled", "SlowDown: still throttled after 8 attempts in "),
        (BROKEN, "service_fault", "ServiceException: still failing after 8 attempts in "),
        (UNREACHABLE, "service_fault", "EndpointConnectionError: still failing after 8 attempts in "),
        (Fault("ValidationException", 400, "what"), "grader", "ValidationException: what"),
    ],
)
def test_an_error_of_aws_gives_the_reason_of_a_check_that_needs_the_answer(
    store: Store, fault: Exception, reason: str, said: str, shown_as: str
) -> None:
    planned(store, RESERVED, stub=aws(fault))
    outcome = check("reserved", shown_as)
    assert outcome["error"] == shown_as
    found = reported(store, outcome)["reserved"]
    assert (found["status"], found["reason"]) == ("not_graded", reason)
    assert found["message"].startswith(f"{NOT_GRADED}: lambda:GetFunction: {said}")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(error_code="AccessDeniedException", error_message="no"), "denied"),
        (Answer(Invocation("user1-f", "throttled", error="TooManyRequestsException: busy").to_dict()), "throttled"),
        (Answer(error_code="HTTP 502", reason=Reason.SERVICE_FAULT), "service_fault"),
    ],
)
def test_a_call_that_aws_refuses_or_fails_is_not_graded_for_that_reason(
    store: Store, answer: Answer, reason: str
) -> None:
    planned(store, LIVE)
    found = reported(store, live(store, "live", lambda _: answer))["live"]
    assert (found["status"], found["reason"]) == ("not_graded", reason)


def test_a_record_is_judged_for_the_reason_that_it_keeps(store: Store) -> None:
    """Where nobody says what became of the check, its record does."""
    planned(store, LIVE)
    live(store, "live", lambda _: Answer(error_code="HTTP 502", reason=Reason.SERVICE_FAULT))
    assert store.get_json(KEYS.evidence("user1", "live"))["verdict"] is None
    assert reported(store)["live"]["reason"] == "service_fault"


def test_a_call_without_time_left_is_not_graded_for_it(store: Store) -> None:
    planned(store, LIVE)
    found = reported(store, live(store, "live", answered({}), ends_in_s=1.0))["live"]
    assert (found["status"], found["reason"]) == ("not_graded", "time_over")
    assert found["message"] == (
        f"{NOT_GRADED}: lambda:InvokeFunction: NotReached: the time for this check was over before everything could be "
        "tried"
    )


def test_a_student_who_is_loaded_by_another_run_is_not_graded_for_lack_of_room(store: Store) -> None:
    planned(store, LOADS)
    now = time.time()
    assert store.lease("123456789012 us-east-1 student user1", "another", now, now + 1_000)
    functions = StudentsFunctions(store, RUN, "user1", "grader-stack", Sharing(HOME, 12, now + TEST_S))
    found = reported(store, live(store, "loads", functions.answer))["loads"]
    assert (found["status"], found["reason"]) == ("not_graded", "quota")
    (kept,) = store.get_json(KEYS.evidence("user1", "loads"))["answers"].values()
    assert (kept["error"]["code"], kept["error"]["reason"]) == ("Refused", "quota")


# --- from a check ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reserved", "status", "reason"), [(10, "passed", None), (5, "partial", "student"), (None, "failed", "student")]
)
def test_what_a_student_built_wrong_is_theirs(
    store: Store, reserved: int | None, status: str, reason: str | None
) -> None:
    planned(store, RESERVED, AFTER, stub=aws(reserved=reserved))
    checks = reported(store, check("reserved"), live(store, "after", answered({"statusCode": 200})))
    assert (checks["reserved"]["status"], checks["reserved"].get("reason")) == (status, reason)
    if status == "failed":
        assert (checks["after"]["status"], checks["after"]["reason"]) == ("skipped", "prerequisite")
    else:
        assert (checks["after"]["status"], checks["after"].get("reason")) == ("passed", None)


def test_what_waits_for_a_check_that_is_not_graded_says_so(store: Store) -> None:
    planned(store, RESERVED, AFTER, stub=aws(DENIED))
    store.put_json(KEYS.evidence("user1", "after"), _record("after", failed("500 instead of 200")))
    checks = reported(store, check("reserved"))
    assert (checks["after"]["status"], checks["after"]["reason"]) == ("not_graded", "prerequisite")
    assert checks["reserved"]["reason"] == "denied"


def _record(check_id: str, verdict: Any) -> dict[str, Any]:
    document: dict[str, Any] = CheckRecord(check_id, Answers(), verdict).to_dict()
    return document


@pytest.mark.parametrize(
    ("payload", "status", "reason"),
    [
        ({"statusCode": 500, "body": "Max retries exceeded with url: /uuid"}, "not_graded", "no_internet"),
        ({"statusCode": 500, "body": "division by zero"}, "failed", "student"),
    ],
)
def test_a_check_that_needs_the_internet_says_when_there_was_none(
    store: Store, payload: dict[str, Any], status: str, reason: str
) -> None:
    parameters = {"function": "{username}-f", "event": {"operation": "default"}}
    item = Item("online", "event_answered", "It answers", "Task 1", 10, parameters=parameters, needs_internet=True)
    planned(store, item)
    found = reported(store, live(store, "online", answered(payload)))["online"]
    assert (found["status"], found["reason"]) == (status, reason)
    advice = store.get_json(KEYS.report("user1"))["advice"]
    assert [one["reason"] for one in advice] == (["no_internet"] if status == "not_graded" else [])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise ValueError('no')", "there is a fault in the check mine: checks/mine.py:8: ValueError: no"),
        ("return None", "there is a fault in the check mine: it returned NoneType instead of a verdict"),
    ],
)
def test_a_fault_in_a_check_is_the_graders(store: Store, tmp_path: Path, body: str, said: str) -> None:
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "mine.py").write_text(
        "from labgrader.evidence.snapshot import Snapshot\nfrom labgrader.judging import Verdict, check\n\n\n"
        '@check(title="It is", hint="aws lambda list-functions")\ndef mine(snapshot: Snapshot) -> Verdict:\n'
        f'    """Holds."""\n    {body}\n',
        encoding="utf-8",
    )
    with searching(tmp_path):
        planned(store, Item("mine", "mine", "It is", "Task 1", 10))
        found = reported(store, check("mine"))["mine"]
    assert (found["status"], found["reason"], found["message"]) == ("not_graded", "grader", f"{NOT_GRADED}: {said}")


def test_what_nobody_reported_is_the_graders(store: Store) -> None:
    planned(store, RESERVED)
    found = reported(store, failure=NEVER_REPORTED)["reserved"]
    assert (found["reason"], found["message"]) == ("grader", NEVER_REPORTED)


def test_a_function_that_is_still_being_set_up_decides_nothing(store: Store) -> None:
    stub = StubAws()
    stub.add_function("user1-f", State="Pending")
    planned(
        store,
        Item("runs", "function_can_run", "It runs", "Task 1", 10, parameters={"function": "{username}-f"}),
        stub=stub,
    )
    found = reported(store, check("runs"))["runs"]
    assert (found["status"], found["reason"]) == ("not_graded", "inconclusive")
    assert "was still being set up when it was graded" in found["message"]


# --- audits ----------------------------------------------------------------------------------------------------------


def night(store: Store, run_id: str, lab: Lab, username: str, stub: StubAws) -> Keys:
    """An audit of one student, whose configuration is judged."""
    keys, student = Keys(run_id), Student(username, account_id="111122223333", region="us-east-1")
    store.put_json(keys.lab, lab.to_dict())
    store.put_json(keys.students, [student.to_dict()])
    store.record_run(RunRecord(run_id=run_id, lab=lab.id, mode="audit", status="running", started_at=STARTED))
    store.put_json(keys.snapshot(username), snapshot_of(lab, student, stub))
    run_check(store, run_id, username, "reserved")
    return keys


def test_an_audit_carries_over_what_was_lost_and_says_why_something_drifted(store: Store) -> None:
    lab = planned(store, RESERVED, LIVE)
    store.put_json(KEYS.evidence("user1", "live"), _record("live", failed("500 instead of 200")))
    assert reported(store, check("reserved"))["live"]["reason"] == "student"
    keys = night(store, "night", lab, "user1", aws(reserved=None))
    report = write_report(store, "night", "audit", "user1")
    carried = report["checks"][1]
    assert (carried["status"], carried["reason"], carried["carried_over"]["run_id"]) == ("failed", "carried_over", RUN)
    assert [(one["check"], one["reason"]) for one in report["audit"]["drifted"]] == [("reserved", "student")]
    told: list[Any] = []
    summarise_run(store, "night", STARTED, publish=lambda *events: told.extend(events))
    drift = told[0]
    validate(drift.detail, drift.schema)
    assert [(one["check"], one["reason"]) for one in drift.detail["drifted"]] == [("reserved", "student")]
    assert store.get_json(keys.audit)["not_graded"] == []


def test_an_audit_before_the_first_graded_run_needs_one(store: Store) -> None:
    lab = planned(store, RESERVED, LIVE)
    stub = StubAws()
    stub.add_function("user2-f", reserved=10)
    keys = night(store, "first", lab, "user2", stub)
    needs = write_report(store, "first", "audit", "user2")["checks"][1]
    assert (needs["status"], needs["reason"], needs["message"]) == (
        "not_graded",
        "needs_graded_run",
        AUDIT_INVOKES_NOTHING,
    )
    summarise_run(store, "first", STARTED)
    entries = store.get_json(keys.audit)["not_graded"]
    assert [(one["code"], one["needs_graded_run"]) for one in entries] == [("needs_graded_run", True)]


# --- the set ---------------------------------------------------------------------------------------------------------


def test_the_codes_are_the_same_in_code_schemas_and_openapi() -> None:
    codes = [str(reason) for reason in Reason]
    report, audit = read_schema("report"), read_schema("audit")
    graded, drift = read_schema("events/student-graded"), read_schema("events/drift-detected")
    api = yaml.safe_load((ROOT / "docs/openapi.yaml").read_text(encoding="utf-8"))["components"]["schemas"]
    for listed in (
        report["$defs"]["reason"],
        audit["$defs"]["reason"],
        graded["properties"]["not_graded_reasons"]["items"],
        drift["properties"]["drifted"]["items"]["properties"]["reason"],
        api["Report_reason"],
    ):
        assert listed["enum"] == codes
    for part in ("Report_check", "Report_visible_check"):
        assert api[part]["properties"]["reason"] == {"$ref": "#/components/schemas/Report_reason"}
        assert "reason" not in api[part]["required"], "reports of earlier versions have none"


@pytest.mark.parametrize("reason", list(Reason))
def test_a_reason_in_a_text_is_read_back(reason: Reason) -> None:
    for text in ("", "two\nlines", "[denied] and more", quote("\u202e")):
        assert split_reason(with_reason(reason, text)) == (reason, text)


@pytest.mark.parametrize("text", ["", "[sunny] x", "denied: x", " [denied] x", "[denied]x", "[DENIED] x"])
def test_a_text_without_a_reason_is_left_as_it_is(text: str) -> None:
    assert split_reason(text) == (None, text)


def test_a_verdict_keeps_its_reason() -> None:
    for reason in Reason:
        verdict = not_graded("x", reason)
        assert type(verdict).from_dict(json.loads(json.dumps(verdict.to_dict()))) == verdict
