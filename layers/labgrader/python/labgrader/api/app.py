"""The API with all of its routes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from labgrader.api.course_routes import add_courses
from labgrader.api.instructor_routes import add_runs
from labgrader.api.lab_routes import add_document, add_labs
from labgrader.api.request_validation import ROLES
from labgrader.api.resolver import Api, Services
from labgrader.api.student_routes import add_my_reports, add_self_checks
from labgrader.messages import quote

__all__ = ["Api", "Services", "described", "keys_of", "log_fields", "resolver"]

_RUN = re.compile(r"/v1/(?:runs|self-checks|me/reports)/([A-Za-z0-9_-]{1,80})(?:/.*)?")


def resolver(services: Services) -> Api:
    """Return the API with all of its routes.

    Args:
        services: the clients and settings that the routes use.
    """
    api = Api()
    for add in (add_labs, add_self_checks, add_my_reports, add_runs, add_courses):
        add(api, services)
    add_document(api)
    return api


def described() -> Api:
    """Return the API without services behind its routes, for its OpenAPI document."""
    nothing: Any = None
    return resolver(Services(nothing, nothing, "", "", now=nothing))


def keys_of(event: Mapping[str, Any]) -> dict[str, str]:
    """Return the keys for every log line of a request: the caller, and the run in the path.

    Args:
        event: as API Gateway sends it.
    """
    keys: dict[str, str] = {}
    authorizer = (event.get("requestContext") or {}).get("authorizer") or {}
    if authorizer.get("role") in ROLES:
        keys[str(authorizer["role"])] = quote(authorizer.get("subject", ""), 100)
    found = _RUN.fullmatch(str(event.get("path", "")))
    return {**keys, "run_id": found[1]} if found else keys


def log_fields(event: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a response's log line: never a header, a parameter or a body.

    Args:
        event: the request, as API Gateway sends it.
        answer: the response to it.
    """
    started = {"run_id": json.loads(answer["body"])["run_id"]} if answer["statusCode"] == HTTPStatus.ACCEPTED else {}
    method, path = quote(event.get("httpMethod", ""), 20), quote(event.get("path", ""), 200)
    return {"method": method, "path": path, "status": answer["statusCode"], **started}
