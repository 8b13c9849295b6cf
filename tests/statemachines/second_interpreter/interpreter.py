"""The machines in a second interpreter: moto's, which is LocalStack's.

The embedded AWS and this interpreter were written by different people from the same specification. What both run in the
same way does not depend on a mistake of one of them.

The answers of Lambda are given: a handler of botocore's public event ``before-send`` returns an HTTP response, and
botocore and the interpreter read it as one of AWS. S3 is moto's.

Three things of the interpreter are replaced, and nothing of labgrader:

- JSONata. moto's copy has no evaluator (LocalStack's runs in a JVM). It gets the package ``jsonata-python``.
- The names of fields of Step Functions' API. LocalStack changes ``StateMachineArn`` to ``stateMachineArn`` and back; in
  moto's copy the two methods are empty.
- Time. The waits before retries are recorded and not waited for, and their jitter is the longest wait that the machine
  allows. The wait between two looks at a nested execution is short. The syntax tree of a definition is built once in a
  process.

Not covered: the interpreter ignores ``ToleratedFailurePercentage`` and tolerates every failed child of a Distributed
Map. It keeps no history of the children; ``Machines.invocations`` shows what they did. It adds ``Exception`` to the
code of every error of StartExecution, so that ``ThrottlingException`` cannot be tested here.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import boto3
import jsonata
import pytest
from botocore.awsrequest import AWSResponse
from moto import mock_aws
from moto.core.botocore_stubber import MockRawResponse
from moto.core.config import DefaultConfig
from moto.stepfunctions.parser.asl.component.common.retry import jitter_strategy_decl, retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_callback
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import StateTaskService
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_sfn import (
    StateTaskServiceSfn,
)
from moto.stepfunctions.parser.asl.jsonata import jsonata as jsonata_of_moto
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.parse.preprocessor import Preprocessor

from tests.statemachines.filled_in import ACCOUNT, BUCKET, filled_in, machine_arn
from tests.statemachines.second_interpreter.answers import Answer, Function

GIVE_UP_S = 60.0
"""Real seconds to wait for the end of an execution; only a hanging test reaches them."""

LOOK_AGAIN_S = 0.03
"""Real seconds between two looks at an execution."""

CONFIG: DefaultConfig = {
    "stepfunctions": {"execute_state_machine": True},
    "core": {"passthrough": {"services": ["lambda"], "urls": []}},  # the handler of ``before-send`` answers
}


@dataclass(frozen=True)
class Ended:
    """An execution that has ended.

    Args:
        status: its status.
        output: the document that it put out, if it succeeded.
        error, cause: why it failed, if it failed.
        states: the names of the states that it entered, in order, without those of a Distributed Map's children.
    """

    status: str
    output: Any
    error: str
    cause: str
    states: list[str]


class Machines:
    """The machines of a stack in the second interpreter.

    Args:
        functions: the answers of the functions, by the name that the template gives them: ``plan-run``.
        start_errors: the responses of StartExecution, in their order, before executions start.

    Attributes:
        invocations: the invocations of each function, by its name: the payloads, in the order in which they came.
        waits: the longest time in seconds that each retry may wait, in the order of the retries.
    """

    def __init__(self, functions: Mapping[str, Function], start_errors: list[Answer]) -> None:
        self._functions = functions
        self._start_errors = start_errors
        self._lock = threading.Lock()
        self.invocations: dict[str, list[Any]] = {}
        self.waits: list[float] = []

    def create(self, *names: str) -> None:
        """Create machines from their files.

        Args:
            names: the names of the files, ``grade_class``.
        """
        events: Any = boto3.DEFAULT_SESSION.events  # the stubs do not know that a handler may return a response
        events.register_first("before-send.lambda.Invoke", self._invoke)
        for name in names:
            self._client().create_state_machine(
                name=machine_arn(name).rpartition(":")[2],
                definition=json.dumps(filled_in(name)),
                roleArn=f"arn:aws:iam::{ACCOUNT}:role/machine",
            )
        events.register_first("before-send.sfn.StartExecution", self._start)

    def put(self, key: str, document: Any) -> None:
        """Put a document into the bucket of the stack."""
        s3 = boto3.client("s3")
        if not any(bucket["Name"] == BUCKET for bucket in s3.list_buckets()["Buckets"]):
            s3.create_bucket(Bucket=BUCKET)
        s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(document).encode())

    def run(self, name: str, execution: str, document: Any) -> Ended:
        """Start an execution and wait for its end.

        Args:
            name: the machine's file.
            execution: the execution's name.
            document: its input.
        """
        client = self._client()
        arn = f"{machine_arn(name).replace(':stateMachine:', ':execution:')}:{execution}"
        client.start_execution(stateMachineArn=machine_arn(name), name=execution, input=json.dumps(document))
        deadline = time.monotonic() + GIVE_UP_S
        while (found := client.describe_execution(executionArn=arn))["status"] == "RUNNING":
            assert time.monotonic() < deadline, f"{execution} does not end"
            time.sleep(LOOK_AGAIN_S)
        return Ended(
            found["status"],
            json.loads(found["output"]) if "output" in found else None,
            found.get("error", ""),
            found.get("cause", ""),
            self.states(name, execution),
        )

    def states(self, name: str, execution: str) -> list[str]:
        """Return the names of the states that an execution entered, in order."""
        arn = f"{machine_arn(name).replace(':stateMachine:', ':execution:')}:{execution}"
        pages = self._client().get_paginator("get_execution_history").paginate(executionArn=arn)
        return [
            event["stateEnteredEventDetails"]["name"]
            for page in pages
            for event in page["events"]
            if "stateEnteredEventDetails" in event
        ]

    def children(self, name: str, execution: str) -> dict[str, int]:
        """Return how many children of an execution's Distributed Map there were, and how they ended."""
        arn = f"{machine_arn(name).replace(':stateMachine:', ':execution:')}:{execution}"
        (run,) = self._client().list_map_runs(executionArn=arn)["mapRuns"]
        counts = self._client().describe_map_run(mapRunArn=run["mapRunArn"])["executionCounts"]
        return {kind: counts[kind] for kind in ("total", "succeeded", "failed")}

    def _client(self) -> Any:
        return boto3.client("stepfunctions")

    def _invoke(self, request: Any, **_: Any) -> AWSResponse:
        name = re.search(r":function:labgrader-([a-z-]+)/invocations", unquote(request.url))[1]  # type: ignore[index]
        payload = json.loads(request.body)
        with self._lock:
            self.invocations.setdefault(name, []).append(payload)
        return _response(request.url, self._functions[name](payload))

    def _start(self, request: Any, **_: Any) -> AWSResponse | None:
        nested = request.headers.get("Authorization", b"")
        if b"Credential=ak/" not in _bytes(nested):  # those are the interpreter's own credentials
            return None
        with self._lock:
            return _response(request.url, self._start_errors.pop(0)) if self._start_errors else None


