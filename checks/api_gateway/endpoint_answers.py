"""An API returns the right response over HTTP."""

from __future__ import annotations

from typing import Any

from checks.api_gateway._common import (
    GATEWAY,
    api_leading_to,
    api_source,
    choose_stage,
    deploy_command,
    fill_path,
    listed_methods,
    missing_api,
    own_api,
    permit_command,
    plan_by_name,
    resource_of,
    route_for,
    routes_to,
)
from checks.api_gateway._gateway_errors import (
    GatewayFailure,
    Recorded,
    closed_api,
    gateway_failure,
    recorded_configuration,
    switched_off,
)
from checks.wording import missing_function
from checks.wording.structure import ANY, as_text, difference, unmentioned, wanted_in_words
from labgrader.evidence.snapshot import RestApi, Route, Snapshot
from labgrader.judging import HttpReply, NotGradedError, Probe, Reason, Verdict, check, failed, passed, quote, unmet


@check(
    title="The endpoint returns the right response",
    hint="aws apigateway get-stages --rest-api-id API-ID",
)
def endpoint_answers(
    probe: Probe,
    *,
    function: str = "",
    api: str = "",
    stage: str = "",
    method: str = "GET",
    path: str = "",
    query: dict[str, str] | None = None,
    body: Any = None,
    status: int | list[int] = 200,
    contains: dict[str, Any] | None = None,
    matches: dict[str, Any] | None = None,
    mentions: list[str] | None = None,
    plan: str = "",
    explanation: str = "",
) -> Verdict:
    """Check that a request to a stage returns the status and a JSON body that has the structure and fits the schema.

    Args:
        function: the function that the API invokes. It selects the student's REST API if ``api`` is empty.
        api: the REST API's name.
        stage: the stage's name; if empty, ``prod`` or else the first stage.
        method: the HTTP method.
        path: the path of the request (``/performance``); if empty, the path of the route that invokes the function.
        query: the parameters of the query string.
        body: the request's body. Text is sent unchanged, everything else as JSON.
        status: the expected status, or several.
        contains: the structure that the body must have, compared as in ``event_answered``.
        matches: a JSON Schema of the body, as in ``event_answered``.
        mentions: texts that the body must contain, ignoring case.
        plan: the usage plan that provides the API key, if the method requires one; if empty, any plan of the stage.
        explanation: added to the message of a wrong reply.

    API Gateway answers 500 to every refusal of Lambda, and 403 ``Forbidden`` for several causes. Such a reply fails the
    check only if the recorded configuration shows the cause. Otherwise the check is not graded.

    Raises:
        NotGradedError: the cause of the reply is not known, or it is not the student's.

    Sources:
        API Gateway returns 502 if the response of a proxy integration has the wrong format:
            https://docs.aws.amazon.com/apigateway/latest/developerguide/handle-errors-in-lambda-integration.html
        API Gateway returns 403 (Missing Authentication Token) if the deployed stage has no such method:
            https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
    """
    statuses = status if isinstance(status, list) else [status]
    expected = wanted_in_words(statuses, contains, mentions, matches)
    snapshot = probe.snapshot
    if function and snapshot.function(function) is None:
        return failed(missing_function(snapshot, function), expected=expected, observed="no such function")
    found = own_api(snapshot, api) if api else api_leading_to(snapshot, function)
    if found is None:
        return failed(missing_api(snapshot, api, function), expected=expected, observed="no such REST API")
    routes = snapshot.api_gateway.routes(found.id)
    route = _route(snapshot, found, routes, function, method, path)
    deployed = choose_stage(snapshot, found, stage)
    if route is None:
        return failed(
            f"{quote(found.name)} has no method {method}{f' at {path}' if path else ''}. "
            f"Its methods: {listed_methods(routes)}.",
            expected=expected,
            observed="no such method",
            hint=f"aws apigateway get-resources --rest-api-id {found.id} --embed methods",
        )
    if deployed is None:
        return failed(
            f"{quote(found.name)} {f'has no stage {stage}' if stage else 'is not deployed'}, "
            "so requests cannot reach it.",
            expected=expected,
            observed="no such stage",
            hint=deploy_command(found, stage, snapshot),
        )
    where = path or fill_path(route.path)
    target = f"{method} {quote(found.name)} /{quote(deployed.name)}{quote(where)}"
    key = _key(snapshot, found, deployed.name, plan) if route.api_key_required else ""
    recorded = recorded_configuration(snapshot, found, deployed, route, key)
    reply = probe.call_api(
        found,
        deployed.name,
        method,
        where,
        query=query,
        body=None if body is None else as_text(body),
        api_key_id=key,
    )
    wrong = _closed(reply, statuses, recorded, plan) or _wrong(
        reply, statuses, contains, matches, mentions or [], recorded
    )
    if wrong is None:
        return passed(expected=expected, observed=str(reply.status))
    if reply.status == 429:
        wrong = _throttled(snapshot, reply, route.function)
    if wrong.not_graded:
        raise NotGradedError("execute-api:Invoke", f"{target} {wrong.what}", wrong.not_graded)
    return failed(
        f"{target} {wrong.what}. {explanation}".rstrip(),
        expected=expected,
        observed=f"returned {reply.status}" if reply.status else "no response",
        hint=_hint(wrong, found, deployed.name, route, plan),
    )


