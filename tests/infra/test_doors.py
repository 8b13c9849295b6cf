"""The doors: what API Gateway does before the function is asked, and what each role behind a door may do."""

from __future__ import annotations

import json

import pytest

from labgrader.auth.authorizer import UnauthorizedError
from labgrader.store.tokens import TOKENS
from tests.infra.template_reading import FUNCTIONS, RESOURCES, actions, listed, named, of_type, statements, template

API = RESOURCES["Api"]["Properties"]

NO_STATUS = {"DEFAULT_4XX", "DEFAULT_5XX"}
"""What stands for several statuses names none in its document."""


def test_only_the_openapi_document_needs_no_authorization() -> None:
    assert API["Auth"]["DefaultAuthorizer"] == "Token"
    token = API["Auth"]["Authorizers"]["Token"]
    assert token["FunctionArn"] == "AuthorizeFunction.Arn"
    assert token["FunctionPayloadType"] == "TOKEN"
    assert token["Identity"] == {"Header": "Authorization", "ReauthorizeEvery": 0}
    events = [event["Properties"] for event in FUNCTIONS["ApiFunction"]["Events"].values()]
    assert [event["Path"] for event in events if "Auth" in event] == ["/v1/openapi.yaml"]
    assert {(event["Path"], event["Method"]) for event in events if "Auth" not in event} == {
        ("/v1/{proxy+}", method) for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
    }


def test_no_token_is_logged() -> None:
    (settings,) = API["MethodSettings"]
    assert (settings["LoggingLevel"], settings["DataTraceEnabled"]) == ("OFF", False)
    assert (settings["ResourcePath"], settings["HttpMethod"]) == ("/*", "*")
    written = json.loads(API["AccessLogSetting"]["Format"])
    assert not [value for value in written.values() if "header" in value.lower()]
    assert "$context.path" not in written.values()
    assert written["subject"] == "$context.authorizer.principalId"


def test_the_stage_is_throttled_and_traced() -> None:
    (settings,) = API["MethodSettings"]
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == ("ApiRate", "ApiBurst")
    parameters = template()["Parameters"]
    assert (parameters["ApiRate"]["Default"], parameters["ApiBurst"]["Default"]) == (20, 40)
    assert API["TracingEnabled"] is True


@pytest.mark.parametrize("kind", API["GatewayResponses"])
def test_gateway_responses_are_problem_documents(kind: str) -> None:
    response = API["GatewayResponses"][kind]
    assert response["ResponseParameters"]["Headers"]["Content-Type"] == "'application/problem+json'"
    document = json.loads(response["ResponseTemplates"]["application/json"])
    assert list(document) == [name for name in ("type", "title", "status", "detail") if name in document]
    assert document.get("status") == response.get("StatusCode")
    assert ("status" not in document) == (kind in NO_STATUS)
    assert document["detail"].endswith(".")


def test_gateway_refusals_have_the_required_headers() -> None:
    headers = {kind: response["ResponseParameters"]["Headers"] for kind, response in API["GatewayResponses"].items()}
    statuses = {kind: response.get("StatusCode") for kind, response in API["GatewayResponses"].items()}
    assert (statuses["UNAUTHORIZED"], headers["UNAUTHORIZED"]["WWW-Authenticate"]) == (401, "'Bearer'")
    assert (statuses["THROTTLED"], headers["THROTTLED"]["Retry-After"]) == (429, "'1'")
    assert statuses["ACCESS_DENIED"] == 403
    assert statuses["MISSING_AUTHENTICATION_TOKEN"] == 404
    assert statuses["REQUEST_TOO_LARGE"] == 413
    assert statuses["AUTHORIZER_FAILURE"] == 500


def test_authorize_may_read_only_the_key_and_the_tokens() -> None:
    assert actions("AuthorizeFunction") == {"secretsmanager:GetSecretValue", "dynamodb:GetItem"}
    key, tokens = statements("AuthorizeFunction")
    assert key["Resource"] == "TokenKey.Id"
    assert tokens["Condition"] == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [TOKENS]}}
    reading = {name for name in FUNCTIONS if "secretsmanager:GetSecretValue" in actions(name)}
    assert reading == {"AuthorizeFunction"}


