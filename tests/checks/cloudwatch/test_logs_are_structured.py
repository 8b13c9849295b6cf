"""logs_are_structured: the function logs JSON objects."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.errors import NotGradedError
from labgrader.evidence.probe import Invocation
from labgrader.evidence.question import Answer, Answers, Question
from labgrader.judging.judge import judge
from labgrader.recording.packages.code_analysis import read_file
from tests.checks.cloudwatch.samples import END, ENTRY, PREFIX, START
from tests.checks.replies import crash, probed
from tests.checks.world import World, item

FUNCTION = "user1-f"
LOGS: dict[str, Any] = {"function": FUNCTION, "event": {"name": "Ada"}, "explanation": "See step 4.2."}


def said(log: str) -> Invocation:
    return Invocation("t", "answered", '{"statusCode": 200, "body": "{}"}', 33, log_tail=log)


def coded(source: str | None) -> World:
    """Return a function with this code; ``None`` for unreadable code."""
    code = None if source is None else [read_file("lambda_function.py", source)]
    return World().function(FUNCTION).say("labgrader:ReadCode", code, FunctionName=FUNCTION)


def test_passes_with_json_lines() -> None:
    verdict, questions = probed(coded(None), "logs_are_structured", [said(f"{START}{PREFIX}{ENTRY}\n{END}")], **LOGS)
    assert (verdict.status, verdict.observed, len(questions)) == ("passed", "1 JSON object", 1)


def test_fails_with_plain_lines() -> None:
    verdict, _ = probed(coded(None), "logs_are_structured", [said(f"{START}Processing \x1b Ada\n{END}")], **LOGS)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{FUNCTION} logs plain text: “Processing � Ada”. See step 4.2.",
    )
    assert verdict.evidence == ("Processing � Ada",)


def test_json_and_plain_lines_earn_half() -> None:
    log = f"{ENTRY}\nProcessing\n{ENTRY}\n"
    verdict, _ = probed(coded(None), "logs_are_structured", [said(log)], **LOGS)
    assert (verdict.status, verdict.fraction, verdict.observed) == (
        "partial",
        0.5,
        "2 JSON objects and 1 line of plain text",
    )
    assert verdict.message == f"{FUNCTION} logs JSON objects and also plain text: “Processing”. See step 4.2."


HANDED_OUT = """
import json, logging
logger = logging.getLogger()
def log_event(level, message, **kwargs):
    log_entry = {'level': level, 'message': message, **kwargs}
    logger.info(json.dumps(log_entry))
def lambda_handler(event, context):
    log_event('INFO', 'started')
    return {'statusCode': 200, 'body': json.dumps({})}
"""
FORMATTER = """
import json, logging
class JsonFormatter(logging.Formatter):
    def format(self, record):
        return json.dumps({'message': record.getMessage()})
logger = logging.getLogger()
def lambda_handler(event, context):
    logger.info('started')
"""
PLAIN = """
import json, logging
logger = logging.getLogger()
def lambda_handler(event, context):
    logger.info('started')
    response = {}

    return {'statusCode': 200, 'body': json.dumps(response)}
"""


@pytest.mark.parametrize(
    "code",
    [
        HANDED_OUT,
        FORMATTER,
        "from aws_lambda_powertools import Logger\nlog = Logger()\ndef lambda_handler(e, c):\n    log.info('a')\n",
        "import json\ndef lambda_handler(e, c):\n    print(json.dumps({'message': 'a'}))\n",
        "import json, logging\ndef log_it(**f):\n    line = json.dumps(\n        f)\n    logging.info(line)\n",
    ],
)
def test_passes_when_the_log_is_empty_and_the_code_logs_json(code: str) -> None:
    verdict, _ = probed(coded(code), "logs_are_structured", [said(START + END)], **LOGS)
    assert (verdict.status, verdict.observed) == ("passed", "its code logs JSON")


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (PLAIN, "logs plain text: its code does not log json.dumps(…)"),
        (
            HANDED_OUT.replace("json.dumps(log_entry)", "str(log_entry)"),
            "logs plain text: its code does not log json.dumps(…)",
        ),
        ("def lambda_handler(event, context):\n    return {}\n", "logs nothing"),
    ],
)
def test_fails_when_the_log_is_empty_and_the_code_logs_no_json(code: str, says: str) -> None:
    verdict, _ = probed(coded(code), "logs_are_structured", [said("")], **LOGS)
    assert (verdict.status, verdict.message) == ("failed", f"{FUNCTION} {says}. See step 4.2.")


@pytest.mark.parametrize(
    "code",
    [
        None,
        "import json, logging\ndef lambda_handler(e, c):\n    logging.info('a')\n    return json.dumps({})\n",
        "import json, logging\ndef respond(b):\n    logging.info('a')\n\n    return json.dumps(b)\n",
    ],
)
def test_is_not_graded_when_neither_log_nor_code_shows_the_format(code: str | None) -> None:
    with pytest.raises(NotGradedError, match="has no line of the function, and its code does not show what it logs"):
        probed(coded(code), "logs_are_structured", [said(START)], **LOGS)


def test_unreadable_code_matters_only_when_the_log_is_empty() -> None:
    snapshot, answers = World().function(FUNCTION).snapshot(), Answers()
    snapshot.answers.record(
        Question("labgrader:ReadCode", {"FunctionName": FUNCTION}),
        Answer(error_code="AccessDenied", error_message="no"),
    )
    call = {"FunctionName": FUNCTION, "Qualifier": "", "Payload": {"name": "Ada"}, "TimeoutSeconds": 35}
    answers.record(Question("lambda:InvokeFunction", call), Answer(said(ENTRY).to_dict()))
    assert judge(item("logs_are_structured", **LOGS), snapshot, answers).status == "passed"
    answers = Answers()
    answers.record(Question("lambda:InvokeFunction", call), Answer(said("").to_dict()))
    with pytest.raises(NotGradedError, match="labgrader:ReadCode"):
        judge(item("logs_are_structured", **LOGS), snapshot, answers)


def test_fails_when_the_function_crashes_or_does_not_exist() -> None:
    verdict, _ = probed(coded(None), "logs_are_structured", [crash("KeyError", "'a'", log="Traceback\n")], **LOGS)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{FUNCTION} crashed: KeyError: 'a', so its log was not checked.",
    )
    assert probed(World(), "logs_are_structured", [], **LOGS)[0].message == f"There is no function {FUNCTION}."


def test_fails_when_the_function_was_deleted_meanwhile() -> None:
    verdict, _ = probed(coded(None), "logs_are_structured", [None], **LOGS)
    assert (verdict.status, verdict.message) == ("failed", f"{FUNCTION} does not exist.")
