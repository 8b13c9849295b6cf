"""The environment of a function: read in one place, typed, with an error for a missing variable."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest

from labgrader.environment import Environment, MissingVariableError
from tests.infra.template_reading import FUNCTIONS, ROOT, template

READ: dict[str, Callable[[Environment], str]] = {
    "BUCKET": lambda environment: environment.bucket,
    "TABLE": lambda environment: environment.table,
    "STACK": lambda environment: environment.stack,
    "BUS": lambda environment: environment.bus,
    "TOKEN_KEY_ARN": lambda environment: environment.token_key_arn,
    "DIGEST_TOPIC_ARN": lambda environment: environment.digest_topic_arn,
    "GRADE_CLASS_ARN": lambda environment: environment.grade_class_arn,
    "GRADE_STUDENT_ARN": lambda environment: environment.grade_student_arn,
}


@pytest.mark.parametrize("variable", READ)
def test_property_returns_its_variable(variable: str) -> None:
    everything = {name: f"the {name}" for name in READ}
    assert READ[variable](Environment(everything)) == f"the {variable}"


@pytest.mark.parametrize("variable", READ)
def test_missing_or_empty_variable_is_named(variable: str) -> None:
    others = {name: "set" for name in READ if name != variable}
    with pytest.raises(MissingVariableError):
        READ[variable](Environment({**others, variable: ""}))
    with pytest.raises(MissingVariableError) as missing:
        READ[variable](Environment(others))
    assert str(missing.value) == f"the environment variable {variable} is not set; deploy the stack again"
    assert missing.value.variable == variable


def test_default_environment_is_that_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUCKET", "first")
    environment = Environment()
    monkeypatch.setenv("BUCKET", "second")
    assert environment.bucket == "second"
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME", raising=False)
    assert not environment.on_lambda
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "labgrader-run-check")
    assert environment.on_lambda


def test_template_sets_exactly_the_variables_that_are_read() -> None:
    variables = set(template()["Globals"]["Function"]["Environment"]["Variables"])
    for function in FUNCTIONS.values():
        variables |= set(function.get("Environment", {}).get("Variables", {}))
    assert {name for name in variables if not name.startswith("POWERTOOLS_")} == set(READ)
    properties = {name for name, member in inspect.getmembers(Environment) if isinstance(member, property)}
    assert len(properties - {"on_lambda", "log_level"}) == len(READ)


def test_the_level_of_the_log_is_the_one_of_powertools() -> None:
    assert "POWERTOOLS_LOG_LEVEL" in template()["Globals"]["Function"]["Environment"]["Variables"]
    assert Environment({"POWERTOOLS_LOG_LEVEL": "WARNING"}).log_level == "WARNING"
    assert [Environment(empty).log_level for empty in ({}, {"POWERTOOLS_LOG_LEVEL": ""})] == ["INFO", "INFO"]


def test_only_one_module_reads_the_environment() -> None:
    library = ROOT / "layers/labgrader/python/labgrader"
    files = [*library.rglob("*.py"), *(ROOT / "functions").rglob("*.py")]
    readers = [file for file in files if "os.environ" in file.read_text() or "getenv" in file.read_text()]
    assert readers == [library / "environment.py"]
