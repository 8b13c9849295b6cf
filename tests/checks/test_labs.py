"""What holds for every lab pack: its file, its proof, its words, and what it asks of AWS."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.labs import lab_requests
from checks.simulation.pack import load_pack
from labgrader.evidence.question import LIVE_ACTIONS, Answers, Question
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.check import find_check
from labgrader.judging.judge import judge, next_question
from labgrader.judging.lint import lint
from labgrader.labs.lab import find_lab, lab_ids
from labgrader.labs.search_path import lab_files

LABS = {
    "lambda-optimization": 25,
    "performance-scaling": 25,
    "lambda-fundamentals": 25,
    "serverless-foundations": 15,
}
"""The labs of the handouts, with the mistakes that each must know at least.

The tests of labs go over these. A lab in ``checks/labs/`` that is not listed is work in progress, and fails no test.
"""

PLACEHOLDER = re.compile(r"\{(username|account_id|region|function|parameter)\}|\[your-username\]")
EMPTY_LISTS = (
    *(f"apigateway:{action}" for action in ("GetRestApis", "GetUsagePlans", "GetApiKeys")),
    "cloudwatch:DescribeAlarms",
    "events:ListRules",
    "lambda:ListEventSourceMappings",
    "lambda:ListLayers",
    "logs:DescribeLogGroups",
    "sqs:ListQueues",
)

CALLS = {
    "lambda-optimization": (8, 4),
    "performance-scaling": (13, 4),
    "lambda-fundamentals": (27, 2),
    "serverless-foundations": (21, 2),
}
"""Requests about a perfect student alone on the embedded AWS, and how many share Lambda's 15 a second. AWS lists
provisioned concurrency, so there it is one less."""

every_lab = pytest.mark.parametrize("lab_id", sorted(LABS))


def lab_file(lab_id: str) -> Path:
    return lab_files()[lab_id]


def empty_snapshot() -> Snapshot:
    """Return the snapshot of a student who has built nothing: the lists are empty. Other questions have no answer."""
    answers = Answers.from_dict(
        {
            **{action: {"value": {}} for action in EMPTY_LISTS},
            **{
                action: {"value": []}
                for action in (
                    "lambda:ListFunctions",
                    "cloudwatch:ListDashboards",
                    "s3:ListAllMyBuckets",
                    "dynamodb:ListTables",
                )
            },
        }
    )
    return Snapshot("user1", "123456789012", "eu-central-1", "2026-01-01T00:00:00Z", answers)


def test_the_labs_of_the_handouts_exist() -> None:
    assert sorted(set(LABS) - set(lab_ids())) == []


def test_tests_go_over_the_listed_labs() -> None:
    """A parameter for each lab in the folder would let an unfinished lab fail tests that have nothing to do with it."""
    everything = re.compile(r"(?:parametrize\([^\n]*|\bfor\b[^\n]*\bin (?:sorted\()?)(?:lab_(?:ids|files)\(\))")
    tests = Path(__file__).parents[1].rglob("test_*.py")
    assert [str(file) for file in tests if everything.search(file.read_text(encoding="utf-8"))] == []


@every_lab
def test_the_lab_file_has_no_problem_and_a_hundred_points(lab_id: str) -> None:
    assert lint(lab_file(lab_id)) == []
    assert find_lab(lab_id).points == 100


@every_lab
def test_what_no_check_can_see_is_said(lab_id: str) -> None:
    assert find_lab(lab_id).unseen


@every_lab
def test_every_check_is_found_by_a_mistake_and_every_mistake_has_a_description_of_its_own(lab_id: str) -> None:
    lab, mistakes = find_lab(lab_id), load_pack(lab_id).mistakes
    assert len(mistakes) >= LABS[lab_id]
    assert len({mistake.description for mistake in mistakes}) == len(mistakes)
    assert all(mistake.fails for mistake in mistakes)
    found = frozenset().union(*(mistake.fails for mistake in mistakes))
    assert sorted({item.id for item in lab.checks} - found) == []


@every_lab
def test_who_built_nothing_has_no_point_no_advice_and_asks_nothing_but_lists(lab_id: str) -> None:
    snapshot = empty_snapshot()
    lab = find_lab(lab_id).for_student(snapshot.username, snapshot.account_id, snapshot.region)
    for item in (*lab.checks, *lab.advice):
        question = next_question(item, snapshot)
        assert question is None or _is_shared(question) or question.action in LIVE_ACTIONS, (item.id, question)


@every_lab
def test_a_student_who_built_nothing_reads_what_is_missing_with_their_own_names(lab_id: str) -> None:
    snapshot = empty_snapshot()
    lab = find_lab(lab_id).for_student(snapshot.username, snapshot.account_id, snapshot.region)
    for item in lab.checks:
        if find_check(item.check).kind != "configuration" or next_question(item, snapshot):
            continue
        verdict = judge(item, snapshot)
        assert verdict.status == "failed", item.id
        assert verdict.message.endswith("."), (item.id, verdict.message)
        assert not PLACEHOLDER.search(verdict.message + verdict.hint), (item.id, verdict.hint)
        assert verdict.hint, item.id


def _is_shared(question: Question) -> bool:
    """Whether one answer serves the class: roles, which are asked once an account."""
    return question.action.startswith("iam:")


@every_lab
def test_a_perfect_student_costs_few_calls(lab_id: str) -> None:
    counted = lab_requests(lab_id)
    assert (counted.own.total(), counted.in_bucket) == CALLS[lab_id]
