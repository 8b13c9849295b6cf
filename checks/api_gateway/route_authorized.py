"""A route identifies the user with an authorizer."""

from __future__ import annotations

from checks.api_gateway._common import api_leading_to, deploy_command, routes_to
from checks.wording.advice import and_why
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, listed, passed, quote


@check(
    title="The route has an authorizer",
    hint="aws apigateway create-authorizer --rest-api-id API-ID --name users --type COGNITO_USER_POOLS "
    "--provider-arns ARN-OF-YOUR-USER-POOL --identity-source method.request.header.Authorization",
)
def route_authorized(snapshot: Snapshot, *, function: str, explanation: str = "") -> Verdict:
    """Check that every route of a function that reads the user from an authorizer has one.

    The check passes if no route invokes the function. Another check reports that.

    Args:
        function: the function, which reads ``event["requestContext"]["authorizer"]``.
        explanation: added to the message if the handout itself omits the authorizer.
    """
    api = api_leading_to(snapshot, function) if snapshot.function(function) else None
    if api is None:
        return passed()
    routes = [route for route in routes_to(snapshot, api, function) if route.method != "OPTIONS"]
    unauthorized = [route for route in routes if route.authorization in ("", "NONE")]
    if not unauthorized:
        return passed(observed=listed(sorted({route.authorization for route in routes})))
    named = listed(f"{route.method} {quote(route.path)}" for route in unauthorized)
    return failed(
        f"{quote(api.name)} has no authorizer at {named}, so the event of {function} has no requestContext.authorizer. "
        'Code that reads ["authorizer"]["claims"] raises a KeyError, and API Gateway returns 502.'
        f"{and_why(explanation)}",
        expected="an authorizer",
        observed="authorization NONE",
        hint=f"aws apigateway create-authorizer --rest-api-id {api.id} --name users --type COGNITO_USER_POOLS "
        "--provider-arns ARN-OF-YOUR-USER-POOL --identity-source method.request.header.Authorization\n"
        f"aws apigateway update-method --rest-api-id {api.id} --resource-id RESOURCE-ID "
        f"--http-method {unauthorized[0].method} --patch-operations "
        "op=replace,path=/authorizationType,value=COGNITO_USER_POOLS "
        "op=replace,path=/authorizerId,value=AUTHORIZER-ID\n" + deploy_command(api, "prod"),
    )
