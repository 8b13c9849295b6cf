"""Every error that the API answers with: RFC 9457 problem details."""

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
"""Errors that one problem lists; the rest are counted in its detail."""

MAX_MESSAGE = 500
"""Characters of one of them, and of a field's name."""

TRY_AGAIN_S = 5
"""What ``Retry-After`` says where AWS, and not the allowance, made us say no."""

_PLACES = ("body", "path", "query", "header")
"""What begins a value's place in pydantic's list of errors, and is not part of its name."""


@dataclass(frozen=True)
class Kind:
    """One kind of problem: what a program may tell it by, and its title, which is always the same.

    Args:
        name: the end of its ``type``.
        status: the HTTP status.
        title: what a person reads first.
    """

    name: str
    status: HTTPStatus
    title: str

    @property
    def type(self) -> str:
        """The problem's ``type``: a URI, as RFC 9457 wants it."""
        return f"urn:labgrader:problem:{self.name}"


NO_TOKEN = Kind("no-token", HTTPStatus.UNAUTHORIZED, "A token is needed")
NOT_YOURS = Kind("not-yours", HTTPStatus.FORBIDDEN, "This is not yours to see or do")
NOT_FOUND = Kind("not-found", HTTPStatus.NOT_FOUND, "There is no such thing")
NO_SUCH_METHOD = Kind("no-such-method", HTTPStatus.METHOD_NOT_ALLOWED, "That cannot be done here")
ALREADY_RUNNING = Kind("already-running", HTTPStatus.CONFLICT, "A self-check of this lab is running already")
TOKEN_USED = Kind("client-token-used", HTTPStatus.CONFLICT, "The client token stands for another request")
TOO_LARGE = Kind("too-large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too large")
NOT_JSON = Kind("not-json", HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body has to be JSON")
BAD_INPUT = Kind("bad-input", HTTPStatus.UNPROCESSABLE_ENTITY, "The request cannot be used")
ALLOWANCE_SPENT = Kind("allowance-spent", HTTPStatus.TOO_MANY_REQUESTS, "The allowance is spent")
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
    """What a request is answered with in place of what it asked for.

    Args:
        kind: which problem.
        detail: what is wrong this time, as a sentence for who asked.
        headers: HTTP headers of the answer.
        more: further members of the problem (``run_id``, ``allowance``, ``errors``).
    """

    def __init__(self, kind: Kind, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        self.kind = kind
        self.detail = detail
        self.headers = dict(headers or {})
        self.more = more
        super().__init__(f"{kind.title}: {detail}")

    def body(self) -> dict[str, Any]:
        """The problem as RFC 9457 writes it."""
        about = {"type": self.kind.type, "title": self.kind.title, "status": int(self.kind.status)}
        return {**about, "detail": self.detail, **self.more}

    def response(self) -> Response[str]:
        """The answer, its body written already: Powertools writes JSON for ``application/json`` alone."""
        return Response(
            status_code=int(self.kind.status),
            content_type=CONTENT_TYPE,
            body=json.dumps(self.body()),
            headers=self.headers,
        )


def no_token() -> ProblemError:
    """The problem of a request without a token that the authorizer knows."""
    said = "send the token that you were given in the header `Authorization: Bearer TOKEN`"
    return ProblemError(NO_TOKEN, said, headers={"WWW-Authenticate": "Bearer"})


def bad_input(problems: Iterable[Problem | str]) -> ProblemError:
    """The problem of input that cannot be used, with everything that is wrong with it, field by field."""
    given = [problem if isinstance(problem, Problem) else Problem(problem) for problem in problems]
    counted = sum(problem.count for problem in given if isinstance(problem, MoreProblems))
    found = [problem for problem in given if not isinstance(problem, MoreProblems)]
    errors = [{"field": _shown(_place(one)), "message": _shown(one.message)} for one in found[:MAX_ERRORS]]
    more = len(found) - len(errors) + counted
    said = "; ".join(": ".join(part for part in (one["field"], one["message"]) if part) for one in errors[:3])
    left = len(found) + counted - min(len(errors), 3)
    detail = said + (f"; and {left} more" if left else "")
    members: dict[str, Any] = {"errors": errors, **({"errors_left_out": more} if more else {})}
    return ProblemError(BAD_INPUT, detail, **members)


def problems_of(errors: Sequence[Mapping[str, Any]]) -> list[Problem]:
    """Return everything that is wrong with a request, field by field.

    Args:
        errors: what pydantic found: ``type``, ``loc``, ``msg``, ``ctx``, ``input``.
    """
    return [Problem(_said(error), field=_field(error["loc"])) for error in errors]


def _field(loc: Sequence[str | int]) -> str:
    parts = list(loc[1:] if loc and loc[0] in _PLACES else loc)
    return named(parts) or "body"


def _said(error: Mapping[str, Any]) -> str:
    context = error.get("ctx") or {}
    sentences = {
        "missing": "is missing",
        "extra_forbidden": "is not known here",
        "string_type": "is not text",
        "string_unicode": "is not text that UTF-8 can hold",
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
    return sentences.get(str(error["type"]), f"cannot be used: {quote(error.get('msg', ''))}")


def _listed(context: Mapping[str, Any]) -> str:
    """Pydantic's ``'csv' or 'json'`` as every other sentence of ours lists words."""
    return str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")


def named(parts: Sequence[str | int]) -> str:
    """Where in a request a value stands: ``roster[3].username``."""
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _place(problem: Problem) -> str:
    """A problem's field, with the row of a roster it stands in."""
    line = "" if problem.line is None else f"line {problem.line}"
    return ": ".join(part for part in (problem.source, line, problem.field) if part)


def _shown(text: str) -> str:
    return quote(text, MAX_MESSAGE)
