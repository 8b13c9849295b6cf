"""The errors of the API, as RFC 9457 problem details."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from labgrader.errors import LabgraderError, Problem
from labgrader.messages import quote
from labgrader.rosters import MoreProblems

CONTENT_TYPE = "application/problem+json"

MAX_ERRORS = 50
"""Maximum errors that one problem lists; its detail counts the rest."""

MAX_MESSAGE = 500
"""Maximum characters of one error, and of a field's name."""

TRY_AGAIN_S = 5
"""Seconds of ``Retry-After`` if AWS is busy."""

_PLACES = ("body", "path", "query", "header")
"""The first element of a location in pydantic's errors. It is not part of a field's name."""


@dataclass(frozen=True)
class Kind:
    """One kind of problem: its type for programs, and its title for people.

    Args:
        name: the end of its ``type``.
        status: the HTTP status.
        title: a short summary, the same for all problems of this kind.
    """

    name: str
    status: HTTPStatus
    title: str

    @property
    def type(self) -> str:
        """The problem's ``type``: a URI (RFC 9457, section 3.1.1)."""
        return f"urn:labgrader:problem:{self.name}"


NO_TOKEN = Kind("no-token", HTTPStatus.UNAUTHORIZED, "A token is required")
NOT_YOURS = Kind("not-yours", HTTPStatus.FORBIDDEN, "Your token does not allow this")
NOT_FOUND = Kind("not-found", HTTPStatus.NOT_FOUND, "Not found")
NO_SUCH_METHOD = Kind("no-such-method", HTTPStatus.METHOD_NOT_ALLOWED, "The method is not supported here")
ALREADY_RUNNING = Kind("already-running", HTTPStatus.CONFLICT, "A self-check of this lab is already running")
TOKEN_USED = Kind("client-token-used", HTTPStatus.CONFLICT, "The client token was used for a different request")
TOO_LARGE = Kind("too-large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request body is too large")
NOT_JSON = Kind("not-json", HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The request body must be JSON")
BAD_INPUT = Kind("bad-input", HTTPStatus.UNPROCESSABLE_ENTITY, "The request is invalid")
ALLOWANCE_SPENT = Kind("allowance-spent", HTTPStatus.TOO_MANY_REQUESTS, "The self-check allowance is used up")
OUR_FAULT = Kind("our-fault", HTTPStatus.INTERNAL_SERVER_ERROR, "labgrader failed")
BUSY = Kind("busy", HTTPStatus.SERVICE_UNAVAILABLE, "AWS is busy")

KINDS = (
    NO_TOKEN,
    NOT_YOURS,
    NOT_FOUND,
    NO_SUCH_METHOD,
    ALREADY_RUNNING,
    TOKEN_USED,
    TOO_LARGE,
    NOT_JSON,
    BAD_INPUT,
    ALLOWANCE_SPENT,
    OUR_FAULT,
    BUSY,
)


class ProblemError(LabgraderError):
    """An error response.

    Args:
        kind: the kind of problem.
        detail: what is wrong in this request, as a sentence for the caller.
        headers: HTTP headers of the response.
        more: further members of the problem (``run_id``, ``allowance``, ``errors``).
    """

    def __init__(self, kind: Kind, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        self.kind = kind
        self.detail = detail
        self.headers = dict(headers or {})
        self.more = more
        super().__init__(f"{kind.title}: {detail}")

    def body(self) -> dict[str, Any]:
        """Return the problem details (RFC 9457)."""
        about = {"type": self.kind.type, "title": self.kind.title, "status": int(self.kind.status)}
        return {**about, "detail": self.detail, **self.more}

    def response(self) -> Response[str]:
        """Return the response with its body as text, because Powertools serializes only ``application/json``."""
        return Response(
            status_code=int(self.kind.status),
            content_type=CONTENT_TYPE,
            body=json.dumps(self.body()),
            headers=self.headers,
        )


def no_token() -> ProblemError:
    """Return the problem of a request without a valid token."""
    said = "send your token in the header `Authorization: Bearer TOKEN`; your instructor issues tokens"
    return ProblemError(NO_TOKEN, said, headers={"WWW-Authenticate": "Bearer"})


def bad_input(problems: Iterable[Problem | str]) -> ProblemError:
    """Return the problem of an invalid request, with all that is wrong with it, field by field."""
    given = [problem if isinstance(problem, Problem) else Problem(problem) for problem in problems]
    counted = sum(problem.count for problem in given if isinstance(problem, MoreProblems))
    found = [problem for problem in given if not isinstance(problem, MoreProblems)]
    errors = [{"field": _shown(_place(problem)), "message": _shown(problem.message)} for problem in found[:MAX_ERRORS]]
    more = len(found) - len(errors) + counted
    said = "; ".join(": ".join(part for part in (error["field"], error["message"]) if part) for error in errors[:3])
    left = len(found) + counted - min(len(errors), 3)
    detail = said + (f"; and {left} more" if left else "")
    members: dict[str, Any] = {"errors": errors, **({"errors_left_out": more} if more else {})}
    return ProblemError(BAD_INPUT, detail, **members)


def problems_of(errors: Sequence[Mapping[str, Any]]) -> list[Problem]:
    """Return all problems of a request, field by field.

    Args:
        errors: pydantic's errors: ``type``, ``loc``, ``msg``, ``ctx``, ``input``.
    """
    return [Problem(_said(error), field=_field(error["loc"])) for error in errors]


def _field(loc: Sequence[str | int]) -> str:
    parts = list(loc[1:] if loc and loc[0] in _PLACES else loc)
    return named(parts) or "body"


def _said(error: Mapping[str, Any]) -> str:
    context = error.get("ctx") or {}
    sentences = {
        "missing": "is missing",
        "extra_forbidden": "is an unknown field",
        "string_type": "is not text",
        "string_unicode": "is not text that UTF-8 can encode",
        "list_type": "is not a list",
        "int_parsing": "is not a whole number",
        "int_type": "is not a whole number",
        "model_attributes_type": "is not an object",
        "model_type": "is not an object",
        "dict_type": "is not an object",
        "literal_error": f"{quote(error.get('input'), 90)} is not one of: {_listed(context)}",
        "string_pattern_mismatch": f"{quote(error.get('input'), 90)} does not match {context.get('pattern', '')}",
        "too_long": f"has more than {context.get('max_length', 0):,} entries",
    }
    return sentences.get(str(error["type"]), f"is invalid: {quote(error.get('msg', ''))}")


def _listed(context: Mapping[str, Any]) -> str:
    """Return pydantic's ``'csv' or 'json'`` as a list with commas, like labgrader's other messages."""
    return str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")


def named(parts: Sequence[str | int]) -> str:
    """Return the path of a value in a request: ``roster[3].username``."""
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _place(problem: Problem) -> str:
    """Return a problem's field, with its row of the roster."""
    line = "" if problem.line is None else f"line {problem.line}"
    return ": ".join(part for part in (problem.source, line, problem.field) if part)


def _shown(text: str) -> str:
    return quote(text, MAX_MESSAGE)
