"""What the checks of API Gateway share: which API is meant, which route leads to a function, what a reply means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from checks.wording import missing, target_name
from labgrader.evidence.snapshot import RestApi, Route, Snapshot, Stage
from labgrader.judging import HttpReply, listed, quote

_PARAMETER = re.compile(r"\{[^{}]*\}")
SEGMENT = "labgrader"
"""What a call puts in the place of a path parameter."""

GATEWAY = "apigateway.amazonaws.com"


def own_api(snapshot: Snapshot, name: str) -> RestApi | None:
    """The student's REST API of a name, or ``None``; of several the one that got furthest, as names need not be unique
    and a second try leaves the first behind.
    """
    return _furthest(snapshot, [api for api in snapshot.api_gateway.rest_apis() if api.name == name], "")


def api_leading_to(snapshot: Snapshot, function: str) -> RestApi | None:
    """The student's REST API with a route that leads to a function; of several the one that got furthest.

    Where no route leads there, the only API that there is: what its routes do wrong is another check's to say.
    """
    every = snapshot.api_gateway.rest_apis()
    leading = [api for api in every if routes_to(snapshot, api, function)] or (every if len(every) == 1 else [])
    return _furthest(snapshot, leading, function)


def _furthest(snapshot: Snapshot, apis: Sequence[RestApi], function: str) -> RestApi | None:
    """Of several APIs one that is deployed, then one that may call its function, then the last in AWS's list."""
    if len(apis) <= 1:
        return next(iter(apis), None)

    def steps(api: RestApi) -> tuple[bool, bool]:
        routes = snapshot.api_gateway.routes(api.id)
        called = {(one.function, one.qualifier) for one in routes if one.function and function in ("", one.function)}
        return bool(snapshot.api_gateway.stages(api.id)), any(
            f":{api.id}/" in f"{source}/"
            for name, qualifier in sorted(called)
            for statement in snapshot.policy(name, qualifier)
            for source in statement.condition_values("AWS:SourceArn")
        )

    return max(reversed(apis), key=steps)


def routes_to(snapshot: Snapshot, api: RestApi, function: str) -> list[Route]:
    """The routes of an API that lead to a function, whatever the qualifier."""
    return [route for route in snapshot.api_gateway.routes(api.id) if route.function == function]


def missing_api(snapshot: Snapshot, name: str, function: str) -> str:
    """Say that there is no API of a name, or none that leads to a function."""
    if name:
        return missing("REST API", name, [api.name for api in snapshot.api_gateway.rest_apis()])
    return f"None of your REST APIs has a route that leads to {function}."


def route_for(routes: Sequence[Route], method: str, path: str) -> Route | None:
    """The route that takes a call: the path itself before one with parameters, the method itself before ``ANY``."""
    taking = [route for route in routes if route.method in (method, "ANY") and _takes(route.path, path)]
    order = sorted(taking, key=lambda route: (route.path.count("{"), "+" in route.path, route.method == "ANY"))
    return next(iter(order), None)


def routes_at(routes: Sequence[Route], path: str) -> list[Route]:
    """The routes of a path: those of its own resource, else those of resources that take it; all of them for no path.

    API Gateway looks for a method only in the nearest resource.
    """
    own = [route for route in routes if route.path == path or not path]
    return own or [route for route in routes if _takes(route.path, path)]


def fill_path(path: str) -> str:
    """A path to call: each parameter gets a segment."""
    return _PARAMETER.sub(SEGMENT, path)


def choose_stage(snapshot: Snapshot, api: RestApi, name: str) -> Stage | None:
    """The stage of a name; where none is named ``prod``, else the first there is."""
    stages = snapshot.api_gateway.stages(api.id)
    if name:
        return next((stage for stage in stages if stage.name == name), None)
    return next((stage for stage in stages if stage.name == "prod"), next(iter(stages), None))


def deploy_command(api: RestApi, stage: str, snapshot: Snapshot | None = None) -> str:
    """The command that puts an API's present state on a stage.

    Args:
        stage: the stage's name; where empty, the one that there is, else ``prod``.
        snapshot: where to look for it.
    """
    if not stage and snapshot is not None:
        there = choose_stage(snapshot, api, "")
        stage = there.name if there is not None and re.fullmatch(r"\w+", there.name) else ""
    return f"aws apigateway create-deployment --rest-api-id {api.id} --stage-name {stage or 'prod'}"


def api_by_name(name: str) -> str:
    """What stands for the id of a REST API in a command; the name is a lab's, never a student's."""
    return f"$(aws apigateway get-rest-apis --query \"items[?name=='{name}'].id\" --output text)"


