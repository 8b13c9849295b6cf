"""The paths that a policy allows, and tricks that it denies."""

from __future__ import annotations

import re

import pytest

from labgrader.auth.authorizer import authorize
from labgrader.store import Store
from tests.auth.asking import STAGE, ask, lets_in, recorded
from tests.auth.hand_made import KEY, NOW, STACK

STUDENTS_OWN = [
    "GET/v1/labs",
    "GET/v1/labs/",
    "POST/v1/self-checks",
    "POST/v1/self-checks/",
    "GET/v1/me/reports/",
    "GET/v1/me/reports/20260301-120000-lambda-optimization-1a2b/",
    "GET/v1/self-checks",
    "GET/v1/self-checks/20260301-120000-lambda-optimization-1a2b",
    "DELETE/v1/self-checks/20260301-120000-lambda-optimization-1a2b",  # the API's 405
    "GET/v1/me/reports",
    "GET/v1/me/reports/20260301-120000-lambda-optimization-1a2b",
]

INSTRUCTORS_OWN = [
    "POST/v1/runs",
    "GET/v1/runs/r1",
    "GET/v1/runs/r1/gradebook",
    "GET/v1/runs/r1/students/user1",
    "GET/v1/courses/serverless-2026/gradebook",
]

TRICKS = [
    "GET/v1/self-checks/../runs",
    "GET/v1/self-checks/..",
    "GET/v1/self-checks/./../runs/r1/gradebook",
    "GET/v1/self-checks/x/..",
    "GET/v1/self-checks/.",
    "GET/v1/self-checks/%2e%2e/runs",
    "GET/v1/self-checks/..%2fruns",
    "GET/v1/self-checks/%252e%252e/runs",
    "GET/v1/self-checks/..\\runs",
    "GET/v1/self-checks/..;/runs",
    "GET/v1/self-checks/x;/../runs",
    "GET/v1/self-checks//../runs",
    "GET/v1/self-checks//v1/runs",
    "GET//v1/runs",
    "GET//v1/labs",
    "GET/v1//runs",
    "GET/v1//self-checks",
    "POST/v1/me//../runs",
    "GET/v1/me/../runs",
    "GET/v1/me/%2e%2e/runs/r1",
    "GET/v1/runs/v1/self-checks",
    "GET/v1/runs/v1/self-checks/x",
    "GET/v1/runs/r1/gradebook/v1/me/x",
    "GET/v1/runs/x/GET/v1/labs",
    "GET/v1/runs?/v1/labs",
    "GET/v1/runs/../self-checks",
    "GET/v1/labs/../runs",
    "GET/v1/labs//",
    "GET/v1/labs/../runs/r1",
    "GET/v1/labsx",
    "GET/v1/labs/x",
    "GET/v1/self-checksx",
    "GET/v1/self-checks-of-others",
    "GET/v1/me",
    "GET/v1/mex",
    "GET/V1/labs",
    "GET/v1/Labs",
    "GET/v1/SELF-CHECKS",
    "GET/v1/Runs",
    "GET/v1/RUNS/r1",
    "GET/v2/labs",
    "GET/labs",
    "GET/",
    "get/v1/labs",
    "TRACE/v1/labs",
    "GET/x/v1/labs",
    "GET/v1/self-checks\n/../runs",
]


def test_a_student_may_request_the_students_paths(store: Store) -> None:
    policy = ask(store, f"Bearer {recorded(store)}")
    assert [method for method in STUDENTS_OWN if not lets_in(policy, method)] == []


def test_a_student_may_not_request_other_paths(store: Store) -> None:
    policy = ask(store, f"Bearer {recorded(store)}")
    assert [method for method in (*INSTRUCTORS_OWN, *TRICKS) if lets_in(policy, method)] == []


def test_an_instructor_may_request_all_paths(store: Store) -> None:
    policy = ask(store, f"Bearer {recorded(store, 'ada', 'instructor')}")
    assert [method for method in (*STUDENTS_OWN, *INSTRUCTORS_OWN) if not lets_in(policy, method)] == []
    assert [method for method in ("GET/", "GET/v2/runs", "GET/V1/runs") if lets_in(policy, method)] == []


@pytest.mark.parametrize("role", ["student", "instructor"])
def test_the_policy_is_for_one_stage_of_one_api(role: str, store: Store) -> None:
    answer = ask(store, f"Bearer {recorded(store, role=role)}")
    for other in ("a1b2c3d4e5/other", "a1b2c3d4e5/api2", "zzzzzzzzzz/api"):
        resource = STAGE.replace("a1b2c3d4e5/api", other) + "/GET/v1/labs"
        for statement in answer["policyDocument"]["Statement"]:
            for pattern in statement["Resource"]:
                assert not re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), resource)


def test_the_policy_does_not_depend_on_the_request(store: Store) -> None:
    token = recorded(store)
    policy = ask(store, f"Bearer {token}")
    asked = [method for method in (*INSTRUCTORS_OWN, *TRICKS) if re.match("[A-Z]+/", method)]
    assert [method for method in asked if ask(store, f"Bearer {token}", method) != policy] == []


def test_the_policy_is_within_its_size_limit(store: Store) -> None:
    longest = "arn:aws-us-gov:execute-api:ap-southeast-99:111122223333:a1b2c3d4e5/" + "s" * 128
    event = {"authorizationToken": f"Bearer {recorded(store)}", "methodArn": f"{longest}/GET/v1/labs"}
    assert len(str(authorize(store, KEY, STACK, event, NOW)["policyDocument"])) < 10_240  # AWS: kilobytes, not bytes
