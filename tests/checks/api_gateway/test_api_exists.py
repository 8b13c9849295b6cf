"""api_exists: there is a REST API of this name."""

from __future__ import annotations

from tests.checks.api_gateway.samples import API, deployed_api
from tests.checks.world import World


def test_passes_when_the_api_exists() -> None:
    assert deployed_api().judge("api_exists", api=API).status == "passed"


def test_fails_when_the_api_does_not_exist() -> None:
    verdict = World().judge("api_exists", api=API)
    assert (verdict.message, verdict.hint) == (
        f"There is no REST API {API}.",
        f"aws apigateway create-rest-api --name {API}",
    )


def test_names_an_api_with_a_similar_name() -> None:
    verdict = World().api("user1_optimized_api").judge("api_exists", api=API)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"There is no REST API {API}, but there is user1_optimized_api: a name must match exactly.",
    )
