"""The lab pack performance-scaling, judged from plain answers: a perfect account, and one slip at a time."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from labgrader.errors import NotGradedError
from labgrader.evidence.probe import Invocation
from labgrader.evidence.probe_results import HttpReply, SentMessages
from labgrader.evidence.question import LIVE_ACTIONS, Answer, Answers, MissingEvidenceError, Question
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.check import find_check
from labgrader.judging.judge import judge, next_question
from labgrader.judging.scoring import Score, score
from labgrader.judging.verdict import Verdict, not_graded
from labgrader.labs.lab import Item, find_lab
from labgrader.labs.search_path import lab_files
from tests.checks.load_results import comparison, load_result, report_line
from tests.checks.replies import crash
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
    """The rows of the hand-out's five widgets, all or without one widget."""
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


# --- what the functions of the solution answer ------------------------------------------------------------------------


class Context:
    """What Lambda gives a handler, as far as the lab's functions look at it."""

    function_name = FUNCTION
    memory_limit_in_mb = "1024"

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"performance_scaling_{name}", CODE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


HANDLERS = {
    FUNCTION: _module("performance_function").lambda_handler,
    SCALER: _module("sqs_scaler").lambda_handler,
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
    """The checks that say something is wrong, without those that are skipped for it."""
    return {one.item.id for one in found.checks if one.verdict.status not in ("passed", "skipped")}


def statuses(found: Score) -> dict[str, str]:
    """Every check's status."""
    return {one.item.id: one.verdict.status for one in found.checks}


# --- the whole --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("latest_mb", [512, 1024, 2048])
def test_a_perfect_account_has_all_points(latest_mb: int) -> None:
    found = graded(perfect(latest_mb))
    assert fails(found) == set()
    assert found.points == found.max_points == 100


def test_a_perfect_student_costs_few_calls() -> None:
    snapshot, asked = perfect(1024).snapshot(), Counter[str]()
    seen: set[str] = set()

    class Listening(Answers):
        def ask(self, question: Question) -> Any:
            if question.key not in seen and question.action not in LIVE_ACTIONS and question.arguments:
                seen.add(question.key)
                asked[question.action] += 1
            return super().ask(question)

    snapshot.answers = Listening(snapshot.answers._answers)
    for item in (*LAB.checks, *LAB.advice):
        question = next_question(item, snapshot)
        assert question is None or question.action in LIVE_ACTIONS, question
    assert asked == {
        "apigateway:GetResources": 1,
        "apigateway:GetStages": 1,
        "apigateway:GetUsagePlanKeys": 1,
        "cloudwatch:GetDashboard": 1,
        "labgrader:ReadCode": 3,
        "lambda:GetFunction": 3,
        "lambda:GetPolicy": 1,
        "lambda:ListAliases": 1,
        "lambda:ListProvisionedConcurrencyConfigs": 1,
        "lambda:ListVersionsByFunction": 1,
        "sqs:GetQueueAttributes": 1,
    }


def _changed(change: Callable[[World], Any]) -> World:
    world = perfect()
    change(world)
    return world


def _reserve(world: World, function: str, executions: int | None) -> None:
    reserved = {} if executions is None else {"Concurrency": {"ReservedConcurrentExecutions": executions}}
    world.functions[function].pop("Concurrency")
    world.functions[function].update(reserved)


def _mapping(world: World, **settings: Any) -> None:
    world.lists["lambda:ListEventSourceMappings"][SCALER][0].update(settings)


def _entry(world: World, action: str, name: str, **settings: Any) -> None:
    world.lists[action][name][0].update(settings)


@pytest.mark.parametrize(
    ("change", "failed"),
    [
        (lambda world: world.versions[FUNCTION][1].update(MemorySize=2048), "performance-function"),
        (lambda world: world.versions[FUNCTION][1].update(Timeout=3), "performance-function"),
        (lambda world: world.versions[FUNCTION][1].update(Runtime="nodejs22.x"), "performance-function"),
        (lambda world: world.configure(FUNCTION, State="Failed"), "performance-can-run"),
        (lambda world: world.versions.pop(FUNCTION), "version-published"),
        (lambda world: world.aliases.pop(FUNCTION), "alias-prod"),
        (lambda world: world.aliases[FUNCTION][0].update(FunctionVersion="7"), "alias-prod"),
        (lambda world: _reserve(world, FUNCTION, 49), "reserved-concurrency"),
        (lambda world: _reserve(world, SCALER, None), "sqs-scaler-reserved"),
        (lambda world: world.provisioned[FUNCTION].clear(), "provisioned-concurrency"),
        (lambda world: world.functions.pop(TESTER), "load-tester"),
        (lambda world: world.configure(TESTER, Timeout=300), "load-tester"),
        (lambda world: gateway(world, source="other/*/*"), "api-permission"),
        (lambda world: world.stages("api1", {"stageName": "prod"}), "api-stage"),
        (lambda world: _entry(world, "apigateway:GetUsagePlans", PLAN, quota=None), "usage-plan"),
        (lambda world: _entry(world, "apigateway:GetApiKeys", KEY, enabled=False), "api-key"),
        (lambda world: world.queue(QUEUE, VisibilityTimeout="60", MessageRetentionPeriod="1209600"), "queue"),
        (lambda world: world.configure(SCALER, Handler="lambda_function.lambda_handler"), "sqs-scaler"),
        (lambda world: _mapping(world, BatchSize=100), "event-source-mapping"),
        (lambda world: dashboard(world, 0), "dashboard-duration"),
        (lambda world: dashboard(world, 1), "dashboard-concurrency"),
        (lambda world: dashboard(world, 2), "dashboard-errors"),
        (lambda world: dashboard(world, 3), "dashboard-custom"),
        (lambda world: dashboard(world, 4), "dashboard-api"),
        (lambda world: world.api("USER1-optimized-api", "api2"), "names-carry-prefix"),
        (lambda world: world.queue("user1_high_throughput_queue"), "names-carry-prefix"),
    ],
)
def test_one_slip_costs_one_check(change: Callable[[World], Any], failed: str) -> None:
    assert fails(graded(_changed(change))) == {failed}


def test_an_api_that_calls_the_function_itself_needs_the_permission_there() -> None:
    world = gateway(perfect(), qualifier="")
    assert fails(graded(world)) == {"api-route", "api-permission"}
    verdict = judge(LAB.item("api-permission"), world.snapshot())
    assert verdict.message == (
        f"API Gateway may not invoke {FUNCTION}: its resource-based policy has no such permission. "
        f"The permission on {FUNCTION}:prod does not apply, because API Gateway invokes {FUNCTION}."
    )
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "apigateway.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": function_arn(FUNCTION),
        "Condition": {"ArnLike": {"AWS:SourceArn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:api1/*/*"}},
    }
    found = graded(world.permit(FUNCTION, statement))
    assert (fails(found), statuses(found)["endpoint"]) == ({"api-route"}, "passed")


