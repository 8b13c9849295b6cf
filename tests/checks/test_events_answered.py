"""event_answered, event_survived, custom_metrics_have_lines, and the structures that answers are compared with."""

from __future__ import annotations

import json
from typing import Any

import pytest

from checks.wording.structure import difference, read_json, unmentioned
from labgrader.errors import NotGradedError
from labgrader.evidence.probe import Invocation
from labgrader.evidence.question import Answer, Answers, Question
from labgrader.judging.judge import judge
from labgrader.judging.verdict import Verdict
from tests.checks.world import World, answer, crash, item, probed, raw

FUNCTION = "user1-performance-function"
EVENT = {"body": '{"operation": "cpu_intensive", "iterations": 10}'}
CALL: dict[str, Any] = {"function": FUNCTION, "event": EVENT, "qualifiers": ["prod", "1", "$LATEST"]}
SAYS = (
    f"""{FUNCTION}:prod, called with {{"body": "{{\\"operation\\": \\"cpu_intensive\\", \\"iterations\\": 10}}"}}, """
)


def _world() -> World:
    return World().function(FUNCTION).version(FUNCTION, 1).alias(FUNCTION, "prod", "1")


def _body(**content: Any) -> Invocation:
    return answer(200, json.dumps(content))


# --- structures -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seen", "wanted"),
    [
        ({"a": 1, "b": 2}, {"a": 1}),
        ({"a": {"b": [1, {"c": "d", "e": 0}]}}, {"a": {"b": [1, {"c": "d"}]}}),
        ({"a": None}, {"a": "…"}),
        ({"a": []}, {"a": "…"}),
        ({"a": []}, {"a": []}),
        ({"a": None}, {"a": None}),
        ({"a": "Hello, user1!\nBye"}, {"a": "Hello…"}),
        ({"a": "Hello, user1!"}, {"a": "…user1…"}),
        ({"a": 100}, {"a": 100.0}),
        ({"a": 0.1 + 0.2}, {"a": 0.3}),
        ({"a": 1e-10}, {"a": 0}),
        ({"a": 333283335000}, {"a": 333283335000}),
        ({"a": True}, {"a": True}),
    ],
)
def test_what_holds_a_structure(seen: Any, wanted: Any) -> None:
    assert difference(seen, wanted) == ""


@pytest.mark.parametrize(
    ("seen", "wanted", "says"),
    [
        ({"a": 1}, {"b": 1}, "b is missing (there is a)"),
        ({}, {"b": 1}, "b is missing"),
        (
            dict.fromkeys("acdefg"),
            {"b": 1},
            "b is missing (there is a, c, d, e, f and …)",
        ),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, "a.b is 1 instead of 2"),
        ({"a b": {"c": 1}}, {"a b": {"c": 2}}, '["a b"].c is 1 instead of 2'),
        ({"a": "1"}, {"a": 1}, 'a is "1" instead of 1'),
        ({"a": 1}, {"a": "1"}, 'a is 1 instead of "1"'),
        ({"a": True}, {"a": 1}, "a is true instead of 1"),
        ({"a": 1}, {"a": True}, "a is 1 instead of true"),
        ({"a": 1.000001}, {"a": 1}, "a is 1.000001 instead of 1"),
        ({"a": 1e-8}, {"a": 0}, "a is 1e-08 instead of 0"),
        ({"a": 10**400}, {"a": 1.5}, f"a is {'1' + '0' * 79}… (321 more characters) instead of 1.5"),
        ({"a": None}, {"a": 1}, "a is null instead of 1"),
        ({"a": "Hallo"}, {"a": "Hello…"}, 'a is "Hallo" instead of "Hello…"'),
        ({"a": [1]}, {"a": []}, "a has 1 entry instead of 0: [1]"),
        ({"a": [1, 2]}, {"a": [1]}, "a has 2 entries instead of 1: [1, 2]"),
        ({"a": [1, 2]}, {"a": [1, 3]}, "a[1] is 2 instead of 3"),
        ({"a": {"0": 1}}, {"a": [1]}, 'a is {"0": 1} instead of [1]'),
        ([1], {"a": 1}, "the answer is [1] instead of an object with a"),
        ("text", {"a": 1}, 'the answer is "text" instead of an object with a'),
        ({"a": "<b>\x07" + "x" * 90}, {"a": "y"}, f'a is "<b>�{"x" * 76}… (14 more characters)" instead of "y"'),
    ],
)
def test_where_a_structure_differs_first(seen: Any, wanted: Any, says: str) -> None:
    assert difference(seen, wanted) == says


