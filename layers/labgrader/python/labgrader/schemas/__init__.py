"""The JSON Schemas of labgrader's documents. Every document is validated before it is stored."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labgrader.errors import LabgraderError

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

MAX_PROBLEMS = 5
"""Problems that one error names; the rest are counted."""


class InvalidDocumentError(LabgraderError):
    """labgrader made a document that does not match its schema. This is a fault of labgrader, not of a student.

    Args:
        name: the schema's name (``report``).
        problems: what is wrong, each with the path of the value (``checks[3].points: …``).
    """

    def __init__(self, name: str, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        more = len(self.problems) - MAX_PROBLEMS
        shown = "; ".join(self.problems[:MAX_PROBLEMS])
        super().__init__(f"not a valid {name}: {shown}" + (f"; and {more} more" if more > 0 else ""))


def read_schema(name: str) -> dict[str, Any]:
    """Return a schema of this folder by its name: ``lab`` for ``lab.schema.json``."""
    schema: dict[str, Any] = json.loads((Path(__file__).parent / f"{name}.schema.json").read_text(encoding="utf-8"))
    return schema


def validate(document: Any, name: str) -> None:
    """Validate a document against its schema.

    Args:
        document: JSON, as Python objects.
        name: the schema's name: ``report``, ``run`` or ``lab``.

    Raises:
        InvalidDocumentError: what is wrong and where, also for numbers that JSON cannot hold (NaN, infinity).
        FileNotFoundError: there is no schema with this name.
    """
    problems = [
        f"{error.json_path.removeprefix('$').removeprefix('.') or 'document'}: {_shortened(error.message)}"
        for error in sorted(_validator(name).iter_errors(document), key=lambda error: error.json_path)
    ]
    if not problems:
        try:
            json.dumps(document, allow_nan=False)
        except ValueError as error:
            problems = [str(error)]
    if problems:
        raise InvalidDocumentError(name, problems)


@cache
def _validator(name: str) -> Draft202012Validator:
    """Return the validator of a schema. The import of jsonschema takes 60 ms on Lambda, so it is done on first use."""
    from jsonschema import Draft202012Validator, FormatChecker

    schema = read_schema(name)
    return Draft202012Validator(schema, format_checker=FormatChecker())


def _shortened(message: str) -> str:
    """Return the message's beginning and its end, which has the reason: jsonschema quotes the whole value."""
    return message if len(message) <= 300 else f"{message[:120]} … {message[-160:]}"
