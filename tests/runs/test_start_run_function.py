"""The function for `Grade Requested`: a refused request is a failed run, and counts for the alarm."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

import functions.start_run.app as app
from cli.deployment.template import read_template
from labgrader.events import default_publisher
from labgrader.store import Store, default_store
from tests.runs.conftest import Machines

TEMPLATE = Path(__file__).parents[2] / "infra/template.yaml"

CONTEXT: Any = SimpleNamespace(
    function_name="start-run", memory_limit_in_mb=512, invoked_function_arn="arn", aws_request_id="r", tenant_id=None
)


@pytest.fixture(autouse=True)
def _environment(store: Store, machines: Machines, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    boto3.client("events").create_event_bus(Name="labgrader")
    variables = {"BUCKET": "bucket", "TABLE": "table", "BUS": "labgrader", "GRADE_CLASS_ARN": machines.grade_class}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    cached: list[Any] = [default_store, default_publisher, app._states]
    for function in cached:
        function.cache_clear()
    yield
    for function in cached:
        function.cache_clear()


def requested(detail: Any, event_id: str = "e-1") -> dict[str, Any]:
    return {"id": event_id, "time": "2026-01-02T03:04:05Z", "source": "school.lms", "detail": detail}


def counted(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return the metrics that CloudWatch reads from the log."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    return [line for line in lines if "_aws" in line]


def test_refused_request_is_counted_for_the_alarm_of_its_function(
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer = app.handler(requested({"lab": "lab-5"}), CONTEXT)
    assert answer == {"run_id": "20260102-030405-unknown-lab-b94f5231", "started": False}
    (line,) = counted(capsys)
    alarm = read_template(TEMPLATE)["Resources"]["RequestRefusedAlarm"]["Properties"]
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == alarm["Namespace"]
    assert [metric["Name"] for metric in directive["Metrics"]] == [alarm["MetricName"]]
    dimensions = {dimension["Name"]: dimension["Value"] for dimension in alarm["Dimensions"]}
    assert dimensions == {"service": "start_run"}
    assert directive["Dimensions"] == [list(dimensions)]
    assert {name: line[name] for name in dimensions} == dimensions
    assert alarm["Statistic"] == "Sum"
    assert sum(line[alarm["MetricName"]]) >= alarm["Threshold"]


def test_started_run_is_not_counted_as_failed(capsys: pytest.CaptureFixture[str], machines: Machines) -> None:
    detail = {"lab": "lambda-optimization", "roster": "username\nuser1\n"}
    answer = app.handler(requested(detail), CONTEXT)
    assert answer["started"]
    assert list(machines.inputs()) == [answer["run_id"]]
    assert counted(capsys) == []