def test_what_is_mentioned_is_looked_for_whatever_its_case() -> None:
    assert unmentioned("An ERROR came", ["error", "came"]) == ""
    assert unmentioned("fine", ["error", "came"]) == "does not mention error or came"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "is not valid JSON"),
        ("NaN", "is not valid JSON"),
        ("9" * 5000, "is not valid JSON"),
        ("[" * 100_000, "is nested too deeply to be read"),
    ],
)
def test_hostile_json_is_a_problem_never_an_exception(text: str, problem: str) -> None:
    assert read_json(text) == (None, problem)


# --- one event --------------------------------------------------------------------------------------------------------


def test_an_event_is_answered() -> None:
    wanted = {"result": {"iterations": 10, "result": 285}}
    call = _body(result={"iterations": 10, "result": 285, "cpu_time_ms": 0.1}, performance={})
    verdict, asked = probed(_world(), "event_answered", [call], **CALL, contains=wanted)
    assert (verdict.status, verdict.observed) == ("passed", "200")
    assert verdict.expected == '200 with {"result": {"iterations": 10, "result": 285}}'
    assert asked[0].arguments["Payload"] == EVENT
    assert asked[0].arguments["Qualifier"] == "prod"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (_body(result={"result": 45}), "answered 200, but result.result is 45 instead of 285."),
        (_body(result=7), "answered 200, but result is 7 instead of an object with result."),
        (_body(results={}), "answered 200, but result is missing (there is results)."),
        (answer(200, "[]"), "answered 200, but the answer is [] instead of an object with result."),
        (answer(200, "no JSON"), "answered 200, but the body is not valid JSON."),
        (answer(500, "<script>"), "answered 500 instead of 200 (<script>)."),
        (answer(200, "[" * 10_000 + "]" * 10_000), "answered 200, but the body is nested too deeply to be read."),
        (raw('{"result": {"result": 285}}'), "answered what cannot be read: the answer has no statusCode."),
        (crash("KeyError", "'a'"), "crashed: KeyError: 'a'."),
        (Invocation("t", "timeout"), "did not answer before the grader stopped waiting."),
    ],
)
def test_what_differs_is_said_in_one_sentence(call: Invocation, says: str) -> None:
    contains = {"result": {"result": 285}}
    verdict, _ = probed(_world(), "event_answered", [call], **CALL, contains=contains)
    assert (verdict.status, verdict.message) == ("failed", SAYS + says)
    assert verdict.hint.startswith(f"aws lambda invoke --function-name {FUNCTION} --qualifier prod ")


def test_an_explanation_follows_a_wrong_answer_only() -> None:
    verdict, _ = probed(_world(), "event_answered", [answer(200)], **CALL, explanation="See Task 1.")
    assert verdict.message == ""
    verdict, _ = probed(_world(), "event_answered", [crash("E", "x")], **CALL, explanation="See Task 1.")
    assert verdict.message == f"{SAYS}crashed: E: x. See Task 1."


@pytest.mark.parametrize(
    ("call", "status", "message"),
    [
        (answer(500, '{"error": "not a number"}'), "passed", ""),
        (answer(200, '{"error": "no"}'), "failed", 'answered 200 instead of 500 ({"error": "no"}).'),
        (answer(500, '{"message": "no"}'), "failed", "answered 500, but error is missing (there is message)."),
        (crash("TypeError", "'str'"), "failed", "crashed: TypeError: 'str'."),
    ],
)
def test_an_error_may_be_what_is_wanted(call: Invocation, status: str, message: str) -> None:
    verdict, _ = probed(_world(), "event_answered", [call], **CALL, status=500, contains={"error": "…"})
    assert (verdict.status, verdict.message) == (status, SAYS + message if message else "")


