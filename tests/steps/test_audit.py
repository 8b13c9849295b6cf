"""Audits, night after night, in an S3 and a DynamoDB in memory: what is carried over, what drifted, what is gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from labgrader.events import Event
from labgrader.evidence.question import Answer, Answers, Question
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.verdict import Verdict, failed, passed
from labgrader.labs.lab import Item, Lab
from labgrader.roster import Student
from labgrader.schemas import validate
from labgrader.steps import run_documents
from labgrader.steps.check_outcomes import AUDIT_INVOKES_NOTHING
from labgrader.steps.run_check import run_check
from labgrader.steps.run_documents import CheckRecord
from labgrader.steps.summarise_run import NEVER_REPORTED, summarise_run
from labgrader.steps.write_report import write_report
from labgrader.store import Keys, Store
from tests.stored_runs import put_run

STARTED = "2026-01-01T00:00:00Z"
CALLS = {"function": "{username}-f", "operation": "x", "statuses": [200], "tries": 1}

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
        Item("handled", "answers_only_with", "Failures are handled", "Task 2", 50, ("reserved",), CALLS),
        Item("answers", "answers_only_with", "It answers", "Task 2", 10, (), CALLS),
    ),
)


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    """A warm function remembers the last runs; each test is a function that starts cold."""
    yield
    for remembered in (run_documents.lab_of, run_documents.snapshot_of, run_documents.students_of):
        remembered.cache_clear()


class Course:
    """A class of one lab, graded and audited again and again; every run is a minute after the one before."""

    def __init__(self, store: Store, usernames: tuple[str, ...] = ("user1",)) -> None:
        self.store = store
        self.usernames = usernames
        self.lab = LAB
        self.events: list[Event] = []

    def plan(self, run_id: str, mode: str) -> Keys:
        keys = Keys(run_id)
        self.store.put_json(keys.lab, self.lab.to_dict())
        students = [
            Student(name, f"s-{name}", account_id="111122223333", region="us-east-1") for name in self.usernames
        ]
        self.store.put_json(keys.students, [student.to_dict() for student in students])
        record = {"lab": LAB.id, "mode": mode, "status": "running", "started_at": STARTED, "course": "cloud-2026"}
        put_run(self.store, {"run_id": run_id, **record})
        return keys

    def record(
        self, run_id: str, username: str = "user1", *, reserved: int | None = 10, denied: bool = False, **more: Any
    ) -> None:
        """Keep a snapshot, and judge the configuration from it."""
        names = [f"{username}-f", *more.get("functions", ())]
        answers = Answers()
        answers.record(Question("lambda:ListFunctions"), Answer(names))
        question = Question("lambda:GetFunction", {"FunctionName": f"{username}-f"})
        concurrency = {} if reserved is None else {"ReservedConcurrentExecutions": reserved}
        configuration = {"FunctionName": f"{username}-f", "State": "Active", "MemorySize": 512}
        value = Answer({"Configuration": configuration, "Concurrency": concurrency, "Tags": {}})
        refused = Answer(error_code="AccessDeniedException", error_message="not authorized")
        answers.record(question, refused if denied else value)
        if more.get("provisioned"):
            asked = {"FunctionName": f"{username}-f", "Qualifier": "prod"}
            config = {"RequestedProvisionedConcurrentExecutions": more["provisioned"], "Status": "READY"}
            answers.record(Question("lambda:GetProvisionedConcurrencyConfig", asked), Answer(config))
        region = more.get("region", "us-east-1")
        snapshot = Snapshot(username, "111122223333", region, STARTED, answers)
        self.store.put_json(Keys(run_id).snapshot(username), snapshot.to_dict())
        if not denied:
            run_check(self.store, run_id, username, "reserved")

    def judge(self, run_id: str, username: str = "user1", **verdicts: Verdict) -> None:
        """Keep what a graded run's probes came to."""
        for check_id, verdict in verdicts.items():
            record = CheckRecord(check_id, Answers(), verdict)
            self.store.put_json(Keys(run_id).evidence(username, check_id), record.to_dict())

    def report(self, run_id: str, mode: str, username: str = "user1") -> dict[str, Any]:
        """Write the report; every run has a second of its own, as runs are hours apart."""
        report = write_report(self.store, run_id, mode, username, publish=self.publish)
        self.postpone(report)
        return report

    def postpone(self, report: dict[str, Any]) -> None:
        """Date what the next run reads back by a day, in place of waiting a second."""
        username = report["student"]["username"]
        for item in list(self.store._query(f"STUDENT#{username}")):
            if item["sk"].endswith(("#SEEN", "#LATEST")) and item["run_id"] == report["run_id"]:
                self.store._table.put_item(Item={**item, "graded_at": "2025-12-31T00:00:00Z"})

    def publish(self, *events: Event) -> None:
        for event in events:
            validate(event.detail, event.schema)
        self.events += events

    def grade(self, run_id: str = "graded", *, reserved: int | None = 10, **verdicts: Verdict) -> dict[str, Any]:
        self.plan(run_id, "grade")
        self.record(run_id, reserved=reserved)
        judged: dict[str, Any] = verdicts or {"handled": passed("1 of 1"), "answers": passed("1 of 1")}
        self.judge(run_id, **judged)
        return self.report(run_id, "grade")

    def audit(self, run_id: str, **recorded: Any) -> dict[str, Any]:
        self.plan(run_id, "audit")
        self.record(run_id, **recorded)
        return self.report(run_id, "audit")


