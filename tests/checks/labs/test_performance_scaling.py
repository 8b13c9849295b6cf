"""The lab pack performance-scaling: a perfect account, and one wrong answer at a time."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from labgrader.evidence.probe_results import HttpReply, SentMessages
from labgrader.evidence.question import LIVE_ACTIONS, Answers, Question
from labgrader.judging.judge import next_question
from tests.checks.labs.performance_scaling import (
    FUNCTION,
    LAB,
    RESULTS,
    SCALER,
    TESTER,
    Respond,
    answered,
    fails,
    graded,
    judged,
    operation_of,
    perfect,
    respond,
)
from tests.checks.load_results import load_result
from tests.checks.replies import crash


@pytest.mark.parametrize("latest_mb", [512, 1024, 2048])
def test_a_perfect_account_has_all_points(latest_mb: int) -> None:
    found = graded(perfect(latest_mb))
    assert fails(found) == set()
    assert found.points == found.max_points == 100


def test_a_perfect_student_costs_few_calls() -> None:
    snapshot, asked = perfect(1024).snapshot(), Counter[str]()
    seen: set[str] = set()

    class Listening(Answers):
        def ask(self, question: Question) -> Any:
            if question.key not in seen and question.action not in LIVE_ACTIONS and question.arguments:
                seen.add(question.key)
                asked[question.action] += 1
            return super().ask(question)

    snapshot.answers = Listening(snapshot.answers._answers)
    for item in (*LAB.checks, *LAB.advice):
        question = next_question(item, snapshot)
        assert question is None or question.action in LIVE_ACTIONS, question
    assert asked == {
        "apigateway:GetResources": 1,
        "apigateway:GetStages": 1,
        "apigateway:GetUsagePlanKeys": 1,
        "cloudwatch:GetDashboard": 1,
        "labgrader:ReadCode": 3,
        "lambda:GetFunction": 3,
        "lambda:GetPolicy": 1,
        "lambda:ListAliases": 1,
        "lambda:ListProvisionedConcurrencyConfigs": 1,
        "lambda:ListVersionsByFunction": 1,
        "sqs:GetQueueAttributes": 1,
    }


def test_the_load_needs_no_outside_service() -> None:
    _, answers = judged(LAB.item("under-load"), perfect().snapshot())
    assert [key for key in answers.to_dict() if "cpu_intensive" in key and key.startswith("labgrader:LoadTest")]


def respond_with(operation: str, value: Any) -> Respond:
    return lambda question: value if operation_of(question) == operation else respond(question)


@pytest.mark.parametrize(
    ("operation", "value", "failed"),
    [
        ("default", answered({"statusCode": 200, "body": "{}"}), {"answers-default"}),
        ("concurrent_processing", crash("KeyError", "'a'").to_dict(), {"answers-concurrent"}),
        ("database_batch", answered({"statusCode": 500, "body": "{}"}), {"answers-database"}),
        ("stream_processing", answered({"statusCode": 200, "body": '{"result": {}}'}), {"answers-stream"}),
        ("cpu_intensive", answered({"statusCode": 200, "body": '{"result": {"result": 1}}'}), {"answers-cpu"}),
        ("memory_test", answered({}), {"answers-memory"}),
        ("bad", crash("TypeError", "'str'").to_dict(), {"bad-input"}),
        ("bad", answered({"statusCode": 500, "body": "{}"}), {"bad-input"}),
        ("bad", answered({"statusCode": 200, "body": '{"error": "x"}'}), {"bad-input"}),
        ("no JSON", crash("UnboundLocalError", "dimensions").to_dict(), set()),
        (TESTER, answered({"statusCode": 200, "body": '{"load_test_results": {}}'}), {"load-test-results"}),
        (SCALER, answered({"batchItemFailures": [{"itemIdentifier": "1"}]}), {"sqs-scaler-answers"}),
        ("labgrader:CallApi", HttpReply("answered", 502).to_dict(), {"endpoint"}),
        ("labgrader:SendMessages", SentMessages("left", 3, 3, 45_000.0).to_dict(), {"messages-consumed"}),
        (
            "labgrader:LoadTest",
            json.loads(json.dumps(load_result(80, function_errors=20).to_dict())),
            {"under-load"},
        ),
    ],
)
def test_one_wrong_answer_costs_one_check(operation: str, value: Any, failed: set[str]) -> None:
    assert fails(graded(perfect(), respond_with(operation, value))) == failed


@pytest.mark.parametrize("change", [{"failed_requests": 1}, {"success_rate": 75.0}, {"performance_metrics": {}}])
def test_a_load_tester_reports_its_results_whole(change: dict[str, Any]) -> None:
    value = answered({"statusCode": 200, "body": json.dumps({"load_test_results": RESULTS | change})})
    assert fails(graded(perfect(), respond_with(TESTER, value))) == {"load-test-results"}


def test_the_load_tester_is_sent_to_the_students_own_function() -> None:
    _, answers = judged(LAB.item("load-test-results"), perfect().snapshot())
    question = next(json.loads(key.partition(" ")[2]) for key in answers.to_dict() if "load-tester" in key)
    body = json.loads(question["Payload"]["body"])
    assert (body["concurrentRequests"], body["totalRequests"]) == (2, 4)
    assert body["targetFunction"] == FUNCTION  # not the alias: who named it otherwise loses no points here
    assert body["testPayload"]["operation"] == "stream_processing"