def test_a_refused_token_is_not_a_logged_error() -> None:
    pattern = RESOURCES["LoggedErrors"]["Properties"]["FilterPattern"]
    assert f'$.errorType != "{UnauthorizedError.__name__}"' in pattern


def test_the_api_starts_and_follows_runs_but_cannot_read_tokens() -> None:
    assert actions("ApiFunction") == {
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "states:StartExecution",
        "states:DescribeExecution",
    }
    assert named("ApiFunction", "StartRuns")["Resource"] == ["GradeClass", "GradeStudent"]
    executions = [arn.rpartition(":execution:")[2] for arn in named("ApiFunction", "AskAfterRuns")["Resource"]]
    assert executions == ["${AWS::StackName}-grade-class:*", "${AWS::StackName}-grade-student:*"]
    never = named("ApiFunction", "NeverTokens")
    touching = {action for action in actions("ApiFunction") if action.startswith("dynamodb:")}
    assert (never["Effect"], set(never["Action"])) == ("Deny", touching)
    assert never["Condition"] == {"ForAnyValue:StringEquals": {"dynamodb:LeadingKeys": [TOKENS]}}


def test_no_other_account_can_put_events_on_the_bus() -> None:
    assert not of_type("AWS::Events::EventBusPolicy")  # without a policy, only the account may use the bus


def test_only_the_authorizer_reads_tokens_from_the_table() -> None:
    using = {name for name in FUNCTIONS if "dynamodb:GetItem" in actions(name)}
    bounded = {"AuthorizeFunction", "RunLoadTestFunction"}  # their roles name the one partition that they may use
    for name in using - bounded:
        assert named(name, "NeverTokens") == named("ApiFunction", "NeverTokens")
    for name in bounded:
        (statement,) = [
            statement for statement in statements(name) if "dynamodb:GetItem" in listed(statement["Action"])
        ]
        assert "ForAllValues:StringEquals" in statement["Condition"]


def test_an_event_can_only_start_a_class_run() -> None:
    assert actions("StartRunFunction") == {
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "events:PutEvents",
        "states:StartExecution",
        "states:DescribeExecution",
    }
    assert named("StartRunFunction", "StartClassRuns")["Resource"] == "GradeClass"
    assert named("StartRunFunction", "AskAfterClassRuns")["Resource"].endswith(":${AWS::StackName}-grade-class:*")


def test_a_nightly_audit_reads_courses_and_publishes_to_one_topic() -> None:
    assert actions("PlanAuditFunction") == {"s3:GetObject", "s3:ListBucket", "dynamodb:GetItem", "dynamodb:PutItem"}
    assert [
        statement["Resource"] for statement in statements("PlanAuditFunction") if statement["Action"] == "s3:GetObject"
    ] == ["${Bucket.Arn}/courses/*"]
    assert {name for name in FUNCTIONS if "sns:Publish" in actions(name)} == {"SendDigestFunction"}
    (publish,) = [statement for statement in statements("SendDigestFunction") if statement["Action"] == "sns:Publish"]
    assert publish["Resource"] == "DigestTopic"
    (read,) = [statement for statement in statements("SendDigestFunction") if statement["Action"] == "s3:GetObject"]
    assert [arn.removeprefix("${Bucket.Arn}/") for arn in read["Resource"]] == [
        "runs/*/audit.json",
        "runs/*/run.json",
        "courses/*",
    ]


def test_publishing_functions_may_use_only_the_stacks_bus() -> None:
    publishing = {name for name in FUNCTIONS if "events:PutEvents" in actions(name)}
    assert publishing == {"PlanRunFunction", "StartRunFunction", "SummariseRunFunction", "WriteReportFunction"}
    for name in publishing:
        assert named(name, "Publish")["Resource"] == "EventBus.Arn"
        assert FUNCTIONS[name]["Environment"]["Variables"]["BUS"] == "EventBus"