def statuses(report: dict[str, Any]) -> dict[str, str]:
    return {check["id"]: check["status"] for check in report["checks"]}


def check_of(report: dict[str, Any], check_id: str) -> dict[str, Any]:
    return next(check for check in report["checks"] if check["id"] == check_id)


def changed(report: dict[str, Any], name: str = "drifted") -> list[tuple[str, str, str]]:
    return [(one["check"], one["from"], one["to"]) for one in report["audit"][name]]


# --- what is carried over --------------------------------------------------------------------------------------------


def test_what_an_audit_does_not_invoke_stands_as_the_last_graded_run_had_it(store: Store) -> None:
    course = Course(store)
    course.grade(handled=passed("1 of 1"), answers=failed("answered 500", hint="mend it"))
    report = course.audit("night-1")
    assert statuses(report) == {"reserved": "passed", "handled": "passed", "answers": "failed"}
    assert (report["status"], report["score"]["points"]) == ("complete", 90)
    mark = {"run_id": "graded", "graded_at": "2025-12-31T00:00:00Z"}
    assert check_of(report, "handled")["carried_over"] == check_of(report, "answers")["carried_over"] == mark
    assert "carried_over" not in check_of(report, "reserved")
    assert (check_of(report, "answers")["message"], check_of(report, "answers")["hint"]) == ("answered 500", "mend it")
    assert report["audit"]["carried_over_from"] == {**mark, "lab_version": "1.0.0"}


def test_a_first_audit_without_a_graded_run_leaves_behaviour_open(store: Store) -> None:
    report = Course(store).audit("night-1")
    assert statuses(report) == {"reserved": "passed", "handled": "not_graded", "answers": "not_graded"}
    assert check_of(report, "handled")["message"] == AUDIT_INVOKES_NOTHING
    assert report["audit"] == {
        "compared_with": None,
        "drifted": [],
        "mended": [],
        "gone": [],
        "running": [],
        "usd_per_day": 0,
        "carried_over_from": None,
    }


def test_a_carried_verdict_whose_prerequisite_fails_now_is_skipped(store: Store) -> None:
    course = Course(store)
    course.grade()
    report = course.audit("night-1", reserved=None)
    assert check_of(report, "handled")["status"] == "skipped"
    assert check_of(report, "handled")["message"] == ("skipped: fix “Concurrency is reserved” first")
    assert "carried_over" not in check_of(report, "handled")
    assert check_of(report, "answers")["carried_over"]["run_id"] == "graded"


def test_what_was_skipped_is_open_once_its_prerequisite_is_fine(store: Store) -> None:
    course = Course(store)
    course.grade(reserved=None, answers=passed())
    assert statuses(course.audit("night-1"))["handled"] == "not_graded"
    course.grade("graded-2", reserved=None, answers=passed())
    report = course.audit("night-2", reserved=None)
    assert check_of(report, "handled")["message"] == "skipped: fix “Concurrency is reserved” first"


