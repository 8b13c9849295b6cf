"""Log lines of the library have the run and the student, as log lines of the function do."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from labgrader.logs import LIBRARY, function_logger


@pytest.fixture(autouse=True)
def _library_as_before() -> Iterator[None]:
    library = logging.getLogger(LIBRARY)
    before = (library.handlers, library.level, library.propagate)
    yield
    library.handlers, library.level, library.propagate = before


def test_log_line_of_the_library_has_the_keys_of_the_function(capsys: pytest.CaptureFixture[str]) -> None:
    logger = function_logger("trial_of_lines")
    logger.append_keys(run_id="r1", student="user1")
    logging.getLogger("labgrader.recording.api_calls").warning("%s: slow", "lambda:ListFunctions")
    (line,) = capsys.readouterr().out.splitlines()
    written = json.loads(line)
    assert {name: written[name] for name in ("level", "message", "service", "run_id", "student")} == {
        "level": "WARNING",
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
