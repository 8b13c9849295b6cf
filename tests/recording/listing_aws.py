"""A stub that answers the requests of the tables of operations, and an example of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import botocore.session

from benchmarks.stub_aws import ACCOUNT, REGION, StubAws
from labgrader.evidence.question import Question
from labgrader.recording.operation import Operation
from labgrader.recording.operations import ACCOUNT_OPERATIONS, OPERATIONS, SINGLE_OPERATIONS

NAMED: dict[str, Callable[[str], Any]] = {
    "lambda:ListFunctions": lambda name: {"FunctionName": name},
    "lambda:ListLayers": lambda name: {"LayerName": name, "LatestMatchingVersion": {"Version": 1}},
    "lambda:ListEventSourceMappings": lambda name: {
        "FunctionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
    },
    "cloudwatch:ListDashboards": lambda name: {"DashboardName": name},
    "cloudwatch:DescribeAlarms": lambda name: {"AlarmName": name},
    "logs:DescribeLogGroups": lambda name: {"logGroupName": f"/aws/lambda/{name}"},
    "sqs:ListQueues": lambda name: f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}",
    "dynamodb:ListTables": lambda name: name,
    "apigateway:GetRestApis": lambda name: {"id": "1", "name": name},
    "apigateway:GetUsagePlans": lambda name: {"id": "1", "name": name},
    "apigateway:GetApiKeys": lambda name: {"id": "1", "name": name, "value": "a-key-that-is-secret"},
    "events:ListRules": lambda name: {"Name": name},
    "s3:ListAllMyBuckets": lambda name: {"Name": name},
}
"""An entry of each list, by its name."""

MISSING = {
    "lambda": "ResourceNotFoundException",
    "cloudwatch": "ResourceNotFound",
    "apigateway": "NotFoundException",
    "sqs": "AWS.SimpleQueueService.NonExistentQueue",
    "s3": "NoSuchBucket",
    "events": "ResourceNotFoundException",
    "dynamodb": "ResourceNotFoundException",
    "iam": "NoSuchEntity",
}

THROTTLED = {
    "lambda": "TooManyRequestsException",
    "cloudwatch": "Throttling",
    "apigateway": "TooManyRequestsException",
    "sqs": "RequestThrottled",
    "s3": "SlowDown",
    "events": "ThrottlingException",
    "dynamodb": "ThrottlingException",
    "iam": "Throttling",
    "logs": "ThrottlingException",
}

EVERY = SINGLE_OPERATIONS
PAGED = {action: operation for action, operation in EVERY.items() if operation.paging}


def sent_as(operation: Operation) -> str:
    """The request's name as botocore's events have it."""
    return "".join(word.title() for word in operation.method.split("_"))


_LOADER = botocore.session.Session().get_component("data_loader")


def _arguments(operation: Operation) -> dict[str, str]:
    """An argument for each parameter that AWS requires."""
    session = botocore.session.Session()
    session.register_component("data_loader", _LOADER)
    shape = session.get_service_model(operation.service).operation_model(sent_as(operation)).input_shape
    return {name: f"user1-{name}" for name in shape.required_members} if shape else {}


ARGUMENTS = {action: _arguments(operation) for action, operation in {**OPERATIONS, **ACCOUNT_OPERATIONS}.items()}
"""The arguments of each question about one student or one role."""


def question_of(action: str) -> Question:
    return Question(action, ARGUMENTS.get(action, {}))


class ListingAws(StubAws):
    """Answers the requests of the tables: a list with its entries, page after page, anything else with an answer."""

    def __init__(self, page_size: int = 50) -> None:
        super().__init__(page_size=page_size)
        self.entries: dict[str, list[Any]] = {}
        self.answers: dict[str, dict[str, Any]] = {}
        self._by_request = {sent_as(operation): (action, operation) for action, operation in EVERY.items()}

    def session(self) -> botocore.session.Session:
        """Make a session; all of them share what was read of botocore's models, which takes most of a test."""
        session = super().session()
        session.register_component("data_loader", _LOADER)
        return session

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("_") and name[1:2].isupper():
            found = self._by_request.get(name[1:])
            if found and (found[0] in self.entries or found[0] in self.answers):
                return lambda **parameters: self._say(*found, parameters)
        return super().__getattribute__(name)

    def _say(self, action: str, operation: Operation, parameters: Mapping[str, Any]) -> dict[str, Any]:
        if action in self.answers:
            return self.answers[action]
        paging = operation.paging
        start = int(str(parameters.get(paging.token_in) or 0).removeprefix("page-"))
        end = start + self._page_size
        more = {paging.token_out: f"page-{end}"} if end < len(self.entries[action]) else {}
        return {operation.entries: self.entries[action][start:end], **more}


def asking(action: str) -> Any:
    return lambda snapshot: snapshot.answers.ask(question_of(action))
