"""A stack in memory for the commands: its outputs, its bucket and table, and its schedule group."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator

import boto3
import pytest

from cli.deployment.deployed_labs import OUTPUT, digests
from cli.main import main
from labgrader.store import Store

ACCOUNT = "123456789012"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:labgrader-dead-letters"

OUTPUTS = {
    "Bucket": "bucket",
    "Table": "table",
    "GradeClassArn": f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:labgrader-grade-class",
    "AuditCourseArn": f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:labgrader-audit-course",
    "ScheduleGroup": "labgrader",
    "ScheduleRoleArn": f"arn:aws:iam::{ACCOUNT}:role/labgrader-schedules",
    "DeadLettersArn": QUEUE,
    "AlarmTopicArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:labgrader-alarms",
}


def deploy(outputs: dict[str, str]) -> None:
    """Create a stack with these outputs."""
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {name: {"Value": value} for name, value in {OUTPUT: json.dumps(digests()), **outputs}.items()},
    }
    boto3.client("cloudformation").create_stack(StackName="labgrader", TemplateBody=json.dumps(template))


@pytest.fixture
def stack(store: Store) -> Store:
    """The store of a deployed stack."""
    deploy(OUTPUTS)
    boto3.client("scheduler").create_schedule_group(Name="labgrader")
    boto3.client("sqs").create_queue(QueueName="labgrader-dead-letters")
    return store


class Output:
    """The output and the exit status of a command."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status = status
        self.out = out
        self.lines = out.splitlines()
        self.errors = err.splitlines()[1:] if err.startswith("AWS account") else err.splitlines()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Output]]:
    """Run a command."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield lambda *arguments: Output(main([str(argument) for argument in arguments]), *capsys.readouterr())
    for number, handler in before.items():
        signal.signal(number, handler)
