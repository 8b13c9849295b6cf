"""nothing_borrowed: layers and dashboard lines belong to the student."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.judging.judge import judge
from tests.checks.cloudwatch.samples import FOUR_ROWS, row
from tests.checks.world import BASELINE, DASHBOARD, ERRORS, OPTIMIZED, World, attached, item, layer_arn, perfect

BORROWED: dict[str, Any] = {"functions": [BASELINE, OPTIMIZED, ERRORS], "dashboard": DASHBOARD}


def test_passes_when_everything_belongs_to_the_student() -> None:
    assert perfect().judge("nothing_borrowed", **BORROWED).status == "passed"


@pytest.mark.parametrize(
    ("arn", "message"),
    [
        (layer_arn("user2-lambda-utils"), "user2-lambda-utils"),
        (layer_arn("user10-lambda-utils"), "user10-lambda-utils"),
        (layer_arn("lambda-utils"), "lambda-utils"),
        (layer_arn("user1-lambda-utils", 1, "210987654321"), "user1-lambda-utils of account 210987654321"),
        (layer_arn("AWSLambdaPowertoolsPythonV3", 7, "017000801446"), ""),
        (layer_arn("LambdaInsightsExtension", 2, "580247275435"), ""),
    ],
)
def test_names_a_borrowed_layer(arn: str, message: str) -> None:
    verdict = perfect().configure(ERRORS, Layers=attached(arn)).judge("nothing_borrowed", **BORROWED)
    assert verdict.status == ("failed" if message else "passed")
    if message:
        assert verdict.message == f"You use resources that are not yours: {ERRORS} uses the layer {message}."


def test_a_layer_of_a_student_with_a_longer_username_is_borrowed() -> None:
    snapshot = perfect().configure(ERRORS, Layers=attached(layer_arn("user1-b-utils"))).snapshot()
    assert judge(item("nothing_borrowed", **BORROWED), snapshot).status == "passed"
    snapshot.longer_usernames = ("user1-b",)
    assert judge(item("nothing_borrowed", **BORROWED), snapshot).message == (
        f"You use resources that are not yours: {ERRORS} uses the layer user1-b-utils."
    )


@pytest.mark.parametrize(
    ("row", "name"),
    [
        (row("Duration", "user2-optimized-function"), "user2-optimized-function"),
        (row("Duration", "user10-optimized-function"), "user10-optimized-function"),
        (
            [{"expression": "SEARCH('MetricName=\"Duration\" user2-baseline-function', 'Sum')"}],
            "user2-baseline-function",
        ),
        (row("Duration", "user1-anything"), ""),
        ([{"expression": "SEARCH('MetricName=\"Duration\" user1-baseline-function', 'Sum')"}], ""),
    ],
)
def test_names_a_function_of_a_classmate_on_the_dashboard(row: list[Any], name: str) -> None:
    verdict = perfect().dashboard(DASHBOARD, *FOUR_ROWS, row).judge("nothing_borrowed", **BORROWED)
    assert verdict.message == (
        f"You use resources that are not yours: the dashboard plots the function {name}." if name else ""
    )


def test_fails_when_no_function_exists() -> None:
    verdict = World().judge("nothing_borrowed", functions=[OPTIMIZED])
    assert (verdict.status, verdict.message) == ("failed", f"None of these functions exists: {OPTIMIZED}.")
    assert World().function(OPTIMIZED).judge("nothing_borrowed", functions=[OPTIMIZED, BASELINE]).status == "passed"


def test_ignores_a_placeholder_of_the_handout() -> None:
    rows = [row(metric, "[your-username]-baseline-function") for metric in ("Duration", "Invocations")]
    assert perfect().dashboard(DASHBOARD, *rows).judge("nothing_borrowed", **BORROWED).status == "passed"
