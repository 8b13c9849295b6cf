"""Powertools' resolver for this API: routing, validation, and problem details for every error."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
    ResponseValidationError,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from labgrader.api import problems, request_validation
from labgrader.api.problems import ProblemError
from labgrader.api.response_size import MAX_ANSWER, SAFE_HEADERS, size_of
from labgrader.errors import BadInputError, Problem, ServiceFaultError, ThrottledError
from labgrader.messages import quote
from labgrader.store import Store

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler.api_gateway import Route
    from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
    from mypy_boto3_stepfunctions import SFNClient

log = logging.getLogger(__name__)

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True)
class Services:
    """The clients and settings that the routes use.

    Args:
        store: the stack's store.
        states: a Step Functions client.
        grade_class_arn, grade_student_arn: the state machines for a class's run and for a self-check.
        now: returns the time, in UTC.
    """

    store: Store
    states: SFNClient
    grade_class_arn: str
    grade_student_arn: str
    now: Callable[[], datetime]


class Api(APIGatewayRestResolver):
    """Powertools' resolver with problem details for every error, including its own."""

    def __init__(self) -> None:
        super().__init__(
            enable_validation=True,
            response_validation_error_http_code=500,
            json_body_deserializer=request_validation.read_json,
            debug=False,  # otherwise POWERTOOLS_DEV would log the request with its token
        )
        self.use([_refuse_unknown_parameters])
        for error, handler in _HANDLERS.items():
            self.exception_handler(error)(handler)
        self.exception_handler(NotFoundError)(self._not_found)

    def resolve(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Return the response to a request.

        Args:
            event: as API Gateway's Lambda proxy integration sends it.
            context: the Lambda context.
        """
        try:
            request_validation.admit(event)
            answer = super().resolve(request_validation.with_plain_content_type(event), context)
        except ProblemError as problem:
            answer = _written(problem.response())
        except Exception as error:  # noqa: BLE001  (a response must never contain a stack trace)
            answer = _written(_our_fault(error))
        if size_of(answer) > MAX_ANSWER:
            answer = _written(_too_big().response())
        if answer["statusCode"] >= 400:
            answer["body"] = _with_instance(answer["body"], event)
        answer["multiValueHeaders"] = {**answer["multiValueHeaders"], **SAFE_HEADERS}
        return answer

    def routes(self) -> list[Route]:
        """Return all registered routes."""
        return [*self._static_routes, *self._dynamic_routes]

    def caller(self, role: str = "") -> request_validation.Caller:
        """Return the sender of the current request.

        Args:
            role: the required role; empty for any.

        Raises:
            ProblemError: 401 or 403.
        """
        caller = request_validation.caller_of(self.current_event.raw_event)
        if role:
            caller.must_be(role)
        return caller

    def _to_proxy_event(self, event: dict[str, Any]) -> APIGatewayProxyEvent:
        """Keep the event in this resolver. Powertools shares one event among all resolvers. Two threads, each with its
        own resolver, must never see each other's request."""
        self.current_event = super()._to_proxy_event(event)  # type: ignore[assignment]
        return self.current_event

    def _not_found(self, _: NotFoundError) -> Response[str]:
        """Return 405 if the path supports other methods, otherwise 404."""
        path = self.current_event.path
        methods = {route.method for route in self.routes() if route.rule.match(path)}
        if methods:
            allow = ", ".join(sorted(methods))
            said = f"this path does not support {quote(self.current_event.http_method, 20)}; it supports: {allow}"
            return ProblemError(problems.NO_SUCH_METHOD, said, headers={"Allow": allow}).response()
        said = "this path does not exist; GET /v1/openapi.yaml lists all paths"
        return ProblemError(problems.NOT_FOUND, said).response()


def _refuse_unknown_parameters(app: Api, next_middleware: NextMiddleware) -> Response[Any]:
    """Raise 422 for an unknown query parameter, so that a misspelled one is not silently ignored."""
    route = app.context["_route"]
    known = {param.alias for param in route.dependant.query_params}
    unknown = [name for name in app.current_event.query_string_parameters or {} if name not in known]
    if unknown and route in app.routes():  # Powertools makes up a route for paths that do not exist
        allowed = f"the parameters are: {', '.join(sorted(known))}" if known else "there are none here"
        raise problems.bad_input(Problem(f"is an unknown parameter; {allowed}", field=name) for name in unknown)
    return next_middleware(app)


def _our_fault(error: Exception) -> Response[str]:
    """Return 500, with the reason in the log and not in the response."""
    log.error("a request failed", exc_info=error)
    said = "labgrader failed on this request. This is not your fault. The error is in labgrader's log. Try again later."
    return ProblemError(problems.OUR_FAULT, said).response()


def _busy(error: Exception) -> Response[str]:
    log.warning("AWS is busy: %s", type(error).__name__)
    said = "AWS did not respond to labgrader in time. Nothing is lost. Try again in a few seconds."
    return ProblemError(problems.BUSY, said, headers={"Retry-After": str(problems.TRY_AGAIN_S)}).response()


def _too_big() -> ProblemError:
    said = (
        f"the response is larger than {MAX_ANSWER // 10**6} MB, the most that Lambda can return; get the report with "
        "`labgrader report`"
    )
    return ProblemError(problems.OUR_FAULT, said)


def _unusable(error: RequestValidationError) -> Response[str]:
    return problems.bad_input(problems.problems_of(error.errors())).response()


def _not_json(_: RequestUnsupportedContentType) -> Response[str]:
    return ProblemError(problems.NOT_JSON, "send Content-Type: application/json").response()


def _refused(error: BadInputError) -> Response[str]:
    return problems.bad_input(error.problems).response()


def _problem(error: ProblemError) -> Response[str]:
    return error.response()


_HANDLERS: dict[type[Exception], Callable[[Any], Response[str]]] = {
    ProblemError: _problem,
    BadInputError: _refused,
    ThrottledError: _busy,
    ServiceFaultError: _busy,
    RequestValidationError: _unusable,
    RequestUnsupportedContentType: _not_json,
    ResponseValidationError: _our_fault,
    Exception: _our_fault,
}


def _written(response: Response[str]) -> dict[str, Any]:
    """Return a response in API Gateway's format, for responses that Powertools does not write."""
    headers = {name: [str(value)] for name, value in response.headers.items()}
    return {
        "statusCode": response.status_code,
        "body": response.body or "",
        "isBase64Encoded": False,
        "multiValueHeaders": headers,
    }


def _with_instance(body: str, event: Mapping[str, Any]) -> str:
    """Return a problem with the request's id, which is also in the log."""
    request_id = str((event.get("requestContext") or {}).get("requestId") or "")
    if not _UUID.fullmatch(request_id):
        return body
    return json.dumps({**json.loads(body), "instance": f"urn:uuid:{request_id.lower()}"})
