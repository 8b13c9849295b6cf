"""A REST API's methods invoke a function."""

from __future__ import annotations

import re

from checks.api_gateway._common import (
    deploy_command,
    listed_methods,
    missing_api,
    own_api,
    resource_of,
    routes_at,
    routes_to,
)
from checks.wording import missing_function, target_name
from labgrader.evidence.snapshot import RestApi, Route, Snapshot
from labgrader.judging import Verdict, check, failed, listed, quote, share

_PROXY = "AWS_PROXY"
_NO_METHOD = "there is no method"
_URI_REGION = re.compile(r"^arn:[^:]*:apigateway:([^:]*):lambda:")
_PARTS = 3  # the method exists, its integration is a proxy, it invokes the right function


@check(
    title="The API invokes the function",
    hint="aws apigateway get-resources --rest-api-id API-ID --embed methods",
    paths=["path"],
)
def api_routes_to(
    snapshot: Snapshot,
    *,
    function: str,
    methods: list[str],
    api: str = "",
    path: str = "",
    qualifiers: list[str] | None = None,
) -> Verdict:
    """Check that each method has a Lambda proxy integration with the function. ``ANY`` counts for every method.

    Each method earns a third if it exists, a third if its integration is a Lambda proxy, and a third if it invokes the
    right function in this account and Region. An integration with another HTTP method than POST never invokes it. An
    HTTP method that labgrader did not record counts as POST.

    Args:
        function: the function.
        methods: the HTTP methods.
        api: the REST API's name; if empty, any of the student's APIs.
        path: the resource's path; if empty, any path. If the API has no such resource, one that matches the path (such
            as ``/{proxy+}``) counts, too.
        qualifiers: the aliases and versions of which one must be invoked; without any, each is right.

    Sources:
        The HTTP method of a Lambda integration must be POST. The method of the route may be another:
            https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-integrations.html
        The URI of the integration names the Region, the account, the function and its qualifier:
            https://docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html
    """
    wanted = " or ".join(target_name(function, qualifier) for qualifier in qualifiers or [""])
    expected = f"{listed(methods)}{f' {path}' if path else ''} → {wanted}, {_PROXY}"
    if snapshot.function(function) is None:
        return failed(missing_function(snapshot, function), expected=expected, observed="no such function")
    every = snapshot.api_gateway.rest_apis()
    named = own_api(snapshot, api) if api else None
    if api and named is None:
        return failed(
            missing_api(snapshot, api, function),
            expected=expected,
            observed="no such REST API",
            hint=f"aws apigateway create-rest-api --name {api}",
        )
    apis = [named] if named else every
    if not apis:
        return failed(
            f"You have no REST API with a name that begins with {snapshot.prefix}, so no API invokes {function}. "
            "An HTTP API does not count: the lab requires a REST API.",
            expected=expected,
            observed="no REST API",
            hint=f"aws apigateway create-rest-api --name {function}-API",
        )
    if not api and not path and not any(routes_to(snapshot, candidate, function) for candidate in apis):
        return failed(
            f"{missing_api(snapshot, api, function)} In the Lambda console, “Add trigger” on the function creates one.",
            expected=expected,
            observed="no such REST API",
            hint=f"aws apigateway create-rest-api --name {function}-API",
        )
    # one API must have all methods: judge the one that earns the most
    judged = [(_of_api(snapshot, candidate, function, methods, path, qualifiers), candidate) for candidate in apis]
    (earned, troubles), best = max(judged, key=lambda entry: entry[0][0])
    routes = snapshot.api_gateway.routes(best.id)
    # without a path in the lab, the path that already invokes the function
    place = path or next((route.path for route in routes_to(snapshot, best, function)), "")
    if earned == 0:
        at = f" at {path}" if path else f" that invokes {function}"
        return failed(
            f"{quote(best.name)} has no method {' or '.join(methods)}{at}. Its methods: {listed_methods(routes)}."
            + _near(path, routes),
            expected=expected,
            observed=listed_methods(routes),
            hint=("" if any(route.path == place for route in routes) else _create_resource(best, place))
            + _put_method(best, place, methods[0])
            + _integrate(best, place, function, methods[0], qualifiers)
            + deploy_command(best, "", snapshot),
        )
    worst = next((method for method, trouble in troubles.items() if trouble), methods[0])
    return share(
        earned,
        _PARTS * len(methods),
        f"{quote(best.name)}: {'; '.join(filter(None, troubles.values()))}.",
        expected=expected,
        observed=listed(f"{route.method} {route.path} → {_target(route)}" for route in routes_at(routes, path)),
        hint=(_put_method(best, place, worst) if troubles[worst].startswith(_NO_METHOD) else "")
        + _integrate(best, place, function, worst, qualifiers)
        + deploy_command(best, "", snapshot),
    )


def _of_api(
    snapshot: Snapshot, api: RestApi, function: str, methods: list[str], path: str, qualifiers: list[str] | None
) -> tuple[int, dict[str, str]]:
    """Return the parts that an API earns, and what is wrong with each method."""
    earned, troubles = 0, {}
    for method in methods:
        routes = routes_at(snapshot.api_gateway.routes(api.id), path)
        candidates = [route for route in routes if route.method in (method, "ANY")]
        if not path:  # a method that invokes another function is not an attempt at this one
            candidates = [route for route in candidates if route.function == function]
        judged = [_of_route(snapshot, route, function, qualifiers) for route in candidates]
        parts, troubles[method] = max(
            judged, key=lambda entry: entry[0], default=(0, f"{_NO_METHOD} {method}{_at(path)}")
        )
        earned += parts
    return earned, troubles


def _of_route(snapshot: Snapshot, route: Route, function: str, qualifiers: list[str] | None) -> tuple[int, str]:
    name = f"{route.method} {quote(route.path)}"
    if not route.integration_type:
        return 1, f"{name} has no integration"
    proxy, target = route.integration_type == _PROXY, _misses(snapshot, route, function, qualifiers)
    troubles = []
    if not proxy:
        troubles.append(f"{name} has an integration of type {quote(route.integration_type)} instead of {_PROXY}")
    if target:
        troubles.append(f"{name} {target}")
    return 1 + proxy + (not target), " and ".join(troubles)


def _misses(snapshot: Snapshot, route: Route, function: str, qualifiers: list[str] | None) -> str:
    """Return how a route misses its target, or an empty text."""
    wanted = " or ".join(target_name(function, qualifier) for qualifier in qualifiers or [""])
    if not route.function:
        return f"calls {quote(route.uri) or 'nothing'} instead of the function {wanted}"
    if route.function != function:
        return f"invokes the function {quote(_target(route))} instead of {wanted}"
    if f":{snapshot.account_id}:function:" not in route.uri:
        return f"invokes {function} of another account: {quote(route.uri)}"
    if f":lambda:{snapshot.region}:{snapshot.account_id}:" not in route.uri:
        return f"invokes {function} in a Region other than {snapshot.region}: {quote(route.uri)}"
    called_in = _URI_REGION.match(route.uri)
    if called_in and called_in.group(1) != snapshot.region:
        return f"uses Lambda in the Region {quote(called_in.group(1)) or 'without a name'}: {quote(route.uri)}"
    if route.integration_method not in ("POST", ""):
        return (
            f"has the integration HTTP method {quote(route.integration_method)}, but API Gateway invokes a function "
            "only with POST"
        )
    if qualifiers is None or _plain(route.qualifier) in [_plain(qualifier) for qualifier in qualifiers]:
        return ""
    return f"invokes {quote(_target(route))} instead of {wanted}"


def _plain(qualifier: str) -> str:
    return "" if qualifier == "$LATEST" else qualifier


def _target(route: Route) -> str:
    return target_name(route.function, route.qualifier) if route.function else quote(route.uri) or "nothing"


def _at(path: str) -> str:
    return f" at {path}" if path else ""


def _near(path: str, routes: list[Route]) -> str:
    """Return a sentence about a path that differs only by case or a slash, or an empty text."""
    same = {route.path for route in routes if route.path.strip("/").lower() == path.strip("/").lower() != ""}
    similar = sorted(same - {path})
    return f" Paths must match exactly: {quote(similar[0])} is not {path}." if similar else ""


def _create_resource(api: RestApi, path: str) -> str:
    parent, _, part = path.rpartition("/")
    return (
        f"aws apigateway create-resource --rest-api-id {api.id} --parent-id {resource_of(api, parent or '/')} "
        f"--path-part '{part or 'PATH'}'\n"
    )


def _put_method(api: RestApi, path: str, method: str) -> str:
    return (
        f"aws apigateway put-method --rest-api-id {api.id} --resource-id {resource_of(api, path)} "
        f"--http-method {method} --authorization-type NONE\n"
    )


def _integrate(api: RestApi, path: str, function: str, method: str, qualifiers: list[str] | None) -> str:
    arn = f"arn:aws:lambda:{{region}}:{{account_id}}:function:{target_name(function, _plain((qualifiers or [''])[0]))}"
    return (
        f"aws apigateway put-integration --rest-api-id {api.id} --resource-id {resource_of(api, path)} "
        f"--http-method {method} --type {_PROXY} --integration-http-method POST "
        f"--uri arn:aws:apigateway:{{region}}:lambda:path/2015-03-31/functions/{arn}/invocations\n"
    )
