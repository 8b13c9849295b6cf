"""API Gateway: REST APIs with their routes, stages, usage plans and keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from labgrader.evidence.coerce import mapping, number, sequence, text
from labgrader.evidence.question import Answers, Json, Question

_FUNCTION = re.compile(r":function:([A-Za-z0-9_-]+)(?::([A-Za-z0-9_$-]+))?/invocations$")
_FUNCTION_ARN = re.compile(r"/functions/(arn:[^/]+)/invocations$")


@dataclass(frozen=True)
class Route:
    """One method of one resource of a REST API, with what answers it.

    Args:
        path: ``/performance``, ``/{proxy+}``.
        method: ``POST``, ``ANY``.
        integration_type: ``AWS_PROXY``, ``AWS``, ``HTTP``, ``MOCK``; empty where there is no integration.
        uri: what the integration calls.
        authorization: ``NONE``, ``AWS_IAM``, ``CUSTOM``, ``COGNITO_USER_POOLS``.
        api_key_required: whether a call needs an API key.
        credentials: the ARN of the role that API Gateway assumes for the integration; empty if it uses the
            resource-based policy of the function.
        timeout_ms: the integration's timeout in milliseconds; ``None`` if it was not recorded.
        integration_method: the HTTP method of the integration, with which API Gateway invokes it; empty if it was not
            recorded.
    """

    path: str
    method: str
    integration_type: str = ""
    uri: str = ""
    authorization: str = ""
    api_key_required: bool = False
    credentials: str = ""
    timeout_ms: int | None = None
    integration_method: str = ""

    @property
    def function_arn(self) -> str:
        """The ARN of the Lambda function that answers it, with its qualifier; or an empty text."""
        found = _FUNCTION_ARN.search(self.uri)
        return found.group(1) if found else ""

    @property
    def function(self) -> str:
        """The name of the Lambda function that answers it, or empty."""
        found = _FUNCTION.search(self.uri)
        return found.group(1) if found else ""

    @property
    def qualifier(self) -> str:
        """The alias or version of that function that answers, or empty for ``$LATEST``."""
        found = _FUNCTION.search(self.uri)
        return (found.group(2) or "") if found else ""


@dataclass(frozen=True)
class MethodCaching:
    """Whether a stage caches the answers of a method.

    Args:
        enabled: whether it does.
        ttl_s: seconds that an answer is kept; ``None`` for AWS's default of 300, 0 for no caching.
        authorized_only: whether a caller must be authorized to have an answer made anew (``Cache-Control: max-age=0``).
    """

    enabled: bool = False
    ttl_s: int | None = None
    authorized_only: bool = False


@dataclass(frozen=True)
class Stage:
    """A stage of a REST API. ``cache_size`` is in GB, as AWS writes it (``0.5``); empty without a cache cluster.

    ``web_acl_arn`` is the ARN of the AWS WAF web ACL that filters requests to the stage; empty without one.
    ``caching`` has the methods' own settings by ``METHOD /path``, and those of all others by ``* *``.
    """

    name: str
    deployment_id: str = ""
    cache_enabled: bool = False
    cache_size: str = ""
    cache_status: str = ""
    tracing_enabled: bool = False
    web_acl_arn: str = ""
    caching: Mapping[str, MethodCaching] = field(default_factory=dict)

    def caching_of(self, method: str, path: str) -> MethodCaching:
        """Return the cache settings of a method. Settings for all methods apply to GET only.

        Source: API Gateway Developer Guide, "Cache settings for REST APIs in API Gateway".
        """
        own = self.caching.get(f"{method} {path}")
        every = self.caching.get("* *") if method == "GET" else None
        found = own or every or MethodCaching()
        return found if self.cache_enabled and found.ttl_s != 0 else MethodCaching()


@dataclass(frozen=True)
class RestApi:
    """A REST API, by its id; names need not be unique.

    ``private`` tells whether it can be reached from a VPC only, ``endpoint_disabled`` whether its default
    ``execute-api`` endpoint is disabled.
    """

    id: str
    name: str
    description: str = ""
    private: bool = False
    endpoint_disabled: bool = False


@dataclass(frozen=True)
class UsagePlan:
    """A usage plan with its limits.

    Args:
        rate: requests a second; ``None`` without throttling.
        burst: requests that may come at once.
        quota: requests in a ``quota_period`` (``DAY``, ``WEEK``, ``MONTH``).
        stages: (id of the API, name of the stage) it is bound to.
    """

    id: str
    name: str
    rate: float | None = None
    burst: int | None = None
    quota: int | None = None
    quota_period: str = ""
    stages: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ApiKey:
    """An API key, without its value."""

    id: str
    name: str
    enabled: bool = False


class ApiGateway:
    """What AWS said about the student's REST APIs."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def rest_apis(self) -> list[RestApi]:
        """Return the student's REST APIs by name; of one name, the oldest first. One call to AWS is shared by the
        students of an account."""
        # API Gateway promises no order; the sort is stable, and what was recorded without a date stays as it came
        every = sorted(self._named("apigateway:GetRestApis"), key=lambda api: (text(api.get("name")), _made(api)))
        return [_rest_api(api) for api in every]

    def rest_api(self, name: str) -> RestApi | None:
        """Return the newest REST API of a name, or ``None``."""
        return next((api for api in reversed(self.rest_apis()) if api.name == name), None)

    def routes(self, api_id: str) -> list[Route]:
        """Return the methods of all resources of a REST API, by path and method."""
        resources = self._answers.ask(Question("apigateway:GetResources", {"restApiId": api_id}))
        return sorted(
            (route for resource in sequence(resources) for route in _routes(mapping(resource))),
            key=lambda route: (route.path, route.method),
        )

    def route(self, api_id: str, path: str, method: str) -> Route | None:
        """Return one method of one resource, or ``None``; ``ANY`` counts for every method."""
        found = {route.method: route for route in self.routes(api_id) if route.path == path}
        return found.get(method) or found.get("ANY")

    def stages(self, api_id: str) -> list[Stage]:
        """Return the stages of a REST API."""
        answer = self._answers.ask(Question("apigateway:GetStages", {"restApiId": api_id}))
        return [_stage(mapping(stage)) for stage in sequence(answer)]

    def stage(self, api_id: str, name: str) -> Stage | None:
        """Return one stage of a REST API, or ``None``."""
        return next((stage for stage in self.stages(api_id) if stage.name == name), None)

    def usage_plans(self) -> list[UsagePlan]:
        """Return the student's usage plans. One call to AWS is shared by the students of an account."""
        return [_usage_plan(plan) for plan in self._named("apigateway:GetUsagePlans")]

    def usage_plan(self, name: str) -> UsagePlan | None:
        """Return the usage plan of a name, the last that AWS lists (it says no dates), or ``None``."""
        return next((plan for plan in reversed(self.usage_plans()) if plan.name == name), None)

    def keys_of(self, plan_id: str) -> list[ApiKey]:
        """Return the API keys of a usage plan. Only for keys in ``api_keys`` is it known whether they are enabled."""
        answer = self._answers.ask(Question("apigateway:GetUsagePlanKeys", {"usagePlanId": plan_id}))
        known = {key.id: key for key in self.api_keys()}
        bound = [mapping(key) for key in sequence(answer)]
        return [known.get(text(key.get("id"))) or ApiKey(text(key.get("id")), text(key.get("name"))) for key in bound]

    def api_keys(self) -> list[ApiKey]:
        """Return the student's API keys, by name. One call to AWS is shared by the students of an account."""
        return [
            ApiKey(text(key.get("id")), text(key.get("name")), key.get("enabled") is True)
            for key in self._named("apigateway:GetApiKeys")
        ]

    def _named(self, action: str) -> list[Mapping[str, Json]]:
        """Return the entries of a list in which several entries may have one name."""
        answer = mapping(self._answers.ask(Question(action)))
        return [mapping(entry) for name in sorted(answer) for entry in sequence(answer[name])]


