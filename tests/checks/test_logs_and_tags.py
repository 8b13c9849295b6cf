"""log_group_expires, function_tagged, role_has_policies, logs_are_structured."""

from __future__ import annotations

from typing import Any

import pytest

from checks.wording.logs import own_lines
from labgrader.errors import NotGradedError
from labgrader.evidence.asking.code_reading import read_file
from labgrader.evidence.probe import Invocation
from labgrader.evidence.question import Answer, Answers, Question
from labgrader.judging.judge import judge
from tests.checks.world import ACCOUNT, REGION, World, crash, item, probed

FUNCTION = "user1-f"
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{FUNCTION}"

# --- log_group_expires ------------------------------------------------------------------------------------------------


def logged(**group: Any) -> World:
    return World().list("logs:DescribeLogGroups", FUNCTION, {"logGroupName": f"/aws/lambda/{FUNCTION}", **group})


def test_the_right_number_of_days_passes() -> None:
    verdict = logged(retentionInDays=7).judge("log_group_expires", function=FUNCTION, days=7)
    assert (verdict.status, verdict.observed) == ("passed", "7 days")


@pytest.mark.parametrize("days", [5, 14, 3653])
def test_another_number_of_days_earns_half(days: int) -> None:
    verdict = logged(retentionInDays=days).judge("log_group_expires", function=FUNCTION, days=7)
    assert (verdict.status, verdict.fraction) == ("partial", 0.5)
    assert verdict.message == f"The logs in /aws/lambda/{FUNCTION} expire after {days} days instead of 7."
    assert verdict.hint == (
        f"aws logs put-retention-policy --log-group-name /aws/lambda/{FUNCTION} --retention-in-days 7"
    )


def test_logs_that_stay_earn_nothing() -> None:
    verdict = logged().judge("log_group_expires", function=FUNCTION, days=7)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"The logs in /aws/lambda/{FUNCTION} never expire; the lab keeps them for 7 days.",
    )


def test_a_missing_log_group_comes_with_both_commands() -> None:
    verdict = World().judge("log_group_expires", function=FUNCTION, days=7)
    assert (verdict.status, verdict.message) == ("failed", f"There is no log group /aws/lambda/{FUNCTION}.")
    assert verdict.hint.splitlines()[0] == f"aws logs create-log-group --log-group-name /aws/lambda/{FUNCTION}"


# --- function_tagged --------------------------------------------------------------------------------------------------

TAGS = {"Project": "Lambda Lab", "ManagedBy": "Terraform"}


def tagged(**tags: str) -> World:
    world = World().function(FUNCTION)
    world.functions[FUNCTION]["Tags"] = tags
    return world


def test_more_tags_do_no_harm() -> None:
    verdict = tagged(**TAGS, Owner="me").judge("function_tagged", function=FUNCTION, tags=TAGS)
    assert (verdict.status, verdict.observed) == ("passed", "Project=Lambda Lab, ManagedBy=Terraform")


@pytest.mark.parametrize(
    ("tags", "fraction", "says"),
    [
        ({"Project": "Lambda Lab"}, 0.5, "the tag ManagedBy is missing"),
        (
            {"Project": "Lambda Lab", "Managedby": "Terraform"},
            0.5,
            "the tag ManagedBy is missing (there is Managedby)",
        ),
        (
            {"Project": "lambda lab", "ManagedBy": "Terraform"},
            0.5,
            "the tag Project is “lambda lab” instead of “Lambda Lab”",
        ),
        ({}, 0.0, "the tag Project is missing; the tag ManagedBy is missing"),
        (
            {"Project": "<b>\n", "ManagedBy": "Terraform"},
            0.5,
            "the tag Project is “<b>�” instead of “Lambda Lab”",
        ),
    ],
)
def test_each_tag_counts(tags: dict[str, str], fraction: float, says: str) -> None:
    verdict = tagged(**tags).judge("function_tagged", function=FUNCTION, tags=TAGS)
    assert (verdict.fraction, verdict.message) == (fraction, f"{FUNCTION}: {says}.")
    assert verdict.hint == f"aws lambda tag-resource --resource {ARN} --tags 'Project=Lambda Lab,ManagedBy=Terraform'"


def test_a_function_without_an_answer_about_tags_has_none() -> None:
    verdict = World().function(FUNCTION).judge("function_tagged", function=FUNCTION, tags=TAGS)
    assert (verdict.status, verdict.observed) == ("failed", "none")
    verdict = World().judge("function_tagged", function=FUNCTION, tags=TAGS)
    assert verdict.message == f"There is no function {FUNCTION}."
    assert verdict.hint == f"aws lambda get-function --function-name {FUNCTION} --query Tags"


