"""custom_metrics_have_lines: advice on dashboard lines that stay empty."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labgrader.evidence.probe import Invocation
from labgrader.evidence.question import Answer, Answers, Question
from labgrader.judging.judge import judge
from labgrader.judging.verdict import Verdict
from tests.checks.invocation.samples import FUNCTION
from tests.checks.world import World, item

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


def test_passes_when_the_dimensions_match() -> None:
    log = f"START\n{_emf('ExecutionTime', 'FunctionName')}\n2026-01-01T00:00:00 {_emf('ColdStarts', 'FunctionName')}"
    assert _advised(_plotted(), log).status == "passed"
    assert _advised(World(), log).status == "passed"


def test_names_lines_that_stay_empty() -> None:
    four = ("FunctionName", "Operation", "ColdStart", "MemorySize")
    log = f"START\n{_emf('ExecutionTime', *four)}\n{_emf('ColdStarts', 'FunctionName')}\nEND"
    verdict = _advised(_plotted(), log)
    assert verdict.message == (
        f"The line ExecutionTime of HighPerformance on {DASHBOARD} stays empty. ExecutionTime is published with "
        "ColdStart, FunctionName, MemorySize and Operation but plotted with FunctionName. CloudWatch finds a metric "
        "only by all of its dimensions."
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
        '{"_aws": {"CloudWatchMetrics": '
        '[{"Namespace": "HighPerformance", "Dimensions": [["Other"]], "Metrics": [{}]}]}}',
    ],
)
def test_gives_no_advice_without_published_metrics(log: str) -> None:
    assert _advised(_plotted(), log).status == "passed"
