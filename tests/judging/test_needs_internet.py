"""Checks that need the internet: where there was none they cost nothing, and become advice."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from labgrader.evidence.internet_access import lacks_internet, unreached
from labgrader.evidence.probe import Invocation
from labgrader.evidence.probe_results import HttpReply
from labgrader.evidence.question import Answer, Answers, Question
from labgrader.judging.judge import advice_without_internet, judge
from labgrader.labs.lab import Item
from tests.checks.replies import answer, crash
from tests.checks.world import World, item

F = "user1-f"
REFUSED = "HTTPSConnectionPool(host='api.github.com', port=443): Max retries exceeded with url: /"
MARKED = replace(item("operations_answer", function=F, operations=["default", "heavy"]), needs_internet=True)


def _answers(*calls: Invocation) -> Answers:
    """The answers to the calls of ``MARKED``, in order."""
    answers = Answers()
    for operation, call in zip(("default", "heavy"), calls, strict=False):
        event = {"body": json.dumps({"operation": operation})}
        arguments = {"FunctionName": F, "Qualifier": "", "Payload": event, "TimeoutSeconds": 35}
        answers.record(Question("lambda:InvokeFunction", arguments), Answer(replace(call, target=F).to_dict()))
    return answers


def _judged(marked: Item, *calls: Invocation) -> tuple[str, str]:
    verdict = judge(marked, World().function(F).snapshot(), _answers(*calls))
    return verdict.status, verdict.message


def test_a_function_that_could_not_reach_the_internet_is_not_graded() -> None:
    calls = [crash("ConnectionError", REFUSED)] * 2
    verdict = judge(MARKED, World().function(F).snapshot(), _answers(*calls))
    assert (verdict.status, verdict.fraction) == ("not_graded", 0.0)
    assert verdict.message == (f"{F} had no internet access here (ConnectionError: {REFUSED}): no points are lost.")
    assert verdict.hint.startswith(f"aws lambda invoke --function-name {F} ")


def test_a_check_without_internet_access_becomes_advice() -> None:
    advice = advice_without_internet(
        MARKED, World().function(F).snapshot(), _answers(answer(), crash("ConnectionError", REFUSED))
    )
    assert advice is not None
    assert (advice.status, advice.fraction) == ("partial", 0.5)
    assert advice.message == (
        "labgrader ran this without internet access, so it costs no points. Test the function with internet access, or "
        f"make it work without: {F}: the operation heavy crashed: ConnectionError: {REFUSED}."
    )


def test_a_check_without_needs_internet_is_judged() -> None:
    plain = replace(MARKED, needs_internet=False)
    calls = [crash("ConnectionError", REFUSED)] * 2
    assert _judged(plain, *calls)[0] == "failed"
    assert advice_without_internet(plain, World().function(F).snapshot(), _answers(*calls)) is None


def test_a_hidden_check_gives_no_advice() -> None:
    hidden = replace(MARKED, visibility="hidden")
    calls = [crash("ConnectionError", REFUSED)] * 2
    assert _judged(hidden, *calls)[0] == "not_graded"
    assert advice_without_internet(hidden, World().function(F).snapshot(), _answers(*calls)) is None


def test_a_function_that_works_without_internet_access_passes() -> None:
    calls = [answer(200, json.dumps({"stars": 0, "note": REFUSED}))] * 2
    assert _judged(MARKED, *calls) == ("passed", "")
    assert advice_without_internet(MARKED, World().function(F).snapshot(), _answers(*calls)) is None


def test_unrecorded_answers_give_no_advice() -> None:
    assert advice_without_internet(MARKED, World().function(F).snapshot(), Answers()) is None


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (answer(500, json.dumps({"error": REFUSED})), f'{{"error": "{REFUSED}"}}'),
        (answer(502, "Service down") , None),
        (replace(answer(500, "no"), log_tail=f"START\nfetching: {REFUSED}\nEND"), f"fetching: {REFUSED}"),
        (crash("Sandbox.Timedout", "Task timed out after 30.00 seconds", log=f"try 1\r\n{REFUSED}"), REFUSED),
        (Invocation(F, "timeout", log_tail="urllib.error.URLError: <urlopen>"), "urllib.error.URLError: <urlopen>"),
        (crash("Sandbox.Timedout", "Task timed out after 30.00 seconds"), None),
        # its own error: what it logged of the internet it had dealt with
        (crash("ZeroDivisionError", "division by zero", log=f"going without: {REFUSED}"), None),
        (Invocation(F, "throttled", log_tail=REFUSED), None),
    ],
)  # fmt: skip
def test_errors_without_internet_access_are_recognized(call: Invocation, line: str | None) -> None:
    found = unreached(_answers(call))
    assert (found.line if found else None) == line


def test_another_failure_is_judged() -> None:
    calls = [crash("ConnectionError", REFUSED), crash("ZeroDivisionError", "division by zero")]
    assert _judged(MARKED, *calls)[0] == "failed"
    assert _judged(MARKED, calls[0], answer())[0] == "not_graded"


def test_an_answer_with_200_counts_if_none_failed_by_status() -> None:
    marked = replace(MARKED, parameters={**MARKED.parameters, "matches": {"required": ["stars"]}})
    offline = answer(200, json.dumps({"error": REFUSED}))
    stars = answer(200, json.dumps({"stars": 1}))
    assert _judged(marked, offline, stars)[0] == "not_graded"
    assert _judged(marked, offline, crash("KeyError", "'x'"))[0] == "failed"
    assert _judged(marked, answer(200, "{}"), stars)[0] == "partial"


def _recorded(action: str, value: dict[str, Any]) -> Answers:
    answers = Answers()
    answers.record(Question(action, {"a": 1}), Answer(value))
    return answers


def test_replies_of_an_api_and_errors_of_load_tests_are_read_too() -> None:
    reply = HttpReply("answered", 500, body="getaddrinfo failed").to_dict()
    found = unreached(_recorded("labgrader:CallApi", reply))
    assert found is not None
    assert (found.target, found.line) == ("", "getaddrinfo failed")
    assert unreached(_recorded("labgrader:CallApi", {**reply, "body": "Internal server error"})) is None
    load = {"target": "user1-f:prod", "error_samples": [REFUSED, "ConnectTimeout"]}
    found = unreached(_recorded("labgrader:LoadTest", load))
    assert found is not None
    assert (found.target, found.line) == ("user1-f:prod", REFUSED)
    assert unreached(_recorded("labgrader:LoadTest", {**load, "error_samples": [REFUSED, "KeyError"]})) is None
    measured = {"baseline": "user1-a", "candidate": "user1-b", "baseline_errors": [], "candidate_errors": [REFUSED]}
    found = unreached(_recorded("labgrader:Compare", measured))
    assert found is not None
    assert found.target == "user1-b"


def test_a_long_line_is_cut_around_the_match() -> None:
    found = unreached(_answers(crash("E", "x" * 5000 + REFUSED + "y" * 5000)))
    assert found is not None
    assert found.line.startswith("…xxx")
    assert "Max retries exceeded" in found.line
    assert len(found.line) < 200


@pytest.mark.parametrize(
    "hostile", [None, 7, [], {}, {"error_samples": [None, 3]}, {"headers": {}, "status": None, "body": None}]
)
def test_records_of_any_shape_are_read(hostile: Any) -> None:
    assert unreached(_recorded("labgrader:LoadTest", hostile)) is None


def test_error_words_of_several_languages_are_known() -> None:
    for said in ("getaddrinfo ENOTFOUND api.github.com", "Temporary failure in name resolution", "ConnectTimeout"):
        assert lacks_internet(said)
    assert not lacks_internet("KeyError: 'internet'")
