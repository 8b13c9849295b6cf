"""rule_scheduled, rule_targets, placeholders_filled_in."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.judge import judge
from labgrader.judging.verdict import Verdict
from tests.checks.world import ACCOUNT, World, function_arn, item

RULE = "user1-daily-cleanup"
CLEANUP = "user1-cleanup-lambda"
SCHEDULE = "cron(0 2 * * ? *)"
DAILY = {"rule": RULE, "schedule": SCHEDULE}
CALLS = {"rule": RULE, "function": CLEANUP}
OWN_ACCOUNT = "210987654321"


def elsewhere(world: World, check: str, **parameters: Any) -> Verdict:
    """Judge in an account that is not the one of AWS's examples."""
    snapshot = world.snapshot()
    own = Snapshot(snapshot.username, OWN_ACCOUNT, snapshot.region, snapshot.taken_at, snapshot.answers)
    return judge(item(check, **parameters), own)


# --- rule_scheduled ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "schedule",
    [
        SCHEDULE,
        "cron(0 2 ? * * *)",
        "cron(00 02 * * ? *)",
        "cron(0  2 * * ? *)",
        " cron(0 2 * * ? *) ",
        "cron(0 2 1/1 * ? *)",
        "cron(0 2 */1 * ? *)",
        "cron(0 2 ? * SUN-SAT *)",
        "cron(0 2 ? * mon-sun *)",
        "cron(0 2 1-31 1-12 ? *)",
    ],
)
def test_the_same_moments_written_otherwise_are_right(schedule: str) -> None:
    verdict = World().rule(RULE, ScheduleExpression=schedule).judge("rule_scheduled", **DAILY)
    assert (verdict.status, verdict.observed) == ("passed", f"{schedule}, ENABLED")


@pytest.mark.parametrize(
    "schedule",
    [
        "cron(0 14 * * ? *)",
        "cron(2 0 * * ? *)",
        "cron(0 20 * * ? *)",
        "cron(0 2 1 * ? *)",
        "cron(0 2 1/2 * ? *)",
        "cron(0 2 ? * MON-FRI *)",
        "cron(0/1 2 * * ? *)",
        "cron(0 2 * * ?)",
        "rate(1 day)",
        "{username}",
    ],
)
def test_another_schedule_costs_a_third(schedule: str) -> None:
    verdict = World().rule(RULE, ScheduleExpression=schedule).judge("rule_scheduled", **DAILY)
    assert (verdict.status, verdict.fraction, verdict.message) == (
        "partial",
        2 / 3,
        f"{RULE}: the schedule is {schedule} instead of {SCHEDULE}.",
    )
    assert verdict.hint == (f"aws events put-rule --name {RULE} --schedule-expression '{SCHEDULE}' --state ENABLED")


def test_a_disabled_rule_costs_a_third_and_one_without_schedule_two() -> None:
    verdict = World().rule(RULE, ScheduleExpression=SCHEDULE, State="DISABLED").judge("rule_scheduled", **DAILY)
    assert (verdict.fraction, verdict.message) == (
        2 / 3,
        f"{RULE}: its state is DISABLED instead of ENABLED, so it never runs.",
    )
    verdict = World().rule(RULE, State="DISABLED").judge("rule_scheduled", **DAILY)
    assert (verdict.fraction, verdict.message) == (
        1 / 3,
        f"{RULE}: it has no schedule instead of {SCHEDULE}, and its state is DISABLED instead of ENABLED, so it never "
        "runs.",
    )


def test_a_missing_rule_is_nothing_and_a_near_name_is_shown() -> None:
    verdict = World().judge("rule_scheduled", **DAILY)
    assert (verdict.status, verdict.message) == ("failed", f"There is no rule {RULE}.")
    assert verdict.hint == f"aws events put-rule --name {RULE} --schedule-expression '{SCHEDULE}' --state ENABLED"
    verdict = World().rule("user1-daily_cleanup").judge("rule_scheduled", **DAILY)
    assert verdict.message == (f"There is no rule {RULE}, but there is user1-daily_cleanup: a name must match exactly.")


