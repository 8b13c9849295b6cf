"""Functions that the checks of API Gateway share: finding APIs, routes and permissions, and commands."""

from __future__ import annotations

import re
from collections.abc import Sequence

from checks.wording import missing, target_name
from labgrader.evidence.snapshot import RestApi, Route, Snapshot, Stage, Statement
from labgrader.judging import listed

_PARTITION = re.compile(r"^arn:aws[\w-]*:")
_PARAMETER = re.compile(r"\{[^{}]*\}")
SEGMENT = "labgrader"
"""The value of every path parameter in labgrader's requests."""

GATEWAY = "apigateway.amazonaws.com"


def own_api(snapshot: Snapshot, name: str) -> RestApi | None:
    """Return the student's REST API with a name, or ``None``.

    Names need not be unique, and students often start again with a second API. The most complete one counts.
    """
    return _most_complete(snapshot, [api for api in snapshot.api_gateway.rest_apis() if api.name == name], "")


def api_leading_to(snapshot: Snapshot, function: str) -> RestApi | None:
    """Return the student's REST API with a route to a function, or ``None``; of several, the most complete one.

    If no API has such a route but there is only one API, return that one. Another check reports its wrong routes.
    """
    every = snapshot.api_gateway.rest_apis()
    leading = [api for api in every if routes_to(snapshot, api, function)] or (every if len(every) == 1 else [])
    return _most_complete(snapshot, leading, function)


def _most_complete(snapshot: Snapshot, apis: Sequence[RestApi], function: str) -> RestApi | None:
    """Return a deployed API before others, then one that may invoke its function, then the last in AWS's list."""
    if len(apis) <= 1:
        return next(iter(apis), None)

    def completeness(api: RestApi) -> tuple[bool, bool]:
        routes = snapshot.api_gateway.routes(api.id)
        targets = {
            (route.function, route.qualifier) for route in routes if route.function and function in ("", route.function)
        }
        return bool(snapshot.api_gateway.stages(api.id)), any(
            f":{api.id}/" in f"{source}/"
            for name, qualifier in sorted(targets)
            for statement in snapshot.policy(name, qualifier)
            for source in statement.condition_values("AWS:SourceArn")
        )

    return max(reversed(apis), key=completeness)


def routes_to(snapshot: Snapshot, api: RestApi, function: str) -> list[Route]:
    """Return the routes of an API that invoke a function, with any qualifier."""
    return [route for route in snapshot.api_gateway.routes(api.id) if route.function == function]


def missing_api(snapshot: Snapshot, name: str, function: str) -> str:
    """Return the sentence that there is no API with a name, or none that invokes a function."""
    if name:
        return missing("REST API", name, [api.name for api in snapshot.api_gateway.rest_apis()])
    return f"None of your REST APIs has a route that invokes {function}."


def route_for(routes: Sequence[Route], method: str, path: str) -> Route | None:
    """Return the route of a request: an exact path before one with parameters, an exact method before ``ANY``."""
    matching = [route for route in routes if route.method in (method, "ANY") and _matches(route.path, path)]
    order = sorted(matching, key=lambda route: (route.path.count("{"), "+" in route.path, route.method == "ANY"))
    return next(iter(order), None)


def routes_at(routes: Sequence[Route], path: str) -> list[Route]:
    """Return the routes of a path's own resource, else of the resources that match it; all routes for an empty path.

    API Gateway looks for a method only in the closest resource.
    """
    exact = [route for route in routes if route.path == path or not path]
    return exact or [route for route in routes if _matches(route.path, path)]


def fill_path(path: str) -> str:
    """Return a path for a request, with a value for each path parameter."""
    return _PARAMETER.sub(SEGMENT, path)


def choose_stage(snapshot: Snapshot, api: RestApi, name: str) -> Stage | None:
    """Return the stage with a name. For an empty name, return ``prod`` or else the first stage."""
    stages = snapshot.api_gateway.stages(api.id)
    if name:
        return next((stage for stage in stages if stage.name == name), None)
    return next((stage for stage in stages if stage.name == "prod"), next(iter(stages), None))