def _bytes(header: str | bytes) -> bytes:
    return header.encode() if isinstance(header, str) else header


def _response(url: str, answer: Answer) -> AWSResponse:
    headers = {"Content-Type": "application/json", **answer.headers}
    return AWSResponse(url, answer.status, headers, MockRawResponse(json.dumps(answer.body)))  # type: ignore[arg-type]


def _to_api(task: StateTaskService, parameters: dict[str, Any], *_: Any, **__: Any) -> None:
    """Give the parameters of a request to Step Functions the names of its API: ``stateMachineArn``."""
    if isinstance(task, StateTaskServiceSfn):
        for name in list(parameters):
            parameters[name[0].lower() + name[1:]] = parameters.pop(name)


def _from_api(_task: StateTaskService, response: Any, *_: Any, **__: Any) -> None:
    """Give the fields of a response the names that a machine reads: ``ExecutionArn``."""
    if isinstance(response, dict):
        for name in list(response):
            response[name[0].upper() + name[1:]] = response.pop(name)


_parse = AmazonStateLanguageParser.parse


@cache
def _syntax_tree(definition: str) -> Any:
    return _parse(definition)[1]


def _parse_once(definition: str) -> tuple[Any, Any]:
    """Return the program of a definition and its syntax tree. Building the tree takes a third of a second."""
    tree = _syntax_tree(definition)
    return Preprocessor().visit(tree), tree


def _evaluate(expression: str) -> Any:
    return jsonata.Jsonata(expression).evaluate(None)


@contextmanager
def machines(
    functions: Mapping[str, Function],
    monkeypatch: pytest.MonkeyPatch,
    *names: str,
    start_errors: list[Answer] | None = None,
) -> Iterator[Machines]:
    """Run a stack's machines in the second interpreter.

    Args:
        functions: the answers of the functions, by the name that the template gives them: ``plan-run``.
        monkeypatch: undoes the replacements after the test.
        names: the machines' files, ``grade_class``.
        start_errors: what StartExecution of a nested execution answers before it starts one.
    """
    made = Machines(functions, start_errors or [])
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr(jsonata_of_moto, "_eval_jsonata", _evaluate)
    monkeypatch.setattr(StateTaskService, "_normalise_parameters", _to_api)
    monkeypatch.setattr(StateTaskService, "_normalise_response", _from_api)
    monkeypatch.setattr(AmazonStateLanguageParser, "parse", staticmethod(_parse_once))
    monkeypatch.setattr(retrier_decl, "time", SimpleNamespace(sleep=made.waits.append))
    monkeypatch.setattr(jitter_strategy_decl, "random", SimpleNamespace(uniform=lambda _shortest, longest: longest))
    look_again = SimpleNamespace(sleep=lambda _: time.sleep(LOOK_AGAIN_S))
    monkeypatch.setattr(state_task_service_callback, "time", look_again)
    with mock_aws(config=CONFIG):
        boto3.setup_default_session(region_name="us-east-1")
        made.create(*names)
        yield made
