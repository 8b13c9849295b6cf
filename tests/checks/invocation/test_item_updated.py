"""item_updated: PUT returns 200, and the item has the changes."""

from __future__ import annotations

from tests.checks.invocation.todos import (
    TODO,
    UPDATE,
    Todos,
    always,
    broken,
    converse,
    said,
)
from tests.checks.world import World


def test_passes_with_as_few_calls_as_it_takes() -> None:
    todos = Todos()
    verdict = converse("item_updated", todos, **UPDATE)
    assert (verdict.status, verdict.message) == ("passed", "")
    assert todos.calls == ["POST /todos a", "PUT /todos/t-1 a", "GET /todos/t-1 a", "DELETE /todos/t-1 a"]


def test_the_body_is_the_same_text_in_any_order_of_the_lab_fields() -> None:
    """A run stores the lab with sorted keys. When it is judged again, the questions must be the same."""
    bodies = []
    for changes in ({"title": "x", "completed": True}, {"completed": True, "title": "x"}):
        todos = Todos()
        todos.wrong["PUT /todos/{id}"] = lambda event: bodies.append(event["body"]) or said(200, {})  # type: ignore[func-returns-value]
        converse("item_updated", todos, **{**UPDATE, "changes": changes})
    assert bodies == ['{"completed": true, "title": "x"}'] * 2


def test_fails_when_no_item_can_be_created() -> None:
    verdict = converse("item_updated", broken(POST_all=always(said(500, {}))), **UPDATE)
    assert (verdict.status, verdict.message) == ("failed", f"{TODO}: POST /todos returned 500 instead of 201 ({{}}).")


def test_a_change_that_is_not_kept_costs_half() -> None:
    verdict = converse("item_updated", broken(PUT_one=always(said(200, {}))), **UPDATE)
    assert (verdict.status, verdict.fraction) == ("partial", 0.5)
    assert verdict.message == (
        f'{TODO}: afterwards title is "Written by the grader" instead of "Changed", completed is false instead of true.'
    )


def test_fails_when_the_change_is_refused() -> None:
    verdict = converse("item_updated", broken(PUT_one=always(said(404, {}))), **UPDATE)
    assert verdict.status == "failed"
    assert verdict.message.startswith(f"{TODO}: PUT /todos/ID returned 404 instead of 200 ({{}}); afterwards title is")
    assert "/todos/ID-OF-AN-ITEM" in verdict.hint


def test_a_change_is_found_in_the_list_if_the_item_cannot_be_read() -> None:
    assert converse("item_updated", broken(GET_one=always(said(500, {}))), **UPDATE).status == "passed"


def test_a_change_that_cannot_be_read_costs_half() -> None:
    todos = broken(GET_one=always(said(500, {})), GET_all=always(said(500, {})))
    verdict = converse("item_updated", todos, **UPDATE)
    assert (verdict.fraction, verdict.message) == (0.5, f"{TODO}: the item cannot be read afterwards.")


def test_fails_when_the_function_does_not_exist() -> None:
    todos = Todos()
    verdict = converse("item_updated", todos, World(), **UPDATE)
    assert (verdict.status, verdict.message, todos.calls) == ("failed", f"There is no function {TODO}.", [])
