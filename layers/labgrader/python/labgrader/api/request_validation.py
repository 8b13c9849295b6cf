"""What every request is asked before its route sees it: who sends it, and whether its body can be read."""

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
"""What is answered without a token."""

BODY_PATHS = ("/v1/self-checks", "/v1/runs")
"""What takes a body, by POST."""

JSON = "application/json"
"""What a body is, also where the request does not say; in UTF-8, as all JSON that travels (RFC 8259, section 8.1)."""

MAX_BODY = 256 * 1024
"""Bytes of a request's body: a roster of 2,000 students; a longer one goes to the bucket (``labgrader course``)."""

STUDENT, INSTRUCTOR = "student", "instructor"
ROLES = (STUDENT, INSTRUCTOR)


@dataclass(frozen=True)
class Caller:
    """Who sends a request, as the authorizer found in the token.

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
            whose = "instructors" if role == INSTRUCTOR else "students"
            raise ProblemError(NOT_YOURS, f"this is for {whose}, and your token is that of {_a(self.role)}")


def caller_of(event: Mapping[str, Json]) -> Caller:
    """Return who sends a request. Only the authorizer is believed: no header, no parameter, no body.

    Args:
        event: as API Gateway sends it.

    Raises:
        ProblemError: 401: the authorizer did not see it, or told no subject or no role that we know.
    """
    context = event.get("requestContext")
    told = context.get("authorizer") if isinstance(context, Mapping) else None
    subject, role = (told.get("subject"), told.get("role")) if isinstance(told, Mapping) else (None, None)
    if not isinstance(subject, str) or not subject or role not in ROLES:
        raise no_token()
    return Caller(subject, str(role))


def admit(event: Mapping[str, Json]) -> None:
    """Let a request through to its route, or not.

    A student is sent away from what is for instructors before anything of the request is read: what would be wrong
    with it is nothing to tell. Every route asks for the role itself too.

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
        said = f"{size:,} bytes; a request may have {MAX_BODY:,}: give a long roster's key in the bucket instead"
        raise ProblemError(TOO_LARGE, said)
    _admit_content_type(event)
    if not body.strip():
        raise bad_input([Problem("is empty; it has to be a JSON object", field="body")])
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
            raise ProblemError(NOT_JSON, f"send it in UTF-8, not in {quote(charset, 100)}")


def with_plain_content_type(event: Mapping[str, Json]) -> dict[str, Json]:
    """Return a request that was let through with the Content-Type as Powertools knows it: it minds the case."""
    kept = ("headers", "multiValueHeaders")
    plain: dict[str, Json] = {
        part: {name: value for name, value in (event.get(part) or {}).items() if str(name).lower() != "content-type"}
        for part in kept
    }
    plain["headers"]["Content-Type"] = JSON
    plain["multiValueHeaders"]["Content-Type"] = [JSON]
    return {**event, **plain}


def read_json(text: str) -> Json:
    """Read a body's JSON strictly: what two readers could read in two ways is refused.

    Raises:
        ProblemError: 422: not JSON, a name twice in one object, NaN or infinity, too deep, or too long a number.
    """
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        said = f"is not JSON: {error.msg} (line {error.lineno}, column {error.colno})"
    except (ValueError, RecursionError) as error:
        said = f"is not JSON that can be used: {_why(error)}"
    raise bad_input([Problem(said, field="body")])


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{quote(name)} is given twice")
        found[name] = value
    return found


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is no number of JSON's")


def _why(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return "a number is too long" if "integer string conversion" in str(error) else str(error)


def _a(role: str) -> str:
    return "an instructor" if role == INSTRUCTOR else "a student"
