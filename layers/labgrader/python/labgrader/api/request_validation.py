"""Validate a request before its route: the caller, the body's size and its content type."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labgrader.api.problems import NOT_JSON, NOT_YOURS, TOO_LARGE, ProblemError, bad_input, no_token
from labgrader.errors import Problem
from labgrader.messages import quote

Json = Any

OPEN_PATH = "/v1/openapi.yaml"
"""The path that needs no token."""

BODY_PATHS = ("/v1/self-checks", "/v1/runs")
"""The paths that need a body, with POST."""

JSON = "application/json"
"""The content type of a body, also by default. JSON between systems is UTF-8 (RFC 8259, section 8.1)."""

MAX_BODY = 256 * 1024
"""Maximum bytes of a request's body, for a roster of 2,000 students. Longer rosters go to the bucket (``labgrader
course``)."""

STUDENT, INSTRUCTOR = "student", "instructor"
ROLES = (STUDENT, INSTRUCTOR)


@dataclass(frozen=True)
class Caller:
    """The sender of a request, from the token that the authorizer verified.

    Args:
        subject: a student's username, or an instructor's name.
        role: one of ``ROLES``.
    """

    subject: str
    role: str

    def must_be(self, role: str) -> None:
        """Refuse a caller of another role.

        Raises:
            ProblemError: 403.
        """
        if self.role != role:
            allowed = "instructors" if role == INSTRUCTOR else "students"
            raise ProblemError(NOT_YOURS, f"only {allowed} can do this; your token is for {_with_article(self.role)}")


def caller_of(event: Mapping[str, Json]) -> Caller:
    """Return the sender of a request. Only the authorizer is trusted, not headers, parameters or the body.

    Args:
        event: as API Gateway sends it.

    Raises:
        ProblemError: 401: the authorizer's context is missing, or has no subject or an unknown role.
    """
    context = event.get("requestContext")
    bearer = context.get("authorizer") if isinstance(context, Mapping) else None
    subject, role = (bearer.get("subject"), bearer.get("role")) if isinstance(bearer, Mapping) else (None, None)
    if not isinstance(subject, str) or not subject or role not in ROLES:
        raise no_token()
    return Caller(subject, str(role))


def admit(event: Mapping[str, Json]) -> None:
    """Refuse a request that must not reach its route.

    A student gets 403 for an instructor's path before the body is read, so that errors in the body reveal nothing.
    Every route checks the role again.

    Args:
        event: as API Gateway sends it.

    Raises:
        ProblemError: 401, 403, 413, 415 or 422.
    """
    path = event["path"].rstrip("/")
    if path != OPEN_PATH:
        caller = caller_of(event)
        for below, role in (("/v1/runs", INSTRUCTOR), ("/v1/me", STUDENT)):
            if f"{path}/".startswith(f"{below}/"):
                caller.must_be(role)
    if event["httpMethod"].upper() == "POST" and path in BODY_PATHS:
        _admit_body(event)


def _admit_body(event: Mapping[str, Json]) -> None:
    body = event.get("body") or ""
    size = len(body.encode("utf-8", "replace"))
    if event.get("isBase64Encoded"):
        size = size * 3 // 4 - body[-2:].count("=")
    if size > MAX_BODY:
        said = (
            f"the body has {size:,} bytes; the maximum is {MAX_BODY:,}. For a long roster, upload it to the stack's "
            "bucket and send its key."
        )
        raise ProblemError(TOO_LARGE, said)
    _admit_content_type(event)
    if not body.strip():
        raise bad_input([Problem("is empty; send a JSON object", field="body")])
    if event.get("isBase64Encoded"):
        try:
            base64.b64decode(body, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            raise bad_input([Problem("is not UTF-8 text", field="body")]) from None


def _admit_content_type(event: Mapping[str, Json]) -> None:
    headers = {str(name).lower(): value for name, value in (event.get("headers") or {}).items()}
    kind, *parameters = str(headers.get("content-type") or JSON).split(";")
    if kind.strip().lower() != JSON:
        raise ProblemError(NOT_JSON, f"send Content-Type: {JSON}, not {quote(kind.strip(), 100)}")
    for name, _, value in (parameter.partition("=") for parameter in parameters):
        charset = value.strip().strip('"')
        if name.strip().lower() == "charset" and charset.lower() not in ("utf-8", ""):
            raise ProblemError(NOT_JSON, f"send the body in UTF-8, not in {quote(charset, 100)}")


def with_plain_content_type(event: Mapping[str, Json]) -> dict[str, Json]:
    """Return an admitted request with the Content-Type header in the case that Powertools expects."""
    kept = ("headers", "multiValueHeaders")
    plain: dict[str, Json] = {
        part: {name: value for name, value in (event.get(part) or {}).items() if str(name).lower() != "content-type"}
        for part in kept
    }
    plain["headers"]["Content-Type"] = JSON
    plain["multiValueHeaders"]["Content-Type"] = [JSON]
    return {**event, **plain}


def read_json(text: str) -> Json:
    """Parse a body's JSON strictly. Refuse JSON that two parsers could read differently.

    Raises:
        ProblemError: 422: not JSON, a repeated name in an object, NaN or infinity, nested too deeply, or a number that
            is too long.
    """
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        said = f"is not JSON: {error.msg} (line {error.lineno}, column {error.colno})"
    except (ValueError, RecursionError) as error:
        said = f"is JSON that labgrader does not accept: {_why(error)}"
    raise bad_input([Problem(said, field="body")])


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{quote(name)} is given twice")
        found[name] = value
    return found


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is not a JSON number")


def _why(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return "a number is too long" if "integer string conversion" in str(error) else str(error)


def _with_article(role: str) -> str:
    return "an instructor" if role == INSTRUCTOR else "a student"
