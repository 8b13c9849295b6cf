"""Dashboards: the metric shorthands are resolved, and no body is trusted to be one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labgrader.evidence.snapshot import Dashboard, Metric


def board(*rows: Any, **properties: Any) -> Dashboard:
    body = {"widgets": [{"type": "metric", "properties": {"metrics": list(rows), **properties}}]}
    return Dashboard.from_body("user1-d", json.dumps(body))


def metrics(*rows: Any) -> list[tuple[str, str, dict[str, str]]]:
    return [(metric.namespace, metric.name, dict(metric.dimensions)) for metric in board(*rows).metrics()]


def test_a_metric_is_read_with_its_dimensions() -> None:
    assert metrics(["AWS/Lambda", "Duration", "FunctionName", "f", "Resource", "f:prod"]) == [
        ("AWS/Lambda", "Duration", {"FunctionName": "f", "Resource": "f:prod"})
    ]


def test_a_dot_repeats_the_value_above() -> None:
    assert metrics(
        ["AWS/Lambda", "Duration", "FunctionName", "f"],
        [".", "Invocations", ".", "."],
        [".", ".", ".", "g"],
    ) == [
        ("AWS/Lambda", "Duration", {"FunctionName": "f"}),
        ("AWS/Lambda", "Invocations", {"FunctionName": "f"}),
        ("AWS/Lambda", "Invocations", {"FunctionName": "g"}),
    ]


def test_three_dots_repeat_the_remaining_values() -> None:
    assert metrics(
        ["AWS/Lambda", "Duration", "FunctionName", "f", "Resource", "f:prod"],
        ["...", "f:dev"],
        ["...", {"stat": "p95"}],
        [".", "Errors", "..."],
    ) == [
        ("AWS/Lambda", "Duration", {"FunctionName": "f", "Resource": "f:prod"}),
        ("AWS/Lambda", "Duration", {"FunctionName": "f", "Resource": "f:dev"}),
        ("AWS/Lambda", "Duration", {"FunctionName": "f", "Resource": "f:dev"}),
        ("AWS/Lambda", "Errors", {"FunctionName": "f", "Resource": "f:dev"}),
    ]


def test_options_are_not_dimensions() -> None:
    (metric,) = board(["AWS/Lambda", "Duration", "FunctionName", "f", {"stat": "p95", "label": "slow"}]).metrics()
    assert metric.options == {"stat": "p95", "label": "slow"}
    assert metric.dimensions == {"FunctionName": "f"}


def test_an_expression_has_no_metric_and_does_not_disturb_the_dots() -> None:
    found = list(
        board(
            ["AWS/Lambda", "Duration", "FunctionName", "f", {"id": "m1"}],
            [{"expression": "m1 / 1000", "label": "s"}],
            [".", "Errors", ".", "."],
        ).metrics()
    )
    assert [metric.expression for metric in found] == ["", "m1 / 1000", ""]
    assert found[2] == Metric("AWS/Lambda", "Errors", {"FunctionName": "f"})


def test_dots_do_not_reach_into_the_previous_widget() -> None:
    first = {"type": "metric", "properties": {"metrics": [["AWS/Lambda", "Duration", "FunctionName", "f"]]}}
    second = {"type": "metric", "properties": {"metrics": [[".", "Errors", ".", "."]]}}
    found = list(Dashboard.from_body("d", json.dumps({"widgets": [first, second]})).metrics())
    assert found[1].namespace == "."


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("", "its body is not JSON"),
        ("{", "its body is not JSON"),
        ("[" * 100_000, "its body is not JSON"),
        ('{"widgets": ' + "[" * 100_000 + "]" * 100_000 + "}", "its body is not JSON"),
        ("9" * 5000, "its body is not JSON"),
        ("null", "its body has no list of widgets"),
        ("[]", "its body has no list of widgets"),
        ('"text"', "its body has no list of widgets"),
        ("{}", "its body has no list of widgets"),
        ('{"widgets": 7}', "its body has no list of widgets"),
        ('{"widgets": {"a": 1}}', "its body has no list of widgets"),
        ('{"widgets": []}', ""),
    ],
)
def test_an_invalid_dashboard_body_has_a_problem(body: str, problem: str) -> None:
    found = Dashboard.from_body("user1-d", body)
    assert (found.problem, list(found.metrics())) == (problem, [])


@pytest.mark.parametrize(
    "widgets",
    [
        [7, "text", None, []],
        [{}],
        [{"properties": 7}],
        [{"properties": {"metrics": 7}}],
        [{"properties": {"metrics": "text"}}],
        [{"properties": {"metrics": [7, "text", None, {}, [], [7], [None], [{}]]}}],
        [{"properties": {"metrics": [["..."]]}}],
        [{"properties": {"metrics": [["...", "..."]]}}],
        [{"properties": {"metrics": [[{"expression": None}]]}}],
    ],
)
def test_hostile_shapes_plot_nothing(widgets: Any) -> None:
    found = Dashboard.from_body("user1-d", json.dumps({"widgets": widgets}))
    assert found.problem == ""
    assert list(found.metrics()) == []


def test_rows_of_numbers_are_read_as_text() -> None:
    assert metrics([1, 2, 3, 4], [".", "...", 5]) == [("1", "2", {"3": "4"}), ("1", "2", {"3": "5"})]
    assert metrics([["a"], {"b": 1}, None, "d"]) == [("['a']", "", {})]
