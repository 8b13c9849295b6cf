"""A perfect student of these labs, lab by lab as in the handout. The code is our own and needs no internet.

Lab 6 uses the same API calls as Terraform, except the last one, which would destroy everything.
"""

from __future__ import annotations

from pathlib import Path

from checks.simulation.builders import (
    BASIC_EXECUTION,
    add_permission,
    configure_asynchronous_invocation,
    create_bucket,
    create_queue,
    create_role,
    notify_bucket,
)
from checks.simulation.operations import create_log_group, put_alarm
from checks.simulation.rest_api import create_rest_api, deploy_stage, execution_arn, put_route
from checks.simulation.student import SimulatedStudent

RUNTIME = "python3.12"
HANDLER = "lambda_function.lambda_handler"
CODE = Path(__file__).parent / "student-code"

HELLO = "HelloWorldFunction"
PROCESSOR = "S3FileProcessor"
TERRAFORM = "terraform-managed-lambda"
ADVANCED = "AdvancedProcessor"
ASYNC = "AsyncProcessor"
BUCKET = "lambda-lab"


def build(student: SimulatedStudent) -> None:
    """Build all the labs with as few API calls as possible."""
    _greeting(student)
    _files(student)
    _infrastructure(student)
    _layer(student)
    _background(student)


def _greeting(student: SimulatedStudent) -> None:
    """Build Labs 1 to 4."""
    arn = student.create_function(
        HELLO,
        package("hello_world"),
        Runtime=RUNTIME,
        Handler=HANDLER,
        Timeout=10,
        MemorySize=256,
        Environment={
            "Variables": {
                "GREETING_PREFIX": "Greetings",
                "GREETING_SUFFIX": "Thanks for using our API!",
                "ENVIRONMENT": "staging",
                "MAX_RESPONSE_LENGTH": "500",
                "ENABLE_DEBUG_LOGGING": "true",
            }
        },
    )
    api = create_rest_api(student, f"{HELLO}-API")
    put_route(student, f"{HELLO}-API", api, f"/{HELLO}", "ANY", arn)
    add_permission(student, HELLO, "apigateway.amazonaws.com", execution_arn(student, api, f"*/*/{HELLO}"))
    deploy_stage(student, f"{HELLO}-API", api, "default")
    put_alarm(
        student,
        f"{HELLO}-Errors",
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Dimensions={"FunctionName": student.named(HELLO)},
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=5.0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )


def _files(student: SimulatedStudent) -> None:
    """Build Lab 5."""
    bucket = create_bucket(student, BUCKET, with_account=True)
    objects = f"arn:aws:s3:::{bucket}/*"
    role = create_role(
        student,
        f"{PROCESSOR}-role",
        managed=[BASIC_EXECUTION],
        inline={"Files": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": objects}]},
    )
    arn = student.create_function(
        PROCESSOR, package("s3_file_processor"), Runtime=RUNTIME, Handler=HANDLER, Timeout=30, Role=role
    )
    add_permission(
        student,
        PROCESSOR,
        "s3.amazonaws.com",
        bucket and f"arn:aws:s3:::{bucket}",
        SourceAccount=student.account_id,
    )
    notify_bucket(student, BUCKET, bucket, arn)


def _infrastructure(student: SimulatedStudent) -> None:
    """Build Lab 6 up to step 6.8."""
    tags = {"Project": "Lambda Lab", "ManagedBy": "Terraform", "Environment": "Learning"}
    role = create_role(student, f"{TERRAFORM}-role", managed=[BASIC_EXECUTION], tags=tags)
    create_log_group(student, TERRAFORM, retention_days=7, tags=tags)
    arn = student.create_function(
        TERRAFORM,
        package("terraform_managed"),
        Runtime=RUNTIME,
        Handler=HANDLER,
        Timeout=10,
        MemorySize=256,
        Role=role,
        Environment={
            "Variables": {"ENVIRONMENT": "production", "APP_VERSION": "2.0.0", "FEATURE_FLAG": "enabled"},
        },
        Tags=tags,
    )
    api = create_rest_api(student, f"{TERRAFORM}-api")
    put_route(student, f"{TERRAFORM}-api", api, "/{proxy+}", "ANY", arn)
    add_permission(
        student,
        TERRAFORM,
        "apigateway.amazonaws.com",
        execution_arn(student, api),
        statement_id="AllowAPIGatewayInvoke",
    )
    deploy_stage(student, f"{TERRAFORM}-api", api, "prod")


def _layer(student: SimulatedStudent) -> None:
    """Build steps 7.1 to 7.3 of Lab 7."""
    layer = student.publish_layer(
        "common-utilities",
        {"python/common_utils.py": code("common_utils")},
        Description="Common utilities for Lambda functions",
        CompatibleRuntimes=[RUNTIME],
        CompatibleArchitectures=["x86_64"],
    )
    student.create_function(
        ADVANCED,
        package("advanced_processor"),
        Runtime=RUNTIME,
        Handler=HANDLER,
        Timeout=10,
        Layers=[layer] if layer else [],
    )


def _background(student: SimulatedStudent) -> None:
    """Build steps 7.4 to 7.7 of Lab 7."""
    queue = create_queue(student, "lambda-dlq")
    role = create_role(
        student,
        f"{ASYNC}-role",
        managed=[BASIC_EXECUTION],
        inline={"Failures": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue or "*"}]},
    )
    student.create_function(ASYNC, package("async_processor"), Runtime=RUNTIME, Handler=HANDLER, Timeout=30, Role=role)
    configure_asynchronous_invocation(student, ASYNC, 3600, 2, queue or "")
    student.reserve_concurrency(ASYNC, 5)


def package(module: str) -> dict[str, str]:
    """Return a module as the console deploys it: the file is always ``lambda_function.py``."""
    return {"lambda_function.py": code(module)}


def code(module: str) -> str:
    """Return the text of one of the student's modules."""
    return (CODE / f"{module}.py").read_text(encoding="utf-8")