# --- role_has_policies ------------------------------------------------------------------------------------------------

BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
ROLE: dict[str, Any] = {"role": "user1-role", "policies": ["AWSLambdaBasicExecutionRole"], "function": FUNCTION}


def with_role(*attached: str, used: str = "user1-role", **settings: Any) -> World:
    world = World().role("user1-role", *attached, **settings)
    return world.function(FUNCTION, Role=f"arn:aws:iam::{ACCOUNT}:role/{used}")


def test_a_role_may_have_more_policies() -> None:
    verdict = with_role(BASIC, "arn:aws:iam::aws:policy/AmazonS3FullAccess").judge("role_has_policies", **ROLE)
    assert (verdict.status, verdict.observed) == (
        "passed",
        "AWSLambdaBasicExecutionRole and AmazonS3FullAccess attached",
    )


@pytest.mark.parametrize(
    ("world", "fraction", "says", "hint"),
    [
        (
            with_role(),
            0.75,
            "the policy AWSLambdaBasicExecutionRole is not attached",
            f"aws iam attach-role-policy --role-name user1-role --policy-arn {BASIC}",
        ),
        (
            with_role(BASIC, used="LabRole"),
            0.75,
            f"{FUNCTION} runs under LabRole instead",
            f"aws lambda update-function-configuration --function-name {FUNCTION} "
            f"--role arn:aws:iam::{ACCOUNT}:role/user1-role",
        ),
        (
            with_role(BASIC, trusts="ec2.amazonaws.com"),
            0.75,
            "lambda.amazonaws.com may not take it on",
            "aws iam update-assume-role-policy --role-name user1-role --policy-document "
            '\'{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", '
            '"Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}\'',
        ),
    ],
)
def test_each_part_of_a_role_counts(world: World, fraction: float, says: str, hint: str) -> None:
    verdict = world.judge("role_has_policies", **ROLE)
    assert (verdict.status, verdict.fraction) == ("partial", fraction)
    assert (verdict.message, verdict.hint) == (f"The role user1-role: {says}.", hint)


def test_a_missing_role_comes_with_the_commands_that_make_it() -> None:
    world = World().function(FUNCTION, Role=f"arn:aws:iam::{ACCOUNT}:role/LabRole")
    verdict = world.say("iam:GetRole", None, RoleName="user1-role").judge("role_has_policies", **ROLE)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"There is no role user1-role. {FUNCTION} runs under LabRole.",
    )
    assert [line.split(" --")[0] for line in verdict.hint.splitlines()] == [
        "aws iam create-role",
        "aws iam attach-role-policy",
        "aws lambda update-function-configuration",
    ]
    assert verdict.hint.splitlines()[-1] == (
        f"aws lambda update-function-configuration --function-name {FUNCTION} "
        f"--role arn:aws:iam::{ACCOUNT}:role/user1-role"
    )


def test_a_missing_role_of_no_function_is_only_made() -> None:
    verdict = World().say("iam:GetRole", None, RoleName="user1-role").judge("role_has_policies", **ROLE)
    assert verdict.message == "There is no role user1-role."
    assert [line.split(" --")[0] for line in verdict.hint.splitlines()] == [
        "aws iam create-role",
        "aws iam attach-role-policy",
    ]


def test_the_functions_own_role_can_be_meant() -> None:
    wanted = {"policies": ["AmazonS3FullAccess"], "function": FUNCTION}
    verdict = with_role(BASIC).judge("role_has_policies", **wanted)
    assert (verdict.fraction, verdict.message) == (
        2 / 3,
        "The role user1-role: the policy AmazonS3FullAccess is not attached.",
    )
    assert verdict.hint == (
        "aws iam attach-role-policy --role-name user1-role --policy-arn arn:aws:iam::aws:policy/AmazonS3FullAccess"
    )
    assert World().judge("role_has_policies", **wanted).message == f"There is no function {FUNCTION}."


def test_a_role_whose_function_is_gone_is_judged_all_the_same() -> None:
    verdict = World().role("user1-role", BASIC).judge("role_has_policies", **ROLE)
    assert (verdict.fraction, verdict.message) == (0.75, f"The role user1-role: there is no function {FUNCTION}.")


# --- logs_are_structured ----------------------------------------------------------------------------------------------

LOGS: dict[str, Any] = {"function": FUNCTION, "event": {"name": "Ada"}, "explanation": "See step 4.2."}
START = "START RequestId: 1-2 Version: $LATEST\n"
END = "END RequestId: 1-2\nREPORT RequestId: 1-2\tDuration: 2.45 ms\tBilled Duration: 3 ms\tMemory Size: 256 MB\n"
ENTRY = '{"level": "INFO", "message": "Processing"}'
PREFIX = "[INFO]\t2026-01-01T00:00:00.000Z\t1-2\t"


