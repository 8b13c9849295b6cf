"""Powertools' resolver as this API wants it: routing and validation, and problem details for whatever goes wrong."""

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
    """What the routes work with.

    Args:
        store: the stack's.
        states: a Step Functions client.
        grade_class_arn, grade_student_arn: the machines of a class's run and of a self-check.
        now: tells the time, in UTC.
    """

    store: Store
    states: SFNClient
    grade_class_arn: str
    grade_student_arn: str
    now: Callable[[], datetime]


class Api(APIGatewayRestResolver):
    """Powertools' resolver, which answers every fault, its own included, with problem details."""

    def __init__(self) -> None:
        super().__init__(
            enable_validation=True,
            response_validation_error_http_code=500,
            json_body_deserializer=request_validation.read_json,
            debug=False,  # else POWERTOOLS_DEV would print what is sent, the token included
        )
        self.use([_refuse_unknown_parameters])
        for error, handler in _HANDLERS.items():
            self.exception_handler(error)(handler)
        self.exception_handler(NotFoundError)(self._not_found)

    def resolve(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Answer one request.

        Args:
            event: as API Gateway's Lambda proxy integration sends it.
            context: Lambda's.
        """
        try:
            request_validation.admit(event)
            answer = super().resolve(request_validation.with_plain_content_type(event), context)
        except ProblemError as problem:
            answer = _written(problem.response())
        except Exception as error:  # noqa: BLE001  (whatever it is: no stack trace is ever an answer)
            answer = _written(_our_fault(error))
        if size_of(answer) > MAX_ANSWER:
            answer = _written(_too_big().response())
        if answer["statusCode"] >= 400:
            answer["body"] = _with_instance(answer["body"], event)
        answer["multiValueHeaders"] = {**answer["multiValueHeaders"], **SAFE_HEADERS}
        return answer

    def routes(self) -> list[Route]:
        """Return every route that is registered."""
        return [*self._static_routes, *self._dynamic_routes]

    def caller(self, role: str = "") -> request_validation.Caller:
        """Return who sends the request that is being answered.

        Args:
            role: the only one that may; empty for any.

        Raises:
            ProblemError: 401, 403.
        """
        caller = request_validation.caller_of(self.current_event.raw_event)
        if role:
            caller.must_be(role)
        return caller

    def _to_proxy_event(self, event: dict[str, Any]) -> APIGatewayProxyEvent:
        """Keep the event with this resolver: Powertools has one place for the events of all of them, and two requests
        at once, each in a thread with a resolver of its own, must never see each other's."""
        self.current_event = super()._to_proxy_event(event)  # type: ignore[assignment]
        return self.current_event

    def _not_found(self, _: NotFoundError) -> Response[str]:
        """404, or 405 where the path is right and the method is not."""
        path = self.current_event.path
        methods = {route.method for route in self.routes() if route.rule.match(path)}
        if methods:
            allow = ", ".join(sorted(methods))
            said = f"{quote(self.current_event.http_method, 20)} is not taken here; what is: {allow}"
            return ProblemError(problems.NO_SUCH_METHOD, said, headers={"Allow": allow}).response()
        return ProblemError(problems.NOT_FOUND, "there is nothing at this path; see GET /v1/openapi.yaml").response()


def _refuse_unknown_parameters(app: Api, next_middleware: NextMiddleware) -> Response[Any]:
    """422 for a query parameter that the route does not have: what is misspelt would be passed over in silence."""
    route = app.context["_route"]
    known = {param.alias for param in route.dependant.query_params}
    unknown = [name for name in app.current_event.query_string_parameters or {} if name not in known]
    if unknown and route in app.routes():  # and not the one that Powertools makes up for what is not found
        takes = f"what is: {', '.join(sorted(known))}" if known else "nothing is"
        raise problems.bad_input(Problem(f"is not taken here; {takes}", field=name) for name in unknown)
    return next_middleware(app)


def _our_fault(error: Exception) -> Response[str]:
    """500, with the reason in the log and not in the answer."""
    log.error("a request could not be answered", exc_info=error)
    said = "labgrader could not answer this; it is not your fault, and it is in labgrader's log. Try again later."
    return ProblemError(problems.OUR_FAULT, said).response()


def _busy(error: Exception) -> Response[str]:
    log.warning("AWS is busy: %s", type(error).__name__)
    said = "AWS did not answer labgrader in time. Nothing is lost: try again in a few seconds."
    return ProblemError(problems.BUSY, said, headers={"Retry-After": str(problems.TRY_AGAIN_S)}).response()


def _too_big() -> ProblemError:
    said = f"the answer is larger than the {MAX_ANSWER // 10**6} MB that can be sent; fetch it with `labgrader report`"
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
    """A response as API Gateway wants it, where Powertools never came to write it."""
    headers = {name: [str(value)] for name, value in response.headers.items()}
    return {
        "statusCode": response.status_code,
        "body": response.body or "",
        "isBase64Encoded": False,
        "multiValueHeaders": headers,
    }


def _with_instance(body: str, event: Mapping[str, Any]) -> str:
    """A problem with the request's id, by which it is found in the log."""
    request_id = str((event.get("requestContext") or {}).get("requestId") or "")
    if not _UUID.fullmatch(request_id):
        return body
    return json.dumps({**json.loads(body), "instance": f"urn:uuid:{request_id.lower()}"})
