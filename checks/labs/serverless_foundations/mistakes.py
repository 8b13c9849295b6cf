"""Mistakes that students make in this lab, with the checks that must find them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from checks.simulation.mistake import (
    Mistake,
    afterwards,
    changed,
    document,
    edited,
    parameters,
    renamed,
    replaced,
    within,
    without,
)
from checks.simulation.student import SimulatedStudent, Step

PROCESSOR = "s3-object-processor"
ROLE = "S3ProcessorLambdaRole"
BUCKET = "upload-bucket"
TODO = "todo-api"
TABLE = "TodoItems"
CLEANUP = "cleanup-lambda"
RULE = "daily-cleanup"

Apply = Callable[[SimulatedStudent], None]


def _todo_code(old: str, new: str) -> Apply:
    """Replace a part of the todo API's code."""
    return changed(edited("todo_api.py", replaced(old, new), TODO))


def _courses_role(student: SimulatedStudent) -> None:
    """Give the processor the course's role."""

    def change(step: Step) -> bool:
        if step.operation == "create_function" and step.target == PROCESSOR:
            step.parameters["Role"] = student.connections.lab_role
        return True

    student.changes.append(change)


def _trusts_ec2(student: SimulatedStudent) -> None:
    """Let only EC2 assume the role."""
    statement = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    student.call("update_assume_role_policy", "iam", RoleName=student.named(ROLE), PolicyDocument=policy)


def _policy_on(resource: Callable[[str], str]) -> Apply:
    """Change the resource in the policy for the bucket's objects."""

    def edit(policy: Any) -> None:
        for statement in policy["Statement"]:
            statement["Resource"] = resource(statement["Resource"])

    return changed(document("put_role_policy", ROLE, "PolicyDocument", edit, "S3AccessPolicy"))


def _notification(edit: Callable[[Any], None]) -> Apply:
    """Change the bucket's notification."""

    def edit_all(configuration: Any) -> None:
        for notification in configuration["LambdaFunctionConfigurations"]:
            edit(notification)

    return changed(document("put_bucket_notification_configuration", BUCKET, "NotificationConfiguration", edit_all))


def _without_prefix(notification: Any) -> None:
    del notification["Filter"]["Key"]["FilterRules"][0]


def _slash_first(notification: Any) -> None:
    notification["Filter"]["Key"]["FilterRules"][0]["Value"] = "/uploads/"


def _when_removed(notification: Any) -> None:
    notification["Events"] = ["s3:ObjectRemoved:*"]


def _call_todo_api(targets: Any) -> None:
    targets[0]["Arn"] = targets[0]["Arn"].replace(CLEANUP, TODO)


