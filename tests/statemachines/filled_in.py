"""The machines as CloudFormation deploys them: the substitutions of the template are filled in."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "statemachines"

ACCOUNT = "123456789012"

REGIONS = {"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1"}
"""One Region of each partition."""

BUCKET = "labgrader-bucket"


def function_arn(resource: str, partition: str = "aws") -> str:
    """Return the ARN of a function.

    Args:
        resource: its name in the template, ``PlanRunFunction``.
        partition: the partition of the stack.
    """
    words = re.findall("[A-Z][a-z]+", resource.removesuffix("Function"))
    name = "-".join(["labgrader", *map(str.lower, words)])
    return f"arn:{partition}:lambda:{REGIONS[partition]}:{ACCOUNT}:function:{name}"


def machine_arn(name: str, partition: str = "aws") -> str:
    """Return the ARN of a machine.

    Args:
        name: the name of its file, ``grade_class``.
        partition: the partition of the stack.
    """
    return f"arn:{partition}:states:{REGIONS[partition]}:{ACCOUNT}:stateMachine:labgrader-{name.replace('_', '-')}"


def filled_in(name: str, *, partition: str = "aws") -> dict[str, Any]:
    """Return the definition of a machine with its substitutions filled in.

    Args:
        name: the name of its file, ``grade_class``.
        partition: the partition of the stack.

    Raises:
        KeyError: the file has a substitution that is not known here.
    """
    others = {"Partition": partition, "Bucket": BUCKET, "GradeClass": machine_arn("grade_class", partition)}

    def value(substitution: re.Match[str]) -> str:
        resource = substitution[1]
        return function_arn(resource, partition) if resource.endswith("Function") else others[resource]

    text = (FOLDER / f"{name}.asl.json").read_text(encoding="utf-8")
    definition: dict[str, Any] = json.loads(re.sub(r"\$\{(\w+)\}", value, text))
    return definition
