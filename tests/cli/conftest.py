"""Fixtures of the tests of the command."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.main import main
from tests.cli.account_under_load import Run, answers_of_aws
from tests.cli.self_checks import TOKEN
from tests.load_testing.stub_lambda import Request, Response, StubLambda


@pytest.fixture
def own_state_and_signals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep the state of this test to itself, and restore the signal handlers that a command installs."""
    monkeypatch.setenv("LABGRADER_STATE", str(tmp_path / "state"))
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def student_environment(own_state_and_signals: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the token of a student, and no address of an API."""
    monkeypatch.setenv("LABGRADER_TOKEN", TOKEN)
    monkeypatch.delenv("LABGRADER_API_URL", raising=False)


@pytest.fixture
def load_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run `labgrader load-test` against a server that answers as the test says."""
    seen: list[StubLambda] = []

    def start(
        *arguments: str,
        invoked: Callable[[Request], Response] = lambda request: Response(),
        account_limit: int = 1000,
    ) -> int:
        stub = StubLambda(answers_of_aws(invoked, account_limit))
        stub.__enter__()
        seen.append(stub)
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{stub.port}")
        return main(["load-test", *arguments, "--aws"])

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    start.stubs = seen  # type: ignore[attr-defined]
    yield start
    for stub in seen:
        stub.__exit__(None, None, None)
