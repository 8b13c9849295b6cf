"""Whether a snapshot shows that a student has nothing at all in the Region."""

from __future__ import annotations

from typing import Any

import pytest

from cli.verification.record import ProofRecords
from labgrader.evidence.no_resources import REGIONAL_LISTS, has_no_resources
from labgrader.evidence.question import Answers
from labgrader.evidence.snapshot import Snapshot
from labgrader.labs.lab import find_lab
from tests.checks.test_recorded import FIXTURES

LABS = ("lambda-fundamentals", "lambda-optimization", "performance-scaling", "serverless-foundations")


def snapshot(answers: dict[str, Any]) -> Snapshot:
    return Snapshot("user1", "111122223333", "us-east-1", answers=Answers.from_dict(answers))


@pytest.mark.parametrize("lab_id", LABS)
def test_only_the_student_who_built_nothing_has_no_resources(lab_id: str) -> None:
    records = ProofRecords(FIXTURES / lab_id, find_lab(lab_id))
    cases = records.cases()
    found = [case for case in cases if has_no_resources(Snapshot.from_dict(records.read(case)["snapshot"]))]
    assert found == ["nothing-built"]


@pytest.mark.parametrize("action", REGIONAL_LISTS)
def test_one_resource_is_enough(action: str) -> None:
    empty: dict[str, Any] = {name: {"value": []} for name in REGIONAL_LISTS}
    assert has_no_resources(snapshot(empty))
    assert not has_no_resources(snapshot({**empty, action: {"value": ["user1-x"]}}))
    assert not has_no_resources(snapshot({**empty, action: {"value": {"user1-x": {}}}}))


def test_a_refused_list_leaves_it_unknown() -> None:
    functions: dict[str, Any] = {"lambda:ListFunctions": {"value": []}}
    refused = {"sqs:ListQueues": {"error": {"code": "AccessDenied", "message": "not allowed"}}}
    assert has_no_resources(snapshot(functions))
    assert not has_no_resources(snapshot({**functions, **refused}))


def test_a_lab_without_regional_lists_leaves_it_unknown() -> None:
    assert not has_no_resources(snapshot({}))
    assert not has_no_resources(snapshot({"iam:GetRole {}": {"value": None}}))


def test_resources_outside_of_the_region_do_not_count() -> None:
    answers = {
        "lambda:ListFunctions": {"value": []},
        "s3:ListAllMyBuckets": {"value": ["user1-bucket"]},
        "cloudwatch:ListDashboards": {"value": ["user1-dashboard"]},
        'iam:GetRole {"RoleName":"user1-role"}': {"value": {"Arn": "arn"}},
    }
    assert has_no_resources(snapshot(answers))