def _route(
    snapshot: Snapshot, api: RestApi, routes: list[Route], function: str, method: str, path: str
) -> Route | None:
    """Return the route of the request: the one at the path, or else one that invokes the function."""
    if path:
        return route_for(routes, method, path)
    leading = routes_to(snapshot, api, function) if function else routes
    ours = [route for route in leading if route.method in (method, "ANY")]
    return min(ours, key=lambda route: (route.method == "ANY", route.path.count("{"), route.path), default=None)


def _key(snapshot: Snapshot, api: RestApi, stage: str, plan: str) -> str:
    """Return the id of an enabled API key for the stage, or an empty text."""
    plans = [candidate for candidate in snapshot.api_gateway.usage_plans() if plan in ("", candidate.name)]
    bound = [candidate for candidate in plans if (api.id, stage) in candidate.stages]
    keys = [key for candidate in bound for key in snapshot.api_gateway.keys_of(candidate.id) if key.enabled]
    return keys[0].id if keys else ""


def _closed(reply: HttpReply, statuses: list[int], recorded: Recorded, plan: str) -> GatewayFailure | None:
    """Return the failure of a method that requires a key or authorization although the lab requires none.

    It comes first, because API Gateway words an authorizer's refusal as if the method were missing.
    """
    route = recorded.route
    if reply.status not in (401, 403) or reply.status in statuses or closed_api(recorded.api, ""):
        return None
    if route.api_key_required and not plan:
        return GatewayFailure(
            f"returned {reply.status}: the method requires an API key, but the lab uses none", "unlock"
        )
    if route.authorization in ("", "NONE"):
        return None
    return GatewayFailure(
        f"returned {reply.status}: the method requires authorization ({quote(route.authorization)}), but the lab "
        "uses none",
        "open",
    )


def _wrong(
    reply: HttpReply,
    statuses: list[int],
    contains: dict[str, Any] | None,
    matches: dict[str, Any] | None,
    mentions: list[str],
    recorded: Recorded,
) -> GatewayFailure | None:
    wrong = gateway_failure(reply, statuses, recorded)
    if wrong is not None:
        return wrong
    said = f"returned {reply.status}"
    if contains or matches:
        if reply.problem:
            return GatewayFailure(f"{said}, but {reply.problem}", "answer")
        differs = difference(reply.content, contains or ANY) or (unmet(reply.content, matches) if matches else "")
        if differs:
            return GatewayFailure(f"{said}, but {differs}", "answer")
    if absent := unmentioned(f"{reply.body}\n{quote(reply.content, len(reply.body) + 1)}", mentions):
        return GatewayFailure(f"{said}, but the body {absent}: {quote(reply.body)}", "answer")
    return None


def _throttled(snapshot: Snapshot, reply: HttpReply, function: str) -> GatewayFailure:
    """Return the meaning of 429: reserved concurrency 0, which the student set, or a limit that is used up."""
    deployed = snapshot.function(function) if function else None
    if deployed is not None and deployed.reserved_concurrency == 0:
        return switched_off(429, function)
    if reply.gateway_error_type == "LimitExceededException" or reply.gateway_message.lower() == "limit exceeded":
        return GatewayFailure("returned 429: the quota of its usage plan is used up", not_graded=Reason.QUOTA)
    return GatewayFailure(
        "returned 429: the rate limit of its usage plan, its stage or the account is used up", not_graded=Reason.QUOTA
    )


def _hint(wrong: GatewayFailure, api: RestApi, stage: str, route: Route, plan: str) -> str:
    if wrong.fix in ("enable", "regional"):
        patch = (
            "path=/disableExecuteApiEndpoint,value=false"
            if wrong.fix == "enable"
            else "path=/endpointConfiguration/types/PRIVATE,value=REGIONAL"
        )
        return (
            f"aws apigateway update-rest-api --rest-api-id {api.id} --patch-operations op=replace,{patch}\n"
            + deploy_command(api, stage)
        )
    if wrong.fix == "concurrency":
        return f"aws lambda delete-function-concurrency --function-name {route.function}"
    if wrong.fix == "integration":
        return (
            f"aws apigateway get-integration --rest-api-id {api.id} --resource-id {resource_of(api, route.path)} "
            f"--http-method {route.method} --query uri"
        )
    if wrong.fix == "post":
        return (
            f"aws apigateway update-integration --rest-api-id {api.id} --resource-id {resource_of(api, route.path)} "
            f"--http-method {route.method} --patch-operations op=replace,path=/httpMethod,value=POST\n"
            + deploy_command(api, stage)
        )
    if wrong.fix == "deploy":
        return deploy_command(api, stage)
    if wrong.fix in ("open", "unlock"):
        patch = "/authorizationType,value=NONE" if wrong.fix == "open" else "/apiKeyRequired,value=false"
        return (
            f"aws apigateway update-method --rest-api-id {api.id} --resource-id {resource_of(api, route.path)} "
            f"--http-method {route.method} --patch-operations op=replace,path={patch}\n" + deploy_command(api, stage)
        )
    if wrong.fix == "permit" and route.function:
        return permit_command(route.function, route.qualifier, GATEWAY, api_source(api))
    if wrong.fix == "key":
        return (
            f"aws apigateway create-usage-plan-key --usage-plan-id {plan_by_name(plan) if plan else 'PLAN-ID'} "
            "--key-id KEY-ID --key-type API_KEY"
        )
    if route.function:
        return f"aws logs tail /aws/lambda/{route.function} --since 1h"
    return f"aws apigateway get-resources --rest-api-id {api.id} --embed methods"