MISTAKES: list[Mistake] = [
    # --- nothing, or not all ----------------------------------------------------------------------------------------
    Mistake(
        "nothing-built",
        "built nothing",
        {"s3-function", "todo-table", "todo-function", "cleanup-function", "cleanup-rule"},
        changed(without()),
    ),
    Mistake(
        "no-processor",
        "did not create the S3 processor",
        {"s3-function"},
        changed(without("create_function", PROCESSOR)),
    ),
    Mistake(
        "no-todo-function",
        "did not create the todo API function",
        {"todo-function"},
        changed(without("create_function", TODO)),
    ),
    Mistake(
        "no-cleanup-function",
        "did not create the cleanup function",
        {"cleanup-function"},
        changed(without("create_function", CLEANUP)),
    ),
    # --- Lab 1: settings --------------------------------------------------------------------------------------------
    Mistake(
        "processor-defaults",
        "left the S3 processor's timeout and memory size at the defaults of 3 s and 128 MB",
        {"s3-function"},
        changed(parameters("create_function", PROCESSOR, Timeout=None, MemorySize=None)),
    ),
    Mistake(
        "processor-handler",
        "named a handler that does not exist",
        {"s3-function", "s3-event"},
        changed(parameters("create_function", PROCESSOR, Handler="lambda_function.handler")),
    ),
    Mistake(
        "log-level-debug",
        "set LOG_LEVEL to DEBUG",
        {"s3-environment"},
        changed(within("create_function", PROCESSOR, "Environment.Variables", LOG_LEVEL="DEBUG")),
    ),
    Mistake("no-tags", "forgot the tags", {"s3-tags"}, changed(parameters("create_function", PROCESSOR, Tags=None))),
    Mistake(
        "tag-in-lower-case",
        "wrote a tag's key in lower case",
        {"s3-tags"},
        changed(
            parameters(
                "create_function", PROCESSOR, Tags={"environment": "Production", "Application": "DataProcessing"}
            )
        ),
    ),
    # --- Lab 1: the role --------------------------------------------------------------------------------------------
    Mistake(
        "courses-role",
        "gave the S3 processor the course's role",
        {"s3-role"},
        _courses_role,
    ),
    Mistake("role-for-ec2", "made the role for EC2 instead of Lambda", {"s3-role"}, afterwards(_trusts_ec2)),
    Mistake(
        "no-log-policy",
        "did not attach AWSLambdaBasicExecutionRole",
        {"s3-logs"},
        changed(without("attach_role_policy", ROLE)),
    ),
    Mistake(
        "no-object-policy",
        "added no policy for the bucket to the role",
        {"s3-reads-objects"},
        changed(without("put_role_policy", ROLE)),
    ),
    Mistake(
        "policy-on-the-bucket",
        "allowed reading the bucket itself instead of its objects",
        {"s3-reads-objects"},
        _policy_on(lambda resource: resource.removesuffix("/*")),
    ),
    Mistake(
        "handouts-bucket",
        "left the handout's bucket in the policy",
        {"s3-reads-objects"},
        _policy_on(lambda _: "arn:aws:s3:::my-upload-bucket/*"),
    ),
    # --- Lab 1: the trigger -----------------------------------------------------------------------------------------
    Mistake(
        "no-bucket",
        "created no bucket",
        {"s3-trigger", "s3-permission"},
        changed(without("create_bucket", BUCKET)),
    ),
    Mistake(
        "no-notification",
        "configured no notification",
        {"s3-trigger"},
        changed(without("put_bucket_notification_configuration", BUCKET)),
    ),
    Mistake("no-prefix", "left the prefix out of the filter", {"s3-trigger"}, _notification(_without_prefix)),
    Mistake("slash-first", "began the filter's prefix with a slash", {"s3-trigger"}, _notification(_slash_first)),
    Mistake("on-removal", "let the bucket call when objects are removed", {"s3-trigger"}, _notification(_when_removed)),
    Mistake(
        "no-s3-permission",
        "forgot the permission for S3",
        {"s3-permission"},
        changed(without("add_permission", PROCESSOR)),
    ),
    Mistake(
        "permission-for-the-handouts-bucket",
        "added the permission for the handout's bucket",
        {"s3-permission"},
        changed(parameters("add_permission", PROCESSOR, SourceArn="arn:aws:s3:::my-upload-bucket")),
    ),
    Mistake(
        "event-misread",
        "read the bucket's name from the wrong field of the event",
        {"s3-event"},
        changed(edited("lambda_function.py", replaced('event["Records"][0]["s3"]', 'event["s3"]'))),
    ),
    # --- Lab 2: the table -------------------------------------------------------------------------------------------
    Mistake("no-table", "created no table", {"todo-table", "todo-create"}, changed(without("create_table", TABLE))),
    Mistake(
        "table-name",
        "wrote the table's name in lower case",
        {"todo-table", "todo-create"},
        changed(renamed(TABLE, "TableName", lambda name: name.replace(TABLE, "todoitems"))),
    ),
    Mistake(
        "no-sort-key",
        "gave the table no sort key",
        {"todo-table", "todo-read", "todo-update", "todo-delete", "todo-not-found"},
        changed(
            parameters(
                "create_table",
                TABLE,
                KeySchema=[{"AttributeName": "userId", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "userId", "AttributeType": "S"}],
            )
        ),
    ),
    Mistake(
        "number-key",
        "chose numbers for the table's sort key",
        {"todo-table", "todo-create"},
        changed(
            parameters(
                "create_table",
                TABLE,
                AttributeDefinitions=[
                    {"AttributeName": "userId", "AttributeType": "S"},
                    {"AttributeName": "todoId", "AttributeType": "N"},
                ],
            )
        ),
    ),
    Mistake(
        "provisioned-table",
        "created the table with provisioned capacity",
        {"todo-table"},
        changed(
            parameters(
                "create_table",
                TABLE,
                BillingMode="PROVISIONED",
                ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
            )
        ),
    ),
    # --- Lab 2: the function ----------------------------------------------------------------------------------------
    Mistake(
        "todo-memory",
        "gave the todo API function 128 MB and 3 s",
        {"todo-function"},
        changed(parameters("create_function", TODO, MemorySize=128, Timeout=3)),
    ),
    Mistake(
        "todo-handler",
        "left the todo API's handler at the console's lambda_function.lambda_handler",
        {"todo-function", "todo-create"},
        changed(parameters("create_function", TODO, Handler="lambda_function.lambda_handler")),
    ),
    Mistake(
        "no-table-name",
        "forgot the environment variable TABLE_NAME",
        {"todo-environment", "todo-create"},
        changed(parameters("create_function", TODO, Environment=None)),
    ),
    Mistake(
        "handouts-table-name",
        "left the handout's table name in TABLE_NAME",
        {"todo-environment", "todo-create"},
        changed(within("create_function", TODO, "Environment.Variables", TABLE_NAME="TodoItems")),
    ),
    Mistake(
        "handouts-table",
        "left the handout's table name in the code",
        {"todo-create"},
        _todo_code('os.environ.get("TABLE_NAME", "TodoItems")', '"TodoItems"'),
    ),
    Mistake(
        "todo-crashes",
        "parsed the body of every request as JSON, which crashes without a body",
        {"todo-read", "todo-update", "todo-delete", "todo-not-found"},
        _todo_code("    try:\n", '    json.loads(event["body"])\n    try:\n'),
    ),
    Mistake(
        "created-200",
        "returned 200 for a new item",
        {"todo-create"},
        _todo_code("respond(201, item)", "respond(200, item)"),
    ),
    Mistake(
        "body-no-text",
        "returned a body that is an object instead of text",
        {"todo-create"},
        _todo_code('"body": json.dumps(body)', '"body": body'),
    ),
    Mistake(
        "dumped-twice",
        "called json.dumps twice on every body",
        {"todo-create"},
        _todo_code('"body": json.dumps(body)', '"body": json.dumps(json.dumps(body))'),
    ),
    Mistake(
        "no-id",
        "returned a new item without its id",
        {"todo-create"},
        _todo_code("respond(201, item)", 'respond(201, {"ok": True})'),
    ),
    Mistake(
        "empty-list",
        "returned an empty list every time",
        {"todo-read"},
        _todo_code('table.query(KeyConditionExpression=Key("userId").eq(user))["Items"]', "[]"),
    ),
    Mistake(
        "update-forgets",
        "did not update whether an item is completed",
        {"todo-update"},
        _todo_code('body.get("completed", False)', "False"),
    ),
    Mistake(
        "no-put",
        "did not write the update",
        {"todo-update"},
        _todo_code('if todo and method == "PUT":', 'if todo and method == "PATCH":'),
    ),
    Mistake(
        "no-delete",
        "did not write the deletion",
        {"todo-delete"},
        _todo_code('    if todo and method == "DELETE":\n        return delete_todo(user, todo)\n', ""),
    ),
    Mistake(
        "deletes-nothing",
        "confirmed a deletion but deleted nothing",
        {"todo-delete"},
        _todo_code('    table.delete_item(Key={"userId": user, "todoId": todo})\n', ""),
    ),
    Mistake(
        "deleted-200", "answers 200 to a deletion", {"todo-delete"}, _todo_code("respond(204, {})", "respond(200, {})")
    ),
    Mistake(
        "unknown-500",
        "returned 500 for an unknown item",
        {"todo-not-found"},
        _todo_code(
            'respond(200, found["Item"]) if "Item" in found else respond(404, {"error": "Todo not found"})',
            'respond(200, found["Item"])',
        ),
    ),
    Mistake(
        "lists-everything",
        "listed the items of all users",
        {"todo-isolation"},
        _todo_code('table.query(KeyConditionExpression=Key("userId").eq(user))', "table.scan()"),
    ),
    Mistake(
        "one-user-for-all",
        "stored the items of all users under one user",
        {"todo-isolation"},
        _todo_code(
            'return route(event["httpMethod"], event["path"], claims["sub"]',
            'return route(event["httpMethod"], event["path"], "everybody"',
        ),
    ),
    # --- Lab 2: the API ---------------------------------------------------------------------------------------------
    Mistake(
        "no-api",
        "created no REST API",
        {"todo-route", "todo-api-permission", "todo-stage"},
        changed(without("create_rest_api", TODO)),
    ),
    Mistake(
        "todo-path",
        "named the resource /todo",
        {"todo-route"},
        changed(parameters("create_resource", TODO, "/todos", pathPart="todo")),
    ),
    Mistake(
        "no-proxy",
        "created the integration without Lambda proxy integration",
        {"todo-route"},
        changed(parameters("put_integration", TODO, "GET /todos", type="AWS")),
    ),
    Mistake(
        "handouts-account",
        "left the handout's account in the integration",
        {"todo-route"},
        changed(
            parameters(
                "put_integration",
                TODO,
                "GET /todos",
                uri="arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
                "arn:aws:lambda:us-east-1:123456789012:function:todo-api/invocations",
            )
        ),
    ),
    Mistake(
        "no-api-permission",
        "forgot the permission for API Gateway",
        {"todo-api-permission"},
        changed(without("add_permission", TODO)),
    ),
    Mistake("not-deployed", "did not deploy the API", {"todo-stage"}, changed(without("create_deployment", TODO))),
    Mistake(
        "stage-dev",
        "deployed the API to the stage dev",
        {"todo-stage"},
        changed(parameters("create_deployment", TODO, "prod", stageName="dev")),
    ),
    # --- Lab 3 ------------------------------------------------------------------------------------------------------
    Mistake(
        "cleanup-handler",
        "left the cleanup's handler at the console's lambda_function.lambda_handler",
        {"cleanup-package"},
        changed(parameters("create_function", CLEANUP, Handler="lambda_function.lambda_handler")),
    ),
    Mistake("no-rule", "created no rule", {"cleanup-rule"}, changed(without("put_rule", RULE))),
    Mistake(
        "in-the-afternoon",
        "scheduled the rule at 14:00",
        {"cleanup-rule"},
        changed(parameters("put_rule", RULE, ScheduleExpression="cron(0 14 * * ? *)")),
    ),
    Mistake(
        "rate-one-day",
        "scheduled the rule once a day, at the time of its creation",
        {"cleanup-rule"},
        changed(parameters("put_rule", RULE, ScheduleExpression="rate(1 day)")),
    ),
    Mistake(
        "rule-disabled",
        "left the rule disabled",
        {"cleanup-rule"},
        changed(parameters("put_rule", RULE, State="DISABLED")),
    ),
    Mistake("no-target", "gave the rule no target", {"cleanup-target"}, changed(without("put_targets", RULE))),
    Mistake(
        "wrong-target",
        "set the todo API function as the rule's target",
        {"cleanup-target"},
        changed(document("put_targets", RULE, "Targets", _call_todo_api)),
    ),
    Mistake(
        "no-events-permission",
        "forgot the permission for EventBridge",
        {"cleanup-permission"},
        changed(without("add_permission", CLEANUP)),
    ),
    Mistake(
        "events-from-anywhere",
        "allowed every rule of every account to invoke the cleanup function",
        {"cleanup-permission"},
        changed(parameters("add_permission", CLEANUP, SourceArn=None)),
    ),
]

HALF_DONE = ("no-processor", "no-api", "no-cleanup-function")
"""The mistakes of a student who does about half of the lab."""
