"""The function behind the API responds, and logs the caller and the path but no secret."""

from __future__ import annotations

import importlib
import io
import json
import logging
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

import functions.api.app as app
from labgrader.store import default_store
from tests.api.conftest import STUDENT, World, event_of
from tests.api.reports import LAB

CONTEXT: Any = SimpleNamespace(
    function_name="api", memory_limit_in_mb=512, invoked_function_arn="arn", aws_request_id="r", tenant_id=None
)


@pytest.fixture(autouse=True)
def _environment(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    variables = {
        "BUCKET": world.store.bucket,
        "TABLE": world.store.bucket,
        "GRADE_CLASS_ARN": world.machines["grade_class"],
        "GRADE_STUDENT_ARN": world.machines["grade_student"],
        "POWERTOOLS_LOGGER_LOG_EVENT": "true",  # an operator may set it, although events contain tokens
        "POWERTOOLS_DEV": "true",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    default_store.cache_clear()
    app._api.cache_clear()
    yield
    default_store.cache_clear()
    app._api.cache_clear()


def test_the_function_responds_and_logs_no_secret(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    handler = app.logger.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    event = event_of("POST", "/v1/self-checks", STUDENT, json.dumps({"lab": LAB}), headers={"X-Secret": "header value"})
    answer = app.handler(event, CONTEXT)
    assert answer["statusCode"] == 202
    run_id = json.loads(answer["body"])["run_id"]
    assert [execution["name"] for execution in world.executions("grade_student")] == [run_id]
    event = event_of("GET", f"/v1/self-checks/{run_id}", {"subject": "user2", "role": "student"})
    assert app.handler(event, CONTEXT)["statusCode"] == 403
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    named = ("message", "method", "path", "status", "student", "run_id")
    assert [[line[name] for name in named] for line in lines] == [
        ["answered", "POST", "/v1/self-checks", 202, "user1", run_id],
        ["answered", "GET", f"/v1/self-checks/{run_id}", 403, "user2", run_id],
    ]
    printed = capsys.readouterr()
    for secret in ("secret.token.value", "header value", "Authorization"):
        assert secret not in stream.getvalue() + printed.out + printed.err


def test_the_import_creates_no_client_and_reads_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BUCKET", "TABLE", "GRADE_CLASS_ARN", "GRADE_STUDENT_ARN"):
        monkeypatch.delenv(name)
    importlib.reload(app)
