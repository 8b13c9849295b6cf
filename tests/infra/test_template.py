"""The template: one name everywhere, and every role the least that its function needs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from labgrader.load_testing.admission import LEASE_S, PROVISIONED_WAIT_S, TEST_S
from labgrader.store import LEASES
from tests.infra.template_reading import (
    FUNCTIONS,
    MACHINES,
    RESOURCES,
    ROOT,
    actions,
    pascal,
    placeholders,
    statements,
    template,
)

DOORS = {"ApiFunction", "AuthorizeFunction", "StartRunFunction"}
"""The functions that stand in front of the workflows, and are in none."""


def test_state_folder_and_resource_share_a_name() -> None:
    folders = {folder.name for folder in (ROOT / "functions").iterdir() if (folder / "app.py").exists()}
    assert {f"{pascal(folder)}Function" for folder in folders} == set(FUNCTIONS)
    invoked = {name for machine in MACHINES for name in placeholders(machine) if name.endswith("Function")}
    assert invoked | DOORS == set(FUNCTIONS)
    assert not invoked & DOORS
    for folder in folders:
        properties = FUNCTIONS[f"{pascal(folder)}Function"]
        assert properties["CodeUri"] == f"../functions/{folder}"
        assert properties["FunctionName"] == f"${{AWS::StackName}}-{folder.replace('_', '-')}"


def test_only_probe_and_load_test_may_invoke_students_functions() -> None:
    invoking = {name for name in FUNCTIONS if "lambda:InvokeFunction" in actions(name)}
    assert invoking == {"RunProbeFunction", "RunLoadTestFunction"}
    for name in invoking:
        allowed = [statement for statement in statements(name) if statement["Action"] == "lambda:InvokeFunction"]
        assert [(statement["Effect"], statement["Resource"].rpartition(":function:")[2]) for statement in allowed] == [
            ("Allow", "*-*"),
            ("Deny", "${AWS::StackName}-*"),
        ]


def test_only_a_probe_may_upload_objects_and_send_messages() -> None:
    live = {statement["Sid"]: statement for statement in statements("RunProbeFunction") if "Sid" in statement}
    student = template("student_account.yaml")["Resources"]["Reader"]["Properties"]["Policies"][0]["PolicyDocument"]
    theirs = {statement["Sid"]: statement for statement in student["Statement"] if "Sid" in statement}
    for sid, whole, own in (
        ("DropOwnObjects", "s3:::*-*/*labgrader-*", "s3:::${Username}-*/*labgrader-*"),
        ("SendToPrefixedQueues", "sqs:*:${AWS::AccountId}:*-*", "sqs:*:${AWS::AccountId}:${Username}-*"),
        ("ReadKeysToCallWith", "apigateway:*::/apikeys/*", "apigateway:*::/apikeys/*"),
    ):
        assert (live[sid]["Effect"], live[sid]["Resource"]) == ("Allow", f"arn:${{AWS::Partition}}:{whole}")
        assert (theirs[sid]["Effect"], theirs[sid]["Resource"]) == ("Allow", f"arn:${{AWS::Partition}}:{own}")
        assert theirs[sid]["Action"] == live[sid]["Action"]
    never = live["NeverIntoOurBucket"], live["NeverOurQueues"]
    assert [statement["Effect"] for statement in never] == ["Deny", "Deny"]
    assert set(never[0]["Action"]) == set(live["DropOwnObjects"]["Action"]) - {"s3:GetObject"}  # it reads its own runs
    assert never[0]["Resource"] == "${Bucket.Arn}/*labgrader-*"
    assert never[1]["Action"] == live["SendToPrefixedQueues"]["Action"]
    assert never[1]["Resource"].endswith(":${AWS::StackName}-*")


def test_only_a_load_test_may_read_concurrency_and_take_leases() -> None:
    loading = {statement["Sid"]: statement for statement in statements("RunLoadTestFunction") if "Sid" in statement}
    assert set(loading) == {
        "InvokePrefixedFunctions",
        "NeverOurOwn",
        "AskHowManyExecutionsThereAre",
        "AskWhatPrefixedFunctionsMayUse",
        "LeaseWhatIsLoaded",
        "ReadKeysToCallWith",  # an API is loaded with the student's key
    }
    student = template("student_account.yaml")["Resources"]["Reader"]["Properties"]["Policies"][0]["PolicyDocument"]
    theirs = {statement["Sid"]: statement for statement in student["Statement"] if "Sid" in statement}
    for sid, resource in (
        ("AskHowManyExecutionsThereAre", "*"),
        ("AskWhatPrefixedFunctionsMayUse", "arn:${AWS::Partition}:lambda:*:${AWS::AccountId}:function:*-*"),
        ("ReadKeysToCallWith", "arn:${AWS::Partition}:apigateway:*::/apikeys/*"),
    ):
        assert (loading[sid]["Effect"], loading[sid]["Resource"]) == ("Allow", resource)
        assert theirs[sid]["Action"] == loading[sid]["Action"]
        assert theirs[sid]["Resource"] == resource.replace(":function:*-*", ":function:${Username}-*")
    lease = loading["LeaseWhatIsLoaded"]
    assert lease["Action"] == ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"]
    assert lease["Resource"] == "Table.Arn"
    assert lease["Condition"] == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [LEASES]}}
    asking = {name for name in FUNCTIONS if "lambda:GetAccountSettings" in actions(name)}
    assert asking == {"PlanRunFunction", "RunLoadTestFunction"}
    assert {name for name in FUNCTIONS if "dynamodb:DeleteItem" in actions(name)} == {"RunLoadTestFunction"}


def test_run_load_test_has_time_for_a_test_and_the_wait_before_it() -> None:
    """Until all is warm, and as long again until another run is done; and its leases end when it does, not later."""
    timeout_s = FUNCTIONS["RunLoadTestFunction"]["Timeout"]
    assert timeout_s >= TEST_S + 2 * PROVISIONED_WAIT_S
    assert timeout_s == LEASE_S


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_no_function_has_wildcard_or_delete_permissions(name: str) -> None:
    for action in actions(name):
        assert "*" not in action
        if action in ("s3:DeleteObject", "sqs:DeleteMessage"):  # of its own objects and messages only: see below
            assert name == "RunProbeFunction"
        elif action == "dynamodb:DeleteItem":  # of leases only: see above
            assert name == "RunLoadTestFunction"
        else:
            assert not re.search(r":(Delete|Create|Update|Put(?!Object$|Item$|Events$))", action), action
    for statement in statements(name):
        if statement["Resource"] == "*":
            assert statement.get("Sid") in ("ReadStudentsResources", "AskHowManyExecutionsThereAre")


@pytest.mark.parametrize(
    ("name", "writes"),
    [
        ("PlanRunFunction", ["runs/*/lab.json", "runs/*/students.json"]),
        ("TakeSnapshotFunction", ["runs/*/snapshots/*", "runs/*/facts.json"]),
        ("RunCheckFunction", ["runs/*/evidence/*"]),
        ("RunProbeFunction", ["runs/*/evidence/*", "runs/*/claims/*"]),
        ("RunLoadTestFunction", ["runs/*/evidence/*", "runs/*/claims/*"]),
        ("WriteReportFunction", ["runs/*/reports/*"]),
        (
            "SummariseRunFunction",
            [
                "runs/*/reports/*",
                "runs/*/run.json",
                "runs/*/gradebook.csv",
                "runs/*/gradebook.json",
                "runs/*/class.html",
                "runs/*/audit.json",
            ],
        ),
        ("SendDigestFunction", ["courses/*/nights/*"]),
        ("StartRunFunction", ["rosters/*", "runs/*/students.json"]),
        ("ApiFunction", ["rosters/*", "runs/*/students.json"]),
    ],
)
def test_each_function_writes_its_own_part_of_a_run(name: str, writes: list[str]) -> None:
    (put,) = [statement for statement in statements(name) if statement["Action"] == "s3:PutObject"]
    resources = [put["Resource"]] if isinstance(put["Resource"], str) else put["Resource"]
    assert [resource.removeprefix("${Bucket.Arn}/") for resource in resources] == writes


def test_other_functions_write_no_objects() -> None:
    assert {name for name in FUNCTIONS if "s3:PutObject" not in actions(name)} == {
        "AuthorizeFunction",
        "PlanAuditFunction",
    }


@pytest.mark.parametrize("machine", MACHINES)
def test_a_machine_may_invoke_only_the_functions_in_its_definition(machine: str) -> None:
    properties = RESOURCES[machine]["Properties"]
    assert set(properties["DefinitionSubstitutions"]) == placeholders(machine)
    assert properties["Name"] == f"${{AWS::StackName}}-{MACHINES[machine].replace('_', '-')}"
    (policy,) = properties["Policies"]
    invoke = policy["Statement"][0]
    assert invoke["Action"] == "lambda:InvokeFunction"
    functions = {name for name in placeholders(machine) if name.endswith("Function")}
    assert {resource.removesuffix(".Arn") for resource in invoke["Resource"]} == functions


def test_the_bucket_is_private_encrypted_and_retained() -> None:
    bucket = template()["Resources"]["Bucket"]
    assert bucket["DeletionPolicy"] == "RetainExceptOnCreate"
    assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}


def test_cfn_lint_accepts_the_templates() -> None:
    linter = Path(sys.executable).parent / "cfn-lint"
    files = [str(file) for file in sorted((ROOT / "infra").glob("*.yaml"))]
    outcome = subprocess.run([str(linter), *files], capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout
