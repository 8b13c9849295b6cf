"""A REST API has every route that its function implements."""

from __future__ import annotations

import re

from checks.api_gateway._common import api_leading_to, deploy_command
from checks.wording.advice import and_why, pluralize
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, listed, partial, passed, quote

_PARAMETER = re.compile(r"\{[^{}]*\}")


@check(
    title="The API has every route",
    hint="aws apigateway get-resources --rest-api-id API-ID --embed methods",
    paths=["routes"],
)
def routes_offered(snapshot: Snapshot, *, function: str, routes: list[str], explanation: str = "") -> Verdict:
    """Check that the REST API that invokes the function has every route. ``ANY`` and ``{proxy+}`` count for all that
    they match.

    The check passes if no API invokes the function. Another check reports that.

    Args:
        function: the function.
        routes: ``METHOD /path/{parameter}``; the parameter's name does not matter.
        explanation: added to the message if the handout itself omits routes.
    """
    api = api_leading_to(snapshot, function) if snapshot.function(function) else None
    if api is None:
        return passed()
    existing = [(route.method, _pattern(route.path)) for route in snapshot.api_gateway.routes(api.id)]
    absent = [route for route in routes if not any(_matches(method, path, route) for method, path in existing)]
    if not absent:
        return passed(observed=f"{len(routes)} routes")
    arn = f"arn:aws:lambda:{snapshot.region}:{snapshot.account_id}:function:{function}"
    uri = f"arn:aws:apigateway:{snapshot.region}:lambda:path/2015-03-31/functions/{arn}/invocations"
    commands = [f"aws apigateway get-resources --rest-api-id {api.id}  # the ids of the resources", f"URI={uri}"]
    known = {route.path for route in snapshot.api_gateway.routes(api.id)}
    for path in dict.fromkeys(route.partition(" ")[2] for route in absent):
        if path not in known:
            commands.append(
                f"aws apigateway create-resource --rest-api-id {api.id} --parent-id 'ID-OF-{_parent(path)}' "
                f"--path-part '{path.rpartition('/')[2]}'"
            )
    for route in absent:
        method, _, path = route.partition(" ")
        at = f"--rest-api-id {api.id} --resource-id 'ID-OF-{path}' --http-method {method}"
        commands.append(f"aws apigateway put-method {at} --authorization-type NONE")
        commands.append(
            f'aws apigateway put-integration {at} --type AWS_PROXY --integration-http-method POST --uri "$URI"'
        )
    message = (
        f"{quote(api.name)} lacks the {pluralize(absent, 'route', 'routes')} {listed(absent)}. API Gateway returns "
        f"403 (Missing Authentication Token) for such requests and does not invoke {function}.{and_why(explanation)}"
    )
    expected, observed = listed(routes), f"{len(routes) - len(absent)} of {len(routes)} routes"
    hint = "\n".join([*commands, deploy_command(api, "prod")])
    if len(absent) == len(routes):
        return failed(message, expected=expected, observed=observed, hint=hint)
    return partial(1 - len(absent) / len(routes), message, expected=expected, observed=observed, hint=hint)


def _parent(path: str) -> str:
    return path.rpartition("/")[0] or "/"


def _pattern(path: str) -> re.Pattern[str]:
    """Return a pattern for the paths that a route matches. A parameter matches every other parameter."""
    parts = [
        (".+" if part.endswith("+}") else "[^/]+") if part.startswith("{") else re.escape(part)
        for part in re.split(r"(\{[^{}]*\})", path)
    ]
    return re.compile("".join(parts))


def _matches(method: str, path: re.Pattern[str], route: str) -> bool:
    wanted, _, at = route.partition(" ")
    return method in (wanted, "ANY") and path.fullmatch(_PARAMETER.sub("x", at)) is not None
