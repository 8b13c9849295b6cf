"""A perfect student of this lab, step by step as in the handout. The code is our own and needs no internet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from checks.simulation.builders import add_permission, create_queue, map_event_source
from checks.simulation.rest_api import (
    create_api_key,
    create_rest_api,
    create_usage_plan,
    deploy_stage,
    execution_arn,
    put_route,
)
from checks.simulation.student import SimulatedStudent

RUNTIME = "python3.13"
CODE = Path(__file__).parent / "student-code"
FUNCTION, TESTER, SCALER = "performance-function", "load-tester", "sqs-scaler"
API, PLAN, KEY, QUEUE = "optimized-api", "performance-plan", "performance-key", "high-throughput-queue"


def build(student: SimulatedStudent) -> None:
    """Build the lab with as few API calls as possible."""
    # Tasks 1 and 2
    deploy(student, FUNCTION, "performance_function", Timeout=300, MemorySize=1024)
    version = student.publish_version(FUNCTION)
    student.create_alias(FUNCTION, "prod", version, prefixed=False)
    student.reserve_concurrency(FUNCTION, 50)
    student.provision_concurrency(FUNCTION, "prod", 10, prefixed=False)
    deploy(student, TESTER, "load_tester", Timeout=900, MemorySize=512)
    # Task 3
    api = create_rest_api(student, API)
    put_route(student, API, api, "/performance", "POST", student.function_arn(FUNCTION, "prod"))
    add_permission(
        student,
        FUNCTION,
        "apigateway.amazonaws.com",
        execution_arn(student, api),
        qualifier="prod",
        statement_id="api-gateway-invoke-prod",
    )
    stage = deploy_stage(student, API, api, "prod", cache_size="0.5")
    plan = create_usage_plan(student, PLAN, api, stage, rate=500, burst=1000, quota=10_000, period="DAY")
    create_api_key(student, KEY, plan)
    # Task 4 only measures with other memory sizes
    # Task 5: AWS rejects the mapping with the handout's visibility timeout of 30 seconds. MaxReceiveCount belongs in a
    # redrive policy.
    dead_letters = create_queue(student, "dead-letters", MessageRetentionPeriod=1_209_600)
    redrive = {"deadLetterTargetArn": dead_letters, "maxReceiveCount": "3"} if dead_letters else None
    queue = create_queue(
        student,
        QUEUE,
        VisibilityTimeout=60,
        MessageRetentionPeriod=1_209_600,
        ReceiveMessageWaitTimeSeconds=0,
        RedrivePolicy=redrive,
    )
    deploy(student, SCALER, "sqs_scaler", Timeout=60, MemorySize=256)
    student.reserve_concurrency(SCALER, 100)
    map_event_source(
        student,
        SCALER,
        queue,
        BatchSize=10,
        MaximumBatchingWindowInSeconds=1,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    # Task 6
    student.put_dashboard("performance-dashboard", dashboard_body(student))


def deploy(student: SimulatedStudent, suffix: str, module: str, **settings: Any) -> None:
    """Create one of the lab's functions."""
    text = (CODE / f"{module}.py").read_text(encoding="utf-8")
    settings = {"Runtime": RUNTIME, "Handler": f"{module}.lambda_handler", **settings}
    student.create_function(suffix, {f"{module}.py": text}, **settings)


def dashboard_body(student: SimulatedStudent) -> str:
    """Return the five graphs of the handout."""
    function, scaler, api = student.named(FUNCTION), student.named(SCALER), student.named(API)
    graphs: list[tuple[str, str, list[list[str]]]] = [
        ("Average Function Duration", "Average", two_lines("Duration", function, scaler)),
        ("Concurrent Executions", "Maximum", two_lines("ConcurrentExecutions", function, scaler)),
        (
            "Throttles and Errors",
            "Sum",
            [["AWS/Lambda", "Throttles", "FunctionName", function], [".", "Errors", ".", "."]],
        ),
        (
            "Custom Performance Metrics",
            "Average",
            [
                ["HighPerformance", "ExecutionTime", "FunctionName", function],
                [".", "ColdStarts", ".", "."],
                [".", "SuccessfulInvocations", ".", "."],
            ],
        ),
        (
            "API Gateway Performance Metrics",
            "Average",
            [
                ["AWS/ApiGateway", "Count", "ApiName", api],
                [".", "Latency", ".", "."],
                [".", "4XXError", ".", "."],
                [".", "5XXError", ".", "."],
            ],
        ),
    ]
    widgets = [
        {
            "type": "metric",
            "x": 0,
            "y": 6 * index,
            "width": 12,
            "height": 6,
            "properties": {"metrics": lines, "period": 300, "stat": stat, "region": student.region, "title": title},
        }
        for index, (title, stat, lines) in enumerate(graphs)
    ]
    return json.dumps({"widgets": widgets})


def two_lines(metric: str, *functions: str) -> list[list[str]]:
    """Return one metric of both functions."""
    return [["AWS/Lambda", metric, "FunctionName", function] for function in functions]