def test_an_alias_with_the_prefix_costs_the_alias_and_the_route() -> None:
    world = gateway(perfect(), qualifier="user1-prod")
    world.aliases[FUNCTION][0].update(Name="user1-prod")
    world.provisioned[FUNCTION].clear()
    world.provision(FUNCTION, "user1-prod", 10)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "apigateway.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": function_arn(FUNCTION, "user1-prod"),
        "Condition": {"ArnLike": {"AWS:SourceArn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:api1/*/*"}},
    }
    found = graded(world.permit(FUNCTION, statement, qualifier="user1-prod"))
    assert fails(found) == {"alias-prod", "api-route"}
    assert set(statuses(found).values()) == {"passed", "partial"}
    assert judge(LAB.item("alias-prod"), world.snapshot()).message == (
        "There is no alias prod, but there is user1-prod. The name must be prod, without your prefix."
    )


def test_another_method_or_path_costs_neither_the_permission_nor_the_stage() -> None:
    for path, method in (("/performance", "GET"), ("/perf", "POST")):
        uri = (
            f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function_arn(FUNCTION, 'prod')}/invocations"
        )
        world = perfect().routes("api1", {(path, method): {"methodIntegration": {"type": "AWS_PROXY", "uri": uri}}})
        found = graded(world)
        assert fails(found) == {"api-route"}
        assert {name for name, status in statuses(found).items() if status == "skipped"} == {"endpoint"}


