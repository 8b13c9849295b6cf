"""function_loads: one invocation finds the module and the handler."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.errors import NotGradedError
from labgrader.evidence.probe import Invocation
from tests.checks.replies import answer, crash, probed, raw
from tests.checks.world import World

FUNCTION = "user1-async"
LOADS: dict[str, Any] = {"function": FUNCTION, "event": {"task_id": "labgrader"}}
TIMED_OUT = crash("Sandbox.Timedout", "RequestId: 1 Error: Task timed out after 3.00 seconds")


@pytest.mark.parametrize(
    "call",
    [
        answer(),
        raw("null"),
        raw('{"done": true}'),
        crash("Exception", "Processing failed for task labgrader"),
        TIMED_OUT,
        Invocation("t", "timeout", error="no answer"),
    ],
)
def test_passes_with_any_response_of_the_handler(call: Invocation) -> None:
    verdict, asked = probed(World().function(FUNCTION), "function_loads", [call], **LOADS)
    assert (verdict.status, len(asked)) == ("passed", 1)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (
            crash("Runtime.ImportModuleError", "Unable to import module 'app': No module named 'requests'", "$LATEST"),
            "cannot be loaded: $LATEST has no module requests in its package or layers.",
        ),
        (
            crash("Runtime.ImportModuleError", "Unable to import module 'app': No module named 'app'", "$LATEST"),
            "cannot be loaded: $LATEST has no module app in its package or layers. Its handler is app.handler, so its "
            "package must contain app.py.",
        ),
        (
            crash("Runtime.UserCodeSyntaxError", "Syntax error in module 'app': invalid syntax (app.py, line 3)"),
            "crashed: Runtime.UserCodeSyntaxError: Syntax error in module 'app': invalid syntax (app.py, line 3).",
        ),
        (
            crash("Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
            "crashed: Runtime.HandlerNotFound: Handler 'handler' missing on module 'app'.",
        ),
        (
            crash("RuntimeError", "module 'app' has no attribute 'handler'"),
            "crashed: RuntimeError: module 'app' has no attribute 'handler'.",
        ),
        (
            crash("RuntimeError", "invalid syntax (app.py, line 3)"),
            "crashed: RuntimeError: invalid syntax (app.py, line 3).",
        ),
    ],
)
def test_fails_when_the_handler_cannot_be_loaded(call: Invocation, says: str) -> None:
    verdict, _ = probed(World().function(FUNCTION, Handler="app.handler"), "function_loads", [call], **LOADS)
    assert (verdict.status, verdict.message) == ("failed", f"{FUNCTION} {says}")


def test_the_command_zips_the_missing_handler() -> None:
    call = crash("Runtime.ImportModuleError", "Unable to import module 'app': No module named 'app'")
    verdict, _ = probed(World().function(FUNCTION, Handler="app.handler"), "function_loads", [call], **LOADS)
    assert verdict.hint.splitlines() == [
        "zip app.zip app.py",
        f"aws lambda update-function-code --function-name {FUNCTION} --zip-file fileb://app.zip",
    ]


def test_fails_with_reserved_concurrency_0_and_is_not_graded_when_throttled() -> None:
    call = Invocation("t", "throttled", error="Rate exceeded")
    verdict, _ = probed(World().function(FUNCTION, reserved=0), "function_loads", [call], **LOADS)
    assert verdict.message == (
        f"{FUNCTION} could not run: the function's reserved concurrency is 0, so Lambda throttles every invocation."
    )
    with pytest.raises(NotGradedError, match="AWS throttled every invocation of"):
        probed(World().function(FUNCTION), "function_loads", [call], **LOADS)


def test_fails_when_the_function_does_not_exist() -> None:
    verdict, asked = probed(World(), "function_loads", [], **LOADS)
    assert (verdict.status, verdict.message, asked) == ("failed", f"There is no function {FUNCTION}.", [])


def test_fails_when_no_alias_exists() -> None:
    world = World().function(FUNCTION)
    verdict, asked = probed(world, "function_loads", [], **LOADS, qualifiers=["user1-prod", "1"])
    assert (verdict.status, verdict.message, asked) == (
        "failed",
        f"{FUNCTION} has none of these aliases and versions: user1-prod, 1.",
        [],
    )


def test_fails_when_the_function_was_deleted_meanwhile() -> None:
    verdict, _ = probed(World().function(FUNCTION), "function_loads", [None], **LOADS)
    assert (verdict.status, verdict.message) == ("failed", f"{FUNCTION} does not exist.")
