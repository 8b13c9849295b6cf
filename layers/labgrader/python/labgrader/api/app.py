"""The API, put together."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from labgrader.api.instructor_routes import add_runs
from labgrader.api.lab_routes import add_document, add_labs
from labgrader.api.request_validation import ROLES
from labgrader.api.resolver import Api, Services
from labgrader.api.student_routes import add_my_reports, add_self_checks
from labgrader.messages import quote

__all__ = ["Api", "Services", "described", "keys_of", "resolver", "told"]

_RUN = re.compile(r"/v1/(?:runs|self-checks|me/reports)/([A-Za-z0-9_-]{1,80})(?:/.*)?")


def resolver(services: Services) -> Api:
    """Return the API with all of its routes.

    Args:
        services: what they work with.
    """
    api = Api()
    for add in (add_labs, add_self_checks, add_my_reports, add_runs):
        add(api, services)
    add_document(api)
    return api


def described() -> Api:
    """Return the API with nothing behind its routes: to be described, not to be asked."""
    nothing: Any = None
    return resolver(Services(nothing, nothing, "", "", now=nothing))


def keys_of(event: Mapping[str, Any]) -> dict[str, str]:
    """Return what every log line of a request is marked with: whose it is, and the run that its path names.

    Args:
        event: as API Gateway sends it.
    """
    keys: dict[str, str] = {}
    authorizer = (event.get("requestContext") or {}).get("authorizer") or {}
    if authorizer.get("role") in ROLES:
        keys[str(authorizer["role"])] = quote(authorizer.get("subject", ""), 100)
    found = _RUN.fullmatch(str(event.get("path", "")))
    return {**keys, "run_id": found[1]} if found else keys


def told(event: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the log line of an answer says: never a header, a parameter or a body.

    Args:
        event: as API Gateway sends it.
        answer: what it is answered with.
    """
    started = {"run_id": json.loads(answer["body"])["run_id"]} if answer["statusCode"] == HTTPStatus.ACCEPTED else {}
    method, path = quote(event.get("httpMethod", ""), 20), quote(event.get("path", ""), 200)
    return {"method": method, "path": path, "status": answer["statusCode"], **started}
