"""A function that stores todo items in memory, for the tests of checks that need one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from labgrader.evidence.probe import Invocation
from labgrader.evidence.question import Answer, Answers, MissingEvidenceError
from labgrader.judging.judge import judge
from labgrader.judging.verdict import Verdict
from tests.checks.replies import answer, crash
from tests.checks.world import World, item

TODO = "user1-todo-api"
ITEM = {"title": "Written by the grader"}
TIMES = {"createdAt": "2026-01-01T00:00:00", "updatedAt": "2026-01-01T00:00:00"}
ABOUT: dict[str, Any] = {"function": TODO, "path": "/todos", "id_field": "todoId"}
CREATE: dict[str, Any] = {**ABOUT, "item": ITEM, "defaults": {"completed": False}}
READ: dict[str, Any] = {**ABOUT, "item": ITEM}
UPDATE: dict[str, Any] = {**READ, "changes": {"title": "Changed", "completed": True}}
WORLD = World().function(TODO)

Call = dict[str, Any]
TIMED_OUT = crash("Sandbox.Timedout", "RequestId: 1 Error: Task timed out after 10.00 seconds")
NO_TABLE = "Error: An error occurred (ResourceNotFoundException) when calling the PutItem operation"


class Todos:
    """A correct todo API that stores its items in memory. Tests replace its routes to make it wrong."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], dict[str, Any]] = {}
        self.calls: list[str] = []
        self.wrong: dict[str, Callable[[Call], Invocation]] = {}

    def invoke(self, event: Call) -> Invocation:
        kind = f"{event['httpMethod']} {event['resource']}"
        self.calls.append(f"{event['httpMethod']} {event['path']} {self.user(event)[-1]}")
        return self.wrong.get(kind, self.right)(event)

    def user(self, event: Call) -> str:
        return str(event["requestContext"]["authorizer"]["claims"]["sub"])

    def right(self, event: Call) -> Invocation:
        user, todo = self.user(event), (event["pathParameters"] or {}).get("todoId", "")
        match event["httpMethod"], event["resource"]:
            case "GET", "/todos":
                return said(200, [todo for (owner, _), todo in self.items.items() if owner == user])
            case "POST", "/todos":
                made = {"userId": user, "todoId": "t-1", **json.loads(event["body"]), "completed": False, **TIMES}
                self.items[user, "t-1"] = made
                return said(201, made)
            case "GET", "/todos/{id}":
                return said(200, self.items[user, todo]) if (user, todo) in self.items else said(404, {})
            case "PUT", "/todos/{id}":
                self.items.setdefault((user, todo), {"todoId": todo}).update(json.loads(event["body"]))
                return said(200, self.items[user, todo])
            case "DELETE", "/todos/{id}":
                self.items.pop((user, todo), None)
                return said(204, {})
        return said(404, {"error": "Not found"})


class Twice(Todos):
    """An API that encodes each body as JSON twice."""

    def right(self, event: Call) -> Invocation:
        answered = json.loads(super().right(event).payload)
        return said(answered["statusCode"], answered["body"])


def said(status: int, body: Any) -> Invocation:
    return answer(status, json.dumps(body))


def converse(check: str, todos: Todos, world: World = WORLD, **parameters: Any) -> Verdict:
    """Judge a check against the API, which responds to each request in turn."""
    snapshot, answers = world.snapshot(), Answers()
    while True:
        try:
            return judge(item(check, **parameters), snapshot, answers)
        except MissingEvidenceError as unasked:
            question = unasked.question
        assert question not in answers
        answers.record(question, Answer(todos.invoke(question.arguments["Payload"]).to_dict()))


def broken(**wrong: Callable[[Call], Invocation]) -> Todos:
    """Return an API with other responses: ``GET_one``, ``GET_all``, ``POST_all``, ``PUT_one``, ``DELETE_one``."""
    todos = Todos()
    for name, says in wrong.items():
        method, _, what = name.partition("_")
        todos.wrong[f"{method} {'/todos/{id}' if what == 'one' else '/todos'}"] = says
    return todos


def always(invocation: Invocation) -> Callable[[Call], Invocation]:
    return lambda _: invocation


EVERY = [
    ("item_created", CREATE),
    ("item_read_back", READ),
    ("item_updated", UPDATE),
    ("item_deleted", READ),
    ("unknown_is_not_found", ABOUT),
    ("users_kept_apart", READ),
]
