"""A perfect student of this lab, step by step as in the handout. The code is our own and needs no internet."""

from __future__ import annotations

import json
from pathlib import Path

from checks.simulation.student import SimulatedStudent

RUNTIME = "python3.13"
CODE = Path(__file__).parent / "student-code"


def build(student: SimulatedStudent) -> None:
    """Build the lab with as few API calls as possible."""
    # Task 1
    student.create_function(
        "baseline-function",
        {"baseline_function.py": code("baseline_function")},
        Runtime=RUNTIME,
        Handler="baseline_function.lambda_handler",
        Timeout=30,
        MemorySize=128,
    )
    # Task 2
    layers = [
        student.publish_layer(
            "shared-dependencies",
            {"python/shared_session.py": code("shared_session")},
            CompatibleRuntimes=[RUNTIME],
        ),
        student.publish_layer(
            "lambda-utils", {"python/lambda_utils.py": code("lambda_utils")}, CompatibleRuntimes=[RUNTIME]
        ),
    ]
    # Tasks 3 and 4, with the memory size of Task 5, so that the versions have it, too
    first = code("optimized_function")
    student.create_function(
        "optimized-function",
        {"optimized_function.py": first},
        Runtime=RUNTIME,
        Handler="optimized_function.lambda_handler",
        Timeout=30,
        MemorySize=512,
        Environment={"Variables": {"GITHUB_API_URL": "https://api.github.com/repos/aws/aws-sdk-python"}},
        Layers=[arn for arn in layers if arn],
        Publish=True,
    )
    second = first.replace('VERSION = "1.0"', 'VERSION = "2.0"').replace("STEPS = 50_000", "STEPS = 25_000")
    student.update_code("optimized-function", {"optimized_function.py": second}, Publish=True)
    student.create_alias("optimized-function", "dev", "$LATEST")
    student.create_alias("optimized-function", "prod", "1")
    student.create_alias("optimized-function", "staging", "2")
    # Task 5
    student.reserve_concurrency("optimized-function", 10)
    student.provision_concurrency("optimized-function", "prod", 2)
    # Task 6
    student.create_function(
        "error-handling-function",
        {"error_handling_function.py": code("error_handling_function")},
        Runtime=RUNTIME,
        Handler="error_handling_function.lambda_handler",
        Timeout=30,
        MemorySize=256,
        Layers=[arn for arn in layers[1:] if arn],
    )
    # Task 8 (Task 7 only measures)
    student.put_dashboard("lambda-optimization", dashboard_body(student, ["Duration", "Invocations"]))


def code(module: str) -> str:
    """Return the text of one of the student's modules."""
    return (CODE / f"{module}.py").read_text(encoding="utf-8")


def dashboard_body(student: SimulatedStudent, metrics: list[str]) -> str:
    """Return a dashboard with one graph for each metric and one line for each function."""
    widgets = [
        {
            "type": "metric",
            "x": 0,
            "y": 6 * index,
            "width": 12,
            "height": 6,
            "properties": {
                "metrics": [
                    ["AWS/Lambda", metric, "FunctionName", student.named("baseline-function")],
                    [".", ".", ".", student.named("optimized-function")],
                ],
                "period": 300,
                "stat": "Sum" if metric == "Invocations" else "Average",
                "region": student.region,
                "title": metric,
            },
        }
        for index, metric in enumerate(metrics)
    ]
    return json.dumps({"widgets": widgets})
