"""The API in this process, with events like API Gateway's and a context like the authorizer's."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from labgrader.api.app import Api, Services, resolver
from labgrader.store import Keys, Store
from tests import aws_in_memory
from tests.api.reports import LAB, RUN_ID
from tests.stored_runs import put_run

NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)

STUDENT = {"subject": "user1", "role": "student", "jti": "t-1"}
OTHER_STUDENT = {"subject": "user2", "role": "student", "jti": "t-2"}
INSTRUCTOR = {"subject": "ada", "role": "instructor", "jti": "t-3"}

_STACKS = itertools.count()

REQUEST_ID = "6f1c2f04-8a0e-4b1c-9a51-0d6e5d3a7c11"


@dataclass
class Answer:
    """The response to a request."""

    status: int
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def problem(self, status: int, name: str) -> dict[str, Any]:
        """Return the problem after checking its status, its type and its form."""
        assert (self.status, self.headers["Content-Type"]) == (status, "application/problem+json"), self.body
        found: dict[str, Any] = self.json
        assert found["type"] == f"urn:labgrader:problem:{name}", found
        assert found["status"] == status
        assert found["instance"] == f"urn:uuid:{REQUEST_ID}"
        assert found["title"]
        assert found["detail"]
        return found


def event_of(
    method: str,
    path: str,
    caller: Mapping[str, str] | None,
    body: str | bytes | None = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return a request as API Gateway's Lambda proxy integration sends it, with a body of bytes as base64."""
    sent = {"Authorization": "Bearer secret.token.value", **(headers or {})}
    if body is not None and "Content-Type" not in sent:
        sent["Content-Type"] = "application/json"
    return {
        "resource": "/v1/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        "queryStringParameters": dict(query) if query else None,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} if query else None,
        "pathParameters": {"proxy": path.removeprefix("/v1/")},
        "stageVariables": None,
        "requestContext": {
            "stage": "api",
            "path": f"/api{path}",
            "requestId": REQUEST_ID,
            "httpMethod": method,
            **({"authorizer": {"principalId": caller["subject"], **caller}} if caller else {}),
        },
        "body": base64.b64encode(body).decode() if isinstance(body, bytes) else body,
        "isBase64Encoded": isinstance(body, bytes),
    }


@dataclass
class World:
    """A stack in memory with its API."""

    store: Store
    states: Any
    machines: dict[str, str]
    now: datetime = NOON
    _api: Api | None = field(default=None)

    def services(self) -> Services:
        arns = (self.machines["grade_class"], self.machines["grade_student"])
        return Services(self.store, self.states, *arns, now=lambda: self.now)

    @property
    def api(self) -> Api:
        if self._api is None:
            self._api = resolver(self.services())
        return self._api

    def ask(
        self,
        method: str,
        path: str,
        caller: Mapping[str, str] | None = None,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        api: Api | None = None,
    ) -> Answer:
        """Send a request; a body that is not text or bytes is sent as JSON."""
        sent = body if body is None or isinstance(body, str | bytes) else json.dumps(body)
        return self.send(event_of(method, path, caller, sent, query, headers), api)

    def send(self, event: dict[str, Any], api: Api | None = None) -> Answer:
        """Send an event, and check that API Gateway accepts the response."""
        answer = (api or self.api).resolve(event, SimpleNamespace())  # type: ignore[arg-type]
        assert set(answer) == {"statusCode", "body", "isBase64Encoded", "multiValueHeaders"}
        assert answer["isBase64Encoded"] is False
        headers = {name: ", ".join(values) for name, values in answer["multiValueHeaders"].items()}
        assert headers["Cache-Control"] == "no-store"
        return Answer(answer["statusCode"], headers, answer["body"])

    def later(self, **time: float) -> None:
        """Advance the time."""
        self.now += timedelta(**time)

    def executions(self, machine: str) -> list[dict[str, Any]]:
        """Return the executions of a machine, with their inputs."""
        found = self.states.list_executions(stateMachineArn=self.machines[machine])["executions"]
        return [self.states.describe_execution(executionArn=execution["executionArn"]) for execution in found]

    def has_run(self, run_id: str = RUN_ID, **record: Any) -> dict[str, Any]:
        """Record a run that was graded."""
        run = {
            "run_id": run_id,
            "lab": LAB,
            "mode": "grade",
            "status": "complete",
            "started_at": "2026-03-01T09:00:00Z",
            "finished_at": "2026-03-01T09:01:00Z",
            "counts": {"students": 1, "complete": 1, "incomplete": 0},
            "requested_by": "instructor ada",
            "course": "",
            **record,
        }
        put_run(self.store, run)
        return run

    def has_report(self, run_id: str, username: str, report: Mapping[str, Any], **result: Any) -> None:
        """Store a student's report and result."""
        self.store.put_json(Keys(run_id).report(username), report)
        score = report["score"]
        self.store.record_result(
            run_id,
            {
                "username": username,
                "student_id": report["student"]["student_id"],
                "lab": LAB,
                "mode": report["mode"],
                "status": report["status"],
                **score,
                "visible_points": 8.0,
                "visible_max_points": 10.0,
                "visible_open_points": 0.0,
                "graded_at": report["graded_at"],
                "report_key": Keys(run_id).report(username),
                "our_fault": False,
                **result,
            },
            keep_best=False,
        )


@pytest.fixture(scope="module")
def clients() -> Iterator[tuple[Any, Any, Any]]:
    """S3, DynamoDB and Step Functions in memory."""
    with aws_in_memory.empty_account():
        yield aws_in_memory.client("s3"), aws_in_memory.dynamodb(), aws_in_memory.client("stepfunctions")


@pytest.fixture
def world(clients: tuple[Any, Any, Any]) -> World:
    """A new stack in memory: a bucket, a table, and machines with executions that never end."""
    return world_of(*clients)


def world_of(s3: Any, dynamodb: Any, states: Any) -> World:
    """Create a stack."""
    name = f"stack-{next(_STACKS)}"
    table = aws_in_memory.create_bucket_and_table(name, name)
    definition = json.dumps({"StartAt": "Wait", "States": {"Wait": {"Type": "Pass", "End": True}}})
    role = "arn:aws:iam::123456789012:role/machine"
    machines = {
        machine: states.create_state_machine(name=f"{name}-{machine}", definition=definition, roleArn=role)
        for machine in ("grade_class", "grade_student")
    }
    arns = {machine: made["stateMachineArn"] for machine, made in machines.items()}
    return World(Store(s3, name, table), states, arns)
