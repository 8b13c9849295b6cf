"""Each role is refused what it must not do: tried with the role's own credentials, where IAM is enforced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from cli.deployment.deploy import deploy
from cli.embedded_aws import server
from cli.target import Target, embedded_target
from labgrader.aws import error_code

pytestmark = pytest.mark.workflow

DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "403"}

Client = Any


@dataclass
class Stack:
    """A deployed stack, and its roles."""

    target: Target
    outputs: dict[str, str]
    sessions: dict[str, boto3.Session] = field(default_factory=dict)

    def as_role(self, role: str, service: str) -> Client:
        """A client with the credentials of a role of the template."""
        if role not in self.sessions:
            found = self.target.client("cloudformation").describe_stack_resource(
                StackName="labgrader", LogicalResourceId=role
            )
            name = found["StackResourceDetail"]["PhysicalResourceId"]
            arn = f"arn:aws:iam::{self.target.account_id}:role/{name}"
            keys = self.target.client("sts").assume_role(RoleArn=arn, RoleSessionName="trial")["Credentials"]
            self.sessions[role] = boto3.Session(
                keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], self.target.region
            )
        session: Any = self.sessions[role]  # the stubs know services by literal names only
        return session.client(service, endpoint_url=self.target.endpoint)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABGRADER_STATE", str(tmp_path_factory.mktemp("state")))
        with server.temporary(enforce_iam=True) as running:
            target = embedded_target(running)
            yield Stack(target, deploy(target))


def refused(call: Callable[[], object]) -> bool:
    """Whether IAM forbids a call; any other answer says that it does not."""
    try:
        call()
    except ClientError as error:
        return error_code(error) in DENIED
    return False


def put(stack: Stack, role: str, key: str) -> bool:
    s3 = stack.as_role(role, "s3")
    return not refused(lambda: s3.put_object(Bucket=stack.outputs["Bucket"], Key=key, Body=b"{}"))


def get(stack: Stack, role: str, key: str) -> bool:
    s3 = stack.as_role(role, "s3")
    return not refused(lambda: s3.get_object(Bucket=stack.outputs["Bucket"], Key=key))


def start(stack: Stack, role: str, machine: str) -> bool:
    states = stack.as_role(role, "stepfunctions")
    arn = stack.outputs[machine]
    # a name that Step Functions does not take: who may start gets another refusal, and nothing runs
    return not refused(lambda: states.start_execution(stateMachineArn=arn, name="no name", input="{}"))


FUNCTION_ROLES = tuple(
    f"{name}FunctionRole"
    for name in (
        "PlanRun",
        "TakeSnapshot",
        "RunCheck",
        "RunProbe",
        "RunLoadTest",
        "WriteReport",
        "SummariseRun",
        "PlanAudit",
        "SendDigest",
        "StartRun",
        "Authorize",
        "Api",
    )
)


@pytest.mark.parametrize("role", FUNCTION_ROLES)
def test_only_the_authorizer_may_read_the_key(stack: Stack, role: str) -> None:
    secrets = stack.as_role(role, "secretsmanager")
    asked = refused(lambda: secrets.get_secret_value(SecretId=stack.outputs["TokenKeyArn"]))
    assert asked == (role != "AuthorizeFunctionRole")
    assert refused(lambda: secrets.put_secret_value(SecretId=stack.outputs["TokenKeyArn"], SecretString="x" * 64))


@pytest.mark.parametrize("role", FUNCTION_ROLES)
def test_no_function_deletes_a_run_or_the_stack(stack: Stack, role: str) -> None:
    s3 = stack.as_role(role, "s3")
    bucket = stack.outputs["Bucket"]
    assert refused(lambda: s3.delete_object(Bucket=bucket, Key="runs/r/run.json"))
    assert refused(lambda: stack.as_role(role, "cloudformation").delete_stack(StackName="labgrader"))
    assert refused(lambda: stack.as_role(role, "iam").list_roles())


@pytest.mark.parametrize(
    ("role", "machines"),
    [
        ("ApiFunctionRole", {"GradeClassArn", "GradeStudentArn"}),
        ("StartRunFunctionRole", {"GradeClassArn"}),
        ("AuditCourseRole", {"GradeClassArn"}),
        ("PlanAuditFunctionRole", set()),
        ("SendDigestFunctionRole", set()),
        ("AuthorizeFunctionRole", set()),
        ("WriteReportFunctionRole", set()),
    ],
)
def test_each_role_starts_only_its_executions(stack: Stack, role: str, machines: set[str]) -> None:
    all_of_them = ("GradeClassArn", "GradeStudentArn", "AuditCourseArn")
    assert {machine for machine in all_of_them if start(stack, role, machine)} == machines


@pytest.mark.parametrize("role", FUNCTION_ROLES)
def test_only_publishing_roles_put_events_on_the_bus(stack: Stack, role: str) -> None:
    events = stack.as_role(role, "events")
    entry = {"EventBusName": stack.outputs["EventBusName"], "Source": "trial", "DetailType": "Trial", "Detail": "{}"}
    may = not refused(lambda: events.put_events(Entries=[entry]))
    assert may == (role in {f"{name}FunctionRole" for name in ("PlanRun", "WriteReport", "SummariseRun", "StartRun")})


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        ("ApiFunctionRole", "rosters/r.csv", "runs/r/reports/user1.json"),
        ("StartRunFunctionRole", "rosters/r.csv", "courses/c/course.yaml"),
        ("SendDigestFunctionRole", "courses/c/nights/2026-11-21.json", "courses/c/course.yaml"),
        ("WriteReportFunctionRole", "runs/r/reports/user1.json", "runs/r/snapshots/user1.json"),
        ("SummariseRunFunctionRole", "runs/r/audit.json", "runs/r/students.json"),
        ("PlanRunFunctionRole", "runs/r/lab.json", "runs/r/reports/user1.json"),
        ("TakeSnapshotFunctionRole", "runs/r/facts.json", "runs/r/evidence/user1/c.json"),
        ("RunCheckFunctionRole", "runs/r/evidence/user1/c.json", "runs/r/reports/user1.json"),
        ("RunProbeFunctionRole", "runs/r/claims/user1/c.json", "runs/r/snapshots/user1.json"),
        ("RunLoadTestFunctionRole", "runs/r/claims/user1/c.json", "runs/r/reports/user1.json"),
    ],
)
def test_each_role_writes_only_its_objects_and_items(stack: Stack, role: str, may: str, may_not: str) -> None:
    assert (put(stack, role, may), put(stack, role, may_not)) == (True, False)


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        ("PlanAuditFunctionRole", "courses/c/course.yaml", "runs/r/reports/user1.json"),
        ("SendDigestFunctionRole", "runs/r/audit.json", "runs/r/reports/user1.json"),
        ("StartRunFunctionRole", "courses/c/rosters/r.csv", "courses/c/course.yaml"),
        ("ApiFunctionRole", "runs/r/reports/user1.json", "runs/r/snapshots/user1.json"),
        ("ApiFunctionRole", "courses/c/rosters/r.csv", "courses/c/course.yaml"),
    ],
)
def test_each_role_reads_only_its_objects_and_items(stack: Stack, role: str, may: str, may_not: str) -> None:
    assert (get(stack, role, may), get(stack, role, may_not)) == (True, False)


@pytest.mark.parametrize("role", ["RunProbeFunctionRole", "RunLoadTestFunctionRole"])
def test_probes_and_load_tests_cannot_invoke_labgraders_functions(stack: Stack, role: str) -> None:
    client = stack.as_role(role, "lambda")
    for name in ("labgrader-write-report", "labgrader-api"):
        assert refused(lambda name=name: client.invoke(FunctionName=name, Payload=b"{}"))  # type: ignore[misc]
    queue = stack.outputs["DeadLettersUrl"]
    assert refused(lambda: stack.as_role(role, "sqs").send_message(QueueUrl=queue, MessageBody="{}"))


@pytest.mark.parametrize("role", ["PlanAuditFunctionRole", "TakeSnapshotFunctionRole", "RunCheckFunctionRole"])
def test_reading_and_judging_roles_invoke_and_publish_nothing(stack: Stack, role: str) -> None:
    assert refused(lambda: stack.as_role(role, "lambda").invoke(FunctionName="user1-f", Payload=b"{}"))
    assert refused(lambda: stack.as_role(role, "sns").publish(TopicArn=stack.outputs["AlarmTopicArn"], Message="x"))


def test_authorize_reads_and_never_writes(stack: Stack) -> None:
    table, key = stack.outputs["Table"], {"pk": {"S": "TOKENS"}, "sk": {"S": "j"}}
    dynamodb = stack.as_role("AuthorizeFunctionRole", "dynamodb")
    assert "Item" not in dynamodb.get_item(TableName=table, Key=key)
    assert refused(lambda: dynamodb.put_item(TableName=table, Item=key))
    assert refused(lambda: dynamodb.scan(TableName=table))
    assert not get(stack, "AuthorizeFunctionRole", "runs/r/run.json")


def test_a_digest_can_go_to_one_topic_only(stack: Stack) -> None:
    sns = stack.as_role("SendDigestFunctionRole", "sns")
    assert sns.publish(TopicArn=stack.outputs["DigestTopicArn"], Message="trial")["MessageId"]
    assert refused(lambda: sns.publish(TopicArn=stack.outputs["AlarmTopicArn"], Message="trial"))


def test_only_the_scheduler_can_assume_the_schedule_role(stack: Stack) -> None:
    with pytest.raises(ClientError, match="not authorized to perform: sts:AssumeRole"):
        stack.as_role("ScheduleRole", "stepfunctions")
