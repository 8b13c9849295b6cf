"""Requirements of all checks that use a function that stores items."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.evidence.probe import Invocation
from tests.checks.invocation.todos import (
    EVERY,
    Call,
    Todos,
    Twice,
    converse,
    said,
)


@pytest.mark.parametrize(("check", "parameters"), EVERY)
def test_a_correct_api_passes_and_no_item_stays(check: str, parameters: dict[str, Any]) -> None:
    todos = Todos()
    verdict = converse(check, todos, **parameters)
    assert (verdict.status, verdict.message, verdict.evidence) == ("passed", "", ())
    assert todos.items == {}


@pytest.mark.parametrize(("check", "parameters"), [entry for entry in EVERY if entry[0] != "item_created"])
def test_a_body_encoded_twice_costs_nothing_except_in_item_created(check: str, parameters: dict[str, Any]) -> None:
    todos = Twice()
    verdict = converse(check, todos, **parameters)
    assert todos.items == {}
    assert (verdict.status, verdict.message) == ("passed", "")


@pytest.mark.parametrize("identity", ["'; rm -rf ~ #", "$(reboot)", "\x1b[31m", "x" * 201, 10**30, None, True, ["a"]])
def test_an_id_is_never_part_of_a_command(identity: Any) -> None:
    todos = Todos()

    def post(event: Call) -> Invocation:
        return said(200, {"todoId": identity})

    todos.wrong["POST /todos"] = post
    for check, parameters in EVERY:
        verdict = converse(check, todos, **parameters)
        assert str(identity) not in verdict.hint or identity in (None, True)
        assert "\x1b" not in verdict.message + verdict.observed
