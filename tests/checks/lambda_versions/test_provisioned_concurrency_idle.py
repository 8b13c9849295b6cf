"""provisioned_concurrency_idle: advice on what provisioned concurrency costs."""

from __future__ import annotations

import pytest

from tests.checks.two_functions import HOSTILE, A, B, advise, two_functions
from tests.checks.world import World


@pytest.mark.parametrize("world", [World(), two_functions()], ids=["nothing", "nothing known"])
def test_gives_no_advice_without_provisioned_concurrency(world: World) -> None:
    verdict = advise(world, "provisioned_concurrency_idle")
    assert (verdict.status, verdict.message) == ("passed", "")


def test_names_the_cost_of_provisioned_concurrency() -> None:
    world = two_functions(MemorySize=2048).version(A, 1, MemorySize=1024).alias(A, "prod", "1").provision(A, "prod", 10)
    verdict = advise(world, "provisioned_concurrency_idle")
    assert verdict.message == (
        "Provisioned concurrency (10 on user1-a:prod) costs about $3.60 a day, $108 a month, even without invocations "
        "(us-east-1 prices). Delete it after the lab is graded."
    )
    assert verdict.hint == (
        "aws lambda delete-provisioned-concurrency-config --function-name user1-a --qualifier prod"
        "  # after you have been graded"
    )


def test_the_price_depends_on_architecture_and_memory() -> None:
    world = two_functions(MemorySize=128).version(A, 1, MemorySize=1024, Architectures=["arm64"]).provision(A, "1", 10)
    assert "$2.88 a day, $86 a month" in advise(world, "provisioned_concurrency_idle").message
    world = two_functions(MemorySize=128).provision(A, "1", 1000)
    assert "$45.00 a day, $1,350 a month" in advise(world, "provisioned_concurrency_idle").message


def test_adds_up_all_provisioned_concurrency() -> None:
    world = two_functions(MemorySize=1024).provision(A, "1", 1).provision(B, HOSTILE, 2, status="IN_PROGRESS")
    verdict = advise(world, "provisioned_concurrency_idle")
    assert verdict.message.startswith(
        f"Provisioned concurrency (1 on user1-a:1 and 2 on user1-b:{HOSTILE}) costs about $1.08 a day, $32 a month,"
    )
    assert "--qualifier 'x'\"'\"'; rm -rf / #'  # after" in verdict.hint


@pytest.mark.parametrize(("requested", "status"), [(0, "READY"), (5, "FAILED")])
def test_passes_when_nothing_is_ready_or_requested(requested: int, status: str) -> None:
    world = two_functions(MemorySize=1024).provision(A, "1", requested, status=status)
    assert advise(world, "provisioned_concurrency_idle").status == "passed"


def test_queries_each_alias_if_aws_has_no_list() -> None:
    world = two_functions(MemorySize=1024).alias(A, "prod", "1").alias(A, "dev", "$LATEST")
    world.provisioned = {A: None, B: None}
    entry = {"RequestedProvisionedConcurrentExecutions": 1, "Status": "READY"}
    world.say("lambda:GetProvisionedConcurrencyConfig", entry, FunctionName=A, Qualifier="prod")
    world.say("lambda:GetProvisionedConcurrencyConfig", None, FunctionName=A, Qualifier="dev")
    assert advise(world, "provisioned_concurrency_idle").observed == "1 on user1-a:prod"


def test_gives_no_advice_when_the_memory_is_unknown() -> None:
    world = two_functions().version(A, 1).provision(A, "1", 10)
    assert advise(world, "provisioned_concurrency_idle").status == "passed"
