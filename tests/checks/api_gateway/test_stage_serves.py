"""stage_serves: the REST API has the stage, with its cache."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.api_gateway.samples import API, FUNCTION, deployed_api
from tests.checks.world import World

STAGE: dict[str, Any] = {"api": API, "stage": "prod", "cache_size": "0.5"}


def test_of_two_apis_with_one_name_the_deployed_one_counts() -> None:
    made = deployed_api().api(API, "api2")
    assert made.judge("stage_serves", **STAGE).status == "passed"


@pytest.mark.parametrize(
    ("stage", "fraction", "says"),
    [
        ({"stageName": "prod", "cacheClusterEnabled": True, "cacheClusterSize": "0.5"}, 1.0, ""),
        (
            {
                "stageName": "prod",
                "cacheClusterEnabled": True,
                "cacheClusterSize": "0.5",
                "cacheClusterStatus": "CREATE_IN_PROGRESS",
            },
            1.0,
            "",
        ),
        (
            {"stageName": "prod", "cacheClusterEnabled": False, "cacheClusterSize": "0.5"},
            0.5,
            f"The stage prod of {API} has no cache cluster. The lab requires one of 0.5 GB.",
        ),
        (
            {"stageName": "prod", "cacheClusterEnabled": True, "cacheClusterSize": "1.6"},
            0.5,
            f"The stage prod of {API} has a cache of 1.6 GB instead of 0.5 GB.",
        ),
        (
            {"stageName": "prod", "cacheClusterEnabled": True},
            0.5,
            f"The stage prod of {API} has a cache of unknown size instead of 0.5 GB.",
        ),
        ({"stageName": "dev"}, 0.0, f"{API} has no stage prod. Its stages: dev."),
        (None, 0.0, f"{API} has no stage prod, because it is not deployed."),
    ],
)
def test_stage_and_cache_are_half_each(stage: dict[str, Any] | None, fraction: float, says: str) -> None:
    verdict = deployed_api().stages("api1", *[stage] if stage else []).judge("stage_serves", **STAGE)
    assert (verdict.fraction, verdict.message) == (fraction, says)
    if fraction == 0:
        assert verdict.hint == (
            "aws apigateway create-deployment --rest-api-id api1 --stage-name prod --cache-cluster-enabled "
            "--cache-cluster-size 0.5"
        )


def test_passes_without_a_cache_if_the_lab_requires_none() -> None:
    made = deployed_api().stages("api1", {"stageName": "prod"})
    assert made.judge("stage_serves", api=API, stage="prod").status == "passed"
    assert World().judge("stage_serves", **STAGE).message == f"There is no REST API {API}."


def test_finds_the_api_by_the_function() -> None:
    made = deployed_api().api("user1-zzz", "api9").stages("api9", {"stageName": "test"})
    assert made.judge("stage_serves", function=FUNCTION, stage="prod").status == "passed"
    verdict = made.judge("stage_serves", function=FUNCTION, stage="test")
    assert verdict.message == f"{API} has no stage test. Its stages: prod."
    verdict = made.judge("stage_serves", function="user1-other", stage="prod")
    assert verdict.message == "None of your REST APIs has a route that invokes user1-other."


def test_another_stage_earns_what_the_lab_says() -> None:
    made = deployed_api().stages("api1", {"stageName": "dev"})
    verdict = made.judge("stage_serves", **STAGE, other_stage=0.25)
    assert (verdict.status, verdict.fraction, verdict.observed) == ("partial", 0.25, "stages dev")
    assert verdict.message == f"{API} has no stage prod. Its stages: dev."
    verdict = deployed_api().stages("api1").judge("stage_serves", **STAGE, other_stage=0.25)
    assert (verdict.status, verdict.message) == ("failed", f"{API} has no stage prod, because it is not deployed.")


@pytest.mark.parametrize("cache", [{}, {"cache_size": "0.5"}])
def test_a_stage_without_a_deployment_fails(cache: dict[str, Any]) -> None:
    settings = {"stageName": "prod", "cacheClusterEnabled": True, "cacheClusterSize": "0.5"}
    wanted = {"api": API, "stage": "prod", **cache}
    assert deployed_api().stages("api1", settings).judge("stage_serves", **wanted).status == "passed"
    verdict = deployed_api().stages("api1", {**settings, "deploymentId": None}).judge("stage_serves", **wanted)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"The stage prod of {API} has no deployment, so it serves no requests.",
    )
    assert verdict.hint.startswith("aws apigateway create-deployment --rest-api-id api1 --stage-name prod")
