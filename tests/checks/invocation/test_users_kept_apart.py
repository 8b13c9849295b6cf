"""users_kept_apart: a user cannot read, list or delete the items of another user."""

from __future__ import annotations

import pytest

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
    verdict = converse("users_kept_apart", todos, **READ)
    assert (verdict.status, verdict.message) == ("passed", "")
    assert todos.calls == [
        "POST /todos a",
        "GET /todos/t-1 a",
        "GET /todos/t-1 b",
        "GET /todos b",
        "DELETE /todos/t-1 b",
        "GET /todos/t-1 a",
        "DELETE /todos/t-1 a",
    ]


class OneForAll(Todos):
    """An API that ignores the user."""

    def user(self, event: Call) -> str:
        return "everybody"


def test_fails_when_the_api_ignores_the_user() -> None:
    todos = OneForAll()
    verdict = converse("users_kept_apart", todos, **READ)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{TODO}: GET /todos/ID shows the item to another user; "
        "GET /todos lists the item to another user; "
        "DELETE /todos/ID of another user deleted the item.",
    )
    assert '"sub": "labgrader-users-kept-apart-b"' in verdict.hint


def test_each_leak_costs_a_third() -> None:
    todos = Todos()
    todos.wrong["GET /todos"] = lambda _: said(200, list(todos.items.values()))
    verdict = converse("users_kept_apart", todos, **READ)
    assert (verdict.fraction, verdict.message) == (
        2 / 3,
        f"{TODO}: GET /todos lists the item to another user.",
    )
    assert todos.items == {}


@pytest.mark.parametrize("refusal", [said(404, {}), said(403, {}), said(500, {}), crash("KeyError", "'x'")])
def test_passes_with_every_kind_of_refusal(refusal: Invocation) -> None:
    todos = Todos()

    def refuse(event: Call) -> Invocation:
        return refusal if todos.user(event).endswith("-b") else todos.right(event)

    todos.wrong = {f"{method} /todos{at}": refuse for method in ("GET", "DELETE") for at in ("", "/{id}")}
    assert converse("users_kept_apart", todos, **READ).status == "passed"


def test_fails_when_the_owner_cannot_read_the_item() -> None:
    todos = broken(GET_one=always(said(404, {})), GET_all=always(said(200, [])))
    verdict = converse("users_kept_apart", todos, **READ)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{TODO}: access by another user cannot be tested, because its owner cannot read the new item.",
    )
    verdict = converse("users_kept_apart", broken(POST_all=always(said(500, {}))), **READ)
    assert verdict.message == (
        f"{TODO}: access by another user cannot be tested, because POST /todos returned 500 instead of 201 ({{}})."
    )


def test_fails_when_the_function_does_not_exist() -> None:
    todos = Todos()
    verdict = converse("users_kept_apart", todos, World(), **READ)
    assert (verdict.status, verdict.message, todos.calls) == ("failed", f"There is no function {TODO}.", [])
