"""The lab serverless-foundations: what a perfect account comes to, what it costs, and what its advice says."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from checks.simulation.pack import load_pack
from labgrader.errors import NotGradedError
from labgrader.evidence.question import LIVE_ACTIONS, Answer, Answers, MissingEvidenceError, Question
from labgrader.judging.judge import judge
from labgrader.judging.scoring import score
from labgrader.judging.verdict import Verdict, not_graded
from labgrader.labs.lab import find_lab
from tests.checks.invocation.todos import Todos
from tests.checks.replies import crash
from tests.checks.world import ACCOUNT, REGION, World, function_arn

LAB = find_lab("serverless-foundations")
MINE = LAB.for_student("user1", ACCOUNT, REGION)
PROCESSOR, TODO, CLEANUP = "user1-s3-object-processor", "user1-todo-api", "user1-cleanup-lambda"
ROLE, TABLE, RULE = "user1-S3ProcessorLambdaRole", "user1-TodoItems", "user1-daily-cleanup"
BUCKET = "user1-upload-bucket"
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
SHARED = {
    *(f"apigateway:{action}" for action in ("GetRestApis", "GetUsagePlans", "GetApiKeys")),
    "cloudwatch:ListDashboards",
    "dynamodb:ListTables",
    "events:ListRules",
    "lambda:ListEventSourceMappings",
    "lambda:ListFunctions",
    "logs:DescribeLogGroups",
    "s3:ListAllMyBuckets",
    "sqs:ListQueues",
}
"""Asked once for a class."""


def permission(service: str, source: str) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Condition": {"ArnLike": {"AWS:SourceArn": source}},
    }


def source(path: str, *imports: str, undefined: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    return [{"Path": path, "Imports": list(imports), "Calls": [], "Undefined": list(undefined), "Problem": ""}]


def function(world: World, name: str, module: str, **settings: Any) -> World:
    fixed = {"Runtime": "python3.13", "Handler": f"{module}.lambda_handler", "Architectures": ["arm64"]}
    role = f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"
    world.function(name, Role=role, TracingConfig={"Mode": "Active"}, **{**fixed, **settings})
    world.packages[name] = {"Size": 1000, "Paths": [f"{module}.py"]}
    world.list("logs:DescribeLogGroups", name, {"retentionInDays": 14})
    world.say("labgrader:ReadCode", source(f"{module}.py", "os", "json", "boto3"), FunctionName=name)
    config = {"MaximumRetryAttempts": 1, "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:x"}}}
    return world.say("lambda:GetFunctionEventInvokeConfig", config, FunctionName=name)


def perfect() -> World:
    """A student who did everything, the way AWS says it."""
    world = World()
    function(
        world,
        PROCESSOR,
        "lambda_function",
        Timeout=30,
        MemorySize=256,
        Environment={"Variables": {"LOG_LEVEL": "INFO"}},
    )
    world.functions[PROCESSOR]["Tags"] = {"Environment": "Production", "Application": "DataProcessing"}
    table = {"Variables": {"TABLE_NAME": TABLE}}
    function(world, TODO, "todo_api", Timeout=10, MemorySize=512, Environment=table)
    function(world, CLEANUP, "cleanup_lambda", Timeout=60, MemorySize=128, Environment=table)
    objects = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    world.role(ROLE, BASIC, inline={"S3AccessPolicy": [objects]})
    rules = [{"Name": "Prefix", "Value": "uploads/"}, {"Name": "Suffix", "Value": ".json"}]
    world.bucket(
        BUCKET,
        {
            "LambdaFunctionArn": function_arn(PROCESSOR),
            "Events": ["s3:ObjectCreated:*"],
            "Filter": {"Key": {"FilterRules": rules}},
        },
    )
    world.permit(PROCESSOR, permission("s3", f"arn:aws:s3:::{BUCKET}"))
    world.table(
        TABLE,
        KeySchema=[{"AttributeName": "userId", "KeyType": "HASH"}, {"AttributeName": "todoId", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("userId", "todoId")],
        BillingModeSummary={"BillingMode": "PAY_PER_REQUEST"},
    )
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function_arn(TODO)}/invocations"
    routes = {
        (path, method): {
            "authorizationType": "COGNITO_USER_POOLS",
            "methodIntegration": {"type": "AWS_PROXY", "uri": uri},
        }
        for path, method in (("/todos", "ANY"), ("/todos/{id}", "ANY"))
    }
    world.api("user1-Todo API").routes("api1", routes).stages("api1", {"stageName": "prod"})
    world.permit(TODO, permission("apigateway", f"arn:aws:execute-api:{REGION}:{ACCOUNT}:api1/*/*"))
    world.rule(RULE, function_arn(CLEANUP), ScheduleExpression="cron(0 2 * * ? *)")
    return world.permit(CLEANUP, permission("events", f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{RULE}"))


def graded(world: World) -> tuple[dict[str, Verdict], float, Counter[str]]:
    """Every verdict, the points, and what was asked for this student alone."""
    snapshot, todos, verdicts = world.snapshot(), Todos(), {}
    asked: Counter[str] = Counter()
    for item in (*MINE.checks, *MINE.advice):
        answers = Answers()
        while item.id not in verdicts:
            try:
                verdicts[item.id] = judge(item, snapshot, answers)
            except NotGradedError as error:
                verdicts[item.id] = not_graded(str(error))
            except MissingEvidenceError as unasked:
                question = unasked.question
                assert question.action == "lambda:InvokeFunction", question.key
                assert question.arguments["FunctionName"] != CLEANUP
                asked[question.arguments["FunctionName"]] += 1
                answers.record(question, Answer(_answer(question, todos)))
    assert todos.items == {}
    return verdicts, score(MINE.checks, {item.id: verdicts[item.id] for item in MINE.checks}).points, asked


def _answer(question: Question, todos: Todos) -> Any:
    if question.arguments["FunctionName"] == TODO:
        return todos.invoke(question.arguments["Payload"]).to_dict()
    message = "An error occurred (404) when calling the HeadObject operation: Not Found"
    return crash("ClientError", message).to_dict()


def test_a_perfect_account_has_all_points_and_no_advice() -> None:
    verdicts, points, asked = graded(perfect())
    assert {name: verdict.message for name, verdict in verdicts.items() if verdict.status != "passed"} == {}
    assert points == 100
    assert asked == {TODO: 23, PROCESSOR: 1}


def test_nothing_built_is_no_point_no_call_and_no_advice() -> None:
    verdicts, points, asked = graded(World())
    assert points == 0
    assert not asked
    assert {verdicts[item.id].status for item in MINE.advice} == {"passed"}


def test_each_question_about_a_student_is_asked_once() -> None:
    class Listening(Answers):
        questions: set[str]

        def ask(self, question: Question) -> Any:
            self.questions.add(question.key)
            return super().ask(question)

    snapshot = perfect().snapshot()
    listening = Listening(snapshot.answers._answers)
    listening.questions = set()
    unrecorded: list[str] = []
    snapshot.answers = listening
    for item in (*MINE.checks, *MINE.advice):
        try:
            judge(item, snapshot)
        except MissingEvidenceError as unasked:
            unrecorded.append(unasked.question.action)
    assert set(unrecorded) <= LIVE_ACTIONS
    calls = Counter(key.split()[0] for key in listening.questions)
    own = {action: count for action, count in calls.items() if action not in SHARED and not action.startswith("iam:")}
    assert own == {
        "apigateway:GetResources": 1,
        "apigateway:GetStages": 1,
        "dynamodb:DescribeTable": 1,
        "events:ListTargetsByRule": 1,
        "labgrader:ReadCode": 3,
        "lambda:GetFunction": 3,
        "lambda:GetFunctionEventInvokeConfig": 2,
        "lambda:GetPolicy": 3,
        "s3:GetBucketNotification": 1,
    } | {action: count for action, count in own.items() if action == "labgrader:ReadPackage"}


def followed_exactly() -> World:
    """Make a student who followed the handout exactly, with the prefix. The only mistakes are those of the handout."""
    world = perfect()
    head = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:HeadObject"], "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    world.role(ROLE, BASIC, inline={"S3AccessPolicy": [head]})
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function_arn(TODO)}/invocations"
    route = {"authorizationType": "NONE", "methodIntegration": {"type": "AWS_PROXY", "uri": uri}}
    world.routes("api1", {("/todos", "GET"): route})
    world.say("labgrader:ReadCode", source("todo_api.py", "json", "boto3", "uuid", "datetime"), FunctionName=TODO)
    cleanup = source("cleanup_lambda.py", "boto3", "datetime", undefined=("json",))
    return world.say("labgrader:ReadCode", cleanup, FunctionName=CLEANUP)


def test_the_handouts_own_mistakes_cost_nothing_and_get_advice() -> None:
    verdicts, points, _ = graded(followed_exactly())
    assert points == 100
    said = {item.id: verdicts[item.id].message for item in MINE.advice if verdicts[item.id].status != "passed"}
    assert set(said) == {
        "no-such-action",
        "table-name-unread",
        "name-not-imported",
        "nobody-signed-in",
        "routes-not-built",
    }
    assert said["name-not-imported"] == (
        f"A name is neither imported nor defined (json in cleanup_lambda.py of {CLEANUP}). An invocation that reaches "
        "such a line fails with a NameError. If the name is json in cleanup_lambda.py, this is a mistake of the "
        "handout, not yours."
    )
    assert all("handout" in message for message in said.values())


def test_the_cleanup_function_is_never_called() -> None:
    assert not [
        item.id
        for item in MINE.checks
        if "function" in item.parameters
        and item.parameters["function"] == CLEANUP
        and item.check not in {"function_configured", "package_holds_handler", "rule_targets", "permission_granted"}
    ]
    assert any("never invokes the cleanup function" in part["why"] for part in LAB.unseen)


@pytest.mark.parametrize("mistake", load_pack("serverless-foundations").mistakes, ids=lambda one: one.id)
def test_a_mistake_names_checks_of_the_lab_that_are_not_skipped(mistake: Any) -> None:
    by_id = {item.id: item for item in LAB.checks}
    assert mistake.fails <= set(by_id)
    assert not mistake.slow
