"""Why a deployment or a deletion failed, from recorded events of CloudFormation, and the command that helps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from cli.deployment.failures import failure
from cli.deployment.stack import create_or_update, delete
from cli.errors import TargetError
from tests.recorded_aws.reading import recorded

WHERE = "--stack-name labgrader --region eu-west-1"
REQUEST: dict[str, Any] = {"StackName": "labgrader", "TemplateURL": "https://bucket/template", "Capabilities": []}


@contextmanager
def recorded_stack(name: str, *before: Callable[[Stubber, dict[str, Any]], None]) -> Iterator[tuple[Any, Any]]:
    """Yield a client of CloudFormation that returns recorded answers, and the description of the stack."""
    document = recorded(name)
    client = boto3.client(
        "cloudformation", region_name="eu-west-1", aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="secret"
    )
    with Stubber(client) as stubber:
        for add in before:
            add(stubber, document)
        stubber.add_response(
            "describe_stack_events",
            {"StackEvents": document["stack_events"]},
            {"StackName": document["stack"]["StackId"]},
        )
        if "operation_events" in document:
            stubber.add_response(
                "describe_events",
                {"OperationEvents": document["operation_events"]},
                {"StackName": document["stack"]["StackId"], "Filters": {"FailedEvents": True}},
            )
        yield client, document["stack"]
        stubber.assert_no_pending_responses()


def described(stubber: Stubber, document: dict[str, Any]) -> None:
    stubber.add_response("describe_stacks", {"Stacks": [document["stack"]]}, {"StackName": "labgrader"})


def deletion(stubber: Stubber, _: dict[str, Any]) -> None:
    stubber.add_response("delete_stack", {}, {"StackName": "labgrader"})


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "cloudformation_transform_failed",
            "the stack labgrader could not be deployed (ROLLBACK_COMPLETE):\n"
            "  Transform AWS::Serverless-2016-10-31 failed with: Invalid Serverless Application Specification "
            "document. Number of errors found: 1. Resource with id [ApiFunction] is invalid. Missing required property "
            "'Handler'.. Rollback requested by user.",
        ),
        (
            "cloudformation_update_transform_failed",
            "the stack labgrader could not be deployed (UPDATE_ROLLBACK_COMPLETE):\n"
            "  Transform AWS::Serverless-2016-10-31 failed with: Internal transform failure.",
        ),
        (
            "cloudformation_validation_failed",
            "the stack labgrader could not be deployed (ROLLBACK_COMPLETE):\n"
            "  Bucket (AWS::S3::Bucket), /Resources/Bucket: Resource of type 'AWS::S3::Bucket' with identifier "
            "'results' already exists.\n"
            "  Table (AWS::DynamoDB::Table), /Resources/Table/Properties/BillingMode: #/BillingMode: ON_DEMAND is not "
            "a valid enum value",
        ),
        (
            "cloudformation_resource_failed",
            "the stack labgrader could not be deployed (ROLLBACK_COMPLETE):\n"
            '  ApiFunction (AWS::Lambda::Function): Resource handler returned message: "Specified '
            "ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its "
            'minimum value of [10]. (Service: Lambda, Status Code: 400)" (RequestToken: 1, HandlerErrorCode: '
            "InvalidRequest)\n"
            "  DigestTopic (AWS::SNS::Topic): the hook Example::Guard::Encryption failed: the topic is not encrypted\n"
            "  DigestTopic (AWS::SNS::Topic): The following hook(s) failed: [Example::Guard::Encryption]",
        ),
    ],
)
def test_a_failed_deployment_says_why(name: str, message: str) -> None:
    with recorded_stack(name) as (client, stack):
        assert failure(client, stack) == message


def test_a_validation_that_may_not_be_read_names_the_permission() -> None:
    document = recorded("cloudformation_validation_failed")
    client = boto3.client(
        "cloudformation", region_name="eu-west-1", aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="secret"
    )
    with Stubber(client) as stubber:
        stubber.add_response("describe_stack_events", {"StackEvents": document["stack_events"]})
        stubber.add_client_error("describe_events", "AccessDenied", "no cloudformation:DescribeEvents")
        message = failure(client, document["stack"])
    assert message.splitlines()[1] == (
        "  Validation failed with 2 error(s). Call DescribeEvents to retrieve the full list of issues with resource "
        "and property details, resolve each error, then retry the operation. The errors cannot be read: An error "
        "occurred (AccessDenied) when calling the DescribeEvents operation: no cloudformation:DescribeEvents"
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "cloudformation_update_rollback_failed",
            "the stack labgrader cannot be updated (UPDATE_ROLLBACK_FAILED):\n"
            '  Table (AWS::DynamoDB::Table): Resource handler returned message: "Table not found" '
            "(RequestToken: 1, HandlerErrorCode: NotFound)\n"
            '  Table (AWS::DynamoDB::Table): Resource handler returned message: "Table not found" '
            "(RequestToken: 2, HandlerErrorCode: NotFound)\n"
            "Remove the cause, finish the rollback with this command, and deploy again:\n"
            f"  aws cloudformation continue-update-rollback {WHERE}",
        ),
        (
            "cloudformation_update_failed",
            "the stack labgrader cannot be updated (UPDATE_FAILED):\n"
            '  Api (AWS::ApiGateway::RestApi): Resource handler returned message: "Rate exceeded" (RequestToken: 1, '
            "HandlerErrorCode: Throttling)\n"
            "Roll the stack back with this command, and deploy again:\n"
            f"  aws cloudformation rollback-stack {WHERE}",
        ),
    ],
)
def test_a_stack_that_cannot_be_updated_gets_the_command_that_helps(name: str, message: str) -> None:
    with recorded_stack(name, described) as (client, _), pytest.raises(TargetError) as refused:
        create_or_update(client, REQUEST, frozenset(), {}, 0)
    assert str(refused.value) == message


@pytest.mark.parametrize("name", ["cloudformation_update_rollback_failed", "cloudformation_update_failed"])
def test_an_update_that_ends_in_such_a_status_gets_the_command_too(name: str) -> None:
    with recorded_stack(name) as (client, stack):
        lines = failure(client, stack).splitlines()
    assert lines[0] == f"the stack labgrader could not be deployed ({stack['StackStatus']}):"
    assert lines[-1].endswith(WHERE)


DELETION = (
    "the stack labgrader could not be deleted (DELETE_FAILED):\n"
    '  EventBus (AWS::Events::EventBus): Resource handler returned message: "Event bus labgrader has rules" '
    "(RequestToken: 1, HandlerErrorCode: InvalidRequest)\n"
    "Remove the cause and try again, or delete the stack without these resources. They stay in the account:\n"
    f"  aws cloudformation delete-stack {WHERE} --retain-resources EventBus"
)


def test_a_deletion_that_failed_names_the_resources_to_keep() -> None:
    with (
        recorded_stack("cloudformation_delete_failed", deletion, described) as (client, stack),
        pytest.raises(TargetError) as refused,
    ):
        delete(client, stack, 0)
    assert str(refused.value) == DELETION


def test_a_deployment_over_a_failed_deletion_stops_if_it_fails_again() -> None:
    with (
        recorded_stack("cloudformation_delete_failed", described, deletion, described) as (client, _),
        pytest.raises(TargetError) as refused,
    ):
        create_or_update(client, REQUEST, frozenset(), {}, 0)
    assert str(refused.value) == DELETION
