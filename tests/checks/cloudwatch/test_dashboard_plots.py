"""dashboard_plots: the dashboard plots each metric of each function."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.checks.cloudwatch.samples import FOUR_ROWS, row
from tests.checks.world import BASELINE, DASHBOARD, OPTIMIZED, World, perfect

PLOTS: dict[str, Any] = {
    "dashboard": DASHBOARD,
    "metrics": ["Duration", "Invocations"],
    "functions": [BASELINE, OPTIMIZED],
}


def test_passes_with_all_four_lines() -> None:
    assert perfect().judge("dashboard_plots", **PLOTS).status == "passed"
    assert World().dashboard(DASHBOARD, *FOUR_ROWS).judge("dashboard_plots", **PLOTS).status == "passed"


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
    verdict = World().dashboard(DASHBOARD, *FOUR_ROWS[:kept]).judge("dashboard_plots", **PLOTS)
    assert (verdict.fraction, verdict.message) == (fraction, f"The dashboard {DASHBOARD} does not plot {missing}.")
    assert f'["AWS/Lambda", "Invocations", "FunctionName", "{OPTIMIZED}"]' in verdict.hint


@pytest.mark.parametrize(
    ("row", "fraction"),
    [
        (row("Duration", f"{BASELINE}2"), 0.0),
        (row("Duration", BASELINE, "AWS/Lambda2"), 0.0),
        (row("Durations", BASELINE), 0.0),
        (row("Duration", BASELINE), 0.25),
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
def test_a_line_must_match_metric_and_function(row: list[Any], fraction: float) -> None:
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
def test_fails_when_the_body_cannot_be_read(body: str, problem: str) -> None:
    verdict = World().dashboard(DASHBOARD, body=body).judge("dashboard_plots", **PLOTS)
    assert (verdict.status, verdict.message) == ("failed", f"The dashboard {DASHBOARD} cannot be read: {problem}.")


def test_fails_when_the_dashboard_does_not_exist() -> None:
    assert World().judge("dashboard_plots", **PLOTS).message == f"There is no dashboard {DASHBOARD}."
    world = World().dashboard("user1-Lambda-Optimization")
    assert world.judge("dashboard_plots", **PLOTS).message == (
        f"There is no dashboard {DASHBOARD}, but there is user1-Lambda-Optimization: a name must match exactly."
    )


def test_a_widget_of_another_region_does_not_count() -> None:
    elsewhere = [{"type": "metric", "properties": {"region": "eu-west-1", "metrics": FOUR_ROWS}}]
    world = World().dashboard(DASHBOARD, body=json.dumps({"widgets": elsewhere}))
    verdict = world.judge("dashboard_plots", **PLOTS)
    assert verdict.status == "failed"
    assert verdict.message.endswith(" It plots metrics of eu-west-1, but your functions are in eu-central-1.")
    here = [{"type": "metric", "properties": {"region": "eu-central-1", "metrics": FOUR_ROWS}}]
    world = World().dashboard(DASHBOARD, body=json.dumps({"widgets": here}))
    assert world.judge("dashboard_plots", **PLOTS).status == "passed"


def test_names_a_placeholder_of_the_handout() -> None:
    rows = [row(metric, "[your-username]-baseline-function") for metric in ("Duration", "Invocations")]
    verdict = perfect().dashboard(DASHBOARD, *rows).judge("dashboard_plots", **PLOTS)
    assert verdict.message.endswith(" It plots [your-username]-baseline-function. Replace the brackets with user1.")


def test_without_metrics_the_dashboard_only_has_to_exist() -> None:
    verdict = World().dashboard(DASHBOARD).judge("dashboard_plots", dashboard=DASHBOARD)
    assert (verdict.status, verdict.observed) == ("passed", f"dashboard {DASHBOARD}")
    verdict = World().judge("dashboard_plots", dashboard=DASHBOARD)
    assert (verdict.status, verdict.message) == ("failed", f"There is no dashboard {DASHBOARD}.")
