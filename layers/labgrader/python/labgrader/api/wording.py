"""What pydantic says of a request, in words for who wrote it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from labgrader.api.problems import named
from labgrader.errors import Problem
from labgrader.messages import quote

_PLACES = ("body", "path", "query", "header")
"""What begins a value's place in pydantic's list of errors, and is not part of its name."""

_TAGS = ("text", "rows")
"""The kinds of a roster (``models.Roster``), which stand in the place of its values as if they were names."""


def problems_of(errors: Sequence[Mapping[str, Any]]) -> list[Problem]:
    """Return everything that is wrong with a request, field by field.

    Args:
        errors: what pydantic found: ``type``, ``loc``, ``msg``, ``ctx``, ``input``.
    """
    return [Problem(_said(error), field=_field(error["loc"])) for error in errors]


def _field(loc: Sequence[str | int]) -> str:
    parts = list(loc[1:] if loc and loc[0] in _PLACES else loc)
    if len(parts) > 1 and parts[0] == "roster" and parts[1] in _TAGS:
        del parts[1]
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
        "literal_error": f"{quote(error.get('input'), 90)} is not one of: {context.get('expected', '')}",
        "string_pattern_mismatch": f"{quote(error.get('input'), 90)} does not match {context.get('pattern', '')}",
        "too_long": f"has more than {context.get('max_length', 0):,} entries",
    }
    return sentences.get(str(error["type"]), f"cannot be used: {quote(error.get('msg', ''))}")
