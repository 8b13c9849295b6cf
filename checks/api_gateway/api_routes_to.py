"""A REST API's methods lead to a function."""

from __future__ import annotations

from checks.api_gateway._common import (
    deploy_command,
    missing_api,
    own_api,
    resource_of,
    routes_at,
    routes_there,
    routes_to,
)
from checks.wording import missing_function, target_name
from labgrader.evidence.snapshot import RestApi, Route, Snapshot
from labgrader.judging import Verdict, check, failed, listed, quote, share

_PROXY = "AWS_PROXY"
_NO_METHOD = "there is no method"
_PARTS = 3  # that there is a method, that its integration is a proxy, that it leads to the right function


@check(
    title="The API leads to the function",
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
    """Each method has a Lambda proxy integration with the function; ``ANY`` counts for every method.

    A third of each method is earned by its being there, a third by its integration being a Lambda proxy, a third by its
    calling the right function in this account and Region.

    Args:
        function: the function.
        methods: the HTTP methods.
        api: the REST API's name; where empty any of the student's.
        path: the resource's path; where empty any. Where the API has no such resource, one like ``/{proxy+}`` that
            takes the path is right, too.
        qualifiers: the aliases and versions of which one must be called; where none is given any is right.
    """
    wanted = " or ".join(target_name(function, one) for one in qualifiers or [""])
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
            f"You have no REST API whose name begins with {snapshot.prefix}, so nothing leads to {function}. "
            "(An HTTP API is something else: the lab asks for a REST API.)",
            expected=expected,
            observed="no REST API",
            hint=f"aws apigateway create-rest-api --name {function}-API",
        )
    if not api and not path and not any(routes_to(snapshot, one, function) for one in apis):
        return failed(
            f"{missing_api(snapshot, api, function)} In the console, “Add trigger” on the function makes one.",
            expected=expected,
            observed="no such REST API",
            hint=f"aws apigateway create-rest-api --name {function}-API",
        )
    # one API serves all methods: the one that comes nearest to it is spoken about
    judged = [(_of_api(snapshot, one, function, methods, path, qualifiers), one) for one in apis]
    (earned, troubles), best = max(judged, key=lambda one: one[0][0])
    routes = snapshot.api_gateway.routes(best.id)
    # where the lab names no path, it is the one that leads to the function already
    place = path or next((route.path for route in routes_to(snapshot, best, function)), "")
    if earned == 0:
        at = f" at {path}" if path else f" that leads to {function}"
        return failed(
            f"{quote(best.name)} has no method {' or '.join(methods)}{at}; {routes_there(routes)}."
            + _near(path, routes),
            expected=expected,
            observed=routes_there(routes),
            hint=("" if any(route.path == place for route in routes) else _create_resource(best, place))
            + _put_method(best, place, methods[0])
            + _integrate(best, place, function, methods[0], qualifiers)
            + deploy_command(best, "", snapshot),
        )
    worst = next((method for method, trouble in troubles.items() if trouble), methods[0])
    return share(
        earned,
        _PARTS * len(methods),
        f"{quote(best.name)}: {'; '.join(one for one in troubles.values() if one)}.",
        expected=expected,
        observed=listed(f"{one.method} {one.path} → {_called(one)}" for one in routes_at(routes, path)),
        hint=(_put_method(best, place, worst) if troubles[worst].startswith(_NO_METHOD) else "")
        + _integrate(best, place, function, worst, qualifiers)
        + deploy_command(best, "", snapshot),
    )


def _of_api(
    snapshot: Snapshot, api: RestApi, function: str, methods: list[str], path: str, qualifiers: list[str] | None
) -> tuple[int, dict[str, str]]:
    """The parts that an API earns, and by method what is wrong with it."""
    earned, troubles = 0, {}
    for method in methods:
        routes = routes_at(snapshot.api_gateway.routes(api.id), path)
        candidates = [route for route in routes if route.method in (method, "ANY")]
        if not path:  # a method somewhere else that leads elsewhere is no try at this one
            candidates = [route for route in candidates if route.function == function]
        judged = [_of_route(snapshot, route, function, qualifiers) for route in candidates]
        parts, troubles[method] = max(judged, key=lambda one: one[0], default=(0, f"{_NO_METHOD} {method}{_at(path)}"))
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
    """How a route misses its target, or empty."""
    wanted = " or ".join(target_name(function, one) for one in qualifiers or [""])
    if not route.function:
        return f"calls {quote(route.uri) or 'nothing'} instead of the function {wanted}"
    if route.function != function:
        return f"calls the function {quote(_called(route))} instead of {wanted}"
    if f":{snapshot.account_id}:function:" not in route.uri:
        return f"calls {function} of another account: {quote(route.uri)}"
    if f":lambda:{snapshot.region}:{snapshot.account_id}:" not in route.uri:
        return f"calls {function} in another Region than {snapshot.region}: {quote(route.uri)}"
    if qualifiers is None or _plain(route.qualifier) in [_plain(one) for one in qualifiers]:
        return ""
    return f"calls {quote(_called(route))} instead of {wanted}"


def _plain(qualifier: str) -> str:
    return "" if qualifier == "$LATEST" else qualifier


def _called(route: Route) -> str:
    return target_name(route.function, route.qualifier) if route.function else quote(route.uri) or "nothing"


def _at(path: str) -> str:
    return f" at {path}" if path else ""


def _near(path: str, routes: list[Route]) -> str:
    """A path that differs by case or a slash only."""
    same = {route.path for route in routes if route.path.strip("/").lower() == path.strip("/").lower() != ""}
    other = sorted(same - {path})
    return f" Paths must match exactly: {quote(other[0])} is not {path}." if other else ""


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
