"""item_created: POST returns the new item."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labgrader.evidence.probe import Invocation
from tests.checks.invocation.todos import (
    CREATE,
    EVERY,
    ITEM,
    NO_TABLE,
    TIMED_OUT,
    TODO,
    Call,
    Todos,
    Twice,
    always,
    broken,
    converse,
    said,
)
from tests.checks.replies import answer, crash, raw
from tests.checks.world import World


def test_passes_with_as_few_calls_as_it_takes() -> None:
    todos = Todos()
    verdict = converse("item_created", todos, **CREATE)
    assert (verdict.status, verdict.message) == ("passed", "")
    assert todos.calls == ["POST /todos a", "DELETE /todos/t-1 a"]


def test_the_event_is_what_api_gateway_sends_for_a_user() -> None:
    seen: list[Call] = []

    class Listening(Todos):
        def invoke(self, event: Call) -> Invocation:
            seen.append(event)
            return super().invoke(event)

    converse("item_created", Listening(), **CREATE)
    assert seen[0] == {
        "resource": "/todos",
        "path": "/todos",
        "httpMethod": "POST",
        "headers": {"Content-Type": "application/json"},
        "queryStringParameters": None,
        "pathParameters": None,
        "requestContext": {
            "requestId": "labgrader-item_created-1",
            "path": "/todos",
            "authorizer": {
                "claims": {"sub": "labgrader-item-created-a"},
                "principalId": "labgrader-item-created-a",
            },
        },
        "body": '{"title": "Written by the grader"}',
        "isBase64Encoded": False,
    }
    assert seen[1]["pathParameters"] == {"id": "t-1", "todoId": "t-1"}
    assert seen[1]["resource"] == "/todos/{id}"
    assert seen[1]["body"] is None


@pytest.mark.parametrize(
    ("post", "says"),
    [
        (crash("KeyError", "'title'"), "crashed: KeyError: 'title'"),
        (said(500, {"error": "x"}), 'returned 500 instead of 201 ({"error": "x"})'),
        (
            said(200, {"ok": True}),
            'returned 200 without the todoId of the item ({"ok": true}), and GET /todos does not return it',
        ),
        (
            said(201, {"todoId": ""}),
            'returned 201 without the todoId of the item ({"todoId": ""}), and GET /todos does not return it',
        ),
        (
            said(201, {"todoId": "a/../b"}),
            'returned 201 without the todoId of the item ({"todoId": "a/../b"}), and GET /todos does not return it',
        ),
        (said(201, [1]), "returned 201 without the todoId of the item ([1]), and GET /todos does not return it"),
        (answer(201, "created"), "returned 201, but the body is not valid JSON"),
        (answer(201, "[" * 10_000), "returned 201, but the body is nested too deeply to be read"),
        (raw("{"), "returned a response that cannot be read: the response is not valid JSON"),
    ],
)
def test_fails_when_the_item_is_not_created(post: Invocation, says: str) -> None:
    todos = broken(POST_all=always(post))
    verdict = converse("item_created", todos, **CREATE)
    assert (verdict.status, verdict.message) == ("failed", f"{TODO}: POST /todos {says}.")
    assert verdict.hint == (
        f"aws lambda invoke --function-name {TODO} --cli-binary-format raw-in-base64-out --payload "
        '\'{"httpMethod": "POST", "path": "/todos", "requestContext": {"authorizer": {"claims": {"sub": '
        '"labgrader-item-created-a"}, "principalId": "labgrader-item-created-a"}}, "body": '
        '"{\\"title\\": \\"Written by the grader\\"}"}\' --log-type Tail '
        "answer.json && cat answer.json"
    )
    # the item was created without a returned id, so the list is read once
    assert todos.calls == ["POST /todos a", "GET /todos a"]


def test_an_item_without_a_returned_id_is_found_in_the_list_and_deleted() -> None:
    todos = Todos()

    def silent(event: Call) -> Invocation:
        todos.right(event)
        return said(201, {})

    todos.wrong["POST /todos"] = silent
    verdict = converse("item_created", todos, **CREATE)
    assert (verdict.status, verdict.fraction, verdict.message) == (
        "partial",
        1 / 4,
        f"{TODO}: POST /todos created the item, but in the response todoId is missing, title is missing, "
        "completed is missing.",
    )
    assert todos.items == {}
    for check, parameters in EVERY[1:]:
        assert converse(check, todos, **parameters).status == "passed", check
        assert todos.items == {}


def test_fails_when_the_body_is_an_object() -> None:
    class Undumped(Todos):
        def right(self, event: Call) -> Invocation:
            answered = json.loads(super().right(event).payload)
            return raw(json.dumps({**answered, "body": json.loads(answered["body"])}))

    todos = Undumped()
    verdict = converse("item_created", todos, **CREATE)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{TODO}: POST /todos returned 201 with a body that is an object instead of text, so API Gateway returns 502. "
        "Use json.dumps(…) for the body.",
    )
    assert todos.items == {}


@pytest.mark.parametrize(("body", "kind"), [([], "a list"), (7, "a bare value")])
def test_fails_when_the_body_is_a_list_or_a_value(body: Any, kind: str) -> None:
    post = raw(json.dumps({"statusCode": 201, "body": body}))
    verdict = converse("item_created", broken(POST_all=always(post)), **CREATE)
    assert f"returned 201 with a body that is {kind} instead of text, so API Gateway returns 502" in verdict.message


def test_names_an_item_that_may_remain() -> None:
    verdict = converse("item_created", broken(POST_all=always(said(201, {"ok": True}))), **CREATE)
    assert verdict.evidence == (
        "An item of user labgrader-item-created-a may remain: labgrader can delete only items that it finds",
    )


TABLE = "user1-TodoItems"
LAB = {"handler": "todo_api.lambda_handler", "table": TABLE, "variable": "TABLE_NAME", "explanation": "Open your own."}
REFUSED = said(500, {})
UNREACHED = Invocation(TODO, "answered", REFUSED.payload, len(REFUSED.payload), log_tail=NO_TABLE)


def set_up(handler: str = LAB["handler"], names: str | None = TABLE, key_type: str = "S", table: str = TABLE) -> World:
    environment: dict[str, Any] = {} if names is None else {"Environment": {"Variables": {"TABLE_NAME": names}}}
    return (
        World()
        .function(TODO, Handler=handler, **environment)
        .table(
            table,
            KeySchema=[{"AttributeName": "userId", "KeyType": "HASH"}, {"AttributeName": "todoId", "KeyType": "RANGE"}],
            AttributeDefinitions=[
                {"AttributeName": "userId", "AttributeType": "S"},
                {"AttributeName": "todoId", "AttributeType": key_type},
            ],
        )
    )


UNLOADED = crash("Runtime.ImportModuleError", "Unable to import module 'index': No module named 'index'")


@pytest.mark.parametrize(
    ("world", "post", "says"),
    [
        (set_up(), UNREACHED, "Open your own."),
        (set_up(), REFUSED, ""),
        (
            set_up(names="TodoItems"),
            UNREACHED,
            f"Its environment variable TABLE_NAME is “TodoItems” instead of “{TABLE}”.",
        ),
        (set_up(names=None), UNREACHED, f"First set its environment variable TABLE_NAME to {TABLE}."),
        (set_up(names="[redacted]"), UNREACHED, "Open your own."),
        (
            set_up(table="user1-todoitems"),
            UNREACHED,
            f"There is no table {TABLE}, but there is user1-todoitems: a name must match exactly. Fix that first.",
        ),
        (
            set_up(key_type="N"),
            REFUSED,
            f"First fix its table {TABLE}: the sort key todoId is of type N instead of S, so DynamoDB rejects text.",
        ),
        (
            set_up(handler="index.handler"),
            UNLOADED,
            "First fix its handler: it is index.handler instead of todo_api.lambda_handler.",
        ),
        (set_up(), UNLOADED, ""),
        (set_up(names="TodoItems", handler="index.handler"), crash("KeyError", "'x'"), ""),
    ],
)
def test_names_the_setting_that_explains_the_failure(world: World, post: Invocation, says: str) -> None:
    verdict = converse("item_created", broken(POST_all=always(post)), world, **CREATE, **LAB)
    assert verdict.status == "failed"
    assert verdict.message.partition(". ")[2] == says


def test_a_wrong_setting_without_effect_costs_nothing() -> None:
    world = set_up(names=None, table="user1-other", handler="x.y")
    assert converse("item_created", Todos(), world, **CREATE, **LAB).status == "passed"


def test_variables_that_aws_did_not_return_are_not_blamed() -> None:
    world = set_up().configure(TODO, Environment={"Error": {"ErrorCode": "AccessDeniedException", "Message": "no"}})
    assert converse("item_created", Todos(), world, **CREATE, **LAB).status == "passed"
    verdict = converse("item_created", broken(POST_all=always(REFUSED)), world, **CREATE, **LAB)
    assert (verdict.status, "TABLE_NAME" in verdict.message) == ("failed", False)


@pytest.mark.parametrize("post", [TIMED_OUT, crash("Runtime.ImportModuleError", "No module named 'todo_api'")])
def test_a_function_that_hangs_or_cannot_be_loaded_is_invoked_once(post: Invocation) -> None:
    todos = broken(POST_all=always(post))
    assert converse("item_created", todos, **CREATE).status == "failed"
    assert todos.calls == ["POST /todos a"]


@pytest.mark.parametrize(
    ("answered", "fraction", "says"),
    [
        ((200, {"completed": False}), 3 / 4, "the status is 200 instead of 201"),
        ((201, {}), 3 / 4, "completed is missing"),
        ((201, {"completed": 0}), 3 / 4, "completed is 0 instead of false"),
        ((200, {"completed": "no", "title": "<b>"}), 1 / 4, ""),
    ],
)
def test_each_wrong_part_of_the_response_costs_its_share(
    answered: tuple[int, dict[str, Any]], fraction: float, says: str
) -> None:
    status, fields = answered
    todos = broken(POST_all=always(said(status, {"todoId": "t-1", **ITEM, **fields})))
    verdict = converse("item_created", todos, **CREATE)
    assert (verdict.status, verdict.fraction) == ("partial", fraction)
    says = says or (
        'the status is 200 instead of 201, title is "<b>" instead of "Written by the grader", '
        'completed is "no" instead of false'
    )
    assert verdict.message == f"{TODO}: POST /todos created the item, but in the response {says}."


def test_a_field_may_be_required_with_any_value() -> None:
    parameters = {**CREATE, "defaults": {"completed": False, "createdAt": "…"}}
    assert converse("item_created", Todos(), **parameters).status == "passed"
    todos = broken(POST_all=always(said(201, {"todoId": "t-1", **ITEM, "completed": False})))
    verdict = converse("item_created", todos, **parameters)
    assert (verdict.fraction, verdict.message) == (
        4 / 5,
        f"{TODO}: POST /todos created the item, but in the response createdAt is missing.",
    )


@pytest.mark.parametrize(
    "body", [{"item": {"todoId": 7, **ITEM, "completed": False}}, {"todoId": "t", **ITEM, "completed": False}]
)
def test_an_item_may_lie_below_a_key_and_have_a_number(body: Any) -> None:
    assert converse("item_created", broken(POST_all=always(said(201, body))), **CREATE).status == "passed"


@pytest.mark.parametrize(
    ("log", "explained"),
    [(NO_TABLE, True), ("AccessDeniedException", True), ("ValidationException", False)],
)
def test_explains_a_table_that_cannot_be_reached(log: str, explained: bool) -> None:
    payload = json.dumps({"statusCode": 500, "body": "{}"})
    post = Invocation(TODO, "answered", payload, len(payload), log_tail=log)
    verdict = converse("item_created", broken(POST_all=always(post)), **CREATE, explanation="Open your own table.")
    assert verdict.message.endswith("Open your own table.") is explained
    assert verdict.evidence == (log,)


def test_fails_when_the_function_does_not_exist() -> None:
    todos = Todos()
    verdict = converse("item_created", todos, World(), **CREATE)
    assert (verdict.status, verdict.message, todos.calls) == ("failed", f"There is no function {TODO}.", [])


def test_a_body_encoded_twice_costs_half() -> None:
    todos = Twice()
    verdict = converse("item_created", todos, **CREATE)
    assert todos.items == {}
    assert (verdict.status, verdict.fraction) == ("partial", 0.5)
    assert verdict.message == (
        f"{TODO}: POST /todos created the item, but in the response the body is JSON within JSON "
        "(call json.dumps once, not twice)."
    )
