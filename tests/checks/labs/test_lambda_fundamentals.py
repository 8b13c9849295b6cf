"""The lab pack lambda-fundamentals: a perfect student, the hand-out's own code, and Lab 6 after step 6.9."""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
from collections.abc import Callable, Mapping
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from labgrader.errors import NotGradedError
from labgrader.evidence.question import Answer, Answers, MissingEvidenceError, Question
from labgrader.judging.check import find_check
from labgrader.judging.judge import judge
from labgrader.judging.scoring import Score, score
from labgrader.judging.verdict import Verdict, not_graded
from labgrader.labs.lab import find_lab
from labgrader.labs.search_path import lab_files
from labgrader.recording.packages.code_analysis import read_file
from tests.checks.replies import crash, dropped, http_reply
from tests.checks.world import ACCOUNT, REGION, World, function_arn

LAB = find_lab("lambda-fundamentals")
MINE = LAB.for_student("user1", ACCOUNT, REGION)
CODE = lab_files()["lambda-fundamentals"].parent / "student-code"

HELLO = "user1-HelloWorldFunction"
FILES = "user1-S3FileProcessor"
TERRAFORM = "user1-terraform-managed-lambda"
ADVANCED = "user1-AdvancedProcessor"
ASYNC = "user1-AsyncProcessor"
BUCKET = "user1-lambda-lab-1"
QUEUE_ARN = f"arn:aws:sqs:{REGION}:{ACCOUNT}:user1-lambda-dlq"
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
TERRAFORM_ITEMS = {item.id for item in LAB.checks if item.id.startswith("terraform-")}

HELLO_VARIABLES = {
    "GREETING_PREFIX": "Greetings",
    "GREETING_SUFFIX": "Thanks for using our API!",
    "ENVIRONMENT": "staging",
    "MAX_RESPONSE_LENGTH": "500",
    "ENABLE_DEBUG_LOGGING": "true",
}
TERRAFORM_VARIABLES = {"ENVIRONMENT": "production", "APP_VERSION": "2.0.0", "FEATURE_FLAG": "enabled"}
MODULES = {
    HELLO: "hello_world",
    TERRAFORM: "terraform_managed",
    ADVANCED: "advanced_processor",
    ASYNC: "async_processor",
}

HANDED_OUT = """
import json
import os
from datetime import datetime
import logging

logger = logging.getLogger()
logger.setLevel(logging.INFO)

def log_event(level, message, **kwargs):
    log_entry = {'timestamp': datetime.now().isoformat(), 'level': level, 'message': message, **kwargs}
    logger.info(json.dumps(log_entry))

def lambda_handler(event, context):
    log_event('INFO', 'Function execution started', request_id=context.request_id)
    try:
        prefix = os.environ.get('GREETING_PREFIX', 'Hello')
        environment = os.environ.get('ENVIRONMENT', 'unknown')
        query_params = event.get('queryStringParameters') or {}
        name = query_params.get('name', 'Developer')
        response_data = {'message': f"{prefix}, {name}!", 'environment': environment, 'request_id': context.request_id}
        return {'statusCode': 200, 'body': json.dumps(response_data)}
    except Exception as e:
        return {'statusCode': 500, 'body': json.dumps({'error': 'Internal server error'})}
"""
"""The code of step 4.2, as the hand-out has it, and with its attribute mended."""


