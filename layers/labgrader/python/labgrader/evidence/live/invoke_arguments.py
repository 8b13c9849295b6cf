"""What a question says of an invocation: whose function it is, which alias of it, and with what it is called."""

from __future__ import annotations

import json
import re

from labgrader.errors import BadInputError, NotGradedError
from labgrader.evidence.live.ownership import Ownership
from labgrader.evidence.question import Json

INVOKE = "lambda:InvokeFunction"

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")  # Lambda API Reference, Invoke: a function's name, without ARN or qualifier
_QUALIFIER = re.compile(r"|\$LATEST|[A-Za-z0-9_-]{1,128}")


def own_function(ownership: Ownership, function: str) -> str:
    """Return a function's name when it is the student's, and nothing else: no ARN, no other account, not ours.

    Raises:
        NotGradedError: it is not.
    """
    if not isinstance(function, str) or not _NAME.fullmatch(function):
        raise NotGradedError(INVOKE, f"{function!r} is not the name of a function")
    return ownership.require(INVOKE, "function", function)


def qualifier_of(qualifier: Json) -> str:
    """Return an alias or a version; empty for ``$LATEST``.

    Raises:
        BadInputError: it is neither.
    """
    if not isinstance(qualifier, str) or not _QUALIFIER.fullmatch(qualifier):
        raise BadInputError([f"{qualifier!r} is neither an alias nor a version"])
    return qualifier


def event_of(payload: Json) -> bytes:
    """Write the event as JSON; none is an empty object, as Lambda makes of a call without a payload."""
    return json.dumps({} if payload is None else payload).encode()
