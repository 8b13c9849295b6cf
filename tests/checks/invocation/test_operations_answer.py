"""operations_answer: every operation returns 200 and a readable body."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.errors import NotGradedError
from labgrader.evidence.probe import Invocation
from tests.checks.invocation.samples import FUNCTION, SCHEMA, json_body, performance_function
from tests.checks.replies import answer, crash, probed, raw
from tests.checks.world import OPTIMIZED, World, perfect

STAGING: dict[str, Any] = {
    "function": OPTIMIZED,
    "operations": ["default", "heavy", "memory"],
    "qualifiers": ["user1-staging"],
}
TARGET = f"{OPTIMIZED}:user1-staging"
TIMEOUT = Invocation("t", "timeout", error="no answer")
TIMED_OUT = crash("Sandbox.Timedout", "RequestId: 1 Error: Task timed out after 30.00 seconds")


def test_passes_when_every_operation_returns_200() -> None:
    verdict, asked = probed(perfect(), "operations_answer", [answer()] * 3, **STAGING)
    assert (verdict.status, verdict.observed) == ("passed", "3 of 3 returned 200")
    assert [question.arguments["Payload"] for question in asked] == [
        {"body": '{"operation": "default"}'},
        {"body": '{"operation": "heavy"}'},
        {"body": '{"operation": "memory"}'},
    ]
    assert {question.arguments["Qualifier"] for question in asked} == {"user1-staging"}


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (answer(500, "=HYPERLINK(1)"), "returned 500 instead of 200 (=HYPERLINK(1))"),
        (answer(500, "<script>alert(1)</script>"), "returned 500 instead of 200 (<script>alert(1)</script>)"),
        (answer(201), 'returned 201 instead of 200 ({"ok": true})'),
        (answer(500, ""), "returned 500 instead of 200"),
        (raw('{"statusCode": 500}'), "returned 500 instead of 200"),
        (answer(200, "{'a': 1}"), "returned 200, but the body is not valid JSON"),
        (answer(200, '{"a": NaN}'), "returned 200, but the body is not valid JSON"),
        (answer(200, "9" * 5000), "returned 200, but the body is not valid JSON"),
        (answer(200, "[" * 10_000 + "]" * 10_000), "returned 200, but the body is nested too deeply to be read"),
        (raw('{"message": "done"}'), "returned a response that cannot be read: the response has no statusCode"),
        (raw("null"), "returned a response that cannot be read: the response is not a JSON object"),
        (
            raw("{", truncated=True, size=5_000_000),
            "returned a response that cannot be read: the response has 5000000 bytes, which is too large",
        ),
        (crash("ZeroDivisionError", "division by zero"), "crashed: ZeroDivisionError: division by zero"),
        (crash("", ""), "crashed: Unhandled"),
        (
            crash("Runtime.ImportModuleError", "Unable to import module 'x': No module named 'requests'"),
            "cannot run: version 1 has no module requests in its package or layers",
        ),
        (
            crash("Runtime.ImportModuleError", "Error: Cannot find module 'optimized_function'", version=""),
            "cannot run: the deployed code has no module optimized_function in its package or layers",
        ),
    ],
)
def test_names_the_operation_that_fails_and_why(call: Invocation, says: str) -> None:
    verdict, _ = probed(perfect(), "operations_answer", [answer(), call, answer()], **STAGING)
    assert (verdict.status, verdict.fraction) == ("partial", 2 / 3)
    assert verdict.message == f"{TARGET}: the operation heavy {says}."


@pytest.mark.parametrize("body", ['{"statusCode": 200}', '{"statusCode": "200", "body": {"a": 1}}'])
def test_a_response_may_have_no_body_or_an_object(body: str) -> None:
    assert probed(perfect(), "operations_answer", [raw(body)] * 3, **STAGING)[0].status == "passed"


def test_joins_operations_with_the_same_failure() -> None:
    calls = [crash("KeyError", "'a'"), answer(500, ""), crash("KeyError", "'a'")]
    verdict, _ = probed(perfect(), "operations_answer", calls, **STAGING)
    assert verdict.status == "failed"
    assert verdict.message == (
        f"{TARGET}: the operations default and memory crashed: KeyError: 'a'; "
        "the operation heavy returned 500 instead of 200."
    )
    assert verdict.hint == (
        f"aws lambda invoke --function-name {OPTIMIZED} --qualifier user1-staging --cli-binary-format "
        """raw-in-base64-out --payload '{"body": "{\\"operation\\": \\"default\\"}"}' --log-type Tail """
        "answer.json && cat answer.json"
    )


@pytest.mark.parametrize(
    ("hang", "says"),
    [
        (TIMEOUT, "did not respond before labgrader stopped waiting"),
        (TIMED_OUT, "did not finish within its timeout of 30 seconds"),
    ],
)
def test_a_function_that_hangs_is_invoked_once(hang: Invocation, says: str) -> None:
    verdict, asked = probed(perfect(), "operations_answer", [hang], **STAGING)
    assert len(asked) == 1
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{TARGET}: the operation default {says}; the operations heavy and memory could not be tried after that.",
    )


@pytest.mark.parametrize("kind", ["Runtime.ImportModuleError", "RuntimeError"])
def test_the_commands_publish_the_handouts_version_2_again(kind: str) -> None:
    """The embedded AWS reports a ``RuntimeError``."""
    call = crash(kind, "Unable to import module 'optimized_function': No module named 'optimized_function'", "2")
    verdict, _ = probed(perfect(), "operations_answer", [call] * 3, **STAGING, explanation="See step 4.1.")
    assert verdict.message == (
        f"{TARGET}: the operations default, heavy and memory cannot run: "
        "version 2 has no module optimized_function in its package or layers. See step 4.1."
    )
    assert verdict.hint.splitlines() == [
        "zip optimized_function.zip optimized_function.py",
        f"aws lambda update-function-code --function-name {OPTIMIZED} --zip-file fileb://optimized_function.zip",
        f"aws lambda wait function-updated-v2 --function-name {OPTIMIZED}",
        f"aws lambda publish-version --function-name {OPTIMIZED}",
        f"aws lambda update-alias --function-name {OPTIMIZED} --name user1-staging "
        "--function-version N  # the number that publish-version printed",
    ]


def test_the_command_attaches_the_missing_layer() -> None:
    call = crash("Runtime.ImportModuleError", "No module named 'lambda_utils'", "$LATEST")
    dev = {**STAGING, "qualifiers": ["user1-dev"]}
    verdict, _ = probed(perfect(), "operations_answer", [call] * 3, **dev, explanation="See step 4.1.")
    assert "step 4.1" not in verdict.message
    assert verdict.hint == (
        f"aws lambda update-function-configuration --function-name {OPTIMIZED} --layers ARN-OF-EVERY-LAYER-IT-NEEDS"
        "  # one of them must hold lambda_utils"
    )


def test_the_last_lines_of_the_log_are_evidence() -> None:
    call = crash("KeyError", "'a'", log="START\n\nTraceback\nKeyError: \x1b[31m'a'\n\n")
    verdict, _ = probed(perfect(), "operations_answer", [call, answer(), answer()], **STAGING)
    assert verdict.evidence == ("START", "Traceback", "KeyError: �[31m'a'")


@pytest.mark.parametrize(
    ("qualifiers", "called"),
    [
        (["user1-prod", "1", "$LATEST"], "user1-prod"),
        (["user1-blue", "2", "$LATEST"], "2"),
        (["user1-blue", "9", "$LATEST"], ""),
        (None, ""),
    ],
)
def test_the_first_existing_qualifier_is_invoked(qualifiers: list[str] | None, called: str) -> None:
    parameters = {"function": OPTIMIZED, "operations": ["default"]}
    if qualifiers:
        parameters["qualifiers"] = qualifiers
    _, asked = probed(perfect(), "operations_answer", [answer()], **parameters)
    assert asked[0].arguments["Qualifier"] == called


def test_invokes_nothing_without_the_function_or_alias() -> None:
    verdict, asked = probed(World(), "operations_answer", [], function=OPTIMIZED, operations=["default"])
    assert (verdict.message, asked) == (f"There is no function {OPTIMIZED}.", [])
    verdict, asked = probed(
        perfect(), "operations_answer", [], function=OPTIMIZED, qualifiers=["user1-blue"], operations=["default"]
    )
    assert (verdict.message, asked) == (f"{OPTIMIZED} has no alias or version user1-blue.", [])


def test_fails_with_reserved_concurrency_0_and_is_not_graded_when_throttled() -> None:
    throttled = Invocation(OPTIMIZED, "throttled")
    parameters = {"function": OPTIMIZED, "operations": ["default", "heavy"]}
    verdict, asked = probed(World().function(OPTIMIZED, reserved=0), "operations_answer", [throttled], **parameters)
    assert len(asked) == 1
    assert verdict.message == (
        f"{OPTIMIZED}: the operation default could not run: the function's reserved concurrency is 0, so Lambda "
        "throttles every invocation; the operation heavy could not be tried after that."
    )
    with pytest.raises(NotGradedError, match="AWS throttled every invocation of"):
        probed(World().function(OPTIMIZED, reserved=10), "operations_answer", [throttled], **parameters)


@pytest.mark.parametrize(
    ("handler", "module"),
    [("$(reboot).lambda_handler", "$(reboot)"), ("-TT.handler", "-TT"), ("a b.handler", "a b")],
)
def test_a_command_never_contains_text_of_a_student(handler: str, module: str) -> None:
    call = crash("Runtime.ImportModuleError", f"Error: Cannot find module '{module}'")
    world = perfect().configure(OPTIMIZED, Handler=handler)
    verdict, _ = probed(world, "operations_answer", [call] * 3, **STAGING)
    assert module in verdict.message
    assert module not in verdict.hint
    assert "# one of them must hold MODULE\n" in verdict.hint


def test_every_body_must_match_the_schema() -> None:
    call = {"function": FUNCTION, "operations": ["a", "b"], "matches": SCHEMA}
    verdict, _ = probed(performance_function(), "operations_answer", [json_body(user_id=1), json_body(user=1)], **call)
    assert (verdict.fraction, verdict.message) == (
        0.5,
        f"{FUNCTION}: the operation b returned 200, but the body has no field user_id (there is user).",
    )


def test_fails_when_the_alias_is_deleted_during_the_check() -> None:
    verdict, _ = probed(perfect(), "operations_answer", [None], **STAGING)
    assert (verdict.status, verdict.message) == ("failed", f"{TARGET} does not exist.")