def test_only_api_event_and_audit_start_executions() -> None:
    starting = {name for name in FUNCTIONS if "states:StartExecution" in actions(name)}
    assert starting == {"ApiFunction", "StartRunFunction"}
    (policy,) = RESOURCES["AuditCourse"]["Properties"]["Policies"]
    granted = {
        action: statement["Resource"].rpartition(":")[2] if ":" in statement["Resource"] else statement["Resource"]
        for statement in policy["Statement"]
        if statement.get("Sid") != "DeliverLogs" and statement["Action"] != "lambda:InvokeFunction"
        for action in listed(statement["Action"])
    }
    rule = "rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
    assert granted == {
        "states:StartExecution": "GradeClass",
        "states:DescribeExecution": "*",
        "states:StopExecution": "*",
        "events:PutTargets": rule,
        "events:PutRule": rule,
        "events:DescribeRule": rule,
    }
    (stopping,) = [
        statement for statement in policy["Statement"] if "states:StopExecution" in listed(statement["Action"])
    ]
    assert stopping["Resource"].endswith(":execution:${AWS::StackName}-grade-class:*")


def test_a_schedule_may_start_audits_and_use_the_dead_letter_queue() -> None:
    role = RESOURCES["ScheduleRole"]["Properties"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"]["StringEquals"]["aws:SourceAccount"] == "AWS::AccountId"
    assert trust["Condition"]["StringEquals"]["aws:SourceArn"].endswith(":schedule-group/${AWS::StackName}")
    granted = [
        (statement["Action"], statement["Resource"]) for statement in role["Policies"][0]["PolicyDocument"]["Statement"]
    ]
    assert granted == [("states:StartExecution", "AuditCourse"), ("sqs:SendMessage", "DeadLetters.Arn")]


def test_topics_allow_only_iam_principals_and_the_stacks_alarms() -> None:
    policies = {
        name: RESOURCES[f"{name}Policy"]["Properties"]["PolicyDocument"]["Statement"]
        for name in ("DigestTopic", "AlarmTopic")
    }
    (digest,) = policies["DigestTopic"]
    ours, alarms = policies["AlarmTopic"]
    for statement in (digest, ours):
        assert statement["Principal"] == {"AWS": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
    assert (alarms["Principal"], alarms["Action"]) == ({"Service": "cloudwatch.amazonaws.com"}, "sns:Publish")
    assert alarms["Condition"]["StringEquals"] == {"aws:SourceAccount": "AWS::AccountId"}
    assert alarms["Condition"]["ArnLike"]["aws:SourceArn"].endswith(":alarm:${AWS::StackName}-*")


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("PlanRunFunction", {"dynamodb:GetItem", "events:PutEvents", "lambda:GetAccountSettings"}),
        ("WriteReportFunction", {"dynamodb:GetItem", "events:PutEvents"}),
        ("SummariseRunFunction", {"dynamodb:GetItem", "dynamodb:Query", "events:PutEvents"}),
    ],
)
def test_each_states_role_has_only_its_permissions(name: str, may: set[str]) -> None:
    assert actions(name) == {"s3:GetObject", "s3:ListBucket", "s3:PutObject", "dynamodb:PutItem", *may}


def test_send_digest_has_only_its_permissions() -> None:
    assert actions("SendDigestFunction") == {
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
        "dynamodb:GetItem",
        "sns:Publish",
    }


def test_the_api_may_read_what_its_routes_return() -> None:
    (read,) = [statement for statement in statements("ApiFunction") if statement["Action"] == "s3:GetObject"]
    assert [arn.removeprefix("${Bucket.Arn}/") for arn in read["Resource"]] == [
        "runs/*/reports/*",
        "runs/*/gradebook.json",
        "runs/*/lab.json",
        "runs/*/students.json",
        "rosters/*",
        "courses/*/rosters/*",
    ]


def test_the_log_role_of_api_gateway_only_writes_logs() -> None:
    role = RESOURCES["ApiGatewayLogWriter"]
    assert role["Properties"]["ManagedPolicyArns"] == [
        "arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
    ]
    assert "Policies" not in role["Properties"]
    assert (role["Condition"], role["DeletionPolicy"]) == ("MakeApiGatewayLogRole", "Retain")