@pytest.mark.parametrize(("status", "fits"), [(201, True), (200, True), (204, False)])
def test_several_statuses_may_be_right(status: int, fits: bool) -> None:
    verdict, _ = probed(_world(), "event_answered", [answer(status)], **CALL, status=[200, 201])
    assert verdict.status == ("passed" if fits else "failed")
    assert verdict.expected == "200 or 201"


def test_a_body_may_have_to_mention_something() -> None:
    call = {**CALL, "mentions": ["Müller"]}
    verdict, _ = probed(_world(), "event_answered", [answer(200, '{"name": "m\\u00fcller"}')], **call)
    assert verdict.status == "passed"
    verdict, _ = probed(_world(), "event_answered", [answer(200, '{"name": "x"}')], **call)
    assert verdict.message == f'{SAYS}answered 200, but the answer does not mention Müller: {{"name": "x"}}.'
    verdict, _ = probed(_world(), "event_answered", [answer(200, "plain Müller")], **call)
    assert verdict.status == "passed"


# --- a schema of the answer -------------------------------------------------------------------------------------------

SCHEMA = {
    "type": "object",
    "required": ["user_id"],
    "properties": {"users": {"type": "array", "items": {"properties": {"age": {"type": "integer"}}}}},
}


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (_body(user_id=1, users=[{"age": 12}]), ""),
        (raw(json.dumps({"statusCode": 200, "body": json.dumps({"user_id": 1})})), ""),
        (_body(users=[]), "answered 200, but the body has no field user_id (there is users)."),
        (
            _body(user_id=1, users=[{"age": 1}, {"age": "12"}]),
            'answered 200, but users[1].age is "12", a text, where a whole number is wanted.',
        ),
        (answer(200, "[]"), "answered 200, but the body is [], a list, where an object is wanted."),
        (answer(200, "no JSON"), "answered 200, but the body is not valid JSON."),
        (answer(200, "[" * 10_000 + "]" * 10_000), "answered 200, but the body is nested too deeply to be read."),
        (
            answer(200, "[" * 60 + "]" * 60),
            "answered 200, but the body is nested more than 50 levels deep, too deeply to be compared.",
        ),
        (answer(200, "9" * 5000), "answered 200, but the body is not valid JSON."),
        (answer(500, "{}"), "answered 500 instead of 200 ({})."),
        (crash("KeyError", "'a'"), "crashed: KeyError: 'a'."),
    ],
)
def test_a_body_is_held_against_a_schema(call: Invocation, says: str) -> None:
    verdict, _ = probed(_world(), "event_answered", [call], **CALL, matches=SCHEMA)
    assert (verdict.status, verdict.message) == ("failed" if says else "passed", SAYS + says if says else "")
    assert verdict.expected == "200 with an object with user_id and users"


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        ('{"user_id": 1}', ""),
        ('{"body": "{}"}', "answered, but the answer has no field user_id (there is body)."),
        ("null", "answered, but the answer is null, where an object is wanted."),
        ('{"user_id": 1e999}', "answered, but the answer holds a number that is too large to be read."),
    ],
)
def test_a_plain_answer_is_held_against_a_schema_as_a_whole(payload: str, says: str) -> None:
    verdict, _ = probed(_world(), "event_answered", [raw(payload)], **CALL, status=0, matches=SCHEMA)
    assert verdict.message == (SAYS + says if says else "")


def test_a_structure_comes_before_a_schema() -> None:
    both = {"contains": {"a": 1}, "matches": {"required": ["b"]}}
    verdict, _ = probed(_world(), "event_answered", [_body(a=2)], **CALL, **both)
    assert verdict.message == f"{SAYS}answered 200, but a is 2 instead of 1."
    verdict, _ = probed(_world(), "event_answered", [_body(a=1)], **CALL, **both)
    assert verdict.message == f"{SAYS}answered 200, but the body has no field b (there is a)."
    assert verdict.expected == '200 with {"a": 1} with an object with b'


