"""JSON Schemas that a teacher wrote in a lab file: what is wrong with one, and the validator that applies it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from labgrader.labs.limits import MAX_MATCHED

Path = tuple[str | int, ...]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_ONE = frozenset(
    {
        "additionalProperties",
        "contains",
        "else",
        "if",
        "items",
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    }
)
_SEVERAL = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_NAMED = frozenset({"$defs", "dependentSchemas", "patternProperties", "properties"})
_PLAIN = frozenset(
    {
        "$comment",
        "$ref",
        "const",
        "default",
        "dependentRequired",
        "description",
        "enum",
        "examples",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "maxContains",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minContains",
        "minItems",
        "minLength",
        "minProperties",
        "minimum",
        "multipleOf",
        "pattern",
        "required",
        "title",
        "type",
        "uniqueItems",
    }
)
"""Keywords of draft 2020-12 that hold no schema. ``$id``, ``$anchor`` and ``$dynamicRef`` are left out: what they are
for is several documents. Source: https://json-schema.org/draft/2020-12/json-schema-validation"""

_ENDLESS = re.compile(r"[*+}]\)(?:[*+]|\{\d+,\})")
"""A repetition that ends in a repetition, ``(a+)+``: Python's ``re`` may take longer than a life for a short text."""

_SAMPLES: tuple[Any, ...] = (None, True, 0, "", [], {})


_META_SCHEMA = Draft202012Validator(
    Draft202012Validator.META_SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER
)
"""What a schema itself must look like."""


def schema_problems(schema: Any) -> Iterator[tuple[str, Path]]:
    """Yield what is wrong with a schema: a sentence, and the path of the value in the schema.

    It is stricter than JSON Schema, which passes over what it does not know: a misspelt keyword would ask for nothing.
    """
    unlike = sorted(_META_SCHEMA.iter_errors(schema), key=lambda error: [str(step) for step in error.absolute_path])
    for error in unlike:
        path = tuple(error.absolute_path)
        yield _unlike_a_schema(error), path[:-1] if path[-2:-1] == ("type",) else path
    if unlike:
        return
    found = list(_walk(schema, schema, ()))
    yield from found
    if not found:
        try:
            for sample in _SAMPLES:
                any(validator_of(schema).iter_errors(sample))
        except RecursionError:
            yield "refers to itself without end", ()


def validator_of(schema: Mapping[str, Any]) -> Any:
    """Return the validator of a schema: it fetches nothing, and no answer can make it compute for long."""
    return _validator_class()(_placed(schema), registry=Registry())


def _walk(schema: Any, root: Any, path: Path) -> Iterator[tuple[str, Path]]:
    if not isinstance(schema, Mapping):  # true or false
        return
    for keyword, value in schema.items():
        here = (*path, keyword)
        if keyword in _ONE:
            yield from _walk(value, root, here)
        elif keyword in _SEVERAL:
            for index, one in enumerate(value):
                yield from _walk(one, root, (*here, index))
        elif keyword in _NAMED:
            for name, one in value.items():
                yield from _pattern_problems(name, (*here, name)) if keyword == "patternProperties" else ()
                yield from _walk(one, root, (*here, name))
        elif keyword == "$ref":
            yield from _reference_problems(value, root, here)
        elif keyword == "pattern":
            yield from _pattern_problems(value, here)
        elif keyword == "format":
            yield "a format is not checked: say it with a pattern", here
        elif keyword == "$schema" and value == DIALECT:
            continue
        elif keyword not in _PLAIN:
            yield f"there is no keyword {keyword!r} that could be used here", here


def _unlike_a_schema(error: ValidationError) -> str:
    value, path = error.instance, list(error.absolute_path)
    if "type" in path[-2:] and (value is None or (isinstance(value, list) and None in value)):
        return 'write "null" in quotation marks: without them, YAML reads it as nothing'
    if path[-1:] == ["type"] and isinstance(value, str):
        return f"{value!r} is no type; there are: array, boolean, integer, null, number, object, string"
    return f"not a JSON Schema: {error.message}"[:300]


def _pattern_problems(pattern: str, path: Path) -> Iterator[tuple[str, Path]]:
    if _ENDLESS.search(pattern):
        yield f"{pattern!r} repeats a repetition, which may take for ever: write it with one", path


def _reference_problems(reference: str, root: Any, path: Path) -> Iterator[tuple[str, Path]]:
    if not reference.startswith("#"):
        yield f"{reference!r} is somewhere else, and nothing is fetched: write it here, under $defs", path
        return
    try:
        Registry().with_resource("", DRAFT202012.create_resource(root)).resolver("").lookup(reference)
    except (Unresolvable, ValueError, KeyError, TypeError):
        yield f"there is nothing at {reference!r}", path


def _placed(schema: Any) -> Any:
    """Write a field that must not be there in the way of which jsonschema says the place, too."""
    if isinstance(schema, list):
        return [_placed(one) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        keyword: {name: {"not": {}} if one is False else _placed(one) for name, one in value.items()}
        if keyword in ("properties", "patternProperties") and isinstance(value, Mapping)
        else value
        if keyword in ("const", "enum")
        else _placed(value)
        for keyword, value in schema.items()
    }


@cache
def _validator_class() -> Any:
    ours = {"uniqueItems": _unique_items, "multipleOf": _multiple_of, "pattern": _pattern}
    return extend(Draft202012Validator, ours)  # type: ignore[no-untyped-call]


def _unique_items(validator: Any, wanted: bool, value: Any, _: Any) -> Iterator[ValidationError]:
    """jsonschema compares entries of different kinds in pairs: thousands of them take minutes."""
    if wanted and validator.is_type(value, "array") and len(set(map(_canonical, value))) != len(value):
        yield ValidationError("not unique")


def _canonical(value: Any) -> str:
    """A text that equal values share: 1 and 1.0 are equal, 1 and true are not."""
    return json.dumps(_whole(value), sort_keys=True)


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _whole(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_whole(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _multiple_of(validator: Any, wanted: float, value: Any, _: Any) -> Iterator[ValidationError]:
    """jsonschema divides, and a number of a thousand digits is beyond every float; 0.3 is a multiple of 0.1 here."""
    if validator.is_type(value, "number") and Fraction(str(value)) % Fraction(str(wanted)):
        yield ValidationError("no multiple")


def _pattern(validator: Any, wanted: str, value: Any, _: Any) -> Iterator[ValidationError]:
    if validator.is_type(value, "string") and (len(value) > MAX_MATCHED or not re.search(wanted, value)):
        yield ValidationError("no match")
