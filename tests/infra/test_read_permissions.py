"""The templates grant the recorder exactly what the tables of operations need; a failure prints the lines to paste."""

from __future__ import annotations

import re

import pytest

from labgrader.recording.operations import SINGLE_OPERATIONS
from tests.infra.read_permissions import READ_ACTIONS, changes, granted, lines_to_change
from tests.infra.template_reading import template


def test_the_recorder_has_exactly_the_permissions_that_it_needs() -> None:
    assert not (lines := changes()), f"\n{lines}"


@pytest.mark.parametrize("name", ["template.yaml", "student_account.yaml"])
def test_read_permissions_cover_all_resources_and_rest_api_paths(name: str) -> None:
    others, apis = granted(name)
    assert (others["Effect"], others["Resource"], apis["Effect"]) == ("Allow", "*", "Allow")
    assert apis["Action"] == "apigateway:GET"


def test_a_student_account_allows_only_the_students_functions() -> None:
    student = template("student_account.yaml")["Resources"]["Reader"]["Properties"]["Policies"][0]["PolicyDocument"]
    (invoking,) = [statement for statement in student["Statement"] if statement["Action"] == "lambda:InvokeFunction"]
    assert invoking["Resource"].endswith(":function:${Username}-*")


def test_the_recorder_has_only_read_permissions() -> None:
    for action in READ_ACTIONS:
        assert re.match(r"[a-z0-9]+:(Get|List|Describe|GET$)", action), action


def test_every_api_gateway_operation_has_its_path() -> None:
    for action, operation in SINGLE_OPERATIONS.items():
        assert operation.api_path.startswith("/") == (operation.service == "apigateway"), action


TEXT = """\
Statement:
  - Action:
      - lambda:ListFunctions
      - lambda:GetFunction # a comment
"""


def test_missing_permissions_are_printed_for_pasting() -> None:
    present = ["lambda:ListFunctions", "lambda:GetFunction"]
    wanted = [*present, "lambda:GetPolicy", "iam:GetRole"]
    assert lines_to_change("a.yaml", TEXT, present, wanted, "lambda:ListFunctions") == (
        "infra/a.yaml: add these lines to the list of line 3\n      - iam:GetRole\n      - lambda:GetPolicy\n"
    )
    assert lines_to_change("a.yaml", TEXT, present, present, "lambda:ListFunctions") == ""


def test_superfluous_permissions_are_printed() -> None:
    present = ["lambda:ListFunctions", "lambda:GetFunction", "lambda:GetFunction", "lambda:GetAlias"]
    assert lines_to_change("a.yaml", TEXT, present, present[:2], "lambda:ListFunctions") == (
        "infra/a.yaml: remove these lines from the list of line 3\n"
        "      - lambda:GetAlias\n      - lambda:GetFunction\n"
    )


def test_a_rest_api_permission_is_printed_with_its_tag() -> None:
    text = "Resource:\n  - !Sub arn:x:/restapis\n  - !Sub arn:x:/restapis/*/stages\n"
    present = ["arn:x:/restapis", "arn:x:/restapis/*/stages"]
    assert lines_to_change("a.yaml", text, present, [*present, "arn:x:/apikeys"], "arn:x:/restapis") == (
        "infra/a.yaml: add these lines to the list of line 2\n  - !Sub arn:x:/apikeys\n"
    )
