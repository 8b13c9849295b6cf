"""dashboard_plots, names_carry_prefix, nothing_borrowed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labgrader.evidence.snapshot import closest
from tests.checks.world import (
    BASELINE,
    DASHBOARD,
    ERRORS,
    OPTIMIZED,
    World,
    attached,
    layer_arn,
    perfect,
)

PLOTS: dict[str, Any] = {
    "dashboard": DASHBOARD,
    "metrics": ["Duration", "Invocations"],
    "functions": [BASELINE, OPTIMIZED],
}
NAMES: dict[str, Any] = {
    "names": [BASELINE, OPTIMIZED, ERRORS, "user1-shared-dependencies", "user1-lambda-utils", DASHBOARD],
    "aliases_of": [OPTIMIZED],
}
BORROWED: dict[str, Any] = {"functions": [BASELINE, OPTIMIZED, ERRORS], "dashboard": DASHBOARD}


def _row(metric: str, function: str, namespace: str = "AWS/Lambda") -> list[Any]:
    return [namespace, metric, "FunctionName", function, {"stat": "Average"}]


FOUR = [_row(metric, function) for function in (BASELINE, OPTIMIZED) for metric in ("Duration", "Invocations")]


def test_a_dashboard_with_all_four_lines() -> None:
    assert perfect().judge("dashboard_plots", **PLOTS).status == "passed"
    assert World().dashboard(DASHBOARD, *FOUR).judge("dashboard_plots", **PLOTS).status == "passed"


@pytest.mark.parametrize(
    ("kept", "fraction", "missing"),
    [
        (3, 0.75, f"Invocations of {OPTIMIZED}"),
        (2, 0.5, f"Duration of {OPTIMIZED} and Invocations of {OPTIMIZED}"),
        (
            0,
            0.0,
            f"Duration of {BASELINE}, Invocations of {BASELINE}, Duration of {OPTIMIZED} and "
            f"Invocations of {OPTIMIZED}",
        ),
    ],
)
def test_each_line_is_a_quarter(kept: int, fraction: float, missing: str) -> None:
    verdict = World().dashboard(DASHBOARD, *FOUR[:kept]).judge("dashboard_plots", **PLOTS)
    assert (verdict.fraction, verdict.message) == (fraction, f"The dashboard {DASHBOARD} does not plot {missing}.")
    assert f'["AWS/Lambda", "Invocations", "FunctionName", "{OPTIMIZED}"]' in verdict.hint


@pytest.mark.parametrize(
    ("row", "fraction"),
    [
        (_row("Duration", f"{BASELINE}2"), 0.0),
        (_row("Duration", BASELINE, "AWS/Lambda2"), 0.0),
        (_row("Durations", BASELINE), 0.0),
        (_row("Duration", BASELINE), 0.25),
        (["AWS/Lambda", "Duration", "FunctionName", BASELINE, "Resource", f"{BASELINE}:user1-prod"], 0.25),
        (
            [{"expression": f"SEARCH('{{AWS/Lambda,FunctionName}} MetricName=\"Duration\" \"{BASELINE}\"', 'Sum')"}],
            0.25,
        ),
        (
            [{"expression": f"SEARCH('{{AWS/Lambda,FunctionName}} MetricName=\"Duration\" \"{BASELINE}-2\"', 'Sum')"}],
            0.0,
        ),
        ([{"expression": "SEARCH('{AWS/Lambda,FunctionName} MetricName=\"Duration\" user1', 'Sum')"}], 0.0),
        ([{"expression": f"Duration of '{BASELINE}' or '{OPTIMIZED}'"}], 0.5),
        ([], 0.0),
        (["AWS/Lambda"], 0.0),
    ],
)
def test_what_counts_as_a_line(row: list[Any], fraction: float) -> None:
    assert World().dashboard(DASHBOARD, row).judge("dashboard_plots", **PLOTS).fraction == fraction


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('{"widgets": [', "its body is not JSON"),
        ("[" * 100_000, "its body is not JSON"),
        ("[]", "its body has no list of widgets"),
        ('{"widgets": 3}', "its body has no list of widgets"),
    ],
)
def test_a_body_that_cannot_be_read(body: str, problem: str) -> None:
    verdict = World().dashboard(DASHBOARD, body=body).judge("dashboard_plots", **PLOTS)
    assert (verdict.status, verdict.message) == ("failed", f"The dashboard {DASHBOARD} cannot be read: {problem}.")


def test_a_missing_dashboard_and_one_that_comes_near() -> None:
    assert World().judge("dashboard_plots", **PLOTS).message == f"There is no dashboard {DASHBOARD}."
    world = World().dashboard("user1-Lambda-Optimization")
    assert world.judge("dashboard_plots", **PLOTS).message == (
        f"There is no dashboard {DASHBOARD}, but there is user1-Lambda-Optimization: a name must match exactly."
    )


def test_all_names_carry_the_prefix() -> None:
    verdict = perfect().judge("names_carry_prefix", **NAMES)
    assert (verdict.status, verdict.observed) == ("passed", "9 with it, 0 without")


def test_wrong_names_are_listed() -> None:
    world = (
        perfect()
        .function("User1_Optimised_Function")
        .layer("USER1-lambda-utils")
        .dashboard("user1_lambda-optimization")
    )
    verdict = world.judge("names_carry_prefix", **NAMES)
    assert verdict.status == "partial"
    assert verdict.fraction == 9 / 12
    assert verdict.message == (
        "Not named user1-…: function User1_Optimised_Function, layer USER1-lambda-utils "
        "and dashboard user1_lambda-optimization."
    )


@pytest.mark.parametrize("name", ["user10-optimized-function", "cloud9-thing", "somebody-else"])
def test_what_is_not_the_students_is_not_looked_at(name: str) -> None:
    assert perfect().function(name).judge("names_carry_prefix", **NAMES).status == "passed"


def test_a_name_of_the_lab_without_its_prefix_counts() -> None:
    verdict = perfect().function("optimized-function").judge("names_carry_prefix", **NAMES)
    assert verdict.message == "Not named user1-…: function optimized-function."


def test_a_bare_alias_is_fine_beside_the_prefixed_one_only() -> None:
    beside = perfect().alias(OPTIMIZED, "prod", "1")
    assert beside.judge("names_carry_prefix", **NAMES).status == "passed"
    alone = perfect()
    alone.aliases[OPTIMIZED] = [one for one in alone.aliases[OPTIMIZED] if one["Name"] != "user1-prod"]
    verdict = alone.alias(OPTIMIZED, "prod", "1").judge("names_carry_prefix", **NAMES)
    assert (verdict.status, verdict.message) == ("partial", "Not named user1-…: alias prod.")


def test_nothing_at_all_carries_no_prefix() -> None:
    verdict = World().judge("names_carry_prefix", **NAMES)
    assert (verdict.status, verdict.message) == ("failed", "There is nothing whose name begins with user1-.")
    assert verdict.hint == "Begin with the first task: every name of the lab begins with user1-"


def test_only_own_things_are_used() -> None:
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
def test_a_borrowed_layer(arn: str, message: str) -> None:
    verdict = perfect().configure(ERRORS, Layers=attached(arn)).judge("nothing_borrowed", **BORROWED)
    assert verdict.status == ("failed" if message else "passed")
    if message:
        assert verdict.message == f"Not yours: {ERRORS} uses the layer {message}."


@pytest.mark.parametrize(
    ("row", "name"),
    [
        (_row("Duration", "user2-optimized-function"), "user2-optimized-function"),
        (_row("Duration", "user10-optimized-function"), "user10-optimized-function"),
        (
            [{"expression": "SEARCH('MetricName=\"Duration\" user2-baseline-function', 'Sum')"}],
            "user2-baseline-function",
        ),
        (_row("Duration", "user1-anything"), ""),
        ([{"expression": "SEARCH('MetricName=\"Duration\" user1-baseline-function', 'Sum')"}], ""),
    ],
)
def test_a_classmates_function_on_the_dashboard(row: list[Any], name: str) -> None:
    verdict = perfect().dashboard(DASHBOARD, *FOUR, row).judge("nothing_borrowed", **BORROWED)
    assert verdict.message == (f"Not yours: the dashboard plots the function {name}." if name else "")


def test_without_functions_there_is_nothing_to_look_at() -> None:
    verdict = World().judge("nothing_borrowed", functions=[OPTIMIZED])
    assert (verdict.status, verdict.message) == ("failed", f"None of {OPTIMIZED} exists.")
    assert World().function(OPTIMIZED).judge("nothing_borrowed", functions=[OPTIMIZED, BASELINE]).status == "passed"


@pytest.mark.parametrize(
    "name",
    [
        "user1_b-baseline-function",
        "user1_b_baseline_function",
        "user1-b-baseline-function",
        "User1-B-baseline-function",
        "user1_b-my-experiment",
        "user1_b-test",
        "user1_test",
    ],
)
def test_a_neighbour_whose_name_goes_on_is_no_fault_of_mine(name: str) -> None:
    world = perfect().function(name).layer("user1_b-lambda-utils").dashboard("user1_b-lambda-optimization")
    assert world.judge("names_carry_prefix", **NAMES).status == "passed"


def test_a_slip_beside_the_prefix_is_my_own() -> None:
    world = perfect().function("User1_Baseline-Function")
    assert world.judge("names_carry_prefix", **NAMES).message == "Not named user1-…: function User1_Baseline-Function."


def test_a_widget_of_another_region_plots_nothing_of_yours() -> None:
    elsewhere = [{"type": "metric", "properties": {"region": "eu-west-1", "metrics": FOUR}}]
    world = World().dashboard(DASHBOARD, body=json.dumps({"widgets": elsewhere}))
    verdict = world.judge("dashboard_plots", **PLOTS)
    assert verdict.status == "failed"
    assert verdict.message.endswith(" It looks into eu-west-1, and your functions are in eu-central-1.")
    here = [{"type": "metric", "properties": {"region": "eu-central-1", "metrics": FOUR}}]
    world = World().dashboard(DASHBOARD, body=json.dumps({"widgets": here}))
    assert world.judge("dashboard_plots", **PLOTS).status == "passed"


def test_a_placeholder_of_the_handout_is_nobodys_function() -> None:
    rows = [_row(metric, "[your-username]-baseline-function") for metric in ("Duration", "Invocations")]
    world = perfect().dashboard(DASHBOARD, *rows)
    verdict = world.judge("dashboard_plots", **PLOTS)
    assert verdict.message.endswith(
        " It plots [your-username]-baseline-function: put user1 in the place of the brackets."
    )
    assert world.judge("nothing_borrowed", **BORROWED).status == "passed"


@pytest.mark.parametrize(
    ("missing", "names", "found"),
    [
        ("user1-prod", ["user1-dev", "user1-staging"], ""),
        ("user1-optimized-function", ["User1_Optimized_Function"], "User1_Optimized_Function"),
        ("user1-error-handling-function", ["user1-baseline-function", "user1-error-handling"], "user1-error-handling"),
        ("user1-baseline-function", ["user1-optimized-function"], ""),
    ],
)
def test_only_a_slip_is_pointed_at(missing: str, names: list[str], found: str) -> None:
    assert closest(missing, names) == found