def plan_by_name(name: str) -> str:
    """What stands for the id of a usage plan in a command; the name is a lab's, never a student's."""
    return f"$(aws apigateway get-usage-plans --query \"items[?name=='{name}'].id\" --output text)"


def resource_of(api: RestApi, path: str) -> str:
    """What stands for the id of a path's resource in a command; a path that a student wrote only if it is plain."""
    if not re.fullmatch(r"/[\w/{}+.:-]*", path, re.ASCII):
        return "RESOURCE-ID"
    query = f"items[?path=='{path}'].id"
    return f'$(aws apigateway get-resources --rest-api-id {api.id} --query "{query}" --output text)'


def permit_command(function: str, qualifier: str, principal: str, source: str) -> str:
    """The command that lets a service call a function, or one of its aliases, from one source only.

    Args:
        source: the options that name the source: ``--source-arn …``.
    """
    statement = f"{principal.split('.', maxsplit=1)[0]}-invoke"
    return (
        f"aws lambda add-permission --function-name {target_name(function, qualifier)} --statement-id {statement} "
        f"--action lambda:InvokeFunction --principal {principal} {source}"
    )


def api_source(api: RestApi) -> str:
    """The option that limits a permission to one API; account and Region are filled in later."""
    return f"--source-arn 'arn:aws:execute-api:{{region}}:{{account_id}}:{api.id}/*/*'"


@dataclass(frozen=True)
class GatewayFailure:
    """What a reply means that is not the one wanted.

    Args:
        what: a phrase that follows the name of what was called.
        mend: ``deploy``, ``permit``, ``answer``, ``key``, ``open`` or ``unlock``: which command mends it; empty where
            none is known.
    """

    what: str
    mend: str = ""


def misfire(reply: HttpReply, statuses: Sequence[int]) -> GatewayFailure | None:
    """Say what is wrong with a reply's status, in API Gateway's terms, or ``None`` where it is one of those wanted.

    The gateway answers for itself with ``{"message": …}``. Source: API Gateway Developer Guide, "Gateway response
    types", and "Handle Lambda errors in API Gateway".
    """
    if reply.outcome == "timeout":
        return GatewayFailure("did not answer before the grader stopped waiting", "answer")
    if reply.status in statuses:
        return None
    wanted = " or ".join(str(status) for status in statuses)
    said = _gateway_says(reply)
    if reply.status in (403, 404) and said == "missing authentication token":
        return GatewayFailure(
            f"answered {reply.status} (Missing Authentication Token): what is deployed on the stage has no such "
            "method at this path; deploy the API after its last change",
            "deploy",
        )
    if reply.status == 403 and said == "forbidden":
        return GatewayFailure(
            "answered 403 (Forbidden): it wants an API key that the usage plan of this stage knows", "key"
        )
    if reply.status == 500 and said == "internal server error":
        return GatewayFailure(
            "answered 500 (Internal server error): API Gateway is not permitted to call the function", "permit"
        )
    if reply.status == 502:
        return GatewayFailure(
            "answered 502: the function crashed, or what it returned is no proxy response (an object with a "
            f"statusCode, and a body that is text){_body(reply, said)}",
            "answer",
        )
    if reply.status == 504:
        return GatewayFailure("answered 504: the function took longer than API Gateway waits (29 seconds)", "answer")
    return GatewayFailure(f"answered {reply.status} instead of {wanted}{_body(reply, '')}", "answer")


def _gateway_says(reply: HttpReply) -> str:
    """What the gateway says for itself, in lower case; empty where a function wrote the body."""
    content = reply.content
    if isinstance(content, dict) and set(content) == {"message"} and isinstance(content["message"], str):
        return content["message"].lower()
    return ""


def _body(reply: HttpReply, said: str) -> str:
    """What came with it, unless that is only the gateway's own line."""
    return f" ({quote(reply.body)})" if reply.body and said != "internal server error" else ""


def _takes(template: str, path: str) -> bool:
    """Whether a route's path takes a call's: ``/todos/{id}`` takes ``/todos/7``."""
    if template == path:
        return True
    # one parameter a segment, as API Gateway has them: several in a row would make the search endless
    pattern = "/".join(
        ".+" if part.endswith("+}") else "[^/]+" if "{" in part else re.escape(part) for part in template.split("/")
    )
    return re.fullmatch(pattern, path) is not None


def routes_there(routes: Sequence[Route]) -> str:
    """The routes that an API has, for a sentence."""
    return f"it has {listed(f'{route.method} {route.path}' for route in routes)}"
