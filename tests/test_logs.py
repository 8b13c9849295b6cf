"""What the library logs carries the run and the student, and Lambda's log-level filter reads every line.

``tests/recorded_aws/lambda_log_level_filtering.json`` has the rules of the filter, with their source.
"""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from labgrader.logs import CLIENTS, LIBRARY, function_logger
from tests.infra.template_reading import template
from tests.recorded_aws.reading import recorded

RULES = recorded("lambda_log_level_filtering")["rules"]
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _loggers_as_before() -> Iterator[None]:
    library = logging.getLogger(LIBRARY)
    before = (library.handlers, library.level, library.propagate)
    levels = {name: logging.getLogger(name).level for name in CLIENTS}
    yield
    library.handlers, library.level, library.propagate = before
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def test_a_line_of_the_library_has_the_functions_keys(capsys: Capture) -> None:
    logger = function_logger("trial_of_lines")
    logger.append_keys(run_id="r1", student="user1")
    logging.getLogger("labgrader.recording.api_calls").warning("%s: slow", "lambda:ListFunctions")
    (line,) = capsys.readouterr().out.splitlines()
    written = json.loads(line)
    assert {name: written[name] for name in ("level", "message", "service", "run_id", "student")} == {
        "level": "WARN",
        "message": "lambda:ListFunctions: slow",
        "service": "trial_of_lines",
        "run_id": "r1",
        "student": "user1",
    }


def test_log_line_is_written_once_on_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "labgrader-run-check")
    function_logger("trial_on_lambda")
    assert logging.getLogger(LIBRARY).propagate is False
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME")
    function_logger("trial_on_a_laptop")
    assert logging.getLogger(LIBRARY).propagate is True


def test_lambda_knows_the_level_and_the_timestamp_of_every_line(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "DEBUG")
    function_logger("trial_of_levels")
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL):
        logging.getLogger("labgrader.steps").log(level, "a line")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["level"] for line in lines] == ["DEBUG", "INFO", "WARN", "ERROR", "FATAL"]
    assert {line["level"] for line in lines} <= set(RULES["levels"])
    for line in lines:
        assert "T" in line["timestamp"]
        assert datetime.fromisoformat(line["timestamp"]).utcoffset() == timedelta()


@pytest.mark.parametrize(
    ("chosen", "written"),
    [
        ("DEBUG", ["DEBUG", "INFO", "WARN", "ERROR"]),
        ("INFO", ["INFO", "WARN", "ERROR"]),
        ("WARNING", ["WARN", "ERROR"]),
        ("ERROR", ["ERROR"]),
    ],
)
def test_the_parameter_loglevel_decides_what_is_logged_on_lambda(
    chosen: str, written: list[str], capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda sets `AWS_LAMBDA_LOG_LEVEL` to the function's `ApplicationLogLevel`."""
    stack = template()
    assert chosen in stack["Parameters"]["LogLevel"]["AllowedValues"]
    filter_level = stack["Mappings"]["LogLevels"][chosen]["Lambda"]
    monkeypatch.setenv("AWS_LAMBDA_LOG_LEVEL", filter_level)
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", chosen)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # Powertools warns where Lambda would drop what the function logs
        logger = function_logger(f"trial_of_{chosen.lower()}")
    for name in ("labgrader.steps", f"trial_of_{chosen.lower()}"):
        for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
            logging.getLogger(name).log(level, "a line")
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["level"] for line in lines] == [*written, *written]
    assert [line for line in lines if passes(line, filter_level)] == lines
    assert logging.getLevelName(logger.log_level) == chosen


def passes(line: str, filter_level: str) -> bool:
    """Return whether Lambda's filter lets a line through, by the recorded rules.

    Args:
        line: a line that a function wrote.
        filter_level: the function's `ApplicationLogLevel`.
    """
    document = json.loads(line)
    level = document.get("level", "").upper()
    try:
        dated = datetime.fromisoformat(document["timestamp"]).tzinfo is not None and "T" in document["timestamp"]
    except (KeyError, ValueError):
        dated = False
    if level not in RULES["levels"]:
        level = RULES["level_if_invalid_or_missing"]
    elif not dated:
        level = RULES["level_without_rfc3339_timestamp"]
    return bool(RULES["levels"].index(level) >= RULES["levels"].index(filter_level))


@pytest.mark.parametrize("chosen", ["DEBUG", "INFO", "WARNING", "ERROR"])
def test_lambda_drops_no_metric_and_no_line_about_an_exception_at_any_level(chosen: str, capsys: Capture) -> None:
    """Neither has a level: an alarm without data would be silent."""
    with single_metric(name="RunsFailed", unit=MetricUnit.Count, value=1, namespace="labgrader") as metric:
        metric.add_dimension("service", "trial_of_metrics")
    (metrics,) = capsys.readouterr().out.splitlines()
    exception = json.dumps(recorded("lambda_python_exception_line")["line"])
    filter_level = template()["Mappings"]["LogLevels"][chosen]["Lambda"]
    assert [passes(line, filter_level) for line in (metrics, exception)] == [True, True]
    assert [passes(line, "WARN") for line in (metrics, exception)] == [False, False], "as the rules say"


def test_without_the_variable_a_function_logs_info(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POWERTOOLS_LOG_LEVEL", raising=False)
    assert function_logger("trial_of_default").log_level == logging.INFO


def test_a_value_of_loglevel_without_lambdas_name_does_not_exist() -> None:
    stack = template()
    assert set(stack["Mappings"]["LogLevels"]) == set(stack["Parameters"]["LogLevel"]["AllowedValues"])
    for names in stack["Mappings"]["LogLevels"].values():
        assert names["Lambda"] in RULES["levels"]
    logging_config = stack["Globals"]["Function"]["LoggingConfig"]
    assert logging_config["LogFormat"] == "JSON"
    assert logging_config["ApplicationLogLevel"] == ["LogLevels", "LogLevel", "Lambda"]
    assert logging_config["SystemLogLevel"] == "INFO"


def test_the_error_alarm_reads_the_levels_that_the_functions_write() -> None:
    pattern = template()["Resources"]["LoggedErrors"]["Properties"]["FilterPattern"]
    for level in ("ERROR", "FATAL"):
        assert f'$.level = "{level}"' in pattern
    assert '$.record.status = "timeout"' in pattern
    assert '$.record.status = "failure"' in pattern


def test_the_clients_log_no_headers_and_no_bodies_at_debug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("AWS_LAMBDA_LOG_LEVEL", "DEBUG")
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.DEBUG)  # as Lambda's runtime does
    try:
        function_logger("trial_of_clients")
        for name in ("botocore.auth", "botocore.endpoint", "boto3.resources", "urllib3.connectionpool"):
            assert logging.getLogger(name).isEnabledFor(logging.INFO)
            assert not logging.getLogger(name).isEnabledFor(logging.DEBUG)
    finally:
        root.setLevel(before)
