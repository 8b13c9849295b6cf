"""Attacks on the deployed API, through the API Gateway of an embedded AWS that enforces IAM."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest

from labgrader.auth.tokens import issue
from labgrader.moments import isoformat_utc
from tests.auth.hand_made import hand_made
from tests.workflow.conftest import LONG_S

pytestmark = pytest.mark.workflow

STACK = "labgrader"


def signing_key(stack: Any) -> str:
    answer = stack.client("secretsmanager").get_secret_value(SecretId=stack.outputs["TokenKeyArn"])
    return str(answer["SecretString"])


def token_of(stack: Any, subject: str, role: str = "student", *, issued_at: datetime | None = None) -> str:
    token, claims = issue(signing_key(stack), subject, role, 1, issued_at or datetime.now(UTC), STACK)
    assert stack.store.record_token(claims.to_record())
    return token


def ask(stack: Any, method: str, path: str, token: str = "", **headers: str) -> tuple[int, Any, Any]:
    """Send a request with an unchanged path. Retry if the stage throttles. Return status, headers and body."""
    url = urlsplit(stack.outputs["ApiUrl"])
    connection = http.client.HTTPConnection(str(url.hostname), url.port, timeout=LONG_S)
    try:
        given = {"Authorization": f"Bearer {token}"} if token else {}
        body = b"{}" if method == "POST" else None
        connection.request(method, url.path + path, body, {"Content-Type": "application/json", **given, **headers})
        answer = connection.getresponse()
        status, told, content = answer.status, answer.headers, json.loads(answer.read())
    finally:
        connection.close()
    if status == 429:
        time.sleep(1)
        return ask(stack, method, path, token, **headers)
    return status, told, content


def claims_of(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


def test_valid_token_gives_access_to_the_students_resources(stack: Any) -> None:
    token = token_of(stack, "user1")
    assert ask(stack, "GET", "/v1/labs", token)[0] == 200
    assert ask(stack, "GET", "/v1/labs", "", Authorization=f"bearer   {token}")[0] == 200
    assert ask(stack, "GET", "/v1/me/reports", token)[0] == 200


def test_invalid_token_is_refused(stack: Any) -> None:
    good = token_of(stack, "user1")
    claims, key = claims_of(good), signing_key(stack)
    signed, _, signature = good.rpartition(".")
    bad = {
        "none": "",
        "wrong signature": f"{signed}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}",
        "no signature": f"{signed}.",
        # PyJWT requires None as the key of "none", but its annotation does not allow it
        "alg none": jwt.encode(claims, None, algorithm="none"),  # type: ignore[arg-type]
        "alg none with a signature": hand_made(claims, key=key, header={"alg": "none"}),
        "another key": hand_made({**claims, "role": "instructor"}, key="a" * 64),
        "another role than was recorded": hand_made({**claims, "role": "instructor"}, key=key),
        "another subject than was recorded": hand_made({**claims, "sub": "user2"}, key=key),
        "never recorded": hand_made({**claims, "jti": "0" * 16}, key=key),
        "another stack's": hand_made({**claims, "aud": "other"}, key=key),
        "somebody else's": hand_made({**claims, "iss": "other"}, key=key),
        "without an end": hand_made({name: claims[name] for name in claims if name != "exp"}, key=key),
        "expired": token_of(stack, "user1", issued_at=datetime.now(UTC) - timedelta(days=1, seconds=1)),
        "oversized": good + "A" * 5000,
    }
    answers = {name: ask(stack, "GET", "/v1/labs", token) for name, token in bad.items()}
    assert {name: status for name, (status, _, _) in answers.items() if status != 401} == {}
    _, headers, problem = answers["expired"]
    assert headers["Content-Type"] == "application/problem+json"
    assert (problem["status"], headers["WWW-Authenticate"]) == (401, "Bearer")


def test_revoked_token_is_refused_at_once(stack: Any) -> None:
    token = token_of(stack, "user1")
    assert ask(stack, "GET", "/v1/labs", token)[0] == 200
    stack.store.revoke_token(claims_of(token)["jti"], isoformat_utc(datetime.now(UTC)))
    assert ask(stack, "GET", "/v1/labs", token)[0] == 401


def test_student_cannot_use_instructor_routes(stack: Any) -> None:
    token = token_of(stack, "user1")
    assert ask(stack, "POST", "/v1/runs", token)[0] == 403
    ways = [
        "/v1/runs/r1",
        "/v1/runs/r1/gradebook",
        "/v1/runs/r1/students/user1",
        "/v1/self-checks/../runs/r1",
        "/v1/self-checks/%2e%2e/runs/r1",
        "/v1/self-checks/..%2fruns/r1",
        "/v1/self-checks/..;/runs/r1",
        "/v1/self-checks//../runs/r1",
        "/v1/self-checks//runs/r1",
        "/v1//runs/r1",
        "//v1/runs/r1",
        "/v1/runs%2fr1",
        "/v1/runs/v1/self-checks",
        "/v1/runs/r1/v1/me/reports",
        "/v1/me/../runs/r1",
        "/v1/me//../runs/r1",
        "/v1/Runs/r1",
    ]
    assert {way: status for way in ways if (status := ask(stack, "GET", way, token)[0]) != 403} == {}
    assert ask(stack, "GET", "/V1/runs/r1", token)[0] == 404
    assert (
        ask(stack, "GET", "/v1/runs/r1", token_of(stack, "ada", "instructor"))[0] == 404
    )  # access is granted, but the run does not exist


@contextmanager
def environment(stack: Any, **changes: str) -> Iterator[None]:
    """Change the environment of the authorizer. This also clears its memory."""
    functions, name = stack.client("lambda"), f"{STACK}-authorize"
    before = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": {**before, **changes}})
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": before})


def test_broken_authorizer_refuses_all_requests(stack: Any) -> None:
    token = token_of(stack, "ada", "instructor")
    other = stack.client("secretsmanager").create_secret(Name="not-its-key", SecretString=signing_key(stack))["ARN"]
    faults = {
        "no such secret": {"TOKEN_KEY_ARN": stack.outputs["TokenKeyArn"] + "x"},
        "a secret that its role may not read": {"TOKEN_KEY_ARN": other},
        "no such table": {"TABLE": "nothing"},
    }
    for fault, changes in faults.items():
        with environment(stack, **changes):
            status, headers, problem = ask(stack, "GET", "/v1/runs/r1", token)
        assert (status, problem["status"], headers["Content-Type"]) == (500, 500, "application/problem+json"), fault
    assert ask(stack, "GET", "/v1/runs/r1", token)[0] == 404


def test_logs_have_no_tokens_and_no_key(stack: Any) -> None:
    good = token_of(stack, "user1")
    bad = hand_made(claims_of(good), key="a" * 64)
    assert [ask(stack, "GET", "/v1/labs", token)[0] for token in (good, bad)] == [200, 401]
    logs = stack.client("logs")
    lines = [
        event["message"]
        for group in logs.describe_log_groups()["logGroups"]
        for event in logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
    ]
    assert any('"refused"' in line and "its signature is wrong" in line for line in lines)
    secrets = [signing_key(stack), *good.split("."), bad.rpartition(".")[2], "Bearer "]
    assert [secret for secret in secrets if any(secret in line for line in lines)] == []
