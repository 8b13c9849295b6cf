"""`labgrader status`: how the last 24 hours were, from records, the queue and CloudWatch."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from cli.health import LOOKBACK, Operations, error_lines, last_day, rows, summed, throttles_met
from cli.main import main
from cli.project import ROOT, TEMPLATE
from cli.target import Target
from labgrader.store import RunRecord, Store
from tests.cli.terminal import be_a_terminal
from tests.stored_runs import put_run

pytestmark = pytest.mark.usefixtures("own_state_and_signals")

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)

Capture = pytest.CaptureFixture[str]


def run(started: datetime, seconds: float | None = 60, **fields: Any) -> dict[str, Any]:
    return {
        "run_id": f"{started:%Y%m%d-%H%M%S}-lambda-optimization-0000",
        "lab": "lambda-optimization",
        "mode": "grade",
        "status": "running" if seconds is None else "complete",
        "started_at": f"{started:%Y-%m-%dT%H:%M:%SZ}",
        "finished_at": "" if seconds is None else f"{started + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}",
        "counts": {"students": 3, "complete": 2, "incomplete": 1},
        **fields,
    }


@pytest.fixture
def outputs(store: Store) -> dict[str, str]:
    queue = boto3.client("sqs").create_queue(QueueName="dead-letters")["QueueUrl"]
    return {"Bucket": "bucket", "Table": "table", "GradeClassArn": "arn", "DeadLettersUrl": queue}


@pytest.fixture
def target(store: Store) -> Target:
    return Target(boto3.Session(), "111122223333", "us-east-1")


def deploy(outputs: dict[str, str]) -> None:
    template = {
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    boto3.client("cloudformation").create_stack(StackName="labgrader", TemplateBody=json.dumps(template))


def test_runs_of_the_last_24_hours_are_counted_by_mode(store: Store, target: Target, outputs: dict[str, str]) -> None:
    begin = NOW - LOOKBACK
    for record in (
        run(begin),  # the first second that counts
        run(begin - timedelta(seconds=1)),
        run(NOW - timedelta(hours=1), 200),
        run(NOW - timedelta(minutes=5), None),
        run(NOW - timedelta(hours=3), 30, status="failed", counts={"students": 3, "complete": 0, "incomplete": 0}),
        run(NOW - timedelta(hours=2), 20, mode="audit", status="incomplete"),
        run(NOW - timedelta(minutes=30), 9, mode="self-check", counts={"students": 1, "complete": 1, "incomplete": 0}),
    ):
        put_run(store, record)
    found = last_day(target, outputs, "labgrader", NOW)
    assert found.since == "2026-11-20T02:00:00Z"
    assert found.runs["grade"].by_status == {"complete": 2, "running": 1, "failed": 1}
    assert rows(found) == [
        ("runs running", "1", "0", "0"),
        ("runs complete", "2", "0", "1"),
        ("runs incomplete", "0", "1", "0"),
        ("runs failed", "1", "0", "0"),
        ("students graded", "4", "2", "1"),
        ("students not graded", "2", "1", "0"),
        ("median duration", "2 min 10 s", "20 s", "9 s"),
        ("longest", "3 min 20 s", "20 s", "9 s"),
    ]


def test_nothing_finished_has_no_duration() -> None:
    assert summed([RunRecord.from_dict(run(NOW, None))]).longest_s is None
    assert summed([]).median_s is None


def test_dead_letters_are_counted_those_somebody_reads_too(target: Target, outputs: dict[str, str]) -> None:
    sqs = boto3.client("sqs")
    for body in ("one", "two"):
        sqs.send_message(QueueUrl=outputs["DeadLettersUrl"], MessageBody=body)
    sqs.receive_message(QueueUrl=outputs["DeadLettersUrl"])
    assert last_day(target, outputs, "labgrader", NOW).dead_letters == 2


def test_alarms_are_those_of_this_stack_that_are_in_alarm(target: Target, outputs: dict[str, str]) -> None:
    cloudwatch: Any = boto3.client("cloudwatch")
    for name, state in (("labgrader-errors", "ALARM"), ("labgrader-run-slow", "OK"), ("other-errors", "ALARM")):
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="labgrader",
            MetricName="x",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
        cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="test")
    cloudwatch.put_metric_alarm(
        AlarmName="labgrader-api-slow",
        Namespace="labgrader",
        MetricName="x",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    cloudwatch.set_alarm_state(AlarmName="labgrader-api-slow", StateValue="INSUFFICIENT_DATA", StateReason="test")
    found = last_day(target, outputs, "labgrader", NOW)
    assert (found.alarms, found.unevaluated) == (("errors",), 1)


def test_throttles_on_aws_are_those_of_the_recorder(target: Target, outputs: dict[str, str]) -> None:
    recorder = [{"Name": "service", "Value": "take_snapshot"}]
    cloudwatch: Any = boto3.client("cloudwatch")
    for dimensions, value in ((recorder, 5), (recorder, 2), ([], 100)):
        datum: dict[str, Any] = {"MetricName": "ThrottlesMet", "Timestamp": NOW - timedelta(hours=1), "Value": value}
        cloudwatch.put_metric_data(Namespace="labgrader", MetricData=[{**datum, "Dimensions": dimensions}])
    assert last_day(target, outputs, "labgrader", NOW).throttles == 7


def test_throttles_on_the_embedded_aws_are_metrics_in_the_log() -> None:
    lines = [
        '{"_aws": {}, "service": "take_snapshot", "ThrottlesMet": [3.0]}',
        '{"_aws": {}, "service": "take_snapshot", "ThrottlesMet": [0.0, 2.0]}',
        '{"_aws": {}, "service": "write_report", "StudentsGraded": [1.0]}',
        "START RequestId: 1 Version: $LATEST",
    ]
    assert throttles_met(lines) == 5
    assert throttles_met(lines[2:]) == 0


def test_errors_on_aws_are_what_the_metric_filter_counted(target: Target, outputs: dict[str, str]) -> None:
    cloudwatch = boto3.client("cloudwatch")
    for stack, ago, value in (("labgrader", 1, 3), ("labgrader", 5, 4), ("labgrader", 30, 100), ("other", 1, 100)):
        cloudwatch.put_metric_data(
            Namespace="labgrader",
            MetricData=[
                {
                    "MetricName": f"{stack}-logged-errors",
                    "Timestamp": NOW - timedelta(hours=ago),
                    "Value": value,
                }
            ],
        )
    assert last_day(target, outputs, "labgrader", NOW).errors == 7


def test_errors_on_the_embedded_aws_are_lines_of_the_log() -> None:
    refused = ["Traceback (most recent call last)", "labgrader.auth.authorizer.UnauthorizedError: Unauthorized"]
    lines = [
        '{"level":"ERROR","message":"broken"}',
        '{"level":"FATAL","message":"broken"}',
        '{"level":"INFO","message":"an ERROR that is none"}',
        "Task timed out after 25.00 seconds",
        "Traceback (most recent call last)",
        "KeyError: 'x'",
        "START RequestId: 1 Version: $LATEST",
    ]
    assert error_lines(lines) == 4
    assert error_lines([*lines, *refused]) == 4
    assert error_lines(refused) == 0


def test_what_is_printed(store: Store, outputs: dict[str, str], capsys: Capture) -> None:
    deploy(outputs)
    assert main(["status", "--aws"]) == 0
    printed = capsys.readouterr().out
    assert "last 24 hours        grade  audit  self-check\n" in printed
    assert printed.startswith("no alarm and no dead letter\n\n")
    assert "\nalarms         none\ndead letters   0\nerrors logged  0\nthrottles      0\n\ntarget" in printed
    assert printed.splitlines()[-1].startswith("DeadLettersUrl")
    assert main(["status", "--aws", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["runs"] == {}
    assert document["last_24_hours"]["runs"]["grade"] == {
        "by_status": {},
        "graded": 0,
        "not_graded": 0,
        "median_s": None,
        "longest_s": None,
    }


def test_an_older_stack_is_shown_as_far_as_it_goes(store: Store, outputs: dict[str, str], capsys: Capture) -> None:
    del outputs["DeadLettersUrl"]
    deploy(outputs)
    assert main(["status", "--aws"]) == 0
    captured = capsys.readouterr()
    assert "GradeClassArn  arn\n" in captured.out
    assert captured.out.startswith(
        "the stack labgrader has no dead-letter queue; deploy it again with `labgrader deploy`\n\n"
    )
    assert main(["status", "--aws", "--check"]) == 3


def test_a_stack_that_is_not_there_is_said(store: Store, capsys: Capture) -> None:
    assert main(["status", "--aws"]) == 0
    assert capsys.readouterr().out.startswith("the stack labgrader is not deployed in ")
    assert main(["status", "--aws", "--check"]) == 3


def test_runs_of_many_pages_are_all_counted(store: Store, outputs: dict[str, str], capsys: Capture) -> None:
    began = datetime.now(UTC) - timedelta(hours=1)
    for number in range(12):  # 1.2 MB: DynamoDB answers with 1 MB at most
        record = run(began, run_id=f"{began:%Y%m%d-%H%M%S}-lambda-optimization-{number:04x}", note="x" * 102_400)
        put_run(store, record)
    deploy(outputs)
    assert main(["status", "--aws", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["runs"] == {"complete": 12}
    day = document["last_24_hours"]["runs"]["grade"]
    assert (day["by_status"], day["graded"], day["not_graded"]) == ({"complete": 12}, 24, 12)


def test_without_an_embedded_aws_nothing_is_asked(capsys: Capture) -> None:
    assert main(["status"]) == 0
    assert capsys.readouterr().out == "no embedded AWS is running; start it with `labgrader up`\n"
    assert main(["status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"running": False, "stack": "labgrader"}
    assert main(["status", "--check"]) == 3


def operations(alarms: tuple[str, ...] = (), dead_letters: int = 0, errors: int = 0) -> Operations:
    return Operations("2026-11-20T02:00:00Z", {}, dead_letters, alarms, 0, errors, 0)


@pytest.mark.parametrize(
    ("found", "problem", "verdict"),
    [
        (operations(), False, "no alarm and no dead letter"),
        (operations(errors=3), False, "no alarm and no dead letter"),
        (
            operations(("students-not-graded",)),
            True,
            "1 alarm: students-not-graded, see docs/operate.md#students-not-graded",
        ),
        (
            operations(("errors", "night-missed-cloud-2026")),
            True,
            "2 alarms: errors, see docs/operate.md#errors; night-missed-cloud-2026, see "
            "docs/operate.md#night-missed-course",
        ),
        (operations(dead_letters=1), True, "1 dead letter, see docs/operate.md#dead-letters"),
        (
            operations(("run-slow",), 2),
            True,
            "1 alarm: run-slow, see docs/operate.md#run-slow · 2 dead letters, see docs/operate.md#dead-letters",
        ),
        (operations(("dead-letters",), 2), True, "1 alarm: dead-letters, see docs/operate.md#dead-letters"),
    ],
)
def test_the_verdict_names_each_problem_with_its_section(found: Operations, problem: bool, verdict: str) -> None:
    assert (found.has_problem, found.verdict) == (problem, verdict)


def test_every_alarm_has_its_section_in_the_runbook() -> None:
    runbook = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    sections = {f"docs/operate.md#{title.lower()}" for title in re.findall(r"^### (.+)$", runbook, re.MULTILINE)}
    names = re.findall(r"AlarmName: !Sub \$\{AWS::StackName\}-(.+)", TEMPLATE.read_text(encoding="utf-8"))
    assert len(names) > 10
    for name in [*names, "night-missed-cloud-2026"]:
        verdict = operations((name,)).verdict
        assert verdict.partition("see ")[2] in sections


@pytest.mark.parametrize(("messages", "status"), [(0, 0), (1, 1)])
def test_check_has_an_exit_status_for_scripts(
    store: Store, outputs: dict[str, str], messages: int, status: int, capsys: Capture
) -> None:
    deploy(outputs)
    for _ in range(messages):
        boto3.client("sqs").send_message(QueueUrl=outputs["DeadLettersUrl"], MessageBody="one")
    assert main(["status", "--aws"]) == 0
    assert main(["status", "--aws", "--check"]) == status
    capsys.readouterr()
    assert main(["status", "--aws", "--check", "--json"]) == status
    verdict = "1 dead letter, see docs/operate.md#dead-letters" if messages else "no alarm and no dead letter"
    assert json.loads(capsys.readouterr().out)["verdict"] == verdict


@pytest.mark.parametrize(("messages", "style"), [(0, "\x1b[1;32m"), (1, "\x1b[1;31m")])
def test_the_verdict_has_a_color_on_a_terminal(
    store: Store,
    outputs: dict[str, str],
    messages: int,
    style: str,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deploy(outputs)
    for _ in range(messages):
        boto3.client("sqs").send_message(QueueUrl=outputs["DeadLettersUrl"], MessageBody="one")
    monkeypatch.delenv("NO_COLOR", raising=False)
    be_a_terminal(monkeypatch)
    assert main(["status", "--aws"]) == 0
    assert capsys.readouterr().out.startswith(style)
