"""api_exists: there is a REST API of this name."""

from __future__ import annotations

from tests.checks.api_gateway.samples import API, deployed_api
from tests.checks.world import World


def test_passes_when_the_api_exists_and_fails_otherwise() -> None:
    assert deployed_api().judge("api_exists", api=API).status == "passed"
    verdict = World().judge("api_exists", api=API)
    assert (verdict.message, verdict.hint) == (
        f"There is no REST API {API}.",
        f"aws apigateway create-rest-api --name {API}",
    )