def test_a_failure_is_not_carried_over_while_its_prerequisite_cannot_be_told(store: Store) -> None:
    course = Course(store)
    course.grade(handled=failed("answered 500"), answers=passed())
    report = course.audit("night-1", denied=True)
    assert check_of(report, "handled")["message"] == "cannot be graded while “Concurrency is reserved” is not graded"
    assert "carried_over" not in check_of(report, "handled")


def test_checks_that_the_graded_run_did_not_have_are_open_and_others_are_forgotten(store: Store) -> None:
    course = Course(store)
    course.grade()
    renamed = replace(LAB.checks[2], id="answers-now")
    changed_check = replace(LAB.checks[1], check="answers_from_environment", parameters={})
    course.lab = replace(LAB, version="1.1.0", checks=(LAB.checks[0], changed_check, renamed))
    report = course.audit("night-1")
    assert statuses(report) == {"reserved": "passed", "handled": "not_graded", "answers-now": "not_graded"}
    assert report["audit"]["compared_with"]["lab_version"] == "1.0.0"
    assert report["audit"]["carried_over_from"] is None
    assert changed(report) == changed(report, "mended") == []


def test_points_that_the_lab_has_changed_keep_their_share(store: Store) -> None:
    course = Course(store)
    course.grade(handled=Verdict("partial", 0.5, "half"), answers=passed())
    course.lab = replace(LAB, points=150, checks=(LAB.checks[0], replace(LAB.checks[1], points=100), LAB.checks[2]))
    report = course.audit("night-1")
    assert (check_of(report, "handled")["points"], changed(report), changed(report, "mended")) == (50, [], [])


@pytest.mark.parametrize("content", [None, b"not JSON", b"[]", b'{"checks": null}'])
def test_a_graded_report_that_is_missing_or_broken_carries_nothing_over(store: Store, content: bytes | None) -> None:
    course = Course(store)
    course.grade()
    key = Keys("graded").report("user1")
    if content is None:
        store._s3.delete_object(Bucket=store.bucket, Key=key)
    else:
        store.put(key, content)
    report = course.audit("night-1")
    assert check_of(report, "handled")["message"] == AUDIT_INVOKES_NOTHING
    assert changed(report) == []


def test_evidence_that_was_cut_stays_as_it_was(store: Store) -> None:
    course = Course(store)
    lines = tuple(f"line {number}" for number in range(30))
    graded = course.grade(handled=Verdict("failed", 0.0, "no", evidence=lines), answers=passed())
    assert check_of(graded, "handled")["evidence"][-1] == "… (10 more lines)"
    assert check_of(course.audit("night-1"), "handled")["evidence"] == check_of(graded, "handled")["evidence"]


# --- what changed ----------------------------------------------------------------------------------------------------


def test_the_first_audit_compares_with_the_graded_run(store: Store) -> None:
    course = Course(store)
    course.grade()
    report = course.audit("night-1", reserved=5)
    assert changed(report) == [("reserved", "passed", "partial")]
    assert report["audit"]["drifted"][0]["message"] == "The reserved concurrency of user1-f is 5 instead of 10."
    assert report["audit"]["compared_with"]["run_id"] == "graded"


def test_every_night_compares_with_the_night_before_and_carries_over_from_the_graded_run(store: Store) -> None:
    course = Course(store)
    course.grade()
    first = course.audit("night-1", reserved=None)
    assert changed(first) == [("reserved", "passed", "failed"), ("handled", "passed", "skipped")]
    second = course.audit("night-2", reserved=None)
    assert (changed(second), second["audit"]["compared_with"]["run_id"]) == ([], "night-1")
    third = course.audit("night-3", reserved=10)
    assert changed(third, "mended") == [("reserved", "failed", "passed"), ("handled", "skipped", "passed")]
    assert check_of(third, "handled")["carried_over"]["run_id"] == "graded"


def test_a_night_that_could_not_be_told_does_not_hide_what_happened_meanwhile(store: Store) -> None:
    course = Course(store)
    course.grade()
    assert changed(course.audit("night-1", denied=True)) == []
    assert changed(course.audit("night-2", reserved=None))[0] == ("reserved", "passed", "failed")


