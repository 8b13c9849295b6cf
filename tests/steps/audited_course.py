"""A class of one lab with graded runs and audits."""

from __future__ import annotations

from typing import Any

from labgrader.events import Event
from labgrader.evidence.question import Answer, Answers, Question
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.verdict import Verdict, passed
from labgrader.labs.lab import Item, Lab
from labgrader.rosters import Student
from labgrader.schemas import validate
from labgrader.steps.run_check import run_check
from labgrader.steps.run_documents import CheckRecord
from labgrader.steps.write_report import write_report
from labgrader.store import Keys, Store
from tests.stored_runs import put_run

STARTED = "2026-01-01T00:00:00Z"
CALLS: Any = {"function": "{username}-f", "operation": "x", "statuses": [200], "tries": 1}
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


class Course:
    """A class of one lab with graded runs and audits. Each run is a minute after the previous one."""

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
        """Store a snapshot, and judge the configuration from it."""
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
        """Store the verdicts of the probes of a graded run."""
        for check_id, verdict in verdicts.items():
            record = CheckRecord(check_id, Answers(), verdict)
            self.store.put_json(Keys(run_id).evidence(username, check_id), record.to_dict())

    def report(self, run_id: str, mode: str, username: str = "user1") -> Any:
        """Write the report. Each run has its own second, because real runs are hours apart."""
        report = write_report(self.store, run_id, mode, username, publish=self.publish)
        self.postpone(report)
        return report

    def postpone(self, report: Any) -> None:
        """Move the records that the next run reads back by a day, instead of waiting a second."""
        username = report["student"]["username"]
        for item in list(self.store._query(f"STUDENT#{username}")):
            if item["sk"].endswith(("#SEEN", "#LATEST")) and item["run_id"] == report["run_id"]:
                self.store._table.put_item(Item={**item, "graded_at": "2025-12-31T00:00:00Z"})

    def publish(self, *events: Event) -> None:
        for event in events:
            validate(event.detail, event.schema)
        self.events += events

    def grade(self, run_id: str = "graded", *, reserved: int | None = 10, **verdicts: Verdict) -> Any:
        self.plan(run_id, "grade")
        self.record(run_id, reserved=reserved)
        judged: dict[str, Any] = verdicts or {"handled": passed("1 of 1"), "answers": passed("1 of 1")}
        self.judge(run_id, **judged)
        return self.report(run_id, "grade")

    def audit(self, run_id: str, **recorded: Any) -> Any:
        self.plan(run_id, "audit")
        self.record(run_id, **recorded)
        return self.report(run_id, "audit")


def statuses(report: Any) -> dict[str, str]:
    return {check["id"]: check["status"] for check in report["checks"]}


def check_of(report: Any, check_id: str) -> Any:
    return next(check for check in report["checks"] if check["id"] == check_id)


def changed(report: Any, name: str = "drifted") -> list[tuple[str, str, str]]:
    return [(change["check"], change["from"], change["to"]) for change in report["audit"][name]]