def perfect() -> World:
    """A student who did everything, and ran ``terraform apply`` once more."""
    basic: dict[str, Any] = {"Runtime": "python3.12", "Handler": "lambda_function.lambda_handler"}
    sized: dict[str, Any] = {**basic, "Timeout": 10, "MemorySize": 256}
    role = f"arn:aws:iam::{ACCOUNT}:role/user1-terraform-managed-lambda-role"
    layer = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:user1-common-utilities:1"
    world = (
        World()
        .function(HELLO, **sized, Environment={"Variables": HELLO_VARIABLES})
        .function(FILES, **basic, Timeout=30)
        .function(TERRAFORM, **sized, Role=role, Environment={"Variables": TERRAFORM_VARIABLES})
        .function(ADVANCED, **basic, Layers=[{"Arn": layer}])
        .function(ASYNC, reserved=5, **basic, Timeout=30)
        .layer("user1-common-utilities", 1, ("python3.12",))
        .queue("user1-lambda-dlq")
        .role("user1-terraform-managed-lambda-role", BASIC)
        .bucket(BUCKET, {"LambdaFunctionArn": function_arn(FILES), "Events": ["s3:ObjectCreated:*"]})
        .list("logs:DescribeLogGroups", TERRAFORM, {"retentionInDays": 7})
        .list("cloudwatch:DescribeAlarms", "user1-HelloWorldFunction-Errors", _alarm())
    )
    world.functions[TERRAFORM]["Tags"] = {"Project": "Lambda Lab", "ManagedBy": "Terraform", "Environment": "Learning"}
    _api(world, "user1-HelloWorldFunction-API", "api1", "/HelloWorldFunction", HELLO, "default")
    _api(world, "user1-terraform-managed-lambda-api", "api2", "/{proxy+}", TERRAFORM, "prod")
    world.permit(
        FILES,
        _permission("s3.amazonaws.com", f"arn:aws:s3:::{BUCKET}", FILES),
    )
    world.say(
        "lambda:GetFunctionEventInvokeConfig",
        {
            "MaximumEventAgeInSeconds": 3600,
            "MaximumRetryAttempts": 2,
            "DestinationConfig": {"OnFailure": {"Destination": QUEUE_ARN}},
        },
        FunctionName=ASYNC,
    )
    return world.say("labgrader:ReadCode", [read_file("lambda_function.py", _text("hello_world"))], FunctionName=HELLO)


def _alarm() -> dict[str, Any]:
    return {
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "Dimensions": [{"Name": "FunctionName", "Value": HELLO}],
        "Statistic": "Sum",
        "Period": 300,
        "Threshold": 5.0,
        "ComparisonOperator": "GreaterThanThreshold",
    }


def _permission(principal: str, source: str, function: str) -> dict[str, Any]:
    return {
        "Sid": "invoke",
        "Effect": "Allow",
        "Principal": {"Service": principal},
        "Action": "lambda:InvokeFunction",
        "Resource": function_arn(function),
        "Condition": {"ArnLike": {"AWS:SourceArn": source}},
    }


