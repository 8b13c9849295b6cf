"""Students in their own accounts, read through the role of `infra/student_account.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest

from checks.simulation.pack import build_student, load_pack
from checks.simulation.student import Connections
from labgrader.store import Keys
from tests.workflow.conftest import LONG_S
from tests.workflow.small_labs import SMALL

pytestmark = pytest.mark.workflow

ACCOUNT = "111122223333"
EXTERNAL_ID = "a-long-shared-secret"
TEMPLATE = Path(__file__).parents[2] / "infra" / "student_account.yaml"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/labgrader-reader"


@pytest.fixture(scope="module")
def elsewhere(stack: Any) -> Connections:
    """A perfect student in another account, who deployed the role."""
    session = boto3.Session(aws_access_key_id=ACCOUNT, aws_secret_access_key="test", region_name="us-east-1")

    def client(service: str) -> Any:
        return session.client(service, endpoint_url=stack.target.endpoint)  # type: ignore[call-overload]

    cloudformation = client("cloudformation")
    parameters = {"GraderAccountId": stack.target.account_id, "ExternalId": EXTERNAL_ID, "Username": "faraway"}
    cloudformation.create_stack(
        StackName="labgrader-reader",
        TemplateBody=TEMPLATE.read_text(),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName="labgrader-reader", WaiterConfig={"Delay": 1, "MaxAttempts": int(LONG_S)}
    )
    connections = Connections(client, ACCOUNT, "us-east-1")
    build_student(load_pack("lambda-optimization"), "faraway", connections)
    return connections


def graded(stack: Any, run_id: str, external_id: str, lab: str = "lambda-optimization") -> dict[str, Any]:
    roster = f"username,role_arn,external_id,region\nfaraway,{ROLE},{external_id},us-east-1\n"
    stack.succeed(stack.start(run_id, ["faraway"], roster=roster, lab=lab))
    report: dict[str, Any] = stack.report(run_id, "faraway")
    return report


def test_student_in_another_account_is_graded_through_the_role(stack: Any, elsewhere: Connections) -> None:
    report = graded(stack, "faraway-1", EXTERNAL_ID)
    assert [check for check in report["checks"] if check["status"] != "passed"] == []
    assert report["account_id"] == ACCOUNT
    assert report["load_tests"][0]["succeeded"] >= 10


def test_role_that_refuses_leaves_all_checks_ungraded_and_names_the_action(stack: Any, elsewhere: Connections) -> None:
    report = graded(stack, "faraway-2", "another-long-secret", SMALL)
    assert {check["status"] for check in report["checks"]} == {"not_graded"}
    assert report["score"] == {"points": 0, "max_points": 100, "percent": 0, "open_points": 100}
    assert all("sts:AssumeRole" in check["message"] for check in report["checks"])
    assert "another-long-secret" not in stack.store.get(Keys("faraway-2").report("faraway")).decode()
