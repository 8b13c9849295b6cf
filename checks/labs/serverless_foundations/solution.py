"""A perfect student of this lab, step by step as in the handout. The code is our own and reads its environment."""

from __future__ import annotations

from pathlib import Path

from checks.simulation.builders import (
    BASIC_EXECUTION,
    add_permission,
    create_bucket,
    create_role,
    create_table,
    notify_bucket,
)
from checks.simulation.operations import create_log_group, put_rule, put_target
from checks.simulation.rest_api import create_rest_api, deploy_stage, execution_arn, put_route
from checks.simulation.student import SimulatedStudent

RUNTIME = "python3.13"
CODE = Path(__file__).parent / "student-code"

TABLE_ACTIONS = ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan")


def build(student: SimulatedStudent) -> None:
    """Build the three labs."""
    _object_processor(student)
    table_role = _todo_api(student)
    _daily_cleanup(student, table_role)
    for function in ("s3-object-processor", "todo-api", "cleanup-lambda"):
        create_log_group(student, function, 14)


def _object_processor(student: SimulatedStudent) -> None:
    """Build Lab 1."""
    bucket = create_bucket(student, "upload-bucket", with_account=True)
    objects = f"arn:aws:s3:::{bucket or student.named('upload-bucket')}/*"
    role = create_role(
        student,
        "S3ProcessorLambdaRole",
        managed=[BASIC_EXECUTION],
        inline={"S3AccessPolicy": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": objects}]},
    )
    function = student.create_function(
        "s3-object-processor",
        {"lambda_function.py": code("lambda_function")},
        Runtime=RUNTIME,
        Handler="lambda_function.lambda_handler",
        Role=role,
        Timeout=30,
        MemorySize=256,
        Architectures=["arm64"],
        Environment={"Variables": {"LOG_LEVEL": "INFO"}},
        Tags={"Environment": "Production", "Application": "DataProcessing"},
    )
    if bucket is not None:
        add_permission(
            student,
            "s3-object-processor",
            "s3.amazonaws.com",
            f"arn:aws:s3:::{bucket}",
            SourceAccount=student.account_id,
        )
    notify_bucket(student, "upload-bucket", bucket, function, prefix="uploads/", key_suffix=".json")


def _todo_api(student: SimulatedStudent) -> str | None:
    """Build Lab 2. Return the role that may use the table, which the cleanup function of Lab 3 also uses."""
    create_table(student, "TodoItems", partition_key="userId", sort_key="todoId", tags={"Environment": "Production"})
    table = f"arn:aws:dynamodb:{student.region}:{student.account_id}:table/{student.named('TodoItems')}"
    actions = [f"dynamodb:{action}" for action in TABLE_ACTIONS]
    role = create_role(
        student,
        "TodoLambdaRole",
        managed=[BASIC_EXECUTION],
        inline={"TodoItems": [{"Effect": "Allow", "Action": actions, "Resource": table}]},
    )
    function = student.create_function(
        "todo-api",
        {"todo_api.py": code("todo_api")},
        Runtime=RUNTIME,
        Handler="todo_api.lambda_handler",
        Role=role,
        Timeout=10,
        MemorySize=512,
        Architectures=["arm64"],
        Environment={"Variables": {"TABLE_NAME": student.named("TodoItems")}},
    )
    api = create_rest_api(student, "todo-api", description="Serverless Todo API")
    put_route(student, "todo-api", api, "/todos", "GET", function)
    add_permission(student, "todo-api", "apigateway.amazonaws.com", execution_arn(student, api))
    deploy_stage(student, "todo-api", api, "prod")
    return role


def _daily_cleanup(student: SimulatedStudent, role: str | None) -> None:
    """Build Lab 3."""
    function = student.create_function(
        "cleanup-lambda",
        {"cleanup_lambda.py": code("cleanup_lambda")},
        Runtime=RUNTIME,
        Handler="cleanup_lambda.lambda_handler",
        Role=role,
        Timeout=60,
        Architectures=["arm64"],
        Environment={"Variables": {"TABLE_NAME": student.named("TodoItems")}},
    )
    rule = put_rule(student, "daily-cleanup", "cron(0 2 * * ? *)", Description="Run cleanup Lambda daily at 2 AM UTC")
    if function is not None:
        put_target(student, "daily-cleanup", function)
        add_permission(student, "cleanup-lambda", "events.amazonaws.com", rule)


def code(module: str) -> str:
    """Return the text of one of the student's modules."""
    return (CODE / f"{module}.py").read_text(encoding="utf-8")
