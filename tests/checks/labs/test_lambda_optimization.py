"""The lab pack: its file, its hints, its call budget, and that its mistakes reach every check."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from checks.simulation.pack import load_pack
from labgrader.errors import NotGradedError
from labgrader.evidence.question import Answers, MissingEvidenceError
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.check import find_check
from labgrader.judging.judge import judge, next_question
from labgrader.judging.lint import lint
from labgrader.judging.verdict import Verdict
from labgrader.labs.lab import Item, find_lab
from labgrader.labs.search_path import lab_files
from tests.checks.load_results import load_result
from tests.checks.replies import crash
from tests.checks.world import ACCOUNT, ERRORS, OPTIMIZED, REGION, World, attached, perfect

LAB = find_lab("lambda-optimization")
MINE = LAB.for_student("user1", ACCOUNT, REGION)
PACK = load_pack("lambda-optimization")
PLACEHOLDER = re.compile(r"\{[a-z_]+\}")

SMALL_BUCKET = {
    "lambda:ListVersionsByFunction",
    "lambda:ListAliases",
    "lambda:ListProvisionedConcurrencyConfigs",
    "lambda:GetProvisionedConcurrencyConfig",
    "lambda:ListLayerVersions",
}
SHARED = {"lambda:ListFunctions", "lambda:ListLayers", "cloudwatch:ListDashboards"}


class Listening(Answers):
    """Answers that remember what was asked."""

    def __init__(self, answers: Answers) -> None:
        super().__init__(answers._answers)
        self.questions: set[str] = set()

    def ask(self, question: Any) -> Any:
        if question.action.startswith(("lambda:", "cloudwatch:")):
            self.questions.add(question.key)
        return super().ask(question)


def _calls(snapshot: Snapshot) -> Counter[str]:
    """The calls that the lab costs, by action, without those that a class shares."""
    listening = Listening(snapshot.answers)
    snapshot.answers = listening
    for item in (*MINE.checks, *MINE.advice):
        question = next_question(item, snapshot)
        live = ("lambda:InvokeFunction", "labgrader:LoadTest", "labgrader:Compare")
        assert question is None or question.action in live
    return Counter(action for action in (key.split()[0] for key in listening.questions) if action not in SHARED)


def _configuration(world: World) -> dict[str, Verdict]:
    """What the checks of the configuration say, and the advice."""
    snapshot = world.snapshot()
    items = [item for item in (*MINE.checks, *MINE.advice) if find_check(item.check).kind == "configuration"]
    return {item.id: judge(item, snapshot) for item in items}


def test_the_lab_file_has_no_problem() -> None:
    assert lint(lab_files()["lambda-optimization"]) == []


def test_a_perfect_account_passes_every_check_and_gets_no_advice() -> None:
    assert {verdict.status for verdict in _configuration(perfect()).values()} == {"passed"}


def test_a_perfect_student_costs_seven_calls_and_three_of_the_small_bucket() -> None:
    calls = _calls(perfect().snapshot())
    assert calls == {
        "lambda:GetFunction": 3,
        "lambda:ListVersionsByFunction": 1,
        "lambda:ListAliases": 1,
        "lambda:ListProvisionedConcurrencyConfigs": 1,
        "cloudwatch:GetDashboard": 1,
    }
    assert sum(count for action, count in calls.items() if action in SMALL_BUCKET) == 3


def test_a_student_with_nothing_costs_no_call_of_their_own_and_gets_no_point() -> None:
    assert _calls(World().snapshot()) == {}
    verdicts = _configuration(World())
    assert {verdicts[item.id].status for item in MINE.checks if item.id in verdicts} == {"failed"}
    assert {verdicts[item.id].status for item in MINE.advice} == {"passed"}


def _messy() -> World:
    """An account in which about everything is wrong, with hostile names."""
    world = perfect()
    world.configure(OPTIMIZED, Layers=attached("arn:aws:lambda:x:y:layer:{username}:9"), MemorySize=1, Runtime="go1.x")
    world.configure(OPTIMIZED, Environment={"Variables": {"{function}": "{region}"}}, Handler="{handler}.x")
    world.configure(ERRORS, Runtime="python3.9", Layers=[], State="Failed")
    world.functions[OPTIMIZED]["Concurrency"] = {"ReservedConcurrentExecutions": 7}
    world.packages[OPTIMIZED] = {"Size": 1, "Paths": ["requests/api.py"]}
    world.layer("user1-lambda-utils", 9, ("java21",))
    world.aliases[OPTIMIZED] = []
    world.alias(OPTIMIZED, "prod", "7").alias(OPTIMIZED, "user1-dev", "1", {"2": 0.5})
    world.provisioned[OPTIMIZED] = []
    world.dashboard("user1-lambda-optimization", ["AWS/Lambda", "Duration", "FunctionName", "user2-x"])
    return world


@pytest.mark.parametrize("world", [World(), _messy()], ids=["nothing", "messy"])
def test_no_hint_and_no_message_has_a_placeholder_left(world: World) -> None:
    snapshot = world.snapshot()
    for item in (*MINE.checks, *MINE.advice):
        verdict = _any_verdict(item, snapshot)
        if verdict is None or verdict.status == "passed":
            continue
        own = verdict.hint.replace("{function}", "")  # a variable that the messy student named so
        assert verdict.message, item.id
        assert not PLACEHOLDER.search(own), (item.id, verdict.hint)
        assert "[your-username]" not in verdict.hint


def _any_verdict(item: Item, snapshot: Snapshot) -> Verdict | None:
    """A verdict, with every call crashing and every load test failing."""
    from labgrader.evidence.question import Answer

    answers = Answers()
    while True:
        try:
            return judge(item, snapshot, answers)
        except NotGradedError:
            return None
        except MissingEvidenceError as unasked:
            question = unasked.question
        value: Any = crash("KeyError", "'a'").to_dict()
        if question.action == "labgrader:LoadTest":
            value = load_result(0, function_errors=100).to_dict()
        if question.action == "labgrader:Compare":
            value = {"baseline": "b", "candidate": "c", "baseline_ms": [], "candidate_ms": []}
            value |= {"baseline_errors": [], "candidate_errors": ["KeyError"]}
        answers.record(question, Answer(value))


def test_every_check_of_the_lab_is_failed_by_a_mistake_and_every_mistake_fails_checks_of_the_lab() -> None:
    ids = {item.id for item in LAB.checks}
    failed = set().union(*(mistake.fails for mistake in PACK.mistakes))
    assert failed == ids
    names = [mistake.id for mistake in PACK.mistakes]
    assert len(names) == len(set(names)) >= 28
    assert all(mistake.fails and mistake.description for mistake in PACK.mistakes)


def test_a_mistake_names_no_check_that_would_be_skipped() -> None:
    """What requires a check that the mistake fails wholly is skipped, so it cannot fail too."""
    requires = {item.id: set(item.requires) for item in LAB.checks}
    built_nothing = PACK.mistake("nothing-built")
    assert not any(requires[check] & built_nothing.fails for check in built_nothing.fails)


def test_what_no_check_sees_is_said() -> None:
    assert len(LAB.unseen) >= 8
    assert all(part["promise"] and part["why"].endswith(".") for part in LAB.unseen)