def _api(world: World, name: str, api_id: str, path: str, function: str, stage: str) -> None:
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function_arn(function)}/invocations"
    method = {"authorizationType": "NONE", "methodIntegration": {"type": "AWS_PROXY", "uri": uri}}
    world.api(name, api_id).routes(api_id, {(path, "ANY"): method}).stages(api_id, {"stageName": stage})
    source = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api_id}/*/*"
    world.permit(function, _permission("apigateway.amazonaws.com", source, function))


def _text(module: str) -> str:
    return (CODE / f"{module}.py").read_text(encoding="utf-8")


def _handler(source: str) -> Callable[[Any, Any], Any]:
    module = ModuleType("lambda_function")
    exec(compile(source, "lambda_function.py", "exec"), module.__dict__)  # noqa: S102  our own code, and the hand-out's
    return module.lambda_handler  # type: ignore[no-any-return]


class Account:
    """Runs the functions as Lambda would, and answers what the checks ask of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **sources: str) -> None:
        self.sources = {name: _text(module) for name, module in MODULES.items()}
        if "hello" in sources:
            self.sources[HELLO] = sources["hello"]
        self.patch = monkeypatch
        monkeypatch.syspath_prepend(str(CODE))
        monkeypatch.setattr("time.sleep", lambda _: None)  # one of the functions works for a while

    def answer(self, question: Question) -> Any:
        arguments = question.arguments
        if question.action == "lambda:InvokeFunction":
            return self.invoke(arguments["FunctionName"], arguments["Payload"])
        if question.action == "labgrader:CallApi":
            return self.call(arguments)
        assert question.action == "labgrader:DropObject"
        text, key = arguments["Body"], arguments["Key"]  # as the hand-out counts
        counts = {"lines": len(text.split("\n")), "words": len(text.split()), "characters": len(text)}
        return dropped({"file": key, **counts}).to_dict()

    def invoke(self, function: str, event: Any) -> dict[str, Any]:
        variables = {HELLO: HELLO_VARIABLES, TERRAFORM: TERRAFORM_VARIABLES}.get(function, {})
        for name, value in variables.items():
            self.patch.setenv(name, value)
        context = type("LambdaContext", (SimpleNamespace,), {})(aws_request_id="1", function_version="$LATEST")
        log = io.StringIO()
        try:
            with contextlib.redirect_stdout(log):
                payload = json.dumps(_handler(self.sources[function])(event, context))
        except Exception as error:  # noqa: BLE001  what a function dies of is its answer
            return crash(type(error).__name__, str(error), log=log.getvalue()).to_dict() | {"target": function}
        finally:
            sys.modules.pop("common_utils", None)
        record = crash("", "").to_dict() | {"outcome": "answered", "error": "", "payload": payload}
        return {**record, "target": function, "log_tail": log.getvalue()}

    def call(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        function = HELLO if arguments["ApiId"] == "api1" else TERRAFORM
        event = {
            "httpMethod": arguments["Method"],
            "path": arguments["Path"],
            "queryStringParameters": dict(arguments["Query"]) or None,
            "body": arguments["Body"],
        }
        answered = json.loads(self.invoke(function, event)["payload"])
        return http_reply(answered.get("statusCode", 502), answered.get("body", "{}")).to_dict()


def graded(world: World, account: Account) -> tuple[dict[str, Verdict], Score, dict[str, Verdict]]:
    """What each check says by itself, what it comes to, and the advice."""
    snapshot, everything = world.snapshot(), Answers()

    def verdict(item: Any, answers: Answers) -> Verdict:
        while True:
            try:
                return judge(item, snapshot, answers)
            except NotGradedError as error:
                return not_graded(str(error))
            except MissingEvidenceError as unasked:
                question = unasked.question
            # what a perfect student never makes it ask is not there
            live = question.action in ("lambda:InvokeFunction", "labgrader:CallApi", "labgrader:DropObject")
            value = account.answer(question) if live else None
            (answers if live else snapshot.answers).record(question, Answer(value))
            if live:
                everything.record(question, Answer(value))

    verdicts = {item.id: verdict(item, Answers()) for item in MINE.checks}
    advice = {item.id: verdict(item, everything) for item in MINE.advice}
    return verdicts, score(MINE.checks, verdicts), advice


def test_a_perfect_student_has_all_the_points(monkeypatch: pytest.MonkeyPatch) -> None:
    verdicts, result, _ = graded(perfect(), Account(monkeypatch))
    assert {name: verdict.message for name, verdict in verdicts.items() if verdict.status != "passed"} == {}
    assert (result.points, result.max_points, result.complete) == (100, 100, True)


def test_the_code_of_step_4_2_with_the_right_attribute_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    source = HANDED_OUT.replace("context.request_id", "context.aws_request_id")
    world = perfect().say("labgrader:ReadCode", [read_file("lambda_function.py", source)], FunctionName=HELLO)
    verdicts, result, advice = graded(world, Account(monkeypatch, hello=source))
    assert {name: verdict.message for name, verdict in verdicts.items() if verdict.status != "passed"} == {}
    assert result.points == 100
    assert advice["context-without-request-id"].status == "passed"


SPOILT_BY_REQUEST_ID = {
    "hello-answers",
    "hello-empty-event",
    "hello-uses-environment",
    "hello-api-get",
    "hello-api-post",
    "hello-bad-json",
    "hello-logs",
}


def test_who_follows_step_4_2_to_the_letter_loses_nothing_and_is_told_once_what_to_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    verdicts, result, advice = graded(perfect(), Account(monkeypatch, hello=HANDED_OUT))
    statuses = {check.item.id: check.verdict for check in result.checks if check.verdict.status != "passed"}
    assert {name: verdict.status for name, verdict in statuses.items()} == dict.fromkeys(
        SPOILT_BY_REQUEST_ID, "not_graded"
    )
    assert (result.points, result.open_points) == (81, 19)
    assert verdicts["hello-answers"].message.endswith(
        f"{HELLO} crashed: AttributeError: 'LambdaContext' object has no attribute 'request_id'. This is a mistake of "
        "the hand-out, not yours: write context.aws_request_id wherever the code of Labs 1 and 4 has "
        "context.request_id, deploy, and ask to be graded again."
    )
    assert verdicts["hello-api-get"].status == "failed"  # the 502 by itself
    assert statuses["hello-api-get"].message == (
        "cannot be graded while “HelloWorldFunction greets whom it is asked to greet” is not graded"
    )
    assert advice["context-without-request-id"].message == (
        f"{HELLO} uses context.request_id, which does not exist: it is called context.aws_request_id. "
        "The code of steps 1.4 and 4.2 is what has it: this is a mistake of the hand-out, not yours."
    )


def test_who_did_everything_as_told_reads_five_pieces_of_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    world = perfect().role("user1-files-role", BASIC, "arn:aws:iam::aws:policy/AmazonS3FullAccess")
    for name in (HELLO, FILES, TERRAFORM, ADVANCED, ASYNC):
        world.configure(name, Architectures=["x86_64"], TracingConfig={"Mode": "PassThrough"})
        world.packages[name] = {"Size": 1000, "Paths": ["lambda_function.py"]}
    for name in (HELLO, FILES, ADVANCED, ASYNC):
        world.list("logs:DescribeLogGroups", name, {})
    for name in (FILES, ASYNC):
        world.configure(name, Timeout=3)
    world.configure(FILES, Role=f"arn:aws:iam::{ACCOUNT}:role/service-role/user1-files-role")
    code = [read_file("lambda_function.py", _text("s3_file_processor"))]
    world.say("labgrader:ReadCode", code, FunctionName=FILES)
    _, result, advice = graded(world, Account(monkeypatch))
    assert result.points == 100
    assert [name for name, verdict in advice.items() if verdict.status != "passed"] == [
        "trigger-calls-itself",
        "wide-policies",
        "default-timeout",
        "failures-are-kept",
        "settings",
    ]


def test_first_values_of_the_variables_cost_their_own_points_only(monkeypatch: pytest.MonkeyPatch) -> None:
    first = {**HELLO_VARIABLES, "GREETING_PREFIX": "Welcome", "ENVIRONMENT": "development"}
    monkeypatch.setitem(HELLO_VARIABLES, "GREETING_PREFIX", "Welcome")
    monkeypatch.setitem(HELLO_VARIABLES, "ENVIRONMENT", "development")
    world = perfect().configure(HELLO, Environment={"Variables": first})
    verdicts, result, _ = graded(world, Account(monkeypatch))
    assert {name for name, verdict in verdicts.items() if verdict.status != "passed"} == {"hello-environment"}
    assert result.points == 98


def test_another_crash_is_no_mistake_of_the_hand_out(monkeypatch: pytest.MonkeyPatch) -> None:
    source = "def lambda_handler(event, context):\n    raise KeyError('name')\n"
    verdicts, result, _ = graded(perfect(), Account(monkeypatch, hello=source))
    assert result.complete
    assert result.points == 81
    assert verdicts["hello-answers"].message.endswith("crashed: KeyError: 'name'.")


def test_utilities_in_the_package_cost_the_layer_only(monkeypatch: pytest.MonkeyPatch) -> None:
    world = perfect().configure(ADVANCED, Layers=[])
    del world.layers["user1-common-utilities"]
    _, result, _ = graded(world, Account(monkeypatch))
    statuses = {check.item.id: check.verdict.status for check in result.checks if check.verdict.status != "passed"}
    assert statuses == {"utilities-layer": "failed", "advanced-layer": "skipped"}
    assert result.points == 95


def test_a_function_that_cannot_import_its_utilities_says_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(monkeypatch)
    account.sources[ADVANCED] = "raise ImportError(\"No module named 'common_utils'\")"
    verdicts, result, _ = graded(perfect(), account)
    statuses = {check.item.id: check.verdict.status for check in result.checks if check.verdict.status != "passed"}
    skipped = ("advanced-metrics", "advanced-sanitize", "advanced-validates", "advanced-unknown")
    assert statuses == {"advanced-loads": "failed", **dict.fromkeys(skipped, "skipped")}
    assert verdicts["advanced-loads"].message == (
        f"{ADVANCED} cannot be loaded: version 1 has no module common_utils in its package or layers."
    )


def destroyed() -> World:
    """What ``terraform destroy`` leaves of a perfect student."""
    world = perfect()
    del world.functions[TERRAFORM]
    del world.lists["apigateway:GetRestApis"]["user1-terraform-managed-lambda-api"]
    del world.lists["logs:DescribeLogGroups"][TERRAFORM]
    return world.say("iam:GetRole", None, RoleName="user1-terraform-managed-lambda-role")


def test_who_destroyed_lab_6_as_told_neither_loses_nor_gets_points(monkeypatch: pytest.MonkeyPatch) -> None:
    verdicts, result, _ = graded(destroyed(), Account(monkeypatch))
    open_ones = {check.item.id for check in result.checks if check.verdict.status == "not_graded"}
    assert open_ones == TERRAFORM_ITEMS
    assert (result.points, result.open_points) == (81, 19)
    assert verdicts["terraform-resources"].message == (
        "could not be graded, and no points are lost: nothing of user1-terraform-managed-lambda is there. "
        "Step 6.9 of the hand-out has you destroy it, so the points stay open: run terraform apply once more, "
        "and ask to be graded again."
    )


def test_a_log_group_that_came_back_is_nothing_left(monkeypatch: pytest.MonkeyPatch) -> None:
    _, result, _ = graded(destroyed().list("logs:DescribeLogGroups", TERRAFORM, {}), Account(monkeypatch))
    assert (result.points, result.open_points) == (81, 19)


def test_what_is_left_of_lab_6_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    world = destroyed().list("logs:DescribeLogGroups", TERRAFORM, {"retentionInDays": 7})
    world.role("user1-terraform-managed-lambda-role", BASIC)
    verdicts, result, _ = graded(world, Account(monkeypatch))
    assert result.complete
    assert (verdicts["terraform-resources"].fraction, verdicts["terraform-logs"].status) == (0.5, "passed")
    assert verdicts["terraform-resources"].message == (
        f"There is the role {TERRAFORM}-role and the log group /aws/lambda/{TERRAFORM}, but not the function "
        f"{TERRAFORM} and the REST API {TERRAFORM}-api."
    )


def messy() -> World:
    """An account in which about everything is wrong, with hostile names."""
    world = perfect()
    for name in (HELLO, FILES, TERRAFORM, ADVANCED, ASYNC):
        world.configure(name, Runtime="go1.x", Handler="{handler}.x", MemorySize=1, Layers=[], Environment={})
    world.configure(HELLO, Environment={"Variables": {"{function}": "<b>", "GREETING_PREFIX": "x" * 500}})
    world.functions[ASYNC]["Concurrency"] = {"ReservedConcurrentExecutions": 7}
    world.functions[TERRAFORM]["Tags"] = {"{function}": "{region}"}
    world.bucket(BUCKET, {"LambdaFunctionArn": function_arn(FILES), "Events": ["{event}"]})
    world.permit(FILES).permit(HELLO).permit(TERRAFORM)
    world.layer("user1-common-utilities", 2, ())
    world.list("logs:DescribeLogGroups", TERRAFORM, {})
    world.list("cloudwatch:DescribeAlarms", "user1-HelloWorldFunction-Errors", {"Namespace": "{alarm}"})
    del world.lists["sqs:ListQueues"]["user1-lambda-dlq"]
    return world.say("lambda:GetFunctionEventInvokeConfig", {}, FunctionName=ASYNC)


def test_every_loss_comes_with_a_sentence_and_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(monkeypatch, hello="def lambda_handler(event, context):\n    raise KeyError('a')\n")
    verdicts, _, _ = graded(messy(), account)
    losses = {name: verdict for name, verdict in verdicts.items() if verdict.status in ("failed", "partial")}
    assert len(losses) >= 28
    for name, verdict in losses.items():
        own = verdict.hint.replace("{function}", "")  # a variable that the messy student named so
        assert verdict.message.endswith("."), name
        assert own, name
        assert not re.search(r"\{(username|account_id|region|function|[a-z]+_[a-z]+)\}", own), (name, own)


def test_an_underscore_after_the_prefix_is_found_in_names_with_capitals() -> None:
    world = perfect().function("user1_AdvancedProcessor")
    item = MINE.item("names-carry-prefix")
    verdict = world.judge(item.check, **item.parameters)
    assert (verdict.status, verdict.message) == ("partial", "Not named user1-…: function user1_AdvancedProcessor.")


def test_every_kind_of_check_is_used() -> None:
    kinds = {find_check(item.check).kind for item in LAB.checks}
    assert kinds == {"configuration", "behaviour"}


def test_the_text_that_is_put_has_the_counts_that_the_lab_names() -> None:
    parameters = LAB.item("s3-processes").parameters
    text, counts = parameters["body"], parameters["contains"]
    counted = {"lines": len(text.split("\n")), "words": len(text.split()), "characters": len(text)}
    assert {**counts, **counted} == counts
    assert len(text.splitlines()) == counts["lines"]  # the other way to count gives the same
    assert len(text.encode()) != counts["characters"]  # bytes are no characters


def test_the_pack_says_everything_about_every_step() -> None:
    said = " ".join(one["promise"] for one in LAB.unseen)
    for step in ("1.1", "2.6", "3.6", "4.5", "5.7", "6.8", "6.9", "7.8"):
        assert step in said, step
    assert lab_files()["lambda-fundamentals"].with_name("solution.py").is_file()
