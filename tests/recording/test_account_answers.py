"""Roles and policies: one answer serves everybody in an account."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from benchmarks.stub_aws import ACCOUNT, REGION, Fault, StubAws
from labgrader.evidence.snapshot import Snapshot
from labgrader.recording.account_cache import EVERYWHERE, AccountCache, AccountFacts
from labgrader.recording.operations import MANAGED_POLICY
from labgrader.rosters import Student
from tests.recording.recording import record, record_all, recorder, refusal

ROLE = "LabRole"


def reading_role(snapshot: Snapshot) -> object:
    return snapshot.iam.role(ROLE), snapshot.iam.managed_policy("arn:aws:iam::aws:policy/P")


class RoleAws(StubAws):
    """An account with one role, one inline and one managed policy."""

    def _GetRole(self, *, RoleName: str) -> dict[str, Any]:  # noqa: N802, N803
        if RoleName != ROLE:
            raise Fault("NoSuchEntity", 404)
        return {
            "Role": {
                "RoleName": ROLE,
                "Arn": f"arn:aws:iam::{ACCOUNT}:role/{ROLE}",
                "AssumeRolePolicyDocument": '{"Statement": []}',
                "Description": "mentions a-secret-of-the-description",
                "Tags": [{"Key": "owner", "Value": "class"}, {"Key": "password", "Value": "hunter2hunter2"}],
            }
        }

    def _ListAttachedRolePolicies(self, **_: Any) -> dict[str, Any]:  # noqa: N802
        return {"AttachedPolicies": [{"PolicyName": "P", "PolicyArn": "arn:aws:iam::aws:policy/P"}]}

    def _ListRolePolicies(self, **_: Any) -> dict[str, Any]:  # noqa: N802
        return {"PolicyNames": ["inline"], "IsTruncated": False}

    def _GetRolePolicy(self, **_: Any) -> dict[str, Any]:  # noqa: N802
        return {"PolicyDocument": json.dumps({"Statement": [{"Effect": "Allow", "Action": "s3:*"}]})}

    def _GetPolicy(self, *, PolicyArn: str) -> dict[str, Any]:  # noqa: N802, N803
        if PolicyArn.endswith("/None"):
            raise Fault("NoSuchEntity", 404)
        return {"Policy": {"DefaultVersionId": "v3"}}

    def _GetPolicyVersion(self, *, PolicyArn: str, VersionId: str) -> dict[str, Any]:  # noqa: N802, N803
        assert VersionId == "v3"
        return {"PolicyVersion": {"Document": json.dumps({"Statement": {"Effect": "Allow", "Action": "logs:*"}})}}


CLASS = [Student("user1"), Student("user2", region="eu-west-1"), Student("user3")]


def test_a_role_is_requested_once_for_a_class_in_all_regions() -> None:
    aws = RoleAws()
    snapshots = record_all(recorder(aws), [reading_role], CLASS)
    requests = ("GetRole", "ListAttachedRolePolicies", "ListRolePolicies", "GetRolePolicy", "GetPolicy")
    assert {name: aws.counted()[name] for name in (*requests, "GetPolicyVersion")} == dict.fromkeys(
        (*requests, "GetPolicyVersion"), 1
    )
    role = snapshots["user3"].iam.role(ROLE)
    assert role.attached == ("arn:aws:iam::aws:policy/P",)
    assert role.inline["inline"][0].actions == ("s3:*",)
    assert role.tags == {"owner": "class", "password": "[redacted]"}
    assert "a-secret-of" not in json.dumps(snapshots["user3"].to_dict())
    policy = snapshots["user2"].iam.managed_policy("arn:aws:iam::aws:policy/P")
    assert policy is not None
    (statement,) = policy
    assert statement.actions == ("logs:*",)


def test_a_second_recorder_reuses_the_roles() -> None:
    first = recorder(RoleAws())
    record_all(first, [reading_role, lambda s: s.iam.role("nobody")], CLASS[:1])
    saved = json.loads(json.dumps(first.facts.to_dict()))
    assert saved[f"{ACCOUNT} {EVERYWHERE}"]["answers"]['iam:GetRole {"RoleName":"nobody"}'] is None
    aws = RoleAws()
    second = recorder(aws, facts=AccountCache.from_dict(saved))
    snapshots = record_all(second, [reading_role, lambda s: s.iam.role("nobody")], CLASS[1:])
    assert snapshots["user2"].iam.role(ROLE).name == ROLE
    assert snapshots["user2"].iam.role("nobody") is None
    assert aws.counted() == {"GetCallerIdentity": 1}


def test_facts_of_an_earlier_release_are_read() -> None:
    facts = AccountFacts.from_dict({"lists": {"lambda:ListFunctions": []}, "lists_provisioned_concurrency": True})
    assert (facts.answers, facts.lists_provisioned_concurrency) == ({}, True)


@pytest.mark.parametrize("missing", ["nobody", "arn:aws:iam::aws:policy/None"])
def test_a_missing_role_is_requested_once(missing: str) -> None:
    aws = RoleAws()
    managed = missing.startswith("arn:")

    def read(snapshot: Snapshot) -> object:
        return snapshot.iam.managed_policy(missing) if managed else snapshot.iam.role(missing)

    snapshots = record_all(recorder(aws), [read], CLASS)
    assert [read(snapshot) for snapshot in snapshots.values()] == [None] * 3
    assert aws.counted()["GetPolicy" if managed else "GetRole"] == 1


def test_a_denied_role_is_requested_once_for_each_student() -> None:
    aws = RoleAws()
    aws.fail("GetRole", Fault("AccessDenied", 403))
    students = [Student(f"user{number}", region=REGION) for number in range(5)]
    recording = recorder(aws)
    snapshots = record_all(recording, [lambda s: s.iam.role(ROLE)], students)
    assert all("iam:GetRole: AccessDenied" in refusal(partial(s.iam.role, ROLE)) for s in snapshots.values())
    assert aws.counted()["GetRole"] == 1
    assert recording.facts.of(ACCOUNT, EVERYWHERE).answers == {}


@pytest.mark.parametrize("request_name", ["GetPolicy", "GetPolicyVersion"])
def test_a_denied_policy_names_its_permissions(request_name: str) -> None:
    aws = RoleAws()
    aws.fail(request_name, Fault("AccessDenied", 403, "no"))
    snapshot = record(aws, reading_role)
    said = refusal(lambda: snapshot.iam.managed_policy("arn:aws:iam::aws:policy/P"))
    assert said == f"{MANAGED_POLICY}: AccessDenied: no (it takes iam:GetPolicy and iam:GetPolicyVersion)"


def test_a_refusal_that_names_the_permission_is_unchanged() -> None:
    aws = RoleAws()
    message = "User: x is not authorized to perform: iam:GetPolicy on resource: y"
    aws.fail("GetPolicy", Fault("AccessDenied", 403, message))
    snapshot = record(aws, reading_role)
    said = refusal(lambda: snapshot.iam.managed_policy("arn:aws:iam::aws:policy/P"))
    assert said == f"{MANAGED_POLICY}: AccessDenied: {message}"
