"""A REST API is deployed to a stage, with a cache if the lab requires one."""

from __future__ import annotations

from checks.api_gateway._common import api_leading_to, deploy_command, missing_api, own_api
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, listed, partial, passed, quote


@check(
    title="The stage is deployed",
    hint="aws apigateway get-stages --rest-api-id API-ID",
)
def stage_serves(
    snapshot: Snapshot,
    *,
    stage: str,
    api: str = "",
    function: str = "",
    cache_size: str = "",
    other_stage: float = 0.0,
) -> Verdict:
    """Check that the REST API has the stage, with a cache cluster of the size. A stage without it earns half.

    A cache that AWS is still creating counts. A stage without a deployment serves no requests, so it counts as missing.

    Args:
        stage: the stage's name.
        api: the REST API's name; if empty, the API that invokes the function.
        function: that function.
        cache_size: the cache's size in GB, as AWS writes it (``0.5``); empty for a stage without a cache.
        other_stage: the share (0 to 1) that an API earns if it is deployed only to other stages.

    Sources:
        A stage is a reference to a deployment, which is a snapshot of the API. AWS creates no stage without one:
            https://docs.aws.amazon.com/apigateway/latest/api/API_CreateStage.html
    """
    expected = f"stage {stage}" + (f" with a cache of {cache_size} GB" if cache_size else "")
    found = own_api(snapshot, api) if api else api_leading_to(snapshot, function)
    if found is None:
        return failed(
            missing_api(snapshot, api, function),
            expected=expected,
            observed="no such REST API",
            hint=f"aws apigateway create-rest-api --name {api or function}",
        )
    cached = f" --cache-cluster-enabled --cache-cluster-size {cache_size}" if cache_size else ""
    deployed = snapshot.api_gateway.stage(found.id, stage)
    if deployed is None:
        others = [other.name for other in snapshot.api_gateway.stages(found.id)]
        existing = f". Its stages: {listed(others)}." if others else ", because it is not deployed."
        message, hint = f"{quote(found.name)} has no stage {stage}{existing}", deploy_command(found, stage) + cached
        if others and other_stage:
            return partial(other_stage, message, expected=expected, observed=f"stages {listed(others)}", hint=hint)
        return failed(
            message, expected=expected, observed=f"stages {listed(others)}" if others else "no stages", hint=hint
        )
    if not deployed.deployment_id:
        return failed(
            f"The stage {stage} of {quote(found.name)} has no deployment, so it serves no requests.",
            expected=expected,
            observed=f"stage {stage} without a deployment",
            hint=deploy_command(found, stage) + cached,
        )
    if not cache_size:
        return passed(expected=expected, observed=f"stage {stage}")
    size = deployed.cache_size
    if deployed.cache_enabled and size == cache_size:
        return passed(expected=expected, observed=expected)
    fix = (
        f"aws apigateway update-stage --rest-api-id {found.id} --stage-name {stage} --patch-operations "
        f"op=replace,path=/cacheClusterEnabled,value=true op=replace,path=/cacheClusterSize,value={cache_size}"
    )
    if not deployed.cache_enabled:
        return partial(
            0.5,
            f"The stage {stage} of {quote(found.name)} has no cache cluster. The lab requires one of {cache_size} GB.",
            expected=expected,
            observed="no cache",
            hint=fix,
        )
    observed = f"a cache of {quote(size)} GB" if size else "a cache of unknown size"
    return partial(
        0.5,
        f"The stage {stage} of {quote(found.name)} has {observed} instead of {cache_size} GB.",
        expected=expected,
        observed=observed,
        hint=fix,
    )