def deploy_command(api: RestApi, stage: str, snapshot: Snapshot | None = None) -> str:
    """Return the command that deploys an API's present state to a stage.

    Args:
        api: the REST API.
        stage: the stage's name; if empty, an existing stage, else ``prod``.
        snapshot: the account in which to look for an existing stage.
    """
    if not stage and snapshot is not None:
        existing = choose_stage(snapshot, api, "")
        stage = existing.name if existing is not None and re.fullmatch(r"\w+", existing.name) else ""
    return f"aws apigateway create-deployment --rest-api-id {api.id} --stage-name {stage or 'prod'}"


def api_by_name(name: str) -> str:
    """Return the shell expression for the id of a REST API. The name comes from a lab, never from a student."""
    return f"$(aws apigateway get-rest-apis --query \"items[?name=='{name}'].id\" --output text)"


def plan_by_name(name: str) -> str:
    """Return the shell expression for the id of a usage plan. The name comes from a lab, never from a student."""
    return f"$(aws apigateway get-usage-plans --query \"items[?name=='{name}'].id\" --output text)"


def resource_of(api: RestApi, path: str) -> str:
    """Return the shell expression for the id of a path's resource.

    A student may have written the path, so one with special characters becomes ``RESOURCE-ID``.
    """
    if not re.fullmatch(r"/[\w/{}+.:-]*", path, re.ASCII):
        return "RESOURCE-ID"
    query = f"items[?path=='{path}'].id"
    return f'$(aws apigateway get-resources --rest-api-id {api.id} --query "{query}" --output text)'


def permit_command(function: str, qualifier: str, principal: str, source: str) -> str:
    """Return the command that permits a service to invoke a function or one of its aliases from one source only.

    Args:
        function: the function's name.
        qualifier: the alias or version, or empty.
        principal: the service's principal (``s3.amazonaws.com``).
        source: the options that name the source: ``--source-arn …``.
    """
    statement = f"{principal.split('.', maxsplit=1)[0]}-invoke"
    return (
        f"aws lambda add-permission --function-name {target_name(function, qualifier)} --statement-id {statement} "
        f"--action lambda:InvokeFunction --principal {principal} {source}"
    )


def api_source(api: RestApi) -> str:
    """Return the option that limits a permission to one API. Account and Region are filled in later."""
    return f"--source-arn 'arn:aws:execute-api:{{region}}:{{account_id}}:{api.id}/*/*'"


def invoke_permissions(snapshot: Snapshot, function: str, qualifier: str, principal: str) -> list[Statement]:
    """Return the statements that let a service invoke a function or alias.

    The embedded AWS also returns the statements of other aliases, so their resources are compared.
    """
    return [
        statement
        for statement in snapshot.policy(function, qualifier)
        if statement.allows("lambda:InvokeFunction")
        and (principal in statement.principals or "*" in statement.principals)
        and (not statement.resources or any(_qualifier_of(arn) == qualifier for arn in statement.resources))
    ]


def plain_arn(arn: str) -> str:
    """Return an ARN with the partition ``aws``. ARNs of China and of AWS GovCloud (US) differ only in the partition."""
    return _PARTITION.sub("arn:aws:", arn)


def _qualifier_of(arn: str) -> str:
    return [*arn.split(":"), *[""] * 8][7]


def _matches(template: str, path: str) -> bool:
    """Return whether a route's path matches a request's: ``/todos/{id}`` matches ``/todos/7``."""
    if template == path:
        return True
    # one wildcard per segment, as in API Gateway: several in a row would make the search endless
    pattern = "/".join(
        ".+" if part.endswith("+}") else "[^/]+" if "{" in part else re.escape(part) for part in template.split("/")
    )
    return re.fullmatch(pattern, path) is not None


def listed_methods(routes: Sequence[Route]) -> str:
    """Return an API's methods for a sentence: ``GET /todos and POST /todos``, or ``no methods``."""
    return listed(f"{route.method} {route.path}" for route in routes) if routes else "no methods"