def test_another_stage_is_called_all_the_same() -> None:
    world = perfect().stages("api1", {"stageName": "dev"})
    found = graded(world)
    assert (fails(found), statuses(found)["endpoint"]) == ({"api-stage"}, "passed")
    verdict = judge(LAB.item("api-stage"), world.snapshot())
    assert (verdict.fraction, verdict.message) == (0.25, f"{API} has no stage prod. Its stages: dev.")
    assert fails(graded(perfect().stages("api1"))) == {"api-stage"}


def test_a_wrong_handler_is_said_once_beside_the_configuration() -> None:
    world = perfect()
    error = crash("Runtime.ImportModuleError", "Unable to import module 'lambda_function'", "1").to_dict()

    def live(question: Question) -> Any:
        called = question.action == "lambda:InvokeFunction" and question.arguments["FunctionName"] == FUNCTION
        return error if called else respond(question)

    found = graded(world, live)
    assert fails(found) == {"performance-loads"}
    assert {name for name, status in statuses(found).items() if status == "skipped"} == {
        *(name for name in statuses(found) if name.startswith("answers-")),
        "bad-input",
        "load-test-results",
        "endpoint",
        "under-load",
    }


def test_no_dashboard_is_said_once() -> None:
    world = perfect()
    world.dashboards.clear()
    verdict = judge(LAB.item("dashboard"), world.snapshot())
    assert (verdict.message, verdict.expected) == (f"There is no dashboard {DASHBOARD}.", f"dashboard {DASHBOARD}")
    assert fails(graded(world)) == {"dashboard"}


def test_the_load_needs_no_outside_service() -> None:
    _, answers = judged(LAB.item("under-load"), perfect().snapshot())
    assert [key for key in answers.to_dict() if "cpu_intensive" in key and key.startswith("labgrader:LoadTest")]


def test_who_switched_the_function_off_is_given_one_number() -> None:
    world = perfect()
    _reserve(world, FUNCTION, 0)
    command = f"aws lambda put-function-concurrency --function-name {FUNCTION} --reserved-concurrent-executions 50"
    for name in ("performance-can-run", "reserved-concurrency"):
        assert judge(LAB.item(name), world.snapshot()).hint.splitlines()[0] == command


def test_the_reader_of_the_queue_is_told_its_own_trap() -> None:
    world = perfect()
    _reserve(world, SCALER, None)
    assert judge(LAB.item("sqs-scaler-reserved"), world.snapshot()).message == (
        f"{SCALER} has no reserved concurrency. The lab sets 100. (The hand-out's option create-function "
        "--reserved-concurrency does not exist. Use put-function-concurrency.)"
    )