def test_a_student_who_is_new_to_the_class_has_nothing_to_compare_with(store: Store) -> None:
    course = Course(store, ("user1", "user2"))
    course.grade()
    course.plan("night-1", "audit")
    course.record("night-1", "user2", reserved=None)
    report = course.report("night-1", "audit", "user2")
    assert report["audit"]["compared_with"] is None
    assert changed(report) == []


def test_a_report_written_twice_is_the_first_and_compares_with_no_run_but_the_one_before(store: Store) -> None:
    course = Course(store)
    course.grade()
    first = course.audit("night-1", reserved=None)
    assert write_report(store, "night-1", "audit", "user1") == first
    assert changed(course.audit("night-2", reserved=10), "mended")[0] == ("reserved", "failed", "passed")


def test_an_audit_is_neither_the_latest_nor_the_best_and_stands_in_the_history(store: Store) -> None:
    course = Course(store)
    course.grade()
    course.audit("night-1")
    latest, best = store.latest("user1", LAB.id), store.best("user1", LAB.id)
    assert latest is not None
    assert best is not None
    assert (latest["run_id"], best["run_id"]) == ("graded", "graded")
    assert {one["run_id"] for one in store.history("user1", LAB.id)} == {"graded", "night-1"}


# --- what is gone, and what costs money ------------------------------------------------------------------------------


def test_what_is_gone_is_named_once(store: Store) -> None:
    course = Course(store)
    course.plan("graded", "grade")
    course.record("graded", functions=["user1-x"])
    course.report("graded", "grade")
    assert course.audit("night-1")["audit"]["gone"] == ["function user1-x"]
    assert course.audit("night-2")["audit"]["gone"] == []


@pytest.mark.parametrize("content", [None, b"not JSON", b"{}", b"[1]", b'{"answers": 3}'])
def test_a_snapshot_of_before_that_cannot_be_read_costs_only_that(store: Store, content: bytes | None) -> None:
    course = Course(store)
    course.grade()
    key = Keys("graded").snapshot("user1")
    if content is None:
        store._s3.delete_object(Bucket=store.bucket, Key=key)
    else:
        store.put(key, content)
    report = course.audit("night-1", reserved=None)
    assert report["audit"]["gone"] == []
    assert changed(report)[0] == ("reserved", "passed", "failed")


def test_a_night_without_a_snapshot_is_compared_over(store: Store) -> None:
    course = Course(store)
    course.plan("graded", "grade")
    course.record("graded", functions=["user1-x"])
    course.report("graded", "grade")
    course.plan("night-1", "audit")
    lost = course.report("night-1", "audit")
    assert (lost["audit"]["gone"], lost["audit"]["running"], lost["status"]) == ([], [], "incomplete")
    assert course.audit("night-2")["audit"]["gone"] == ["function user1-x"]


def test_another_region_is_another_place_where_nothing_is_gone(store: Store) -> None:
    course = Course(store)
    course.plan("graded", "grade")
    course.record("graded", functions=["user1-x"])
    course.report("graded", "grade")
    assert course.audit("night-1", region="eu-west-1")["audit"]["gone"] == []


def test_what_is_running_costs_money(store: Store) -> None:
    report = Course(store).audit("night-1", provisioned=2)
    assert report["audit"]["running"] == [
        {
            "resource": "user1-f:prod",
            "what": "provisioned concurrency, 2 × 512 MB",
            "usd_per_day": 0.36,
            "stop": "aws lambda delete-provisioned-concurrency-config --function-name user1-f --qualifier prod",
        }
    ]


# --- the class -------------------------------------------------------------------------------------------------------