# --- rule_targets -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("qualifier", ["", "prod", "1"])
def test_the_function_or_an_alias_of_it_is_the_target(qualifier: str) -> None:
    world = World().function(CLEANUP).rule(RULE, function_arn("user1-x"), function_arn(CLEANUP, qualifier))
    assert world.judge("rule_targets", **CALLS).status == "passed"


def test_a_target_of_another_partition_is_the_function() -> None:
    target = function_arn(CLEANUP).replace("arn:aws:", "arn:aws-cn:")
    assert World().function(CLEANUP).rule(RULE, target).judge("rule_targets", **CALLS).status == "passed"


@pytest.mark.parametrize(
    ("targets", "says"),
    [
        ([], f"{RULE} has no target."),
        ([function_arn("user1-todo-api")], f"{RULE} calls {function_arn('user1-todo-api')} instead of {CLEANUP}."),
        ([function_arn(f"{CLEANUP}-2")], f"{RULE} calls {function_arn(CLEANUP)}-2 instead of {CLEANUP}."),
        (
            [function_arn(CLEANUP).replace("eu-central-1", "us-east-1")],
            f"{RULE} calls arn:aws:lambda:us-east-1:{ACCOUNT}:function:{CLEANUP} instead of {CLEANUP}.",
        ),
    ],
)
def test_another_target_is_nothing(targets: list[str], says: str) -> None:
    verdict = World().function(CLEANUP).rule(RULE, *targets).judge("rule_targets", **CALLS)
    assert (verdict.status, verdict.message) == ("failed", says)
    assert verdict.hint == f"aws events put-targets --rule {RULE} --targets Id=1,Arn={function_arn(CLEANUP)}"


def test_the_hand_outs_account_is_named() -> None:
    verdict = elsewhere(World().function(CLEANUP).rule(RULE, function_arn("cleanup-lambda")), "rule_targets", **CALLS)
    assert verdict.message == (
        f"{RULE} calls {function_arn('cleanup-lambda')} instead of {CLEANUP}. {ACCOUNT} is the hand-out's example: put "
        f"your account, {OWN_ACCOUNT}, in its place."
    )


def test_a_target_that_does_not_exist_and_a_rule_that_does_not() -> None:
    verdict = World().rule(RULE, function_arn(CLEANUP)).judge("rule_targets", **CALLS)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{RULE} calls {CLEANUP}, but it does not exist. There is no function {CLEANUP}.",
    )
    assert World().function(CLEANUP).judge("rule_targets", **CALLS).message == f"There is no rule {RULE}."


# --- placeholders_filled_in -------------------------------------------------------------------------------------------


def test_what_was_left_in_is_named() -> None:
    uri = (
        "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
        f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:todo-api/invocations"
    )
    world = (
        World()
        .bucket("user1-upload-bucket", {"LambdaFunctionArn": "'$FUNCTION_ARN'", "Events": []})
        .api("user1-todo-api")
        .routes("api1", {("/todos", "GET"): {"methodIntegration": {"type": "AWS_PROXY", "uri": uri}}})
        .rule(RULE, function_arn("cleanup-lambda"))
    )
    verdict = elsewhere(world, "placeholders_filled_in", rules=[RULE], explanation="Write your own.")
    assert verdict.message == (
        f"the notification of user1-upload-bucket calls '$FUNCTION_ARN', GET /todos of user1-todo-api calls {uri} and "
        f"the rule {RULE} calls {function_arn('cleanup-lambda')}: that is the text of the example, not your function. "
        f"Your account is {OWN_ACCOUNT}. Write your own."
    )
    assert verdict.observed == "3 left in"
    # whose account the example happens to be is told of the variable alone
    assert world.judge("placeholders_filled_in", rules=[RULE]).observed == "1 left in"


def test_there_is_no_advice_where_nothing_was_left_in() -> None:
    uri = (
        f"arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/{function_arn('user1-f')}"
        ":${stageVariables.alias}/invocations"
    )
    world = World().rule(RULE, function_arn(CLEANUP, "$LATEST")).api("user1-todo-api")
    world.routes("api1", {("/todos", "GET"): {"methodIntegration": {"type": "AWS_PROXY", "uri": uri}}})
    assert world.judge("placeholders_filled_in", rules=[RULE]).status == "passed"
    assert World().judge("placeholders_filled_in", rules=[RULE]).status == "passed"
