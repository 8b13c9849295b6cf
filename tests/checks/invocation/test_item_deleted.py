"""item_deleted: DELETE returns its status, and the item is gone."""

from __future__ import annotations

from labgrader.evidence.probe import Invocation
from tests.checks.invocation.todos import (
    READ,
    TODO,
    Call,
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
    verdict = converse("item_deleted", todos, **READ)
    assert (verdict.status, verdict.message) == ("passed", "")
    assert todos.calls == ["POST /todos a", "DELETE /todos/t-1 a", "GET /todos/t-1 a", "GET /todos a"]


def test_fails_when_no_item_can_be_created() -> None:
    verdict = converse("item_deleted", broken(POST_all=always(said(500, {}))), **READ)
    assert (verdict.status, verdict.message) == ("failed", f"{TODO}: POST /todos returned 500 instead of 201 ({{}}).")


def test_another_status_costs_half() -> None:
    todos = Todos()

    def answers_200(event: Call) -> Invocation:
        todos.right(event)
        return said(200, {})

    todos.wrong["DELETE /todos/{id}"] = answers_200
    verdict = converse("item_deleted", todos, **READ)
    assert (verdict.fraction, verdict.message) == (0.5, f"{TODO}: DELETE /todos/ID returned 200 instead of 204 ({{}}).")
    assert converse("item_deleted", todos, **READ, status=200).status == "passed"


def test_fails_when_nothing_is_deleted_and_names_the_remaining_items() -> None:
    todos = broken(DELETE_one=always(said(204, {})))
    verdict = converse("item_deleted", todos, **READ)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{TODO}: DELETE /todos/ID returned 204, but the item still exists afterwards.",
    )
    assert verdict.evidence == (
        "labgrader could not delete the items that it created, because DELETE deletes nothing. "
        "Their users have names that begin with labgrader-",
    )
    verdict = converse("item_deleted", broken(DELETE_one=always(said(404, {}))), **READ)
    assert verdict.message == (
        f"{TODO}: DELETE /todos/ID returned 404 instead of 204 ({{}}); the item still exists afterwards."
    )
    assert verdict.status == "failed"
    assert verdict.evidence == (
        "labgrader could not delete the item t-1 of user labgrader-item-deleted-a, because DELETE did not work",
    )


def test_fails_when_the_deletion_crashes() -> None:
    hidden = {"GET_one": always(said(404, {})), "GET_all": always(said(200, []))}
    verdict = converse("item_deleted", broken(DELETE_one=always(crash("KeyError", "'id'")), **hidden), **READ)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{TODO}: DELETE /todos/ID crashed: KeyError: 'id'; the item was not deleted.",
    )


def test_fails_when_the_function_does_not_exist() -> None:
    todos = Todos()
    verdict = converse("item_deleted", todos, World(), **READ)
    assert (verdict.status, verdict.message, todos.calls) == ("failed", f"There is no function {TODO}.", [])
