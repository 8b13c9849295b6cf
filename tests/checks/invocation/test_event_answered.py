"""event_answered: one event returns the status, the structure and the schema."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labgrader.errors import NotGradedError
from labgrader.evidence.probe import Invocation
from tests.checks.invocation.samples import BAD_JSON, CALL, EVENT, FUNCTION, SCHEMA, json_body, performance_function
from tests.checks.replies import answer, crash, probed, raw
from tests.checks.world import World

SAYS = (
    f"""{FUNCTION}:prod, invoked with {{"body": "{{\\"operation\\": \\"cpu_intensive\\", \\"iterations\\": 10}}"}}, """
)


def test_passes_with_the_right_response() -> None:
    wanted = {"result": {"iterations": 10, "result": 285}}
    call = json_body(result={"iterations": 10, "result": 285, "cpu_time_ms": 0.1}, performance={})
    verdict, asked = probed(performance_function(), "event_answered", [call], **CALL, contains=wanted)
    assert (verdict.status, verdict.observed) == ("passed", "200")
    assert verdict.expected == '200 with {"result": {"iterations": 10, "result": 285}}'
    assert asked[0].arguments["Payload"] == EVENT
    assert asked[0].arguments["Qualifier"] == "prod"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (json_body(result={"result": 45}), "returned 200, but result.result is 45 instead of 285."),
        (json_body(result=7), "returned 200, but result is 7 instead of an object with result."),
        (json_body(results={}), "returned 200, but result is missing (there is results)."),
        (answer(200, "[]"), "returned 200, but the response is [] instead of an object with result."),
        (answer(200, "no JSON"), "returned 200, but the body is not valid JSON."),
        (answer(500, "<script>"), "returned 500 instead of 200 (<script>)."),
        (answer(200, "[" * 10_000 + "]" * 10_000), "returned 200, but the body is nested too deeply to be read."),
        (
            raw('{"result": {"result": 285}}'),
            "returned a response that cannot be read: the response has no statusCode.",
        ),
        (crash("KeyError", "'a'"), "crashed: KeyError: 'a'."),
        (Invocation("t", "timeout"), "did not respond before the grader stopped waiting."),
    ],
)
def test_fails_with_one_sentence_about_the_difference(call: Invocation, says: str) -> None:
    contains = {"result": {"result": 285}}
    verdict, _ = probed(performance_function(), "event_answered", [call], **CALL, contains=contains)
    assert (verdict.status, verdict.message) == ("failed", SAYS + says)
    assert verdict.hint.startswith(f"aws lambda invoke --function-name {FUNCTION} --qualifier prod ")


def test_only_a_wrong_response_gets_the_explanation() -> None:
    verdict, _ = probed(performance_function(), "event_answered", [answer(200)], **CALL, explanation="See Task 1.")
    assert verdict.message == ""
    verdict, _ = probed(performance_function(), "event_answered", [crash("E", "x")], **CALL, explanation="See Task 1.")
    assert verdict.message == f"{SAYS}crashed: E: x. See Task 1."


@pytest.mark.parametrize(
    ("call", "status", "message"),
    [
        (answer(500, '{"error": "not a number"}'), "passed", ""),
        (answer(200, '{"error": "no"}'), "failed", 'returned 200 instead of 500 ({"error": "no"}).'),
        (answer(500, '{"message": "no"}'), "failed", "returned 500, but error is missing (there is message)."),
        (crash("TypeError", "'str'"), "failed", "crashed: TypeError: 'str'."),
    ],
)
def test_the_lab_may_require_an_error(call: Invocation, status: str, message: str) -> None:
    verdict, _ = probed(performance_function(), "event_answered", [call], **CALL, status=500, contains={"error": "…"})
    assert (verdict.status, verdict.message) == (status, SAYS + message if message else "")


@pytest.mark.parametrize(("status", "fits"), [(201, True), (200, True), (204, False)])
def test_the_lab_may_allow_several_statuses(status: int, fits: bool) -> None:
    verdict, _ = probed(performance_function(), "event_answered", [answer(status)], **CALL, status=[200, 201])
    assert verdict.status == ("passed" if fits else "failed")
    assert verdict.expected == "200 or 201"


def test_the_body_must_mention_the_texts() -> None:
    call = {**CALL, "mentions": ["Müller"]}
    verdict, _ = probed(performance_function(), "event_answered", [answer(200, '{"name": "m\\u00fcller"}')], **call)
    assert verdict.status == "passed"
    verdict, _ = probed(performance_function(), "event_answered", [answer(200, '{"name": "x"}')], **call)
    assert verdict.message == f'{SAYS}returned 200, but the response does not mention Müller: {{"name": "x"}}.'
    verdict, _ = probed(performance_function(), "event_answered", [answer(200, "plain Müller")], **call)
    assert verdict.status == "passed"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (json_body(user_id=1, users=[{"age": 12}]), ""),
        (raw(json.dumps({"statusCode": 200, "body": json.dumps({"user_id": 1})})), ""),
        (json_body(users=[]), "returned 200, but the body has no field user_id (there is users)."),
        (
            json_body(user_id=1, users=[{"age": 1}, {"age": "12"}]),
            'returned 200, but users[1].age is "12" (a text) instead of a whole number.',
        ),
        (answer(200, "[]"), "returned 200, but the body is [] (a list) instead of an object."),
        (answer(200, "no JSON"), "returned 200, but the body is not valid JSON."),
        (answer(200, "[" * 10_000 + "]" * 10_000), "returned 200, but the body is nested too deeply to be read."),
        (
            answer(200, "[" * 60 + "]" * 60),
            "returned 200, but the body is nested more than 50 levels deep, which is too deep.",
        ),
        (answer(200, "9" * 5000), "returned 200, but the body is not valid JSON."),
        (answer(500, "{}"), "returned 500 instead of 200 ({})."),
        (crash("KeyError", "'a'"), "crashed: KeyError: 'a'."),
    ],
)
def test_the_body_must_match_the_schema(call: Invocation, says: str) -> None:
    verdict, _ = probed(performance_function(), "event_answered", [call], **CALL, matches=SCHEMA)
    assert (verdict.status, verdict.message) == ("failed" if says else "passed", SAYS + says if says else "")
    assert verdict.expected == "200 with an object with user_id and users"


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        ('{"user_id": 1}', ""),
        ('{"body": "{}"}', "returned a response, but the response has no field user_id (there is body)."),
        ("null", "returned a response, but the response is null instead of an object."),
        ('{"user_id": 1e999}', "returned a response, but the response contains a number that is too large."),
    ],
)
def test_a_plain_response_must_match_the_schema_as_a_whole(payload: str, says: str) -> None:
    verdict, _ = probed(performance_function(), "event_answered", [raw(payload)], **CALL, status=0, matches=SCHEMA)
    assert verdict.message == (SAYS + says if says else "")


def test_a_structure_comes_before_a_schema() -> None:
    both = {"contains": {"a": 1}, "matches": {"required": ["b"]}}
    verdict, _ = probed(performance_function(), "event_answered", [json_body(a=2)], **CALL, **both)
    assert verdict.message == f"{SAYS}returned 200, but a is 2 instead of 1."
    verdict, _ = probed(performance_function(), "event_answered", [json_body(a=1)], **CALL, **both)
    assert verdict.message == f"{SAYS}returned 200, but the body has no field b (there is a)."
    assert verdict.expected == '200 with {"a": 1} with an object with b'


BATCH: dict[str, Any] = {
    "function": FUNCTION,
    "event": {"Records": []},
    "status": 0,
    "contains": {"batchItemFailures": []},
}


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        ('{"batchItemFailures": [], "statistics": {}}', ""),
        ('{"batchItemFailures": [{"itemIdentifier": "1"}]}', "batchItemFailures has 1 entry instead of 0: "),
        ('{"batch_item_failures": []}', "batchItemFailures is missing (there is batch_item_failures)"),
        ("null", "the response is null instead of an object with batchItemFailures"),
        ('{"statusCode": 200}', "batchItemFailures is missing (there is statusCode)"),
    ],
)
def test_a_plain_response_is_compared_as_a_whole(payload: str, says: str) -> None:
    verdict, _ = probed(performance_function(), "event_answered", [raw(payload)], **BATCH)
    if not says:
        assert (verdict.status, verdict.observed) == ("passed", payload)
        return
    assert verdict.status == "failed"
    assert verdict.message.startswith(f'{FUNCTION}, invoked with {{"Records": []}}, returned a response, but {says}')


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (raw("{"), "returned a response that cannot be read: it is not valid JSON."),
        (
            raw("{", truncated=True, size=7_000_000),
            "returned a response that cannot be read: it has 7000000 bytes, which is too large.",
        ),
        (crash("KeyError", "'Records'"), "crashed: KeyError: 'Records'."),
    ],
)
def test_fails_when_a_plain_response_cannot_be_read(call: Invocation, says: str) -> None:
    verdict, _ = probed(performance_function(), "event_answered", [call], **BATCH)
    assert verdict.message == f'{FUNCTION}, invoked with {{"Records": []}}, {says}'


def test_invokes_nothing_without_the_function_or_alias() -> None:
    verdict, asked = probed(World(), "event_answered", [], **CALL)
    assert (verdict.message, asked) == (f"There is no function {FUNCTION}.", [])
    verdict, asked = probed(
        performance_function(), "event_answered", [], function=FUNCTION, event={}, qualifiers=["blue"]
    )
    assert (verdict.message, asked) == (f"{FUNCTION} has no alias or version blue.", [])


def test_an_event_that_is_sent_for_advice_is_not_judged() -> None:
    calls = [answer(200), crash("UnboundLocalError", "dimensions")]
    verdict, asked = probed(performance_function(), "event_answered", calls, **CALL, also_sent=[BAD_JSON])
    assert (verdict.status, len(asked), asked[1].arguments["Payload"]) == ("passed", 2, BAD_JSON)


def test_no_further_event_is_sent_after_a_timeout() -> None:
    _, asked = probed(
        performance_function(), "event_answered", [Invocation("t", "timeout")], **CALL, also_sent=[BAD_JSON]
    )
    assert len(asked) == 1


def test_a_throttled_function_is_not_graded() -> None:
    with pytest.raises(NotGradedError, match="AWS throttled every invocation of"):
        probed(performance_function(), "event_answered", [Invocation(FUNCTION, "throttled")], **CALL)


@pytest.mark.parametrize(("body", "kind"), [({"result": 1}, "an object"), ([1], "a list"), (7, "a plain value")])
def test_a_body_that_is_not_text_earns_half(body: Any, kind: str) -> None:
    call = raw(json.dumps({"statusCode": 200, "body": body}))
    verdict, _ = probed(performance_function(), "event_answered", [call], **CALL)
    assert (verdict.fraction, verdict.message) == (
        0.5,
        f"{SAYS}returned 200 with a body that is {kind} instead of text, so API Gateway returns 502. "
        "Use json.dumps(…) for the body.",
    )
    assert probed(performance_function(), "event_answered", [call], **CALL, behind_api=False)[0].status == "passed"


def test_a_plain_response_may_have_any_body() -> None:
    call = raw(json.dumps({"body": {"a": 1}}))
    verdict, _ = probed(performance_function(), "event_answered", [call], **CALL, status=0, contains={"body": {"a": 1}})
    assert verdict.status == "passed"


REQUEST_ID = "'LambdaContext' object has no attribute 'request_id'"


@pytest.mark.parametrize("call", [crash("AttributeError", REQUEST_ID), answer(500, json.dumps({"error": REQUEST_ID}))])
def test_a_mistake_of_the_handout_is_not_graded(call: Invocation) -> None:
    mistake = {"handout_mistake": "has no attribute 'request_id'", "explanation": "A mistake of the handout."}
    with pytest.raises(NotGradedError, match=r"has no attribute 'request_id'.*A mistake of the handout\."):
        probed(performance_function(), "event_answered", [call], **CALL, **mistake)
    verdict, _ = probed(performance_function(), "event_answered", [crash("E", "x")], **CALL, **mistake)
    assert (verdict.status, verdict.message) == ("failed", f"{SAYS}crashed: E: x.")


def test_fails_when_the_function_is_deleted_during_the_check() -> None:
    verdict, _ = probed(performance_function(), "event_answered", [None], function=FUNCTION, event={})
    assert (verdict.status, verdict.message) == ("failed", f"{FUNCTION} does not exist.")
