"""item_read_back: GET returns the new item by its id and in the list."""

from __future__ import annotations

import pytest

from tests.checks.invocation.todos import (
    READ,
    TODO,
    Todos,
    always,
    broken,
    converse,
    said,
)
from tests.checks.replies import crash
from tests.checks.world import World


def test_passes_with_as_few_calls_as_it_takes() -> None:
    todos = Todos()
    verdict = converse("item_read_back", todos, **READ)
    assert (verdict.status, verdict.message) == ("passed", "")
    assert todos.calls == ["POST /todos a", "GET /todos/t-1 a", "GET /todos a", "DELETE /todos/t-1 a"]


@pytest.mark.parametrize(
    ("todos", "says"),
    [
        (broken(GET_one=always(said(404, {}))), "GET /todos/ID returned 404 instead of 200 ({})"),
        (broken(GET_one=always(crash("KeyError", "'Item'"))), "GET /todos/ID crashed: KeyError: 'Item'"),
        (
            broken(GET_one=always(said(200, {"todoId": "t-1", "title": "x"}))),
            'GET /todos/ID returned 200, but title is "x" instead of "Written by the grader"',
        ),
        (
            broken(GET_all=always(said(200, []))),
            "GET /todos returned 200, but the new item is not in the list",
        ),
        (broken(GET_all=always(said(200, {}))), "GET /todos returned 200, but without a list"),
        (broken(GET_all=always(said(500, ""))), 'GET /todos returned 500 instead of 200 ("")'),
    ],
)
def test_one_failed_way_of_reading_costs_half(todos: Todos, says: str) -> None:
    verdict = converse("item_read_back", todos, **READ)
    assert (verdict.status, verdict.fraction, verdict.message) == ("partial", 0.5, f"{TODO}: {says}.")
    assert todos.items == {}


def test_fails_when_neither_way_of_reading_works() -> None:
    todos = broken(GET_one=always(said(404, {})), GET_all=always(said(200, [])))
    verdict = converse("item_read_back", todos, **READ)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{TODO}: GET /todos/ID returned 404 instead of 200 ({{}}); "
        "GET /todos returned 200, but the new item is not in the list.",
    )


def test_a_list_may_lie_below_a_key() -> None:
    todos = Todos()
    todos.wrong["GET /todos"] = lambda _: said(200, {"count": 1, "items": list(todos.items.values())})
    assert converse("item_read_back", todos, **READ).status == "passed"


def test_fails_when_no_item_can_be_created() -> None:
    verdict = converse("item_read_back", broken(POST_all=always(said(500, {}))), **READ)
    assert (verdict.status, verdict.message) == ("failed", f"{TODO}: POST /todos returned 500 instead of 201 ({{}}).")


def test_fails_when_the_function_does_not_exist() -> None:
    todos = Todos()
    verdict = converse("item_read_back", todos, World(), **READ)
    assert (verdict.status, verdict.message, todos.calls) == ("failed", f"There is no function {TODO}.", [])
