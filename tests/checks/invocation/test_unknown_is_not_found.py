"""unknown_is_not_found: an unknown id and an unknown path return 404."""

from __future__ import annotations

from tests.checks.invocation.todos import (
    ABOUT,
    TODO,
    Todos,
    always,
    broken,
    converse,
    said,
)
from tests.checks.replies import answer, crash
from tests.checks.world import World


def test_passes_with_as_few_calls_as_it_takes() -> None:
    todos = Todos()
    verdict = converse("unknown_is_not_found", todos, **ABOUT)
    assert (verdict.status, verdict.message) == ("passed", "")
    assert todos.calls == ["GET /todos/00000000-0000-4000-8000-000000000000 a", "GET /labgrader-unknown a"]


def test_id_and_path_are_worth_half_each() -> None:
    verdict = converse("unknown_is_not_found", broken(GET_one=always(said(200, {}))), **ABOUT)
    assert (verdict.fraction, verdict.message) == (
        0.5,
        f"{TODO}: GET of an id that does not exist returned 200 instead of 404 ({{}}).",
    )
    todos = Todos()
    todos.wrong = {"GET /todos/{id}": always(said(500, {})), "GET /labgrader-unknown": always(crash("KeyError", "'x'"))}
    verdict = converse("unknown_is_not_found", todos, **ABOUT)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{TODO}: GET of an id that does not exist returned 500 instead of 404 ({{}}); "
        "GET of a path that does not exist crashed: KeyError: 'x'.",
    )


def test_not_found_may_be_plain_text() -> None:
    assert converse("unknown_is_not_found", broken(GET_one=always(answer(404, "gone"))), **ABOUT).status == "passed"


def test_fails_when_the_function_does_not_exist() -> None:
    todos = Todos()
    verdict = converse("unknown_is_not_found", todos, World(), **ABOUT)
    assert (verdict.status, verdict.message, todos.calls) == ("failed", f"There is no function {TODO}.", [])
