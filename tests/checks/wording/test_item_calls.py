"""What holds for all checks that talk to a function that keeps items."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labgrader.evidence.probe import Invocation
from tests.checks.invocation.todos import (
    EVERY,
    TODO,
    Call,
    Todos,
    converse,
    said,
)
from tests.checks.world import World


@pytest.mark.parametrize(("check", "parameters"), EVERY)
def test_a_correct_api_passes_and_no_item_stays(check: str, parameters: dict[str, Any]) -> None:
    todos = Todos()
    verdict = converse(check, todos, **parameters)
    assert (verdict.status, verdict.message, verdict.evidence) == ("passed", "", ())
    assert todos.items == {}


@pytest.mark.parametrize(("check", "parameters"), EVERY)
def test_nothing_is_called_without_the_function(check: str, parameters: dict[str, Any]) -> None:
    todos = Todos()
    verdict = converse(check, todos, World(), **parameters)
    assert (verdict.status, verdict.message, todos.calls) == ("failed", f"There is no function {TODO}.", [])


@pytest.mark.parametrize(("check", "parameters"), EVERY)
def test_a_body_encoded_twice_costs_half_of_one_check(check: str, parameters: dict[str, Any]) -> None:
    class Twice(Todos):
        def right(self, event: Call) -> Invocation:
            answered = json.loads(super().right(event).payload)
            return said(answered["statusCode"], answered["body"])

    todos = Twice()
    verdict = converse(check, todos, **parameters)
    assert todos.items == {}
    if check != "item_created":
        assert (verdict.status, verdict.message) == ("passed", "")
        return
    assert (verdict.status, verdict.fraction) == ("partial", 0.5)
    assert verdict.message == (
        f"{TODO}: POST /todos created the item, but in the answer the body is JSON within JSON: json.dumps ran twice "
        "on it, and once is right."
    )


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