def _made(answer: Mapping[str, Json]) -> str:
    """Return the creation time as text, as the recorder writes it; equal times of one time zone are equal texts."""
    return text(answer.get("createdDate"))


def _rest_api(answer: Mapping[str, Json]) -> RestApi:
    return RestApi(
        id=text(answer.get("id")),
        name=text(answer.get("name")),
        description=text(answer.get("description")),
        private="PRIVATE" in sequence(mapping(answer.get("endpointConfiguration")).get("types")),
        endpoint_disabled=answer.get("disableExecuteApiEndpoint") is True,
    )


def _routes(resource: Mapping[str, Json]) -> Iterator[Route]:
    for method, details in mapping(resource.get("resourceMethods")).items():
        integration = mapping(mapping(details).get("methodIntegration"))
        yield Route(
            path=text(resource.get("path")),
            method=text(method),
            integration_type=text(integration.get("type")),
            uri=text(integration.get("uri")),
            authorization=text(mapping(details).get("authorizationType")),
            api_key_required=mapping(details).get("apiKeyRequired") is True,
            credentials=text(integration.get("credentials")),
            timeout_ms=number(integration.get("timeoutInMillis")),
            integration_method=text(integration.get("httpMethod")),
        )


def _stage(answer: Mapping[str, Json]) -> Stage:
    enabled = answer.get("cacheClusterEnabled") is True
    return Stage(
        name=text(answer.get("stageName")),
        deployment_id=text(answer.get("deploymentId")),
        cache_enabled=enabled,
        cache_size=text(answer.get("cacheClusterSize")) if enabled else "",
        cache_status=text(answer.get("cacheClusterStatus")),
        tracing_enabled=answer.get("tracingEnabled") is True,
        web_acl_arn=text(answer.get("webAclArn")),
        caching={
            _method(name): MethodCaching(
                enabled=mapping(settings).get("cachingEnabled") is True,
                ttl_s=number(mapping(settings).get("cacheTtlInSeconds")),
                authorized_only=mapping(settings).get("requireAuthorizationForCacheControl") is True,
            )
            for name, settings in mapping(answer.get("methodSettings")).items()
        },
    )


def _method(name: str) -> str:
    """Return ``POST /todos/{id}`` for ``~1todos~1{id}/POST``; plain slashes are accepted too."""
    path, _, method = name.rpartition("/")
    path = path.replace("~1", "/").replace("~0", "~")
    return f"{method} {path}" if path == "*" or path.startswith("/") else f"{method} /{path}"


def _usage_plan(answer: Mapping[str, Json]) -> UsagePlan:
    throttle, quota = mapping(answer.get("throttle")), mapping(answer.get("quota"))
    rate = throttle.get("rateLimit")
    return UsagePlan(
        id=text(answer.get("id")),
        name=text(answer.get("name")),
        rate=float(rate) if isinstance(rate, int | float) and not isinstance(rate, bool) else None,
        burst=number(throttle.get("burstLimit")),
        quota=number(quota.get("limit")),
        quota_period=text(quota.get("period")),
        stages=tuple(
            (text(mapping(stage).get("apiId")), text(mapping(stage).get("stage")))
            for stage in sequence(answer.get("apiStages"))
        ),
    )
