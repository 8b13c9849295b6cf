"""item_updated, item_deleted, unknown_is_not_found, users_kept_apart."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.evidence.probe import Invocation
from tests.checks.todos import (
    ABOUT,
    EVERY,
    READ,
    TODO,
    UPDATE,
    Call,
    Todos,
    always,
    broken,
    converse,
    said,
)
from tests.checks.world import answer, crash

# --- update -----------------------------------------------------------------------------------------------------------


def test_a_change_that_is_not_kept_is_half() -> None:
    verdict = converse("item_updated", broken(PUT_one=always(said(200, {}))), **UPDATE)
    assert (verdict.status, verdict.fraction) == ("partial", 0.5)
    assert verdict.message == (
        f'{TODO}: afterwards title is "Written by the grader" instead of "Changed", completed is false instead of true.'
    )


def test_a_change_that_is_refused_is_nothing() -> None:
    verdict = converse("item_updated", broken(PUT_one=always(said(404, {}))), **UPDATE)
    assert verdict.status == "failed"
    assert verdict.message.startswith(f"{TODO}: PUT /todos/ID answered 404 instead of 200 ({{}}); afterwards title is")
    assert "/todos/ID-OF-AN-ITEM" in verdict.hint


def test_a_change_is_seen_in_the_list_where_one_item_cannot_be_read() -> None:
    assert converse("item_updated", broken(GET_one=always(said(500, {}))), **UPDATE).status == "passed"


def test_a_change_that_nothing_shows_is_half() -> None:
    todos = broken(GET_one=always(said(500, {})), GET_all=always(said(500, {})))
    verdict = converse("item_updated", todos, **UPDATE)
    assert (verdict.fraction, verdict.message) == (0.5, f"{TODO}: afterwards the item cannot be read.")


# --- delete -----------------------------------------------------------------------------------------------------------


def test_a_deletion_with_another_status_is_half() -> None:
    todos = Todos()

    def answers_200(event: Call) -> Invocation:
        todos.right(event)
        return said(200, {})

    todos.wrong["DELETE /todos/{id}"] = answers_200
    verdict = converse("item_deleted", todos, **READ)
    assert (verdict.fraction, verdict.message) == (0.5, f"{TODO}: DELETE /todos/ID answered 200 instead of 204 ({{}}).")
    assert converse("item_deleted", todos, **READ, status=200).status == "passed"


def test_a_deletion_that_deletes_nothing_is_nothing_and_what_stays_is_said() -> None:
    todos = broken(DELETE_one=always(said(204, {})))
    verdict = converse("item_deleted", todos, **READ)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{TODO}: DELETE /todos/ID answered 204, but the item is still there afterwards.",
    )
    assert verdict.evidence == (
        "left behind by the grader, because DELETE deletes nothing: every item that it created, of the users whose "
        "names begin with labgrader-",
    )
    verdict = converse("item_deleted", broken(DELETE_one=always(said(404, {}))), **READ)
    assert verdict.message == (
        f"{TODO}: DELETE /todos/ID answered 404 instead of 204 ({{}}); the item is still there afterwards."
    )
    assert verdict.status == "failed"
    assert verdict.evidence == (
        "left behind by the grader, because DELETE did not work: item t-1 of user labgrader-item-deleted-a",
    )


def test_a_deletion_that_crashes_deletes_nothing_whatever_reading_says() -> None:
    hidden = {"GET_one": always(said(404, {})), "GET_all": always(said(200, []))}
    verdict = converse("item_deleted", broken(DELETE_one=always(crash("KeyError", "'id'")), **hidden), **READ)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{TODO}: DELETE /todos/ID crashed: KeyError: 'id'; so nothing was deleted.",
    )


# --- what does not exist ----------------------------------------------------------------------------------------------


def test_what_does_not_exist_is_half_each() -> None:
    verdict = converse("unknown_is_not_found", broken(GET_one=always(said(200, {}))), **ABOUT)
    assert (verdict.fraction, verdict.message) == (
        0.5,
        f"{TODO}: GET of an id that does not exist answered 200 instead of 404 ({{}}).",
    )
    todos = Todos()
    todos.wrong = {"GET /todos/{id}": always(said(500, {})), "GET /labgrader-unknown": always(crash("KeyError", "'x'"))}
    verdict = converse("unknown_is_not_found", todos, **ABOUT)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{TODO}: GET of an id that does not exist answered 500 instead of 404 ({{}}); "
        "GET of a path that does not exist crashed: KeyError: 'x'.",
    )


def test_not_found_may_be_said_in_plain_words() -> None:
    assert converse("unknown_is_not_found", broken(GET_one=always(answer(404, "gone"))), **ABOUT).status == "passed"


# --- users ------------------------------------------------------------------------------------------------------------


class OneForAll(Todos):
    """An API that looks at no user."""

    def user(self, event: Call) -> str:
        return "everybody"


def test_an_api_that_looks_at_no_user_keeps_nobody_apart() -> None:
    todos = OneForAll()
    verdict = converse("users_kept_apart", todos, **READ)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{TODO}: GET /todos/ID shows the item to another user; "
        "GET /todos lists the item to another user; "
        "DELETE /todos/ID of another user deleted the item.",
    )
    assert '"sub": "labgrader-users-kept-apart-b"' in verdict.hint


def test_each_leak_is_a_third() -> None:
    todos = Todos()
    todos.wrong["GET /todos"] = lambda _: said(200, list(todos.items.values()))
    verdict = converse("users_kept_apart", todos, **READ)
    assert (verdict.fraction, verdict.message) == (
        2 / 3,
        f"{TODO}: GET /todos lists the item to another user.",
    )
    assert todos.items == {}


@pytest.mark.parametrize("refusal", [said(404, {}), said(403, {}), said(500, {}), crash("KeyError", "'x'")])
def test_however_the_other_user_is_refused_is_right(refusal: Invocation) -> None:
    todos = Todos()

    def refuse(event: Call) -> Invocation:
        return refusal if todos.user(event).endswith("-b") else todos.right(event)

    todos.wrong = {f"{method} /todos{at}": refuse for method in ("GET", "DELETE") for at in ("", "/{id}")}
    assert converse("users_kept_apart", todos, **READ).status == "passed"


def test_whose_items_cannot_be_seen_by_their_owner_cannot_be_tried() -> None:
    todos = broken(GET_one=always(said(404, {})), GET_all=always(said(200, [])))
    verdict = converse("users_kept_apart", todos, **READ)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{TODO}: whether users are kept apart cannot be tried: its owner does not find the item that was just "
        "created.",
    )
    verdict = converse("users_kept_apart", broken(POST_all=always(said(500, {}))), **READ)
    assert verdict.message == (
        f"{TODO}: whether users are kept apart cannot be tried: POST /todos answered 500 instead of 201 ({{}})."
    )


# --- hostile ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("identity", ["'; rm -rf ~ #", "$(reboot)", "\x1b[31m", "x" * 201, 10**30, None, True, ["a"]])
def test_an_id_never_gets_into_a_command(identity: Any) -> None:
    todos = Todos()

    def post(event: Call) -> Invocation:
        return said(200, {"todoId": identity})

    todos.wrong["POST /todos"] = post
    for check, parameters in EVERY:
        verdict = converse(check, todos, **parameters)
        assert str(identity) not in verdict.hint or identity in (None, True)
        assert "\x1b" not in verdict.message + verdict.observed
