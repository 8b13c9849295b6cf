"""A student who built in another Region: from Take snapshot to the report, in an account with two Regions (moto)."""

from __future__ import annotations

import boto3
import pytest

from benchmarks.stub_aws import zipped
from labgrader.labs.lab import Item, Lab
from labgrader.recording.sessions import Accounts
from labgrader.rosters import Student
from labgrader.schemas import validate
from labgrader.steps.run_check import run_check
from labgrader.steps.take_snapshot import take_snapshot
from labgrader.steps.write_report import write_report
from labgrader.store import Keys, RunRecord, Store

RUN = "20260101-000000-example-0000"
KEYS = Keys(RUN)
STARTED = "2026-01-01T00:00:00Z"
CHECKS = (
    Item("f", "function_can_run", "It can run", "Task 1", 60, parameters={"function": "{username}-f"}),
    Item("g", "function_can_run", "It can run, too", "Task 2", 30, parameters={"function": "{username}-g"}),
    Item("after", "function_can_run", "It waits", "Task 3", 10, ("f",), {"function": "{username}-f"}),
)


def make_function(region: str) -> None:
    role = boto3.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    boto3.client("lambda", region).create_function(
        FunctionName="user1-f",
        Runtime="python3.13",
        Handler="app.handler",
        Role=role,
        Code={"ZipFile": zipped({"app.py": ""})},
    )


@pytest.mark.parametrize(
    ("regions", "found"), [(("us-east-1", "us-west-2"), True), (("us-east-1",), False), ((), False)]
)
def test_one_check_names_the_wrong_region(store: Store, regions: tuple[str, ...], found: bool) -> None:
    make_function("us-west-2")
    lab = Lab("regions", "1.0.0", "An example", "", 100, CHECKS, regions=regions)
    store.put_json(KEYS.lab, lab.to_dict())
    store.put_json(KEYS.students, [Student("user1", region="us-east-1").to_dict()])
    store.record_run(RunRecord(run_id=RUN, lab=lab.id, mode="grade", status="running", started_at=STARTED))
    assert take_snapshot(store, RUN, Accounts(RUN, region="us-east-1"), 100).done
    for check in CHECKS:
        run_check(store, RUN, "user1", check.id)
    report = write_report(store, RUN, "grade", "user1")
    validate(report, "report")
    said = [(check["id"], check["status"], check["message"]) for check in report["checks"]]
    skipped = ("after", "skipped", "Skipped: fix “It can run” first.")
    if found:
        assert said == [
            (
                "f",
                "failed",
                "Your functions are in us-west-2; this course is graded in us-east-1. Build them again in us-east-1.",
            ),
            ("g", "skipped", "Skipped: first build in the right Region."),
            skipped,
        ]
    else:
        assert said == [
            ("f", "failed", "There is no function user1-f."),
            ("g", "failed", "There is no function user1-g."),
            skipped,
        ]
    assert (report["score"]["points"], report["score"]["open_points"]) == (0, 0)
    assert (report.get("nothing_found"), report.get("found_in")) == (True, "us-west-2" if found else None)