def test_every_operations_body_is_held_against_a_schema() -> None:
    call = {"function": FUNCTION, "operations": ["a", "b"], "matches": SCHEMA}
    verdict, _ = probed(_world(), "operations_answer", [_body(user_id=1), _body(user=1)], **call)
    assert (verdict.fraction, verdict.message) == (
        0.5,
        f"{FUNCTION}: the operation b answered 200, but the body has no field user_id (there is user).",
    )


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
        ("null", "the answer is null instead of an object with batchItemFailures"),
        ('{"statusCode": 200}', "batchItemFailures is missing (there is statusCode)"),
    ],
)
def test_a_plain_answer_is_compared_as_a_whole(payload: str, says: str) -> None:
    verdict, _ = probed(_world(), "event_answered", [raw(payload)], **BATCH)
    if not says:
        assert (verdict.status, verdict.observed) == ("passed", payload)
        return
    assert verdict.status == "failed"
    assert verdict.message.startswith(f'{FUNCTION}, called with {{"Records": []}}, answered, but {says}')


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (raw("{"), "answered what cannot be read: the answer is not valid JSON."),
        (
            raw("{", truncated=True, size=7_000_000),
            "answered what cannot be read: the answer has 7000000 bytes, too many to read.",
        ),
        (crash("KeyError", "'Records'"), "crashed: KeyError: 'Records'."),
    ],
)
def test_a_plain_answer_that_cannot_be_read(call: Invocation, says: str) -> None:
    verdict, _ = probed(_world(), "event_answered", [call], **BATCH)
    assert verdict.message == f'{FUNCTION}, called with {{"Records": []}}, {says}'


def test_nothing_is_called_that_is_not_there() -> None:
    verdict, asked = probed(World(), "event_answered", [], **CALL)
    assert (verdict.message, asked) == (f"There is no function {FUNCTION}.", [])
    verdict, asked = probed(_world(), "event_answered", [], function=FUNCTION, event={}, qualifiers=["blue"])
    assert (verdict.message, asked) == (f"{FUNCTION} has no alias or version blue.", [])


# --- advice from what was called --------------------------------------------------------------------------------------

BAD = {"body": '{"operation": '}


def test_an_event_that_is_sent_for_advice_is_not_judged() -> None:
    calls = [answer(200), crash("UnboundLocalError", "dimensions")]
    verdict, asked = probed(_world(), "event_answered", calls, **CALL, also_sent=[BAD])
    assert (verdict.status, len(asked), asked[1].arguments["Payload"]) == ("passed", 2, BAD)


def test_nothing_more_is_sent_to_a_function_that_did_not_answer() -> None:
    _, asked = probed(_world(), "event_answered", [Invocation("t", "timeout")], **CALL, also_sent=[BAD])
    assert len(asked) == 1


@pytest.mark.parametrize("status", [200, 400, 500])
def test_who_answers_survives(status: int) -> None:
    call = {"function": FUNCTION, "event": BAD, "qualifiers": ["prod"]}
    assert probed(_world(), "event_survived", [answer(status, "")], **call)[0].status == "passed"
    assert probed(_world(), "event_survived", [raw("1")], **call)[0].status == "passed"


def test_who_crashes_is_told() -> None:
    call = {"function": FUNCTION, "event": BAD, "qualifiers": ["prod"], "explanation": "Not your fault."}
    verdict, _ = probed(_world(), "event_survived", [crash("UnboundLocalError", "dimensions")], **call)
    assert verdict.message == (
        f'{FUNCTION}:prod, called with {{"body": "{{\\"operation\\": "}}, crashed: UnboundLocalError: dimensions. '
        "Not your fault."
    )


DASHBOARD = "user1-performance-dashboard"
LINES: dict[str, Any] = {"dashboard": DASHBOARD, "namespace": "HighPerformance"}


def _emf(name: str, *dimensions: str, namespace: str = "HighPerformance") -> str:
    directive = {"Namespace": namespace, "Dimensions": [list(dimensions)], "Metrics": [{"Name": name}]}
    return json.dumps({"_aws": {"Timestamp": 1, "CloudWatchMetrics": [directive]}, name: 1})


def _advised(world: World, log: str) -> Verdict:
    answers = Answers()
    recorded = Invocation(FUNCTION, "answered", "{}", 2, log_tail=log)
    question = Question("lambda:InvokeFunction", {"FunctionName": FUNCTION, "Payload": None})
    answers.record(question, Answer(recorded.to_dict()))
    return judge(item("custom_metrics_have_lines", **LINES), world.snapshot(), answers)


def _plotted() -> World:
    row = ["HighPerformance", "ExecutionTime", "FunctionName", FUNCTION]
    return World().dashboard(DASHBOARD, row, [".", "ColdStarts", ".", "."])


