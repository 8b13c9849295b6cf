"""A usage plan applies to a method, because the method requires an API key."""

from __future__ import annotations

from checks.api_gateway._common import deploy_command, own_api, resource_of, route_for
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, passed


@check(
    title="The usage plan applies to the method",
    hint="aws apigateway update-method --rest-api-id API-ID --resource-id RESOURCE-ID --http-method {method} "
    "--patch-operations op=replace,path=/apiKeyRequired,value=true",
    paths=["path"],
)
def usage_plan_applies(
    snapshot: Snapshot, *, plan: str, api: str, path: str, method: str, explanation: str = ""
) -> Verdict:
    """Check that the method requires an API key. A usage plan counts and limits only requests with one of its keys.

    The check passes if the plan does not exist or is not bound to a stage of the API.

    Args:
        plan: the usage plan's name.
        api: the REST API's name.
        path: the resource's path.
        method: the HTTP method.
        explanation: added to the message: the reason in the handout.
    """
    found, limits = own_api(snapshot, api), snapshot.api_gateway.usage_plan(plan)
    if found is None or limits is None or found.id not in [api_id for api_id, _ in limits.stages]:
        return passed()
    route = route_for(snapshot.api_gateway.routes(found.id), method, path)
    if route is None or route.api_key_required:
        return passed()
    stage = next(name for api_id, name in limits.stages if api_id == found.id)
    return failed(
        f"{method} {path} of {api} does not require an API key, so the usage plan {plan} limits nothing. A usage plan "
        f"counts only requests with one of its API keys. {explanation}".rstrip(),
        expected="an API key required",
        observed="no API key required",
        hint=f"aws apigateway update-method --rest-api-id {found.id} --resource-id {resource_of(found, path)} "
        f"--http-method {method} --patch-operations op=replace,path=/apiKeyRequired,value=true\n"
        f"{deploy_command(found, stage)}\n"
        'curl -H "x-api-key: THE-KEY" …  # from now on every request needs the key',
    )