def test_a_queue_without_the_prefix_that_is_read_is_named() -> None:
    world = perfect()
    world.lists["sqs:ListQueues"].clear()
    world.queue("user1-high-throughput-dlq")
    _mapping(world, EventSourceArn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:high-throughput-queue")
    verdict = judge(LAB.item("queue"), world.snapshot())
    assert verdict.message == (
        f"There is no queue {QUEUE}, but {SCALER} reads high-throughput-queue. The name must begin with your prefix."
    )
    world.functions.pop(SCALER)
    world.lists["lambda:ListEventSourceMappings"].clear()
    assert "VisibilityTimeout=60" in judge(LAB.item("queue"), world.snapshot()).hint


def test_a_repaired_function_is_right_with_its_newest_version() -> None:
    world = perfect().version(FUNCTION, 2, **PERFORMANCE, MemorySize=2048)
    world.aliases[FUNCTION][0].update(FunctionVersion="2")
    assert fails(graded(world)) == set()


def test_a_disabled_mapping_costs_the_messages_too() -> None:
    world = perfect()
    _mapping(world, State="Disabled")
    assert fails(graded(world)) == {"event-source-mapping", "messages-consumed"}


@pytest.mark.parametrize("visibility", ["30", "360"])
def test_the_handouts_visibility_timeout_and_a_longer_one_are_right(visibility: str) -> None:
    world = perfect().queue(
        QUEUE, VisibilityTimeout=visibility, MessageRetentionPeriod="1209600", ReceiveMessageWaitTimeSeconds="0"
    )
    assert fails(graded(world)) == set()


# --- what the calls come back with ------------------------------------------------------------------------------------


def _operation(question: Question) -> str:
    """The operation that a call asks for, or what is called."""
    if question.action != "lambda:InvokeFunction":
        return question.action
    if question.arguments["FunctionName"] != FUNCTION:
        return str(question.arguments["FunctionName"])
    body = question.arguments["Payload"]["body"]
    return "bad" if '"many"' in body else str(json.loads(body)["operation"]) if body.endswith("}") else "no JSON"


def _but(operation: str, value: Any) -> Respond:
    return lambda question: value if _operation(question) == operation else respond(question)


@pytest.mark.parametrize(
    ("operation", "value", "failed"),
    [
        ("default", answered({"statusCode": 200, "body": "{}"}), {"answers-default"}),
        ("concurrent_processing", crash("KeyError", "'a'").to_dict(), {"answers-concurrent"}),
        ("database_batch", answered({"statusCode": 500, "body": "{}"}), {"answers-database"}),
        ("stream_processing", answered({"statusCode": 200, "body": '{"result": {}}'}), {"answers-stream"}),
        ("cpu_intensive", answered({"statusCode": 200, "body": '{"result": {"result": 1}}'}), {"answers-cpu"}),
        ("memory_test", answered({}), {"answers-memory"}),
        ("bad", crash("TypeError", "'str'").to_dict(), {"bad-input"}),
        ("bad", answered({"statusCode": 500, "body": "{}"}), {"bad-input"}),
        ("bad", answered({"statusCode": 200, "body": '{"error": "x"}'}), {"bad-input"}),
        ("no JSON", crash("UnboundLocalError", "dimensions").to_dict(), set()),
        (TESTER, answered({"statusCode": 200, "body": '{"load_test_results": {}}'}), {"load-test-results"}),
        (SCALER, answered({"batchItemFailures": [{"itemIdentifier": "1"}]}), {"sqs-scaler-answers"}),
        ("labgrader:CallApi", HttpReply("answered", 502).to_dict(), {"endpoint"}),
        ("labgrader:SendMessages", SentMessages("left", 3, 3, 45_000.0).to_dict(), {"messages-consumed"}),
        (
            "labgrader:LoadTest",
            json.loads(json.dumps(load_result(80, function_errors=20).to_dict())),
            {"under-load"},
        ),
    ],
)
def test_one_wrong_answer_costs_one_check(operation: str, value: Any, failed: set[str]) -> None:
    assert fails(graded(perfect(), _but(operation, value))) == failed


@pytest.mark.parametrize("change", [{"failed_requests": 1}, {"success_rate": 75.0}, {"performance_metrics": {}}])
def test_a_load_tester_reports_its_results_whole(change: dict[str, Any]) -> None:
    value = answered({"statusCode": 200, "body": json.dumps({"load_test_results": RESULTS | change})})
    assert fails(graded(perfect(), _but(TESTER, value))) == {"load-test-results"}


def test_the_load_tester_is_sent_to_the_students_own_function() -> None:
    _, answers = judged(LAB.item("load-test-results"), perfect().snapshot())
    question = next(json.loads(key.partition(" ")[2]) for key in answers.to_dict() if "load-tester" in key)
    body = json.loads(question["Payload"]["body"])
    assert (body["concurrentRequests"], body["totalRequests"]) == (2, 4)
    assert body["targetFunction"] == FUNCTION  # not the alias: who named it otherwise loses no points here
    assert body["testPayload"]["operation"] == "stream_processing"


# --- advice -----------------------------------------------------------------------------------------------------------


def advice(world: World, live: Respond = respond) -> dict[str, str]:
    """What the advice says, from all recorded answers of the student, as the report has it."""
    snapshot = world.snapshot()
    everything: dict[str, Any] = {}
    measuring = [item for item in LAB.advice if find_check(item.check).kind == "performance"]
    for item in (*LAB.checks, *measuring):
        if find_check(item.check).kind != "configuration":
            everything |= judged(item, snapshot, live)[1].to_dict()
    merged = Answers.from_dict(everything)
    verdicts = {item.id: judge(item, snapshot, merged) for item in LAB.advice}
    return {name: verdict.message for name, verdict in verdicts.items() if verdict.status in ("failed", "partial")}


def test_who_did_what_the_handout_says_is_told_what_it_does_not_say() -> None:
    world = perfect(2048).queue(QUEUE, VisibilityTimeout="60")
    world.configure(SCALER, Runtime="python3.9")
    dimensions = ["FunctionName", "Operation", "ColdStart", "MemorySize"]
    directive = {"Namespace": "HighPerformance", "Dimensions": [dimensions], "Metrics": [{"Name": "ExecutionTime"}]}

    def live(question: Question) -> Any:
        if _operation(question) == "no JSON":
            return crash("UnboundLocalError", "dimensions").to_dict()
        value = respond(question)
        if _operation(question) == "default":
            value["log_tail"] = json.dumps({"_aws": {"CloudWatchMetrics": [directive]}})
        return value

    said = advice(world, live)
    assert set(said) == {
        "bad-json-crashes",
        "custom-metrics-stay-empty",
        "usage-plan-without-effect",
        "prod-keeps-its-memory",
        "no-dead-letter-queue",
        "provisioned-concurrency-costs",
        "runtime-is-old",
    }
    assert said["bad-json-crashes"].startswith(
        f'{FUNCTION}:prod, invoked with {{"body": "{{\\"operation\\": "}}, crashed: UnboundLocalError: dimensions. '
        "In the hand-out's code, this is not your mistake: "
    )


def test_who_knew_better_is_told_nothing_but_what_it_costs() -> None:
    world = perfect(1024)
    method = {"apiKeyRequired": True, "methodIntegration": {"type": "AWS_PROXY", "uri": ""}}
    world.routes("api1", {("/performance", "POST"): method})
    assert set(advice(world)) == {"provisioned-concurrency-costs"}


def test_who_goes_further_than_the_handout_is_told_what_that_does() -> None:
    """The method wants the key, the stage caches it, and the versions of one code have different memory."""
    world = perfect(2048)
    world.configure(FUNCTION, CodeSha256="sha-1")
    method = {"apiKeyRequired": True, "methodIntegration": {"type": "AWS_PROXY", "uri": ""}}
    world.routes("api1", {("/performance", "POST"): method})
    cache = {"cacheClusterEnabled": True, "cacheClusterSize": "0.5", "cacheClusterStatus": "AVAILABLE"}
    settings = {"~1performance/POST": {"cachingEnabled": True}}
    world.stages("api1", {"stageName": "prod", "methodSettings": settings, **cache})

    def live(question: Question) -> Any:
        return offered(question, 0) if question.arguments.get("Model") == "open" else respond(question)

    said = advice(world, live)
    assert set(said) == {
        "usage-plan-throttles",
        "cache-saves-time",
        "memory-sizes-compared",
        "prod-keeps-its-memory",
        "provisioned-concurrency-costs",
    }
    assert said["usage-plan-throttles"] == (
        f"POST /performance of {API}: at 1,500 requests a second, 0 of 2250 were throttled (429); at 250 a second, "
        f"none of 500. But the usage plan {PLAN} allows only 500 requests a second with a burst of 1000, so it does "
        "not limit the API key."
    )
    assert said["cache-saves-time"].startswith(
        f"POST /performance of {API}: the cache of the stage prod answered in 101 ms, the function in 181 ms. The "
        "cache is 1.8 times faster (95% interval 1.7 to 1.9). But the cache key does not include the body of a POST. "
    )
    assert "with 1,024 MB (version 1), an invocation takes 180.0 ms" in said["memory-sizes-compared"]
    assert (
        "512 MB was not measured. Estimated from 1,024 MB, an invocation is billed 180 to 360 ms"
        in (said["memory-sizes-compared"])
    )


def test_who_follows_the_handout_is_not_measured_again() -> None:
    """The method wants no key, nothing is cached, and the sizes differ only where the code is the same."""
    snapshot = perfect(1024).configure(FUNCTION, CodeSha256="sha-1").snapshot()
    for item in LAB.advice:
        if find_check(item.check).kind == "performance":
            assert len(judged(item, snapshot)[1]) == 0, item.id


def test_who_built_nothing_is_given_no_advice() -> None:
    snapshot = World().snapshot()
    for item in LAB.advice:
        if find_check(item.check).kind == "configuration":
            assert judge(item, snapshot).status == "passed"


# --- parameters that this lab brought to checks of others -------------------------------------------------------------


def test_a_versions_settings_are_judged_and_mended_by_publishing_again() -> None:
    item = LAB.item("performance-function")
    world = perfect()
    world.versions[FUNCTION][1].update(MemorySize=512)
    verdict = judge(item, world.snapshot())
    assert (verdict.fraction, verdict.message) == (
        0.8,
        f"{FUNCTION}, version 1: the memory is 512 MB instead of 1024 MB.",
    )
    assert verdict.hint.splitlines()[:3] == [
        f"aws lambda update-function-configuration --function-name {FUNCTION} --memory-size 1024",
        f"aws lambda wait function-updated-v2 --function-name {FUNCTION}",
        f"aws lambda publish-version --function-name {FUNCTION}",
    ]


@pytest.mark.parametrize(
    ("memory_mb", "status"), [(512, "passed"), (1024, "passed"), (2048, "passed"), (256, "partial")]
)
def test_without_a_version_a_later_memory_is_right(memory_mb: int, status: str) -> None:
    world = World().function(FUNCTION, **PERFORMANCE, MemorySize=memory_mb)
    assert judge(LAB.item("performance-function"), world.snapshot()).status == status


def test_a_version_must_be_published() -> None:
    verdict = judge(LAB.item("version-published"), World().function(FUNCTION).snapshot())
    assert verdict.message == f"{FUNCTION} has 0 published versions. The lab publishes 1."
    assert (verdict.expected, verdict.hint) == (
        "a published version",
        f"aws lambda publish-version --function-name {FUNCTION}",
    )


def test_a_dashboard_may_plot_what_is_no_function() -> None:
    item = LAB.item("dashboard-api")
    row = ["AWS/ApiGateway", "Count", "ApiName", "[your-username]-optimized-api"]
    verdict = judge(item, World().dashboard(DASHBOARD, row).snapshot())
    assert verdict.message == (
        f"The dashboard {DASHBOARD} does not plot Count of {API}, Latency of {API}, 4XXError of {API} and 5XXError of "
        f"{API}. It plots [your-username]-optimized-api. Replace the brackets with user1."
    )
    assert f'["AWS/ApiGateway", "Latency", "ApiName", "{API}"]' in verdict.hint
    by_function = ["AWS/ApiGateway", "Count", "FunctionName", API]
    assert judge(item, World().dashboard(DASHBOARD, by_function).snapshot()).status == "failed"
