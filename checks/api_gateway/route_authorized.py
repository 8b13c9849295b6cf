"""A route tells its function who calls."""

from __future__ import annotations

from checks.api_gateway._common import api_leading_to, deploy_command, routes_to
from checks.wording.advice import and_why
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, listed, passed, quote


@check(
    title="The route asks who calls",
    hint="aws apigateway create-authorizer --rest-api-id API-ID --name users --type COGNITO_USER_POOLS "
    "--provider-arns ARN-OF-YOUR-USER-POOL --identity-source method.request.header.Authorization",
)
def route_authorized(snapshot: Snapshot, *, function: str, explanation: str = "") -> Verdict:
    """No route to a function that reads the caller from an authorizer is open to everybody.

    Says nothing where no route leads to the function: that is another check's.

    Args:
        function: the function, which reads ``event["requestContext"]["authorizer"]``.
        explanation: added to the message, where the hand-out itself leaves the authorizer out.
    """
    api = api_leading_to(snapshot, function) if snapshot.function(function) else None
    if api is None:
        return passed()
    leading = [one for one in routes_to(snapshot, api, function) if one.method != "OPTIONS"]
    unasked = [one for one in leading if one.authorization in ("", "NONE")]
    if not unasked:
        return passed(observed=listed(sorted({one.authorization for one in leading})))
    named = listed(f"{one.method} {quote(one.path)}" for one in unasked)
    return failed(
        f"{quote(api.name)} asks nobody who they are at {named}, so the event that {function} gets has no "
        f'requestContext.authorizer: code that reads ["authorizer"]["claims"] from it ends with a KeyError, and over '
        f"HTTP that is a 502.{and_why(explanation)}",
        expected="an authorizer",
        observed="authorization NONE",
        hint=f"aws apigateway create-authorizer --rest-api-id {api.id} --name users --type COGNITO_USER_POOLS "
        "--provider-arns ARN-OF-YOUR-USER-POOL --identity-source method.request.header.Authorization\n"
        f"aws apigateway update-method --rest-api-id {api.id} --resource-id RESOURCE-ID "
        f"--http-method {unasked[0].method} --patch-operations "
        "op=replace,path=/authorizationType,value=COGNITO_USER_POOLS "
        "op=replace,path=/authorizerId,value=AUTHORIZER-ID\n" + deploy_command(api, "prod"),
    )