def test_the_summary_of_an_audit_is_kept_and_told(store: Store) -> None:
    course = Course(store, ("user1", "user2", "user3"))
    course.plan("graded", "grade")
    for name in course.usernames:
        course.record("graded", name)
        course.judge("graded", name, handled=passed(), answers=passed())
        course.report("graded", "grade", name)
    course.plan("night-1", "audit")
    course.record("night-1", "user1", reserved=None)
    course.record("night-1", "user2")
    course.events.clear()
    for name in ("user1", "user2"):
        course.report("night-1", "audit", name)
    run = summarise_run(store, "night-1", STARTED, publish=course.publish)
    audit = store.get_json(Keys("night-1").audit)
    validate(audit, "audit")
    assert [one["username"] for one in audit["students"]] == ["user1"]
    assert audit["counts"] == {
        "students": 3,
        "drifted": 1,
        "mended": 0,
        "gone": 0,
        "running": 0,
        "not_graded": 1,
        "first": 0,
    }
    (graded_at,) = {(course.store.latest(name, LAB.id) or {})["graded_at"] for name in course.usernames}
    assert audit["carried_over"] == {"results": 5, "students": 3, "runs": 1, "first": graded_at, "last": graded_at}
    assert audit["not_graded"] == [
        {
            "reason": NEVER_REPORTED,
            "code": "grader",
            "needs_graded_run": False,
            "students": ["user3"],
            "more_students": 0,
        }
    ]
    assert (audit["course"], audit["finished_at"]) == ("cloud-2026", run["finished_at"])
    told = [(event.detail_type, event.detail.get("username", "")) for event in course.events]
    assert told == [
        ("Student Graded", "user1"),
        ("Student Graded", "user2"),
        ("Student Graded", "user3"),
        ("Drift Detected", "user1"),
        ("Run Completed", ""),
    ]
    assert {event.detail["course"] for event in course.events} == {"cloud-2026"}
    lost = store.get_json(Keys("night-1").report("user3"))
    assert statuses(lost) == {"reserved": "not_graded", "handled": "passed", "answers": "passed"}
    assert b"Concurrency is reserved: passed" in store.get(Keys("night-1").class_page)


def test_a_night_before_the_first_graded_run_says_that_one_is_needed(store: Store) -> None:
    course = Course(store, ("user1", "user2"))
    course.plan("night-1", "audit")
    course.record("night-1", "user1")
    course.record("night-1", "user2", denied=True)
    for name in course.usernames:
        course.report("night-1", "audit", name)
    summarise_run(store, "night-1", STARTED)
    audit = store.get_json(Keys("night-1").audit)
    assert audit["carried_over"] is None
    never, refused = sorted(audit["not_graded"], key=lambda one: one["students"])
    assert never == {
        "reason": AUDIT_INVOKES_NOTHING,
        "code": "needs_graded_run",
        "needs_graded_run": True,
        "students": ["user1"],
        "more_students": 0,
    }
    assert (refused["students"], refused["needs_graded_run"]) == (["user2"], False)
    assert refused["reason"] == "labgrader recorded no verdict for this check"


def test_a_student_whose_records_cannot_be_read_still_has_a_report_of_the_audit(store: Store) -> None:
    course = Course(store)
    course.grade()
    keys = course.plan("night-1", "audit")
    course.record("night-1")
    store.put(keys.evidence("user1", "reserved"), b"not JSON")
    summarise_run(store, "night-1", STARTED)
    report = store.get_json(keys.report("user1"))
    assert set(statuses(report).values()) == {"not_graded"}
    course.postpone(report)
    assert changed(course.audit("night-2", reserved=None))[0] == ("reserved", "passed", "failed")


def test_a_graded_run_has_no_summary_of_an_audit(store: Store) -> None:
    course = Course(store)
    course.grade()
    summarise_run(store, "graded", STARTED)
    assert Keys("graded").audit not in store.keys("runs/graded/")


def test_a_summary_of_an_audit_written_twice_is_the_same(store: Store) -> None:
    course = Course(store)
    course.grade()
    course.audit("night-1", reserved=None)
    first = summarise_run(store, "night-1", STARTED)
    before = {key: store.get(key) for key in store.keys("runs/night-1/")}
    assert summarise_run(store, "night-1", STARTED) == first
    assert {key: store.get(key) for key in store.keys("runs/night-1/")} == before


def test_hostile_names_are_stored_and_shown_as_text(store: Store) -> None:
    course = Course(store)
    course.plan("graded", "grade")
    course.record("graded", functions=["user1-<script>\u202e\ud800"])
    course.report("graded", "grade")
    report = course.audit("night-1")
    assert report["audit"]["gone"] == ["function user1-<script>��"]
    summarise_run(store, "night-1", STARTED)
    for key in (Keys("night-1").report("user1", ".html"), Keys("night-1").class_page):
        page = store.get(key).decode()
        assert "user1-&lt;script&gt;" in page
        assert "<script" not in page
    assert json.loads(store.get(Keys("night-1").audit))["students"][0]["gone"] == report["audit"]["gone"]
