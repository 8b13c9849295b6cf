"""An account of lambda-fundamentals that is perfect, and its grading."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Callable, Mapping
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from labgrader.errors import NotGradedError
from labgrader.evidence.question import Answer, Answers, MissingEvidenceError, Question
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
        .list("cloudwatch:DescribeAlarms", "user1-HelloWorldFunction-Errors", alarm())
    )
    world.functions[TERRAFORM]["Tags"] = {"Project": "Lambda Lab", "ManagedBy": "Terraform", "Environment": "Learning"}
    api_of(world, "user1-HelloWorldFunction-API", "api1", "/HelloWorldFunction", HELLO, "default")
    api_of(world, "user1-terraform-managed-lambda-api", "api2", "/{proxy+}", TERRAFORM, "prod")
    world.permit(
        FILES,
        permission("s3.amazonaws.com", f"arn:aws:s3:::{BUCKET}", FILES),
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
    return world.say(
        "labgrader:ReadCode", [read_file("lambda_function.py", text_counts("hello_world"))], FunctionName=HELLO
    )


def alarm() -> dict[str, Any]:
    return {
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "Dimensions": [{"Name": "FunctionName", "Value": HELLO}],
        "Statistic": "Sum",
        "Period": 300,
        "Threshold": 5.0,
        "ComparisonOperator": "GreaterThanThreshold",
    }


def permission(principal: str, source: str, function: str) -> dict[str, Any]:
    return {
        "Sid": "invoke",
        "Effect": "Allow",
        "Principal": {"Service": principal},
        "Action": "lambda:InvokeFunction",
        "Resource": function_arn(function),
        "Condition": {"ArnLike": {"AWS:SourceArn": source}},
    }


def api_of(world: World, name: str, api_id: str, path: str, function: str, stage: str) -> None:
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function_arn(function)}/invocations"
    method = {"authorizationType": "NONE", "methodIntegration": {"type": "AWS_PROXY", "uri": uri}}
    world.api(name, api_id).routes(api_id, {(path, "ANY"): method}).stages(api_id, {"stageName": stage})
    source = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api_id}/*/*"
    world.permit(function, permission("apigateway.amazonaws.com", source, function))


def text_counts(module: str) -> str:
    return (CODE / f"{module}.py").read_text(encoding="utf-8")


def handler_of(source: str) -> Callable[[Any, Any], Any]:
    module = ModuleType("lambda_function")
    exec(compile(source, "lambda_function.py", "exec"), module.__dict__)  # noqa: S102  our own code, and the handout's
    return module.lambda_handler  # type: ignore[no-any-return]


class Account:
    """Runs the functions as Lambda would, and answers what the checks ask of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **sources: str) -> None:
        self.sources = {name: text_counts(module) for name, module in MODULES.items()}
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
        text, key = arguments["Body"], arguments["Key"]  # as the handout counts
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
                payload = json.dumps(handler_of(self.sources[function])(event, context))
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
            # a perfect student causes only live questions; the answer to any other one is missing
            live = question.action in ("lambda:InvokeFunction", "labgrader:CallApi", "labgrader:DropObject")
            value = account.answer(question) if live else None
            (answers if live else snapshot.answers).record(question, Answer(value))
            if live:
                everything.record(question, Answer(value))

    verdicts = {item.id: verdict(item, Answers()) for item in MINE.checks}
    advice = {item.id: verdict(item, everything) for item in MINE.advice}
    return verdicts, score(MINE.checks, verdicts), advice
