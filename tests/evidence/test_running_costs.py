"""Resources that cost money while they are idle, exact to the cent, and costs that an audit may not claim."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.evidence.question import Answer, Answers, Question
from labgrader.evidence.running_costs import MAX_COMMAND, MAX_RUNNING, provisioned_usd_per_day, running_costs
from labgrader.evidence.snapshot import Snapshot


def snapshot(*recorded: tuple[str, dict[str, Any], Any]) -> Snapshot:
    answers = Answers()
    for action, arguments, value in recorded:
        answers.record(Question(action, arguments), value if isinstance(value, Answer) else Answer(value))
    return Snapshot("user1", "111122223333", "us-east-1", "2026-01-01T00:00:00Z", answers)


def function(memory: int | None = 512, architecture: str = "arm64", name: str = "user1-f") -> tuple[str, Any, Any]:
    configuration: dict[str, Any] = {"FunctionName": name, "Architectures": [architecture]}
    if memory:
        configuration["MemorySize"] = memory
    return "lambda:GetFunction", {"FunctionName": name}, {"Configuration": configuration}


def provisioned(requested: int, *, status: str = "READY", available: int = 0, qualifier: str = "prod") -> Any:
    return (
        "lambda:GetProvisionedConcurrencyConfig",
        {"FunctionName": "user1-f", "Qualifier": qualifier},
        {
            "RequestedProvisionedConcurrentExecutions": requested,
            "AvailableProvisionedConcurrentExecutions": available,
            "Status": status,
        },
    )


def cache(size: Any, *, enabled: Any = True) -> list[tuple[str, dict[str, Any], Any]]:
    return [
        ("apigateway:GetRestApis", {}, {"user1-api": [{"id": "abc", "name": "user1-api"}]}),
        (
            "apigateway:GetStages",
            {"restApiId": "abc"},
            [{"stageName": "prod", "cacheClusterEnabled": enabled, "cacheClusterSize": size}],
        ),
    ]


@pytest.mark.parametrize(("architecture", "usd"), [("x86_64", 45.0004), ("arm64", 36.0007), ("riscv", 45.0004)])
def test_a_thousand_of_128_mb_cost_what_aws_charges_a_day(architecture: str, usd: float) -> None:
    assert round(provisioned_usd_per_day(1000, 128, architecture), 4) == usd


def test_provisioned_concurrency_costs_by_memory_amount_and_architecture() -> None:
    (found,) = running_costs(snapshot(function(512, "arm64"), provisioned(2)))
    assert found.to_dict() == {
        "resource": "user1-f:prod",
        "what": "provisioned concurrency, 2 × 512 MB",
        "usd_per_day": 0.288,
        "stop": "aws lambda delete-provisioned-concurrency-config --function-name user1-f --qualifier prod",
    }


def test_the_memory_is_that_of_the_version_that_the_alias_serves() -> None:
    versions = [{"Version": "1", "MemorySize": 1024, "Architectures": ["x86_64"]}, {"Version": "2", "MemorySize": 128}]
    (found,) = running_costs(
        snapshot(
            function(256),
            ("lambda:ListVersionsByFunction", {"FunctionName": "user1-f"}, versions),
            ("lambda:ListAliases", {"FunctionName": "user1-f"}, [{"Name": "prod", "FunctionVersion": "1"}]),
            provisioned(1),
        )
    )
    assert found.what == "provisioned concurrency, 1 × 1,024 MB"


def test_an_unknown_memory_size_counts_as_the_minimum() -> None:
    (found,) = running_costs(snapshot(provisioned(8)))
    assert found.what == "provisioned concurrency, 8 × 128 MB (the minimum, because the memory size is unknown)"
    assert found.to_dict()["usd_per_day"] == 0.36


@pytest.mark.parametrize(
    ("status", "requested", "available", "amount"),
    [("READY", 3, 3, 3), ("IN_PROGRESS", 3, 0, 3), ("FAILED", 3, 1, 1), ("FAILED", 3, 0, None), ("READY", 0, 0, None)],
)
def test_what_failed_costs_what_is_there(status: str, requested: int, available: int, amount: int | None) -> None:
    found = running_costs(snapshot(function(), provisioned(requested, status=status, available=available)))
    assert [cost.what for cost in found] == ([f"provisioned concurrency, {amount} × 512 MB"] if amount else [])


def test_the_list_and_the_single_answer_about_one_alias_are_one_cost() -> None:
    listed = {
        "FunctionArn": "arn:aws:lambda:us-east-1:111122223333:function:user1-f:prod",
        "RequestedProvisionedConcurrentExecutions": 2,
        "Status": "READY",
    }
    found = running_costs(
        snapshot(
            function(),
            provisioned(2),
            ("lambda:ListProvisionedConcurrencyConfigs", {"FunctionName": "user1-f"}, [listed]),
        )
    )
    assert [cost.resource for cost in found] == ["user1-f:prod"]


@pytest.mark.parametrize(("size", "usd"), [("0.5", 0.48), ("1.6", 0.912), ("6.1", 4.8), ("237", 91.2)])
def test_a_cache_costs_by_its_size(size: str, usd: float) -> None:
    (found,) = running_costs(snapshot(*cache(size)))
    assert found.to_dict() == {
        "resource": "user1-api/prod",
        "what": f"API cache, {size} GB",
        "usd_per_day": usd,
        "stop": "aws apigateway update-stage --rest-api-id abc --stage-name prod "
        "--patch-operations op=replace,path=/cacheClusterEnabled,value=false",
    }


def test_an_unknown_cache_size_counts_as_the_smallest() -> None:
    (found,) = running_costs(snapshot(*cache("4000")))
    assert (found.what, found.to_dict()["usd_per_day"]) == ("API cache, of the smallest size", 0.48)


def test_what_is_off_not_there_or_was_refused_costs_nothing() -> None:
    refused = Answer(error_code="AccessDeniedException", error_message="no")
    asked = {"FunctionName": "user1-f", "Qualifier": "prod"}
    assert running_costs(snapshot(function(), *cache("0.5", enabled=False))) == []
    assert running_costs(snapshot(("lambda:GetProvisionedConcurrencyConfig", asked, None))) == []
    assert running_costs(snapshot(("lambda:GetProvisionedConcurrencyConfig", asked, refused))) == []
    assert running_costs(snapshot(("apigateway:GetStages", {"restApiId": "abc"}, refused))) == []


def test_the_dearest_comes_first_and_the_list_is_bounded() -> None:
    many = [provisioned(number + 1, qualifier=f"a{number:03}") for number in range(MAX_RUNNING + 1)]
    found = running_costs(snapshot(function(), *many))
    assert len(found) == MAX_RUNNING
    assert found[0].resource == f"user1-f:a{MAX_RUNNING:03}"


def test_a_hostile_name_is_one_line() -> None:
    (found,) = running_costs(snapshot(provisioned(1, qualifier="x\n\x1b[31m")))
    assert found.resource == "user1-f:x��[31m"


@pytest.mark.parametrize(
    ("qualifier", "option"),
    [
        ("$(reboot)", " --qualifier '$(reboot)'"),
        ("a'; rm -rf ~ #", """ --qualifier 'a'"'"'; rm -rf ~ #'"""),
        ("--endpoint-url=https://evil.example", " --qualifier=--endpoint-url=https://evil.example"),
        ("q" * 215, " --qualifier " + "q" * 215),
    ],
)
def test_a_hostile_name_is_one_word_of_the_command_and_never_an_option(qualifier: str, option: str) -> None:
    (found,) = running_costs(snapshot(provisioned(1, qualifier=qualifier)))
    assert found.stop == f"aws lambda delete-provisioned-concurrency-config --function-name user1-f{option}"
    assert len(found.stop) <= MAX_COMMAND


@pytest.mark.parametrize("qualifier", ["x\ny", "x\u202ey", "q" * 216])
def test_a_name_that_cannot_be_typed_has_no_command(qualifier: str) -> None:
    (found,) = running_costs(snapshot(provisioned(1, qualifier=qualifier)))
    assert "stop" not in found.to_dict()