def test_lines_by_the_dimensions_that_are_published() -> None:
    log = f"START\n{_emf('ExecutionTime', 'FunctionName')}\n2026-01-01T00:00:00 {_emf('ColdStarts', 'FunctionName')}"
    assert _advised(_plotted(), log).status == "passed"
    assert _advised(World(), log).status == "passed"


def test_lines_that_stay_empty_are_told_with_what_finds_them() -> None:
    four = ("FunctionName", "Operation", "ColdStart", "MemorySize")
    log = f"START\n{_emf('ExecutionTime', *four)}\n{_emf('ColdStarts', 'FunctionName')}\nEND"
    verdict = _advised(_plotted(), log)
    assert verdict.message == (
        f"The line ExecutionTime of HighPerformance on {DASHBOARD} stays empty: ExecutionTime is published by "
        "ColdStart, FunctionName, MemorySize and Operation, and plotted by FunctionName; a metric is found by all of "
        "its dimensions."
    )
    search = json.loads(verdict.hint.splitlines()[1])[0]["expression"]
    assert search == (
        "SEARCH('{HighPerformance,ColdStart,FunctionName,MemorySize,Operation} "
        f'FunctionName="{FUNCTION}" MetricName="ExecutionTime"\', \'Average\')'
    )


@pytest.mark.parametrize(
    "log",
    [
        "",
        "CloudWatchMetrics {",
        '{"_aws": 1, "x": "CloudWatchMetrics"}',
        '{"_aws": {"CloudWatchMetrics": [1, {"Namespace": "HighPerformance", "Metrics": 3}]}}',
        _emf("ExecutionTime", "Other", namespace="Elsewhere"),
        _emf("Elsewhere", "Other"),
    ],
)
def test_nothing_is_said_where_nothing_was_seen(log: str) -> None:
    assert _advised(_plotted(), log).status == "passed"


def test_a_throttled_function_is_not_graded() -> None:
    with pytest.raises(NotGradedError, match="throttled to the end"):
        probed(_world(), "event_answered", [Invocation(FUNCTION, "throttled")], **CALL)


# --- what API Gateway cannot pass on, and what a hand-out got wrong ---------------------------------------------------


@pytest.mark.parametrize(("body", "kind"), [({"result": 1}, "an object"), ([1], "a list"), (7, "a plain value")])
def test_a_body_that_is_no_text_earns_half(body: Any, kind: str) -> None:
    call = raw(json.dumps({"statusCode": 200, "body": body}))
    verdict, _ = probed(_world(), "event_answered", [call], **CALL)
    assert (verdict.fraction, verdict.message) == (
        0.5,
        f"{SAYS}answered 200 with a body that is {kind} instead of text: API Gateway answers 502 to that. Return "
        "json.dumps(…) of it as the body.",
    )
    assert probed(_world(), "event_answered", [call], **CALL, behind_api=False)[0].status == "passed"


def test_a_plain_answer_may_have_any_body() -> None:
    call = raw(json.dumps({"body": {"a": 1}}))
    verdict, _ = probed(_world(), "event_answered", [call], **CALL, status=0, contains={"body": {"a": 1}})
    assert verdict.status == "passed"


REQUEST_ID = "'LambdaContext' object has no attribute 'request_id'"


@pytest.mark.parametrize("call", [crash("AttributeError", REQUEST_ID), answer(500, json.dumps({"error": REQUEST_ID}))])
def test_a_hand_outs_own_mistake_is_not_graded(call: Invocation) -> None:
    mistake = {"handout_mistake": "has no attribute 'request_id'", "explanation": "A mistake of the hand-out."}
    with pytest.raises(NotGradedError, match=r"has no attribute 'request_id'.*A mistake of the hand-out\."):
        probed(_world(), "event_answered", [call], **CALL, **mistake)
    verdict, _ = probed(_world(), "event_answered", [crash("E", "x")], **CALL, **mistake)
    assert (verdict.status, verdict.message) == ("failed", f"{SAYS}crashed: E: x.")


def test_advice_says_nothing_of_a_function_that_is_not_there() -> None:
    assert probed(World(), "event_survived", [], **CALL)[0].status == "passed"
