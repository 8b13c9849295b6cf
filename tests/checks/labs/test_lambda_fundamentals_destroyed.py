"""The lab pack lambda-fundamentals: Lab 6 after step 6.9, and what every loss says."""

from __future__ import annotations

import re

import pytest

from labgrader.judging.check import find_check
from labgrader.labs.search_path import lab_files
from tests.checks.labs.lambda_fundamentals import (
    ADVANCED,
    ASYNC,
    BASIC,
    BUCKET,
    FILES,
    HELLO,
    LAB,
    MINE,
    TERRAFORM,
    Account,
    graded,
    perfect,
)
from tests.checks.world import World, function_arn

TERRAFORM_ITEMS = {item.id for item in LAB.checks if item.id.startswith("terraform-")}


def destroyed() -> World:
    """What ``terraform destroy`` leaves of a perfect student."""
    world = perfect()
    del world.functions[TERRAFORM]
    del world.lists["apigateway:GetRestApis"]["user1-terraform-managed-lambda-api"]
    del world.lists["logs:DescribeLogGroups"][TERRAFORM]
    return world.say("iam:GetRole", None, RoleName="user1-terraform-managed-lambda-role")


def test_a_student_who_destroyed_lab_6_as_instructed_neither_loses_nor_gets_points(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    verdicts, result, _ = graded(destroyed(), Account(monkeypatch))
    open_ones = {check.item.id for check in result.checks if check.verdict.status == "not_graded"}
    assert open_ones == TERRAFORM_ITEMS
    assert (result.points, result.open_points) == (81, 19)
    assert verdicts["terraform-resources"].message == (
        "could not be graded, and no points are lost: user1-terraform-managed-lambda and its resources do not exist. "
        "Step 6.9 of the handout destroys them. To be graded, run terraform apply again and request grading again."
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
        f"These resources are missing: the function {TERRAFORM} and the REST API {TERRAFORM}-api. "
        f"These exist: the role {TERRAFORM}-role and the log group /aws/lambda/{TERRAFORM}."
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
    assert (verdict.status, verdict.message) == (
        "partial",
        "These names do not begin with user1-: function user1_AdvancedProcessor.",
    )


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


def test_the_pack_covers_every_step() -> None:
    said = " ".join(part["promise"] for part in LAB.unseen)
    for step in ("1.1", "2.6", "3.6", "4.5", "5.7", "6.8", "6.9", "7.8"):
        assert step in said, step
    assert lab_files()["lambda-fundamentals"].with_name("solution.py").is_file()
