"""The authorizer function allows, refuses and fails as API Gateway expects, and logs no secret."""

from __future__ import annotations

import importlib
import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.config import Config

import functions.authorize.app as app
from labgrader.auth.authorizer import UnauthorizedError
from labgrader.auth.signing_key import KEPT_S, SigningKey, default_signing_key
from labgrader.auth.tokens import issue
from labgrader.errors import RefusedError, ServiceFaultError
from labgrader.store import Store, default_store
from tests.auth.hand_made import CLAIMS, KEY, STACK, hand_made

CONTEXT: Any = SimpleNamespace(
    function_name="authorize", memory_limit_in_mb=256, invoked_function_arn="arn", aws_request_id="r", tenant_id=None
)


@pytest.fixture
def key_arn(store: Store) -> str:
    """The stack's signing key, in memory."""
    return str(boto3.client("secretsmanager").create_secret(Name="labgrader-key", SecretString=KEY)["ARN"])


@pytest.fixture(autouse=True)
def _environment(store: Store, key_arn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {"BUCKET": "bucket", "TABLE": "table", "STACK": STACK, "TOKEN_KEY_ARN": key_arn}.items():
        monkeypatch.setenv(name, value)
    default_store.cache_clear()
    default_signing_key.cache_clear()
    yield
    default_store.cache_clear()
    default_signing_key.cache_clear()


def log_to(stream: io.StringIO) -> None:
    """Redirect the function's log to a stream."""
    handler = app.logger.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)


@pytest.fixture
def log() -> io.StringIO:
    """The function's log from now on."""
    stream = io.StringIO()
    log_to(stream)
    return stream


def call(token: str) -> dict[str, Any]:
    arn = "arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/api/GET/v1/labs"
    event = {"type": "TOKEN", "authorizationToken": f"Bearer {token}", "methodArn": arn}
    return app.handler(event, CONTEXT)


def recorded(store: Store, role: str = "student") -> str:
    token, claims = issue(KEY, "user1", role, 1, datetime.now(UTC), STACK)
    store.record_token(claims.to_record())
    return token


@pytest.mark.parametrize(("role", "other"), [("student", "instructor"), ("instructor", "student")])
def test_a_valid_token_is_allowed_and_its_bearer_is_logged_once(
    role: str, other: str, store: Store, log: io.StringIO
) -> None:
    answer = call(recorded(store, role))
    assert answer["principalId"] == "user1"
    logged = json.loads(log.getvalue().splitlines()[-1])
    assert (logged["message"], logged[role], logged["jti"]) == ("allowed", "user1", answer["context"]["jti"])
    assert not {"subject", "role", other} & logged.keys()
    assert log.getvalue().count("user1") == 1


def test_a_bad_token_is_refused_with_the_reason_in_the_log(log: io.StringIO) -> None:
    with pytest.raises(UnauthorizedError, match=r"^Unauthorized$"):
        call(hand_made(CLAIMS, key="a" * 32))
    logged = json.loads(log.getvalue().splitlines()[-1])
    assert (logged["message"], logged["reason"]) == ("refused", "its signature is wrong")


@pytest.mark.parametrize("switch", ["", "true"])
def test_nothing_secret_is_logged(
    switch: str,
    store: Store,
    log: io.StringIO,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if switch:
        monkeypatch.setenv("POWERTOOLS_LOGGER_LOG_EVENT", switch)
        monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "DEBUG")
        importlib.reload(app)  # the decorator reads the variables
        log_to(log)
    good = recorded(store)
    bad = [
        hand_made(CLAIMS),
        hand_made(CLAIMS, key="a" * 32),
        hand_made(b"private", header=b"\xffprivate"),
        "private.x.y",
    ]
    call(good)
    said = []
    for token in bad:
        with pytest.raises(UnauthorizedError) as caught:
            call(token)
        said.append(f"{caught.value!r} {caught.value.reason} {caught.value.__cause__!r}")
    captured = capfd.readouterr()
    written = log.getvalue() + captured.out + captured.err + " ".join(said)
    assert written.count("refused") == len(bad)
    for token in [good, *bad]:
        for part in token.split("."):
            assert len(part) < 8 or part not in written
    for secret in (KEY, "Bearer", "authorizationToken", "private"):
        assert secret not in written


def test_an_unreadable_secret_allows_no_request(store: Store, key_arn: str, capfd: pytest.CaptureFixture[str]) -> None:
    token = recorded(store)
    boto3.client("secretsmanager").delete_secret(SecretId=key_arn, ForceDeleteWithoutRecovery=True)
    with pytest.raises(RefusedError) as caught:
        call(token)
    assert str(caught.value) != "Unauthorized"
    assert token not in "".join(capfd.readouterr())


def test_an_empty_secret_allows_no_request(key_arn: str) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId=key_arn, SecretString="x")
    with pytest.raises(RefusedError):
        call(hand_made(CLAIMS, key="x"))


def test_a_missing_table_allows_no_request(store: Store) -> None:
    token = recorded(store)
    boto3.client("dynamodb").delete_table(TableName="table")
    with pytest.raises(RefusedError) as caught:
        call(token)
    assert str(caught.value) != "Unauthorized"


class Secrets:
    """A Secrets Manager client that counts its requests and can fail."""

    def __init__(self, client: Any) -> None:
        self.client, self.requests, self.fails = client, 0, False

    def get_secret_value(self, **request: str) -> Any:
        self.requests += 1
        return self.client.get_secret_value(**({**request, "SecretId": "gone"} if self.fails else request))


def test_the_key_is_cached_for_five_minutes(key_arn: str) -> None:
    secrets, now = Secrets(boto3.client("secretsmanager")), [0.0]
    key = SigningKey(secrets, key_arn, clock=lambda: now[0])
    for now[0] in (0.0, KEPT_S - 0.1):
        assert key.read() == KEY
    assert secrets.requests == 1
    secrets.client.put_secret_value(SecretId=key_arn, SecretString="n" * 32)
    now[0] = KEPT_S
    assert key.read() == "n" * 32
    assert secrets.requests == 2


def test_an_expired_key_is_not_used_if_it_cannot_be_read_again(key_arn: str) -> None:
    secrets, now = Secrets(boto3.client("secretsmanager")), [0.0]
    key = SigningKey(secrets, key_arn, clock=lambda: now[0])
    assert key.read() == KEY
    secrets.fails, now[0] = True, KEPT_S
    for _ in range(2):
        with pytest.raises(RefusedError):
            key.read()
    secrets.fails = False
    assert key.read() == KEY


def test_an_unreachable_secrets_manager_is_a_service_fault() -> None:
    once = Config(retries={"total_max_attempts": 1})
    nowhere = boto3.client("secretsmanager", endpoint_url="http://127.0.0.1:9", config=once)
    with pytest.raises(ServiceFaultError):
        SigningKey(nowhere, "labgrader-key").read()
