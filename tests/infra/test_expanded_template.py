"""The template after the SAM transform, in several Regions and partitions, for each value of each condition."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra.expanded_template import (
    changed_alone,
    choices,
    decided,
    deciding_parameters,
    expanded,
    missing_references,
)
from tests.infra.template_reading import template
from tests.statemachines.filled_in import REGIONS

LINTED_REGIONS = ("us-east-1", "us-west-2", "eu-central-1", "us-gov-west-1", "cn-north-1")

PARTITIONS = sorted(REGIONS)


def test_cfn_lint_accepts_the_expanded_template_in_each_region_and_for_each_value_of_each_condition(
    tmp_path: Path,
) -> None:
    """All in one process: cfn-lint takes seconds to start, and a second and a half for each document.

    The first document has its conditions, and cfn-lint follows both values of each. In each of the others, one
    condition has its other value, and the partitions take turns.
    """
    documents = {"every-condition": expanded("us-east-1")}
    turns = itertools.cycle(["aws-us-gov", "aws-cn", "aws"])
    for parameters, partition in zip(changed_alone(), turns, strict=False):
        documents[f"{len(documents)}-{partition}"] = decided(expanded(REGIONS[partition]), parameters)
    assert len(documents) == 1 + sum(len(values) - 1 for values in deciding_parameters().values())
    files = []
    for name, document in documents.items():
        file = tmp_path / f"{name}.json"
        file.write_text(json.dumps(document, indent=1))
        files.append(str(file))
    # W2001: a parameter that only a condition used is unused without that condition
    linter = [str(Path(sys.executable).parent / "cfn-lint"), "--ignore-checks", "W2001"]
    outcome = subprocess.run(
        [*linter, "--regions", *LINTED_REGIONS, "--template", *files], capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 0, outcome.stdout


@pytest.mark.parametrize("partition", PARTITIONS)
def test_nothing_refers_to_what_a_condition_removes(partition: str) -> None:
    document = expanded(REGIONS[partition])
    for parameters in choices():
        assert missing_references(decided(document, parameters)) == set(), parameters


def test_an_account_keeps_its_role_for_the_logs_of_api_gateway() -> None:
    """With `keep` there is no such role in the stack, and the API does not depend on it."""
    defaults = {name: values[0] for name, values in deciding_parameters().items()}
    made = decided(expanded("us-east-1"), defaults)
    kept = decided(expanded("us-east-1"), {**defaults, "ApiGatewayLogRole": "keep"})
    assert set(made["Resources"]) - set(kept["Resources"]) == {"ApiGatewayLogWriter", "ApiGatewayAccount"}
    assert made["Resources"]["Api"]["Metadata"]["After"] == {"Ref": "ApiGatewayAccount"}
    assert kept["Resources"]["Api"]["Metadata"]["After"] == "none"
    for resources in (made["Resources"], kept["Resources"]):
        assert "DependsOn" not in resources["Api"]
        assert resources["ApiapiStage"]["Properties"]["RestApiId"] == {"Ref": "Api"}, "the stage comes after the API"


@pytest.mark.parametrize("partition", PARTITIONS)
def test_every_arn_has_the_partition_of_the_stack(partition: str) -> None:
    text = json.dumps(expanded(REGIONS[partition])).replace("${AWS::Partition}", partition)
    assert set(re.findall(r"arn:([^:\"]+):", text)) == {partition}


def test_no_arn_of_the_template_itself_has_a_fixed_partition() -> None:
    for name in ("template.yaml", "student_account.yaml"):
        assert set(re.findall(r"arn:([^:\"]*(?:::Partition})?):", json.dumps(template(name)))) == {"${AWS::Partition}"}


def test_the_transform_makes_a_policy_of_the_partition_for_traces() -> None:
    """The ARN of a managed policy is the one that the transform adds by itself, from the Region in which it runs."""
    role = expanded("us-gov-west-1")["Resources"]["PlanRunFunctionRole"]["Properties"]
    assert any(arn.startswith("arn:aws-us-gov:iam::aws:policy/") for arn in role["ManagedPolicyArns"])


def test_every_function_and_every_machine_has_the_partition_and_the_level_of_the_stack() -> None:
    resources = expanded("us-east-1")["Resources"].values()
    machines = [
        resource["Properties"] for resource in resources if resource["Type"] == "AWS::StepFunctions::StateMachine"
    ]
    assert len(machines) == 3
    for machine in machines:
        assert machine["DefinitionSubstitutions"]["Partition"] == {"Ref": "AWS::Partition"}
    functions = [resource["Properties"] for resource in resources if resource["Type"] == "AWS::Lambda::Function"]
    level = {"Fn::FindInMap": ["LogLevels", {"Ref": "LogLevel"}, "Lambda"]}
    for function in functions:
        assert function["LoggingConfig"]["ApplicationLogLevel"] == level
        assert function["Environment"]["Variables"]["POWERTOOLS_LOG_LEVEL"] == {"Ref": "LogLevel"}