def said(log: str) -> Invocation:
    return Invocation("t", "answered", '{"statusCode": 200, "body": "{}"}', 33, log_tail=log)


def coded(source: str | None) -> World:
    """A function with this code; ``None`` where it cannot be read."""
    code = None if source is None else [read_file("lambda_function.py", source)]
    return World().function(FUNCTION).say("labgrader:ReadCode", code, FunctionName=FUNCTION)


@pytest.mark.parametrize(
    ("log", "structured", "plain"),
    [
        ("", [], []),
        (START + END, [], []),
        (f"INIT_START Runtime Version: python:3.12\n{START}{PREFIX}{ENTRY}\n\n{END}XRAY TraceId: 1\n", [ENTRY], []),
        (f"{ENTRY}\n{ENTRY}\n", [ENTRY, ENTRY], []),
        ('{\n  "level": "INFO",\n  "deep": {"a": "}"}\n}\nplain\n', ["{"], ["plain"]),
        ('{"time": "now", "type": "platform.start", "record": {}}\n' + ENTRY, [ENTRY], []),
        (f"Event: {ENTRY}", [], [f"Event: {ENTRY}"]),
        (f"{ENTRY} and more", [], [f"{ENTRY} and more"]),
        ("[1, 2]\n12\n", [], ["[1, 2]", "12"]),
        ('{"broken": \n', [], ['{"broken": ']),
        ("{" * 3000, [], ["{" * 3000]),
        ('{"a": ' * 3000, [], ['{"a": ' * 3000][:0]),  # 18,000 characters: may begin within a line
        (f"{PREFIX}Processing\n", [], ["Processing"]),
        ("x" * 4000 + f"\n{ENTRY}\n", [ENTRY], []),
        ("x" * 3900 + f"\n{ENTRY}\n", [ENTRY], ["x" * 3900]),
    ],
)
def test_the_lines_of_a_log(log: str, structured: list[str], plain: list[str]) -> None:
    assert own_lines(log) == (structured, plain)


def test_json_lines_pass_whatever_the_code() -> None:
    verdict, asked = probed(coded(None), "logs_are_structured", [said(f"{START}{PREFIX}{ENTRY}\n{END}")], **LOGS)
    assert (verdict.status, verdict.observed, len(asked)) == ("passed", "1 JSON object", 1)


def test_plain_lines_fail_with_the_line() -> None:
    verdict, _ = probed(coded(None), "logs_are_structured", [said(f"{START}Processing \x1b Ada\n{END}")], **LOGS)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{FUNCTION} logs plain text: “Processing � Ada”. See step 4.2.",
    )
    assert verdict.evidence == ("Processing � Ada",)


def test_both_earn_half() -> None:
    log = f"{ENTRY}\nProcessing\n{ENTRY}\n"
    verdict, _ = probed(coded(None), "logs_are_structured", [said(log)], **LOGS)
    assert (verdict.status, verdict.fraction, verdict.observed) == (
        "partial",
        0.5,
        "2 JSON objects and 1 line of plain text",
    )
    assert verdict.message == f"{FUNCTION} logs JSON objects, but plain text, too: “Processing”. See step 4.2."


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
def test_where_the_log_is_silent_the_code_is_read(code: str) -> None:
    verdict, _ = probed(coded(code), "logs_are_structured", [said(START + END)], **LOGS)
    assert (verdict.status, verdict.observed) == ("passed", "its code logs JSON")


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (PLAIN, "logs plain text: its code gives no json.dumps(…) to what logs"),
        (
            HANDED_OUT.replace("json.dumps(log_entry)", "str(log_entry)"),
            "logs plain text: its code gives no json.dumps(…) to what logs",
        ),
        ("def lambda_handler(event, context):\n    return {}\n", "logs nothing"),
    ],
)
def test_code_that_logs_no_json_fails(code: str, says: str) -> None:
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
def test_what_cannot_be_told_is_not_graded(code: str | None) -> None:
    with pytest.raises(NotGradedError, match="held no line of its own, and its code does not tell either"):
        probed(coded(code), "logs_are_structured", [said(START)], **LOGS)


def test_code_that_aws_refuses_does_not_matter_where_the_log_tells() -> None:
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


def test_a_function_that_crashes_is_not_blamed_for_its_log() -> None:
    verdict, _ = probed(coded(None), "logs_are_structured", [crash("KeyError", "'a'", log="Traceback\n")], **LOGS)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{FUNCTION} crashed: KeyError: 'a', so its log is not looked at.",
    )
    assert probed(World(), "logs_are_structured", [], **LOGS)[0].message == f"There is no function {FUNCTION}."
