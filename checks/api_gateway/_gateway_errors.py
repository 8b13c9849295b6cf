"""The meaning of a stage's reply that is not the expected one: the student's mistake, or a cause that is not known.

API Gateway has one status for several causes. A reply that has several is compared with the recorded configuration.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass

from checks.api_gateway._common import GATEWAY, invoke_permissions, plain_arn
from checks.wording import first_existing, target_name
from labgrader.evidence.snapshot import Function, RestApi, Route, Snapshot, Stage, Statement
from labgrader.judging import HttpReply, NotGradedError, Reason, quote

TIMEOUT_S = 29.0
"""API Gateway's default timeout of an integration, in seconds.

Source: API Gateway Developer Guide, "Quotas for configuring and running a REST API in API Gateway"."""


@dataclass(frozen=True)
class GatewayFailure:
    """The meaning of a reply that is not the expected one.

    Args:
        what: a phrase that follows the request (``returned 504: …``).
        fix: the kind of command that fixes it: ``deploy``, ``permit``, ``answer``, ``key``, ``open``, ``unlock``,
            ``integration``, ``post``, ``concurrency``, ``enable`` or ``regional``; empty if none is known.
        not_graded: why the check is not graded; ``None`` if the student's configuration or code is the cause.
    """

    what: str
    fix: str = ""
    not_graded: Reason | None = None


@dataclass(frozen=True)
class Recorded:
    """The recorded configuration that decides between the causes of a reply.

    Args:
        api, stage, route: what receives the request.
        refusal: why API Gateway cannot invoke the function of the route, from the configuration alone. If the
            configuration allows the invocation, the remaining causes, with ``not_graded``.
        key_sent: whether an enabled API key of the stage's usage plan is sent.
    """

    api: RestApi
    stage: Stage
    route: Route
    refusal: GatewayFailure
    key_sent: bool = False


def recorded_configuration(snapshot: Snapshot, api: RestApi, stage: Stage, route: Route, key_id: str) -> Recorded:
    """Read the configuration before the request is sent: the snapshot does not take further questions afterwards."""
    return Recorded(api, stage, route, _refusal(snapshot, api, stage, route), bool(key_id))


def gateway_failure(reply: HttpReply, statuses: Sequence[int], recorded: Recorded) -> GatewayFailure | None:
    """Return what is wrong with a reply's status, in API Gateway's terms, or ``None`` if the status is expected.

    Sources: API Gateway Developer Guide, "Gateway response types for API Gateway" and "Handle Lambda errors in API
    Gateway"; Lambda Developer Guide, "Troubleshoot issues with API Gateway" (every refusal of Lambda is a 500).
    """
    if reply.outcome == "timeout":
        return GatewayFailure("did not respond before labgrader stopped waiting", "answer")
    if reply.outcome == "unreachable":
        return closed_api(recorded.api, "could not be reached") or GatewayFailure(
            f"could not be reached: {quote(reply.error)}", not_graded=Reason.INCONCLUSIVE
        )
    if reply.status in statuses:
        return None
    kind, said = reply.gateway_error_type, reply.gateway_message.lower()
    if reply.status in (403, 404) and "missing authentication token" in (_words(kind), said):
        return GatewayFailure(
            f"returned {reply.status} (Missing Authentication Token): the deployed stage has no such method at "
            "this path. Deploy the API again after its last change",
            "deploy",
        )
    if reply.status == 403 and (kind == "ForbiddenException" or said == "forbidden"):
        return _forbidden(recorded)
    if reply.status == 500 and kind == "AuthorizerConfigurationException":
        return GatewayFailure("returned 500: the authorizer of the method failed, but the lab uses none", "open")
    if reply.status == 500 and (kind == "InternalServerErrorException" or said == "internal server error"):
        return recorded.refusal
    if reply.status == 502:
        return GatewayFailure(
            "returned 502: the function crashed, or it did not return a proxy response (an object with a statusCode "
            f"and a text as body){_body(reply, said)}",
            "answer",
        )
    if reply.status == 503 and (kind or said == "service unavailable"):
        return GatewayFailure(
            "returned 503 (Service Unavailable) each time: API Gateway failed, not your API",
            not_graded=Reason.SERVICE_FAULT,
        )
    if reply.status == 504:
        return _timed_out(recorded.route, said)
    wanted = " or ".join(str(status) for status in statuses)
    return GatewayFailure(f"returned {reply.status} instead of {wanted}{_body(reply, '')}", "answer")


def closed_api(api: RestApi, outcome: str) -> GatewayFailure | None:
    """Return the failure of an API that cannot be reached from the internet, or ``None``.

    Sources: API Gateway Developer Guide, "Private REST APIs in API Gateway" and "Disable the default endpoint for REST
    APIs". Both refuse requests with 403 ``Forbidden``.
    """
    if api.private:
        return GatewayFailure(
            f"{outcome}: the endpoint type of the API is PRIVATE, so only requests from a VPC reach it", "regional"
        )
    if api.endpoint_disabled:
        return GatewayFailure(f"{outcome}: the default execute-api endpoint of the API is disabled", "enable")
    return None


def _forbidden(recorded: Recorded) -> GatewayFailure:
    """Return the cause of 403 ``Forbidden``: closed API, missing key, AWS WAF or an older deployment."""
    outcome = "returned 403 (Forbidden)"
    if closed := closed_api(recorded.api, outcome):
        return closed
    if recorded.route.api_key_required and not recorded.key_sent:
        return GatewayFailure(f"{outcome}: the method requires an API key of the stage's usage plan", "key")
    if recorded.stage.web_acl_arn:
        why = f"The web ACL {quote(recorded.stage.web_acl_arn)} of the stage may have blocked labgrader"
    elif recorded.key_sent:
        why = "The API key is enabled and belongs to the usage plan, and a new key takes some minutes to work"
    else:
        why = (
            "The method requires no API key now. If it did before, deploy the API again; otherwise AWS WAF may have "
            "blocked labgrader"
        )
    return GatewayFailure(f"{outcome} each time. {why}", "deploy", Reason.INCONCLUSIVE)


def _timed_out(route: Route, said: str) -> GatewayFailure:
    if said == "network error communicating with endpoint":
        if route.function:
            return GatewayFailure(
                "returned 504: API Gateway lost its connection to Lambda", not_graded=Reason.SERVICE_FAULT
            )
        return GatewayFailure("returned 504: API Gateway could not reach the integration's endpoint", "answer")
    seconds = TIMEOUT_S if not route.timeout_ms else route.timeout_ms / 1000
    what = "function" if route.function else "integration"
    return GatewayFailure(
        f"returned 504: the {what} took longer than API Gateway's timeout of {seconds:g} seconds", "answer"
    )


def _refusal(snapshot: Snapshot, api: RestApi, stage: Stage, route: Route) -> GatewayFailure:
    """Return why API Gateway answers 500: what the configuration shows, or else the causes that it does not show."""
    outcome = "returned 500 (Internal server error)"
    if "${stageVariables." in route.uri:
        return GatewayFailure(
            f"{outcome} each time. A stage variable names the integration's target, and labgrader does not read stage "
            "variables",
            not_graded=Reason.INCONCLUSIVE,
        )
    if not route.function:
        kind = route.integration_type or "none"
        return GatewayFailure(f"{outcome}: API Gateway cannot use the integration of the method ({quote(kind)})")
    parts = [*route.function_arn.split(":"), *[""] * 6]
    if parts[3:5] not in ([snapshot.region, snapshot.account_id], ["", ""]):
        return GatewayFailure(
            f"{outcome}: the integration invokes {quote(route.function_arn)}, which is not in your account "
            f"{snapshot.account_id} and the Region {snapshot.region}",
            "integration",
        )
    if route.integration_method not in ("POST", ""):
        return GatewayFailure(
            f"{outcome}: the integration HTTP method is {quote(route.integration_method)}, but API Gateway invokes a "
            "function only with POST",
            "post",
        )
    target = target_name(route.function, route.qualifier)
    deployed = snapshot.function(route.function)
    if deployed is None:
        return GatewayFailure(f"{outcome}: the integration invokes {target}, which does not exist", "integration")
    if deployed.reserved_concurrency == 0:
        return switched_off(500, route.function)
    if deployed.state == "Failed":
        reason = f": {quote(deployed.state_reason)}" if deployed.state_reason else ""
        return GatewayFailure(f"{outcome}: AWS could not create {route.function}{reason}")
    try:
        permitted = bool(route.credentials) or _permitted(snapshot, api, stage, route)
    except NotGradedError as unread:
        return GatewayFailure(
            f"{outcome} each time. labgrader could not read the resource-based policy of {target} ({unread.action}), "
            "so the cause is not known",
            not_graded=unread.reason_code,
        )
    if not permitted:
        return _not_permitted(snapshot, route, target, outcome)
    return _unknown_cause(route, deployed, target, outcome)


def _not_permitted(snapshot: Snapshot, route: Route, target: str, outcome: str) -> GatewayFailure:
    if route.qualifier and first_existing(snapshot, route.function, [route.qualifier]) is None:
        return GatewayFailure(f"{outcome}: the integration invokes {target}, which does not exist", "integration")
    return GatewayFailure(f"{outcome}: API Gateway has no permission to invoke the function", "permit")


def _unknown_cause(route: Route, deployed: Function, target: str, outcome: str) -> GatewayFailure:
    """Return the causes that remain if the configuration allows the invocation."""
    if deployed.state not in ("", "Active"):
        return GatewayFailure(
            f"{outcome} each time. {route.function} was in the state {quote(deployed.state)}, in which Lambda may "
            "refuse invocations. Request grading again in a few minutes",
            not_graded=Reason.INCONCLUSIVE,
        )
    if route.credentials:
        return GatewayFailure(
            f"{outcome} each time. API Gateway invokes {target} with the role {quote(route.credentials)}, and the "
            "reply does not say whether the role or Lambda refused it",
            not_graded=Reason.INCONCLUSIVE,
        )
    if deployed.kms_key_arn:
        return GatewayFailure(
            f"{outcome} each time. API Gateway has permission to invoke {target}, so Lambda refused for another "
            f"reason. Check that the execution role may use kms:Decrypt with {quote(deployed.kms_key_arn)}",
            not_graded=Reason.INCONCLUSIVE,
        )
    return GatewayFailure(
        f"{outcome} each time. API Gateway has permission to invoke {target}, so Lambda throttled the invocations or "
        "failed",
        not_graded=Reason.SERVICE_FAULT,
    )


def switched_off(status: int, function: str) -> GatewayFailure:
    """Return the failure of a function with reserved concurrency 0: AWS answers 500, an emulator 429."""
    return GatewayFailure(
        f"returned {status}: the reserved concurrency of {function} is 0, so Lambda throttles every invocation",
        "concurrency",
    )


def _permitted(snapshot: Snapshot, api: RestApi, stage: Stage, route: Route) -> bool:
    """Return whether the resource-based policy may let the stage's method invoke the function.

    Conditions that are not about the source count as met: the policy is blamed only if it lacks the permission.
    """
    call = f"arn:aws:execute-api:{snapshot.region}:{snapshot.account_id}:{api.id}/{stage.name}"
    return any(
        _fits(statement, snapshot.account_id, call, route)
        for statement in invoke_permissions(snapshot, route.function, route.qualifier, GATEWAY)
    )


def _fits(statement: Statement, account_id: str, call: str, route: Route) -> bool:
    accounts = statement.condition_values("AWS:SourceAccount")
    if accounts and account_id not in accounts:
        return False
    sources = [plain_arn(source) for source in statement.condition_values("AWS:SourceArn")]
    verbs = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANY") if route.method == "ANY" else ()
    arns = [f"{call}/{verb}{route.path}" for verb in verbs or (route.method,)]
    return not sources or any(fnmatch.fnmatchcase(arn, source) for arn in arns for source in sources)


def _words(kind: str) -> str:
    """Return the message of this error type. A custom gateway response may lack it."""
    return "missing authentication token" if kind == "MissingAuthenticationTokenException" else ""


def _body(reply: HttpReply, said: str) -> str:
    """Return the body in parentheses, unless it is only the gateway's own message."""
    return f" ({quote(reply.body)})" if reply.body and said != "internal server error" else ""
