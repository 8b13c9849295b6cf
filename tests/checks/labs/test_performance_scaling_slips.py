"""The lab pack performance-scaling: one slip in the account costs the checks of that slip."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from labgrader.evidence.question import Question
from labgrader.judging.judge import judge
from labgrader.judging.scoring import Score
from tests.checks.labs.performance_scaling import (
    API,
    DASHBOARD,
    FUNCTION,
    KEY,
    LAB,
    PERFORMANCE,
    PLAN,
    QUEUE,
    SCALER,
    TESTER,
    dashboard,
    fails,
    gateway,
    graded,
    perfect,
    respond,
)
from tests.checks.replies import crash
from tests.checks.world import ACCOUNT, REGION, World, function_arn


def statuses(found: Score) -> dict[str, str]:
    """Every check's status."""
    return {check.item.id: check.verdict.status for check in found.checks}


def changed(change: Callable[[World], Any]) -> World:
    world = perfect()
    change(world)
    return world


def reserve(world: World, function: str, executions: int | None) -> None:
    reserved = {} if executions is None else {"Concurrency": {"ReservedConcurrentExecutions": executions}}
    world.functions[function].pop("Concurrency")
    world.functions[function].update(reserved)


def change_mapping(world: World, **settings: Any) -> None:
    world.lists["lambda:ListEventSourceMappings"][SCALER][0].update(settings)


def change_entry(world: World, action: str, name: str, **settings: Any) -> None:
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
        (lambda world: reserve(world, FUNCTION, 49), "reserved-concurrency"),
        (lambda world: reserve(world, SCALER, None), "sqs-scaler-reserved"),
        (lambda world: world.provisioned[FUNCTION].clear(), "provisioned-concurrency"),
        (lambda world: world.functions.pop(TESTER), "load-tester"),
        (lambda world: world.configure(TESTER, Timeout=300), "load-tester"),
        (lambda world: gateway(world, source="other/*/*"), "api-permission"),
        (lambda world: world.stages("api1", {"stageName": "prod"}), "api-stage"),
        (lambda world: change_entry(world, "apigateway:GetUsagePlans", PLAN, quota=None), "usage-plan"),
        (lambda world: change_entry(world, "apigateway:GetApiKeys", KEY, enabled=False), "api-key"),
        (lambda world: world.queue(QUEUE, VisibilityTimeout="60", MessageRetentionPeriod="1209600"), "queue"),
        (lambda world: world.configure(SCALER, Handler="lambda_function.lambda_handler"), "sqs-scaler"),
        (lambda world: change_mapping(world, BatchSize=100), "event-source-mapping"),
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
    assert fails(graded(changed(change))) == {failed}


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


def test_who_switched_the_function_off_is_given_one_number() -> None:
    world = perfect()
    reserve(world, FUNCTION, 0)
    command = f"aws lambda put-function-concurrency --function-name {FUNCTION} --reserved-concurrent-executions 50"
    for name in ("performance-can-run", "reserved-concurrency"):
        assert judge(LAB.item(name), world.snapshot()).hint.splitlines()[0] == command


def test_the_advice_about_the_reader_of_the_queue_is_about_its_own_mistake() -> None:
    world = perfect()
    reserve(world, SCALER, None)
    assert judge(LAB.item("sqs-scaler-reserved"), world.snapshot()).message == (
        f"{SCALER} has no reserved concurrency. The lab sets 100. (The handout's option create-function "
        "--reserved-concurrency does not exist. Use put-function-concurrency.)"
    )


def test_a_queue_without_the_prefix_that_is_read_is_named() -> None:
    world = perfect()
    world.lists["sqs:ListQueues"].clear()
    world.queue("user1-high-throughput-dlq")
    change_mapping(world, EventSourceArn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:high-throughput-queue")
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
    change_mapping(world, State="Disabled")
    assert fails(graded(world)) == {"event-source-mapping", "messages-consumed"}


@pytest.mark.parametrize("visibility", ["30", "60", "360"])
def test_the_handouts_visibility_timeout_and_a_longer_one_are_right(visibility: str) -> None:
    world = perfect().queue(
        QUEUE, VisibilityTimeout=visibility, MessageRetentionPeriod="1209600", ReceiveMessageWaitTimeSeconds="0"
    )
    assert fails(graded(world)) == set()


def test_a_versions_settings_are_judged_and_fixed_by_a_new_version() -> None:
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
