"""An account of performance-scaling that is perfect, and its grading from plain answers."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

from labgrader.errors import NotGradedError
from labgrader.evidence.probe import Invocation
from labgrader.evidence.probe_results import HttpReply, SentMessages
from labgrader.evidence.question import LIVE_ACTIONS, Answer, Answers, MissingEvidenceError, Question
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.judge import judge
from labgrader.judging.scoring import Score, score
from labgrader.judging.verdict import Verdict, not_graded
from labgrader.labs.lab import Item, find_lab
from labgrader.labs.search_path import lab_files
from tests.checks.load_results import comparison, load_result, report_line
from tests.checks.world import ACCOUNT, REGION, World, function_arn

LAB = find_lab("performance-scaling").for_student("user1", ACCOUNT, REGION)
CODE = lab_files()["performance-scaling"].parent / "student-code"
FUNCTION, TESTER, SCALER = "user1-performance-function", "user1-load-tester", "user1-sqs-scaler"
API, PLAN, KEY = "user1-optimized-api", "user1-performance-plan", "user1-performance-key"
QUEUE, DASHBOARD = "user1-high-throughput-queue", "user1-performance-dashboard"
PERFORMANCE: dict[str, Any] = {
    "Runtime": "python3.13",
    "Handler": "performance_function.lambda_handler",
    "Timeout": 300,
}
Respond = Callable[[Question], Any]


def perfect(latest_mb: int = 2048) -> World:
    """A student who did everything that the lab asks for; step 4.2 leaves ``$LATEST`` with other memory."""
    common: dict[str, Any] = {"Runtime": "python3.13"}
    world = (
        World()
        .function(FUNCTION, reserved=50, **PERFORMANCE, MemorySize=latest_mb)
        .version(FUNCTION, 1, **PERFORMANCE, MemorySize=1024)
        .alias(FUNCTION, "prod", "1")
        .provision(FUNCTION, "prod", 10)
        .function(TESTER, **common, Handler="load_tester.lambda_handler", Timeout=900, MemorySize=512)
        .function(SCALER, reserved=100, **common, Handler="sqs_scaler.lambda_handler", Timeout=60, MemorySize=256)
        .queue(
            QUEUE,
            VisibilityTimeout="60",
            MessageRetentionPeriod="1209600",
            ReceiveMessageWaitTimeSeconds="0",
            RedrivePolicy='{"deadLetterTargetArn": "arn:aws:sqs:x:y:user1-dead-letters", "maxReceiveCount": 3}',
        )
        .mapping(
            SCALER,
            QUEUE,
            BatchSize=10,
            MaximumBatchingWindowInSeconds=1,
            FunctionResponseTypes=["ReportBatchItemFailures"],
        )
        .api(API)
    )
    for name in (FUNCTION, TESTER, SCALER):
        world.say("labgrader:ReadCode", [], FunctionName=name)
    return dashboard(gateway(world))


def gateway(world: World, qualifier: str = "prod", source: str = "api1/*/*") -> World:
    """Its route, stage, permission, usage plan and key."""
    uri = (
        f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function_arn(FUNCTION, qualifier)}/invocations"
    )
    world.routes("api1", {("/performance", "POST"): {"methodIntegration": {"type": "AWS_PROXY", "uri": uri}}})
    world.stages("api1", {"stageName": "prod", "cacheClusterEnabled": True, "cacheClusterSize": "0.5"})
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "apigateway.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": function_arn(FUNCTION, "prod"),
        "Condition": {"ArnLike": {"AWS:SourceArn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{source}"}},
    }
    world.permit(FUNCTION, statement, qualifier="prod").permit(FUNCTION)
    limits = {"throttle": {"rateLimit": 500, "burstLimit": 1000}, "quota": {"limit": 10000, "period": "DAY"}}
    stages = [{"apiId": "api1", "stage": "prod"}]
    world.list("apigateway:GetUsagePlans", PLAN, [{"id": "plan1", "name": PLAN, **limits, "apiStages": stages}])
    world.list("apigateway:GetApiKeys", KEY, [{"id": "key1", "name": KEY, "enabled": True}])
    return world.say("apigateway:GetUsagePlanKeys", [{"id": "key1", "name": KEY}], usagePlanId="plan1")


def dashboard(world: World, without: int | None = None) -> World:
    """The rows of the handout's five widgets, all or without one widget."""
    widgets = [
        [["AWS/Lambda", "Duration", "FunctionName", FUNCTION], [".", ".", ".", SCALER]],
        [["AWS/Lambda", "ConcurrentExecutions", "FunctionName", FUNCTION], [".", ".", ".", SCALER]],
        [["AWS/Lambda", "Throttles", "FunctionName", FUNCTION], [".", "Errors", ".", "."]],
        [
            ["HighPerformance", "ExecutionTime", "FunctionName", FUNCTION],
            [".", "ColdStarts", ".", "."],
            [".", "SuccessfulInvocations", ".", "."],
        ],
        [
            ["AWS/ApiGateway", "Count", "ApiName", API],
            [".", "Latency", ".", "."],
            [".", "4XXError", ".", "."],
            [".", "5XXError", ".", "."],
        ],
    ]
    kept = [rows for number, rows in enumerate(widgets) if number != without]
    return world.dashboard(DASHBOARD, *[row for rows in kept for row in rows])


