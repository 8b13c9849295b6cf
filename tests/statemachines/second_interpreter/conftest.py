"""A class of three, a self-check and a course, with functions that answer as labgrader's do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import pytest

from tests.statemachines.second_interpreter.answers import Answer, Function, result
from tests.statemachines.second_interpreter.interpreter import Machines, machines

CHECKS = {"configuration": ["role", "tags"], "behaviour": ["adds"], "performance": ["fast"]}

CLASS = ("ann", "bob", "cid")

Stack = Callable[..., AbstractContextManager[Machines]]
"""Makes a stack: ``stack(machine, …, mode=…, functions={…}, start_errors=[…])``."""


def answers(mode: str) -> dict[str, Function]:
    """Return what each function answers where nothing goes wrong."""

    def plan(payload: Any) -> Answer:
        return result(
            {
                "run_id": payload["run_id"],
                "mode": mode,
                "students_key": f"runs/{payload['run_id']}/students.json",
                "username": "ann",
                "checks": CHECKS,
                "in_flight": 20,
            }
        )

    def judge(payload: Any) -> Answer:
        return result({"check": payload["check"], "status": "passed"})

    def summarise(payload: Any) -> Answer:
        status = "failed" if "error" in payload else "complete"
        return result({"run_id": payload["run_id"], "status": status, "counts": {"students": 3}})

    def digest(payload: Any) -> Answer:
        incomplete = any("error" in run for run in payload["runs"])
        return result({"night": payload["night"], "status": "incomplete" if incomplete else "complete"})

    return {
        "plan-run": plan,
        "take-snapshot": lambda _: result({"recorded": 3, "done": True}),
        "run-check": judge,
        "run-probe": judge,
        "run-load-test": judge,
        "write-report": lambda _: result({"status": "graded"}),
        "summarise-run": summarise,
        "send-digest": digest,
    }


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Stack:
    def made(
        *names: str,
        mode: str = "grade",
        functions: Mapping[str, Function] | None = None,
        start_errors: list[Answer] | None = None,
    ) -> AbstractContextManager[Machines]:
        every = {**answers(mode), **(functions or {})}
        return machines(every, monkeypatch, *names, start_errors=start_errors)

    return made
