"""Builders of REST APIs, routes, stages, usage plans and API keys for simulated students.

They work like those in ``builders``.
"""

from __future__ import annotations

from typing import Any

from checks.simulation.student import SimulatedStudent, Step


def create_rest_api(student: SimulatedStudent, suffix: str, **settings: Any) -> str | None:
    """Create a REST API without routes. Step: ``create_rest_api``.

    Args:
        settings: ``description``, ``endpointConfiguration``, ``apiKeySource``, …

    Returns:
        its id.
    """
    answer = student.take("apigateway", "create_rest_api", suffix, name=student.named(suffix), **settings)
    return None if answer is None else str(answer["id"])


def put_route(
    student: SimulatedStudent,
    suffix: str,
    api_id: str | None,
    path: str,
    method: str,
    function_arn: str | None,
    **settings: Any,
) -> None:
    """Integrate one method of one path with a function. Missing resources of the path are created.

    Steps: ``create_resource``, with its path as its name (``/todos``); ``put_method`` and ``put_integration``, with the
    route as their name (``POST /performance``).

    Args:
        suffix: the API.
        api_id: its id.
        path: ``/todos/{id}``.
        method: ``GET``, ``ANY``.
        function_arn: the function, or an alias of it. If this or ``api_id`` is ``None`` (its step was left out), no
            call is made.
        settings: more of the method (``apiKeyRequired``, ``authorizationType``).
    """
    if api_id is None or function_arn is None:
        return
    resource = _resource(student, suffix, api_id, path)
    if resource is None:
        return
    where = {"restApiId": api_id, "resourceId": resource, "httpMethod": method}
    route = f"{method} {path}"
    given = {"authorizationType": "NONE", **where, **settings}
    if student.take("apigateway", "put_method", suffix, route, **given) is None:
        return
    functions = f"arn:aws:apigateway:{student.region}:lambda:path/2015-03-31/functions"
    integration = {
        **where,
        "type": "AWS_PROXY",
        "integrationHttpMethod": "POST",
        "uri": f"{functions}/{function_arn}/invocations",
    }
    student.take("apigateway", "put_integration", suffix, route, **integration)


def execution_arn(student: SimulatedStudent, api_id: str | None, calls: str = "*/*") -> str | None:
    """Return the source ARN of an API's requests, for a permission (stage, method and path; ``*`` for any)."""
    if api_id is None:
        return None
    return f"arn:aws:execute-api:{student.region}:{student.account_id}:{api_id}/{calls}"


def deploy_stage(
    student: SimulatedStudent, suffix: str, api_id: str | None, stage: str, *, cache_size: str = "", **settings: Any
) -> str | None:
    """Deploy an API to a stage. Step: ``create_deployment``, with the stage as its name.

    AWS deploys no API without a method, or with a method without an integration. Then nothing is deployed to the
    embedded AWS either, although it would accept it. The embedded AWS ignores a deployment's cache and tracing
    settings, so they are set on the stage afterwards.

    Args:
        suffix: the API.
        api_id: its id.
        stage: its name.
        cache_size: the size of its cache in GB, as AWS writes it (``0.5``). Empty for no cache.
        settings: ``tracingEnabled``, ``variables``, …

    Returns:
        the stage's name.
    """
    if api_id is None or not _deployable(student, api_id):
        return None
    given: dict[str, Any] = {"restApiId": api_id, "stageName": stage, **settings}
    if cache_size:
        given |= {"cacheClusterEnabled": True, "cacheClusterSize": cache_size}
    step = Step("create_deployment", suffix, stage, given, service="apigateway")
    if student.perform(step) is None:
        return None
    name = str(step.parameters["stageName"])
    wanted = {
        key: step.parameters[key]
        for key in ("cacheClusterEnabled", "cacheClusterSize", "tracingEnabled")
        if key in step.parameters
    }
    if wanted:
        found = student.call("get_stage", "apigateway", restApiId=api_id, stageName=name)
        patches = [
            {"op": "replace", "path": f"/{key}", "value": str(value).lower()}
            for key, value in wanted.items()
            if found.get(key) != value
        ]
        if patches:
            student.call("update_stage", "apigateway", restApiId=api_id, stageName=name, patchOperations=patches)
    return name


def create_usage_plan(
    student: SimulatedStudent,
    suffix: str,
    api_id: str | None,
    stage: str | None,
    rate: float | None = None,
    burst: int | None = None,
    quota: int | None = None,
    period: str = "DAY",
    **settings: Any,
) -> str | None:
    """Create a usage plan for a stage. Step: ``create_usage_plan``.

    Args:
        api_id, stage: the API and the stage of the plan.
        rate, burst: the rate in requests a second, and the burst in requests. ``None`` for no throttling.
        quota: requests in a period. ``None`` for no quota.
        period: ``DAY``, ``WEEK`` or ``MONTH``.
        settings: more of the call (``description``).

    Returns:
        its id.
    """
    if api_id is None or stage is None:
        return None
    throttle = {name: value for name, value in (("rateLimit", rate), ("burstLimit", burst)) if value is not None}
    given: dict[str, Any] = {"apiStages": [{"apiId": api_id, "stage": stage}], **settings}
    if throttle:
        given["throttle"] = throttle
    if quota is not None:
        given["quota"] = {"limit": quota, "period": period}
    answer = student.take("apigateway", "create_usage_plan", suffix, name=student.named(suffix), **given)
    return None if answer is None else str(answer["id"])


def create_api_key(student: SimulatedStudent, suffix: str, plan_id: str | None, **settings: Any) -> str | None:
    """Create an API key and add it to a usage plan, if there is one.

    Steps: ``create_api_key``, and ``create_usage_plan_key`` with the same target.

    Args:
        plan_id: the usage plan.
        settings: more of the call (``description``); the key is enabled.

    Returns:
        its id.
    """
    answer = student.take("apigateway", "create_api_key", suffix, name=student.named(suffix), enabled=True, **settings)
    if answer is None:
        return None
    if plan_id is not None:
        binding = {"usagePlanId": plan_id, "keyId": answer["id"], "keyType": "API_KEY"}
        student.take("apigateway", "create_usage_plan_key", suffix, "", **binding)
    return str(answer["id"])


def _deployable(student: SimulatedStudent, api_id: str) -> bool:
    found = student.call("get_resources", "apigateway", restApiId=api_id, limit=500, embed=["methods"])
    methods = [method for resource in found["items"] for method in resource.get("resourceMethods", {}).values()]
    return bool(methods) and all("methodIntegration" in method for method in methods)


def _resource(student: SimulatedStudent, suffix: str, api_id: str, path: str) -> str | None:
    """Return the id of a path's resource. A student creates each once, even if a mistake renames it."""
    known = student.resources.setdefault(api_id, {})
    if not known:
        found = student.call("get_resources", "apigateway", restApiId=api_id, limit=500)
        known.update({resource["path"]: resource["id"] for resource in found["items"]})
    parent = known["/"]
    done = ""
    for part in filter(None, path.split("/")):
        done = f"{done}/{part}"
        if done not in known:
            given = {"restApiId": api_id, "parentId": parent, "pathPart": part}
            answer = student.take("apigateway", "create_resource", suffix, done, **given)
            if answer is None:
                return None
            known[done] = str(answer["id"])
        parent = known[done]
    return parent