class Context:
    """What Lambda gives a handler, as far as the lab's functions look at it."""

    function_name = FUNCTION
    memory_limit_in_mb = "1024"

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


def module_of(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"performance_scaling_{name}", CODE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


HANDLERS = {
    FUNCTION: module_of("performance_function").lambda_handler,
    SCALER: module_of("sqs_scaler").lambda_handler,
}
RESULTS = {
    "total_requests": 4,
    "successful_requests": 4,
    "failed_requests": 0,
    "success_rate": 100.0,
    "performance_metrics": dict.fromkeys(
        (f"{name}_execution_time_ms" for name in ("avg", "min", "max", "p95")),
        1.5,
    ),
}


def answered(value: Any) -> Any:
    payload = json.dumps(value)
    return Invocation("t", "answered", payload, len(payload), executed_version="1").to_dict()


def respond(question: Question) -> Any:
    """What everything of the solution answers."""
    if question.action == "lambda:InvokeFunction":
        name, event = question.arguments["FunctionName"], question.arguments["Payload"]
        if name == TESTER:
            return answered({"statusCode": 200, "body": json.dumps({"load_test_results": RESULTS})})
        return answered(HANDLERS[name](event, Context()))
    if question.action == "labgrader:CallApi":
        reply = HANDLERS[FUNCTION]({"body": question.arguments["Body"]}, Context())
        return HttpReply("answered", reply["statusCode"], {}, reply["body"]).to_dict()
    if question.action == "labgrader:SendMessages":
        return SentMessages("consumed", len(question.arguments["Bodies"])).to_dict()
    if question.action == "labgrader:Compare":
        reports = {"baseline_report": report_line(180.0, 1024), "candidate_report": report_line(100.0, 2048)}
        return json.loads(json.dumps(comparison((181.0,) * 5, (101.0,) * 5, (1.7, 1.9), **reports).to_dict()))
    assert question.action == "labgrader:LoadTest"
    if question.arguments["Model"] == "open":
        return offered(question, refused=500 if question.arguments["Rate"] > 500 else 0)
    return json.loads(json.dumps(load_result(100).to_dict()))


def offered(question: Question, refused: int) -> Any:
    """Calls that came as fast as they should, some of them refused by the usage plan."""
    sent = round(question.arguments["Rate"] * question.arguments["DurationSeconds"])
    reasons = {"TooManyRequestsException": refused} if refused else {}
    result = load_result(
        sent - refused, throttled=refused, throttle_reasons=reasons, offered_rps=question.arguments["Rate"]
    )
    return json.loads(json.dumps(result.to_dict()))


def judged(item: Item, snapshot: Snapshot, live: Respond = respond) -> tuple[Verdict, Answers]:
    """What a check says, with its live questions answered."""
    answers = Answers()
    while True:
        try:
            return judge(item, snapshot, answers), answers
        except NotGradedError as error:
            return not_graded(str(error)), answers
        except MissingEvidenceError as unasked:
            question = unasked.question
        assert question.action in LIVE_ACTIONS, question.key
        answers.record(question, Answer(live(question)))


def graded(world: World, live: Respond = respond) -> Score:
    snapshot = world.snapshot()
    return score(LAB.checks, {item.id: judged(item, snapshot, live)[0] for item in LAB.checks})


def fails(found: Score) -> set[str]:
    """Return the checks that found something wrong, without skipped ones."""
    return {check.item.id for check in found.checks if check.verdict.status not in ("passed", "skipped")}


def operation_of(question: Question) -> str:
    """The operation that a call asks for, or what is called."""
    if question.action != "lambda:InvokeFunction":
        return question.action
    if question.arguments["FunctionName"] != FUNCTION:
        return str(question.arguments["FunctionName"])
    body = question.arguments["Payload"]["body"]
    return "bad" if '"many"' in body else str(json.loads(body)["operation"]) if body.endswith("}") else "no JSON"
