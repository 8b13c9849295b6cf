"""The authorizer's policies and refusals. It allows nothing if it cannot check a token."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import NoCredentialsError
from botocore.stub import Stubber

from labgrader.auth.authorizer import UnauthorizedError, authorize
from labgrader.auth.tokens import issue
from labgrader.errors import RefusedError, ServiceFaultError, ThrottledError
from labgrader.store import Store
from tests.auth.asking import STAGE, ask, recorded, refused
from tests.auth.hand_made import CLAIMS, KEY, NOW, STACK, hand_made


def test_a_student_token_gives_the_students_policy(store: Store) -> None:
    token, claims = issue(KEY, "user1", "student", 1, NOW, STACK)
    store.record_token(claims.to_record())
    answer = ask(store, f"Bearer {token}")
    assert answer["principalId"] == "user1"
    assert answer["context"] == {"subject": "user1", "role": "student", "jti": claims.jti}
    assert answer["policyDocument"]["Version"] == "2012-10-17"
    assert {statement["Action"] for statement in answer["policyDocument"]["Statement"]} == {"execute-api:Invoke"}


@pytest.mark.parametrize("role", ["student", "instructor"])
def test_an_invalid_method_arn_is_an_error(role: str, store: Store) -> None:
    token = recorded(store, role=role)
    for arn in (
        "",
        "*",
        STAGE,
        "arn:aws:execute-api:us-east-1:111122223333:*/api/GET/v1/labs",
        "arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/*/GET/v1/labs",
        "arn:aws:lambda:us-east-1:111122223333:a1b2c3d4e5/api/GET/v1/labs",
    ):
        event = {"authorizationToken": f"Bearer {token}", "methodArn": arn}
        with pytest.raises(ValueError, match=r"^the method ARN is not the ARN of a REST API method$"):
            authorize(store, KEY, STACK, event, NOW)


def test_the_bearer_scheme_is_accepted_in_any_case(store: Store) -> None:
    token = recorded(store)
    for scheme in ["Bearer {}", "bearer {}", "BEARER {}", "bEaReR {}", "Bearer   {}", " Bearer {}", "\tBearer {} \t"]:
        assert ask(store, scheme.format(token))["principalId"] == "user1"


OTHER_SCHEMES = [
    "{}",
    "Bearer{}",
    "Bearer\t{}",
    "Bearer\n{}",
    "\nBearer {}",
    "Bearer {}\n",
    "Bearer {}\r\nX: y",
    "Bearer\N{NO-BREAK SPACE}{}",
    "Basic {}",
    "Bearer: {}",
    "Bearer Bearer {}",
    "Bearer {0} {0}",
    "Bearer {0}, Bearer {0}",
    "Bearer {0},{0}",
    "Token Bearer {}",
    "\N{LATIN CAPITAL LETTER B WITH DOT ABOVE}earer {}",
]


def test_another_scheme_is_refused(store: Store) -> None:
    token = recorded(store)
    for scheme in OTHER_SCHEMES:
        assert refused(store, scheme.format(token)) == "there is no bearer token", scheme


def test_a_header_without_a_token_is_refused(store: Store) -> None:
    for header in [None, "", " ", "Bearer", "Bearer ", "Bearer  ", 7, ["Bearer x"], {"a": 1}, b"Bearer x"]:
        assert refused(store, header) == "there is no bearer token"


def test_a_missing_header_is_refused(store: Store) -> None:
    with pytest.raises(UnauthorizedError):
        authorize(store, KEY, STACK, {"methodArn": f"{STAGE}/GET/v1/labs"}, NOW)


def test_an_oversized_header_is_refused(store: Store) -> None:
    token = recorded(store)
    assert refused(store, f"Bearer {token}{'A' * 1_000_000}") == "it is longer than 2,048 characters"
    assert refused(store, f"Bearer {' ' * 1_000_000}") == "there is no bearer token"
    assert ask(store, f"Bearer{' ' * 9_000}{token}{' ' * 9_000}")["principalId"] == "user1"


def test_an_expired_token_is_refused(store: Store) -> None:
    header = f"Bearer {recorded(store)}"
    end = NOW + timedelta(days=1)
    assert ask(store, header, now=end - timedelta(seconds=1))["principalId"] == "user1"
    assert refused(store, header, now=end) == "it expired at 2026-03-02T12:00:00Z"


def test_a_token_without_a_record_is_refused(store: Store) -> None:
    token, claims = issue(KEY, "user1", "student", 1, NOW, STACK)
    assert refused(store, f"Bearer {token}") == "it has no record in the table"
    store.record_token(claims.to_record())
    assert ask(store, f"Bearer {token}")["principalId"] == "user1"


def test_a_revoked_token_is_revoked_at_once(store: Store) -> None:
    token, other = recorded(store), recorded(store)
    jti = ask(store, f"Bearer {token}")["context"]["jti"]
    store.revoke_token(jti, "2026-03-01T12:00:01Z")
    assert refused(store, f"Bearer {token}") == "it was revoked at 2026-03-01T12:00:01Z"
    assert ask(store, f"Bearer {other}")["principalId"] == "user1"


@pytest.mark.parametrize("role", ["instructor", "admin"])
def test_a_forged_role_is_refused(role: str, store: Store) -> None:
    jti = ask(store, f"Bearer {recorded(store)}")["context"]["jti"]
    promoted = {**CLAIMS, "jti": jti, "role": role}
    assert refused(store, f"Bearer {hand_made(promoted, key='a' * 32)}") == "its signature is wrong"


@pytest.mark.parametrize(
    ("claim", "value"), [("role", "instructor"), ("sub", "user2"), ("exp", CLAIMS["exp"] + 1), ("iat", 0)]
)
def test_a_signed_token_that_differs_from_its_record_is_refused(claim: str, value: Any, store: Store) -> None:
    _, claims = issue(KEY, "user1", "student", 1, NOW, STACK)
    store.record_token(claims.to_record())
    said = {**CLAIMS, "jti": claims.jti, "exp": int(claims.expires_at.timestamp())}
    assert ask(store, f"Bearer {hand_made(said)}")["context"]["role"] == "student"
    assert refused(store, f"Bearer {hand_made({**said, claim: value})}") == ("it differs from its record in the table")


def test_a_wrong_signature_alg_none_or_another_stack_is_refused(store: Store) -> None:
    token = recorded(store)
    signed, _, signature = token.rpartition(".")
    changed = ("A" if signature[0] != "A" else "B") + signature[1:]
    assert refused(store, f"Bearer {signed}.{changed}") == "its signature is wrong"
    assert refused(store, f"Bearer {hand_made(CLAIMS, header={'alg': 'none'})}") == "it is not signed with HS256"
    assert refused(store, f"Bearer {token}", key="a" * 32) == "its signature is wrong"
    assert refused(store, f"Bearer {hand_made({**CLAIMS, 'aud': 'other'})}") == "it is for another stack"


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("ProvisionedThroughputExceededException", 400, ThrottledError),
        ("AccessDeniedException", 400, RefusedError),
        ("ResourceNotFoundException", 400, RefusedError),
        ("InternalServerError", 500, ServiceFaultError),
    ],
)
def test_an_error_of_the_table_allows_no_request(code: str, status: int, error: type[Exception], store: Store) -> None:
    token = recorded(store)
    with Stubber(store._table.meta.client) as stub:
        stub.add_client_error("get_item", code, http_status_code=status)
        with pytest.raises(error) as caught:
            ask(store, f"Bearer {token}")
    assert "Unauthorized" not in str(caught.value)


def test_a_request_that_never_reaches_the_table_allows_no_request(store: Store) -> None:
    token = recorded(store)

    def fail(**_: Any) -> None:
        raise NoCredentialsError

    table = boto3.resource("dynamodb").Table(store._table.name)  # a separate client, because the other one is shared
    table.meta.client.meta.events.register("before-send.dynamodb.GetItem", fail)
    with pytest.raises(ServiceFaultError):
        ask(Store(store._s3, store.bucket, table), f"Bearer {token}")


@pytest.mark.parametrize("key", ["", "short"])
def test_a_short_key_allows_no_request(key: str, store: Store) -> None:
    with pytest.raises(RefusedError):
        ask(store, f"Bearer {hand_made(CLAIMS, key=key)}", key=key)


def test_who_has_no_good_token_costs_no_read(store: Store) -> None:
    with Stubber(store._table.meta.client):  # any call would fail: nothing is stubbed
        assert refused(store, f"Bearer {hand_made(CLAIMS, key='a' * 32)}") == "its signature is wrong"
