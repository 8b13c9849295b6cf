"""Follow an audit: each student is reported once, and so is the end of the audit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from cli.audit_run import Audit, follow_audit
from cli.errors import TargetError
from labgrader.store import CourseKeys, Store

AUDIT = Audit("c", "20261121-183000-audit-c-1a2b", "arn:aws:states:us-east-1:123456789012:execution:m:x")
AUDIT_NAME = "2026-11-21-183000"

Step = Callable[[], dict[str, Any]]


@dataclass
class World:
    """An account with a state machine that takes one step at each request."""

    kept: Store
    steps: Iterator[Step]
    embedded: bool = True

    def store(self, outputs: dict[str, str]) -> Store:
        return self.kept

    def client(self, service: str) -> Any:
        return self

    def describe_execution(self, executionArn: str) -> dict[str, Any]:  # noqa: N803  (the names of boto3)
        return next(self.steps)()


def result(run_id: str, username: str) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "username": username,
        "student_id": username,
        "lab": "lambda-optimization",
        "graded_at": f"2026-11-21T18:30:0{username[-1]}Z",
    }


def follow(store: Store, *steps: Step) -> tuple[Any, list[tuple[str, str]]]:
    reported: list[tuple[str, str]] = []
    world: Any = World(store, iter(steps))
    digest = follow_audit(
        world, {}, AUDIT, lambda result: reported.append((result["run_id"], result["username"])), pause=0
    )
    return digest, reported


def running(*actions: Callable[[], object]) -> Step:
    def step() -> dict[str, Any]:
        for action in actions:
            action()
        return {"status": "RUNNING"}

    return step


def ended(status: str, **more: str) -> Step:
    return lambda: {"status": status, **more}


def begin(store: Store, execution: str = AUDIT.name) -> None:
    record = {"scheduled": False, "started_at": "2026-11-21T18:30:00Z", "runs": ["r1", "r2"]}
    store.claim_audit("c", AUDIT_NAME, execution, record)


def keep(store: Store, run_id: str, username: str) -> None:
    store.record_result(run_id, result(run_id, username), keep_best=False)


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED"])
def test_follow_audit_reports_every_student_once_and_returns_the_digest(store: Store, status: str) -> None:
    digest = {"status": "complete" if status == "SUCCEEDED" else "failed"}
    found, reported = follow(
        store,
        running(),
        running(lambda: begin(store)),
        running(lambda: keep(store, "r1", "user2"), lambda: keep(store, "r1", "user1")),
        running(lambda: keep(store, "r2", "user1")),
        running(lambda: store.put_json(CourseKeys("c").digest(AUDIT_NAME), digest)),
        ended(status),
    )
    assert found == digest
    assert reported == [("r1", "user1"), ("r1", "user2"), ("r2", "user1")]


def test_follow_audit_reports_why_there_is_no_digest(store: Store) -> None:
    cause = '{"errorMessage": "there is no course c; list them", "errorType": "BadInputError"}'
    with pytest.raises(TargetError) as caught:
        follow(store, ended("FAILED", error="BadInputError", cause=cause))
    assert str(caught.value) == f"audit {AUDIT.name} failed: BadInputError: there is no course c; list them"
    begin(store)
    with pytest.raises(TargetError, match=f"^audit {AUDIT.name} timed out$"):
        follow(store, ended("TIMED_OUT"))


def test_follow_audit_ignores_the_digest_of_another_audit(store: Store) -> None:
    begin(store, "another")
    store.put_json(CourseKeys("c").digest(AUDIT_NAME), {"status": "complete"})
    with pytest.raises(TargetError, match=f"^audit {AUDIT.name} was stopped$"):
        follow(store, ended("ABORTED"))


def test_follow_audit_gives_up_after_five_failed_requests_in_a_row(store: Store) -> None:
    def broken() -> dict[str, Any]:
        raise EndpointConnectionError(endpoint_url="https://states")

    begin(store)
    store.put_json(CourseKeys("c").digest(AUDIT_NAME), {"status": "complete"})
    four = [broken] * 4
    assert follow(store, *four, running(), *four, ended("SUCCEEDED"))[0] == {"status": "complete"}
    with pytest.raises(TargetError, match="AWS could not be reached"):
        follow(store, *[broken] * 5)
