"""Advice on a function's settings: timeout, architecture, package, logs, tracing, provisioned concurrency."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.judging.verdict import Verdict
from tests.checks.world import World, attached, layer_arn

A, B = "user1-a", "user1-b"
MB = 1024 * 1024
HOSTILE = "x'; rm -rf / #"


def both(**settings: Any) -> World:
    """Two functions with the same settings; of a third that is asked for, there is nothing."""
    settings = {"Runtime": "python3.13", "Handler": "app.lambda_handler", **settings}
    return World().function(A, **settings).function(B, **settings)


def advise(world: World, check: str, **parameters: Any) -> Verdict:
    return world.judge(check, functions=[A, B, "user1-missing"], **parameters)


SILENT = ["architecture_is_arm", "log_retention_set", "package_is_small", "provisioned_concurrency_idle"]
SILENT += ["settings_reviewed", "timeout_chosen", "tracing_active"]


@pytest.mark.parametrize("check", SILENT)
@pytest.mark.parametrize("world", [World(), both()], ids=["nothing", "nothing known"])
def test_what_is_missing_or_unknown_gives_no_advice(check: str, world: World) -> None:
    verdict = advise(world, check)
    assert (verdict.status, verdict.message) == ("passed", "")


# --- timeout ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("timeout", [1, 2, 4, 30, 899])
def test_a_timeout_that_was_chosen_is_right(timeout: int) -> None:
    assert advise(both(Timeout=timeout), "timeout_chosen").status == "passed"


def test_the_default_timeout_of_several_functions_is_said_once() -> None:
    verdict = advise(both(Timeout=3), "timeout_chosen", suggest_s=10)
    assert (verdict.status, verdict.observed) == ("failed", "3 s and 3 s")
    assert verdict.message == (
        "user1-a and user1-b still have the default timeout of 3 s, so that one slow answer ends a call half-way: "
        "half as much again as the longest call you have measured is a good timeout."
    )
    assert verdict.hint == (
        "aws lambda update-function-configuration --function-name user1-a --timeout 10\n"
        "aws lambda update-function-configuration --function-name user1-b --timeout 10"
    )


def test_the_longest_timeout_is_said_beside_the_default_one() -> None:
    verdict = advise(both(Timeout=3).configure(B, Timeout=900), "timeout_chosen")
    assert verdict.message == (
        "user1-a still has the default timeout of 3 s, so that one slow answer ends a call half-way; user1-b has the "
        "longest timeout there is, 900 s, so that a call that hangs is paid for 15 minutes: half as much again as the "
        "longest call you have measured is a good timeout."
    )
    assert verdict.hint.endswith("--function-name user1-b --timeout 30")


def test_fifteen_minutes_that_the_hand_out_asks_for_are_right() -> None:
    world = both(Timeout=900)
    assert advise(world, "timeout_chosen", longest_by_design=[A, B]).status == "passed"
    assert advise(world, "timeout_chosen", longest_by_design=[B]).hint.count("\n") == 0
    assert advise(both(Timeout=3), "timeout_chosen", longest_by_design=[A, B]).status == "failed"


# --- architecture -----------------------------------------------------------------------------------------------------


def test_x86_where_arm_would_do() -> None:
    verdict = advise(both(Architectures=["x86_64"]), "architecture_is_arm", explanation="The hand-out says x86_64.")
    assert verdict.message == (
        "user1-a and user1-b run on x86_64, though their packages hold nothing that is compiled for it: on arm64 the "
        "same code costs 20 % less for each millisecond. The hand-out says x86_64."
    )
    assert verdict.hint.splitlines()[0] == (
        "aws lambda update-function-code --function-name user1-a --architectures arm64 "
        "--zip-file fileb://function.zip  # the same package again"
    )


def test_one_function_on_x86_is_said_in_the_singular() -> None:
    verdict = advise(both(Architectures=["arm64"]).configure(B, Architectures=["x86_64"]), "architecture_is_arm")
    assert verdict.message == (
        "user1-b runs on x86_64, though its package holds nothing that is compiled for it: on arm64 the same code "
        "costs 20 % less for each millisecond."
    )


@pytest.mark.parametrize(
    "paths", [["psutil/_psutil_linux.abi3.so"], ["lib/libx.SO"], ["numpy.libs/libopenblas.so.3"], ["m.pyd"], None]
)
def test_compiled_libraries_keep_a_function_on_x86(paths: list[str] | None) -> None:
    world = both(Architectures=["x86_64"])
    world.packages = {A: {"Size": 1, "Paths": paths}, B: None}
    assert advise(world, "architecture_is_arm").status == "passed"


@pytest.mark.parametrize("settings", [{"Runtime": "nodejs22.x"}, {"PackageType": "Image"}, {"Runtime": None}])
def test_where_it_cannot_be_told_nothing_is_said_of_arm(settings: dict[str, Any]) -> None:
    assert advise(both(Architectures=["x86_64"], **settings), "architecture_is_arm").status == "passed"


@pytest.mark.parametrize(
    ("architectures", "status"),
    [(["arm64"], "failed"), (["x86_64", "arm64"], "failed"), (["x86_64"], "passed"), ([], "passed"), (None, "passed")],
)
def test_a_layer_must_be_for_arm_too(architectures: list[str] | None, status: str) -> None:
    world = both(Architectures=["x86_64"], Layers=attached(layer_arn("user1-layer"))).layer("user1-layer")
    world.layers["user1-layer"]["CompatibleArchitectures"] = architectures
    assert advise(world, "architecture_is_arm").status == status


def test_what_lies_in_a_layer_of_somebody_else_is_not_known() -> None:
    layers = attached(layer_arn("AWSSDKPandas-Python313", account="336392948345"))
    assert advise(both(Architectures=["x86_64"], Layers=layers), "architecture_is_arm").status == "passed"


# --- package ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "status"), [(10 * MB, "passed"), (10 * MB + 1, "failed"), (None, "passed")])
def test_the_bound_of_a_package(size: int | None, status: str) -> None:
    assert advise(both(CodeSize=size), "package_is_small").status == status
    assert advise(both(CodeSize=size), "package_is_small", max_mb=50).status == "passed"


def test_a_large_package_comes_with_the_way_into_a_layer() -> None:
    own = layer_arn("user1-utils", 3)
    world = both(CodeSize=1000).configure(A, CodeSize=15 * MB, Layers=attached(own, f"arn:{HOSTILE}"))
    verdict = advise(world, "package_is_small")
    assert (verdict.expected, verdict.observed) == ("at most 10 MB", "15.0 MB")
    assert verdict.message == (
        "The package of user1-a (15.0 MB) is large, and every cold start fetches all of it: what pip installed belongs "
        "in a layer, and boto3 comes with the runtime."
    )
    assert verdict.hint.splitlines() == [
        "pip install -r requirements.txt -t python/  # without boto3",
        "zip -r layer.zip python",
        "aws lambda publish-layer-version --layer-name user1-dependencies --zip-file fileb://layer.zip",
        "zip slim.zip app.py",
        "aws lambda update-function-code --function-name user1-a --zip-file fileb://slim.zip",
        "aws lambda wait function-updated-v2 --function-name user1-a",
        f"aws lambda update-function-configuration --function-name user1-a --layers {own} "
        "'arn:x'\"'\"'; rm -rf / #' LAYER-VERSION-ARN  # the one that was printed",
    ]


def test_two_large_packages_and_an_image() -> None:
    world = both(CodeSize=20 * MB)
    verdict = advise(world, "package_is_small", explanation="Step 3 packs boto3.")
    assert verdict.message.startswith("The packages of user1-a (20.0 MB) and user1-b (20.0 MB) are large, and ")
    assert verdict.message.endswith(" Step 3 packs boto3.")
    assert advise(both(CodeSize=20 * MB, PackageType="Image"), "package_is_small").status == "passed"


# --- logs and traces --------------------------------------------------------------------------------------------------


def test_logs_that_never_expire() -> None:
    world = both()
    for name in (A, B):
        world.list("logs:DescribeLogGroups", name, {"logGroupName": f"/aws/lambda/{name}"})
    verdict = advise(world, "log_retention_set")
    assert verdict.message == (
        "The logs of user1-a and user1-b are kept, and paid for, for ever: nobody has set how many days they are "
        "wanted."
    )
    assert verdict.hint == (
        "aws logs put-retention-policy --log-group-name /aws/lambda/user1-a --retention-in-days 14\n"
        "aws logs put-retention-policy --log-group-name /aws/lambda/user1-b --retention-in-days 14"
    )


def test_logs_that_expire_and_logs_that_were_never_written() -> None:
    world = both().list("logs:DescribeLogGroups", A, {"retentionInDays": 3653})
    assert advise(world, "log_retention_set").status == "passed"


def test_calls_that_are_not_traced() -> None:
    world = both(TracingConfig={"Mode": "PassThrough"}).configure(B, TracingConfig={"Mode": "Active"})
    verdict = advise(world, "tracing_active")
    assert verdict.message == (
        "user1-a is not traced: with active tracing, X-Ray shows whether the time of a slow call went into the cold "
        "start, your code or a service that it waited for."
    )
    assert verdict.hint == (
        "aws lambda update-function-configuration --function-name user1-a --tracing-config Mode=Active"
        "  # its role needs AWSXRayDaemonWriteAccess"
    )


# --- provisioned concurrency ------------------------------------------------------------------------------------------


def test_provisioned_concurrency_says_what_it_costs() -> None:
    world = both(MemorySize=2048).version(A, 1, MemorySize=1024).alias(A, "prod", "1").provision(A, "prod", 10)
    verdict = advise(world, "provisioned_concurrency_idle")
    assert verdict.message == (
        "Provisioned concurrency (10 on user1-a:prod) costs about $3.60 a day, $108 a month, also when nobody calls "
        "(us-east-1): delete it when the lab is graded."
    )
    assert verdict.hint == (
        "aws lambda delete-provisioned-concurrency-config --function-name user1-a --qualifier prod"
        "  # after you have been graded"
    )


def test_arm_stands_by_for_less_and_a_thousand_small_ones_cost_45_dollars_a_day() -> None:
    world = both(MemorySize=128).version(A, 1, MemorySize=1024, Architectures=["arm64"]).provision(A, "1", 10)
    assert "$2.88 a day, $86 a month" in advise(world, "provisioned_concurrency_idle").message
    world = both(MemorySize=128).provision(A, "1", 1000)
    assert "$45.00 a day, $1,350 a month" in advise(world, "provisioned_concurrency_idle").message


def test_all_provisioned_concurrency_is_added_up() -> None:
    world = both(MemorySize=1024).provision(A, "1", 1).provision(B, HOSTILE, 2, status="IN_PROGRESS")
    verdict = advise(world, "provisioned_concurrency_idle")
    assert verdict.message.startswith(
        f"Provisioned concurrency (1 on user1-a:1 and 2 on user1-b:{HOSTILE}) costs about $1.08 a day, $32 a month,"
    )
    assert "--qualifier 'x'\"'\"'; rm -rf / #'  # after" in verdict.hint


@pytest.mark.parametrize(("requested", "status"), [(0, "READY"), (5, "FAILED")])
def test_what_does_not_stand_by_costs_nothing(requested: int, status: str) -> None:
    world = both(MemorySize=1024).provision(A, "1", requested, status=status)
    assert advise(world, "provisioned_concurrency_idle").status == "passed"


def test_where_there_is_no_list_each_alias_is_asked_for() -> None:
    world = both(MemorySize=1024).alias(A, "prod", "1").alias(A, "dev", "$LATEST")
    world.provisioned = {A: None, B: None}
    entry = {"RequestedProvisionedConcurrentExecutions": 1, "Status": "READY"}
    world.say("lambda:GetProvisionedConcurrencyConfig", entry, FunctionName=A, Qualifier="prod")
    world.say("lambda:GetProvisionedConcurrencyConfig", None, FunctionName=A, Qualifier="dev")
    assert advise(world, "provisioned_concurrency_idle").observed == "1 on user1-a:prod"


# --- several as one ---------------------------------------------------------------------------------------------------


def test_three_settings_are_one_piece_of_advice() -> None:
    world = World().function(
        A,
        Runtime="python3.13",
        Handler="app.lambda_handler",
        Architectures=["x86_64"],
        TracingConfig={"Mode": "PassThrough"},
    )
    world.list("logs:DescribeLogGroups", A, {})
    parts = [advise(world, one) for one in ("log_retention_set", "tracing_active", "architecture_is_arm")]
    verdict = advise(world, "settings_reviewed", explanation="The hand-out chooses x86_64.")
    assert verdict.message == f"{' '.join(one.message for one in parts)} The hand-out chooses x86_64."
    assert verdict.hint == "\n".join(one.hint for one in parts)
    assert (verdict.expected, verdict.observed) == ("14 days; Active; arm64", "never expire; PassThrough; x86_64")
    world.list("logs:DescribeLogGroups", A, {"retentionInDays": 7}).configure(A, TracingConfig={"Mode": "Active"})
    assert advise(world, "settings_reviewed").message == parts[2].message
    assert advise(world.configure(A, Architectures=["arm64"]), "settings_reviewed").status == "passed"
