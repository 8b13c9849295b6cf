"""What a JSON Schema finds wrong with a file that a person wrote, in plain sentences with the path of the key."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from labgrader.labs.suggestions import closest_name, unknown_name
from labgrader.messages import quote

Path = tuple[str | int, ...]

MAX_SHOWN = 90
"""Characters of a value that a sentence shows."""

KINDS = {
    "object": "a set of fields",
    "array": "a list",
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
}
"""The types of JSON Schema in the words of a person who writes YAML."""

_SCALARS = (bool, int, float, datetime.date)


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a value.

    Args:
        message: what is wrong, and what is expected.
        path: the path of the value; for an unknown or a missing field, the path of the field.
        keyword: the keyword of JSON Schema that found it.
        value: the value; for an unknown or a missing field, the object that has or lacks it.
    """

    message: str
    path: Path
    keyword: str
    value: Any = None


def strict_validator(schema: Mapping[str, Any]) -> Any:
    """Return a validator to which ``.nan`` and ``.inf`` are no numbers: no computation and no JSON can use them."""
    return _validator_class()(schema)


def schema_faults(errors: Iterable[ValidationError]) -> Iterator[Fault]:
    """Yield what validation errors say, in the order of the paths.

    An unknown field that is like a missing one is one fault, not two.

    Args:
        errors: the errors of a validator.
    """
    seen: set[tuple[str, Path]] = set()
    for error in sorted(errors, key=lambda error: [str(part) for part in error.absolute_path]):
        for fault in _faults_of(error):
            if (fault.message, fault.path) not in seen:  # jsonschema has one error for each missing field
                seen.add((fault.message, fault.path))
                yield fault


def unknown_fields(value: Mapping[str, Any], known: Iterable[str]) -> list[str]:
    """Return the fields of an object that are not known, in alphabetical order."""
    return sorted(set(map(str, value)) - set(known))


def missing_fields(value: Mapping[str, Any], required: Sequence[str], known: Iterable[str]) -> list[str]:
    """Return the required fields that an object lacks, without those that an unknown field is like."""
    names = list(known)
    misspelled = {closest_name(name, names) for name in unknown_fields(value, names)}
    return [name for name in required if name not in value and name not in misspelled]


def shown_value(value: Any) -> str:
    """Return a value of a YAML file as a sentence shows it: ``the text 'abc'``, ``the number 1``, ``a list``."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {_number(value)}" if _is_number(str(value)) else _number(value)
    if isinstance(value, str):
        return f"the text {quote(value, MAX_SHOWN)!r}"
    if isinstance(value, datetime.date):
        return f"the date {value.isoformat()}"
    if isinstance(value, Mapping):
        return KINDS["object"]
    return KINDS["array"] if isinstance(value, list) else "null" if value is None else "a value of another type"


def _faults_of(error: ValidationError) -> Iterator[Fault]:
    value: Any = error.instance
    schema: Any = error.schema
    path, keyword = tuple(error.absolute_path), str(error.validator)
    if keyword == "additionalProperties":
        fields = list(schema["properties"])
        listing = f"{schema['title']} has" if "title" in schema else "the fields are"
        for name in unknown_fields(value, fields):
            yield Fault(unknown_name("unknown field", name, fields, listing), (*path, name), keyword, value)
    elif keyword == "required":
        for name in missing_fields(value, schema["required"], schema.get("properties", ())):
            yield Fault("is missing", (*path, name), keyword, value)
    elif keyword == "anyOf":
        yield from _faults_of_alternatives(error)
    else:
        said = _SENTENCES.get(keyword, _unknown_keyword)(error)
        yield Fault(said if path or keyword != "type" else f"the file {said}", path, keyword, value)


def _faults_of_alternatives(error: ValidationError) -> Iterator[Fault]:
    """Yield what is wrong with a value that may have several types: of the type that it has, if it has one."""
    alternatives: dict[Any, list[ValidationError]] = {}
    for part in error.context or ():
        alternatives.setdefault(part.relative_schema_path[0], []).append(part)
    close = [
        parts
        for parts in alternatives.values()
        if not any(part.validator in ("type", "enum", "const") and not part.relative_path for part in parts)
    ]
    if len(close) == 1:
        yield from schema_faults(close[0])
        return
    schemas: Any = error.validator_value
    types = [kind for schema in schemas for kind in _types_of(schema)]
    yield Fault(_wrong_type(error.instance, types), tuple(error.absolute_path), "anyOf", error.instance)


def _types_of(schema: Mapping[str, Any]) -> list[str]:
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else list(types)


def _wrong_type(value: Any, types: Sequence[str]) -> str:
    """Return what type a value must have. Null is left out: a field that may be null may also be left out."""
    wanted = [kind for kind in dict.fromkeys(types) if kind != "null"] or ["null"]
    kinds = " or ".join(KINDS[kind] for kind in wanted)
    if value is None:
        return f"has no value; it must be {kinds}"
    said = f"must be {kinds}, not {shown_value(value)}"
    if "string" in wanted and isinstance(value, _SCALARS):
        return f"{said}: write it in quotation marks"
    if isinstance(value, str) and _is_number(value) and {"number", "integer"} & set(wanted):
        return f"{said}: write it without quotation marks"
    return said


def _wrong_pattern(error: ValidationError) -> str:
    schema: Any = error.schema
    described = schema.get("description", f"text that matches the pattern {error.validator_value}")
    if error.instance == "":
        return f"is empty; it is {described}"
    return f"{quote(error.instance, MAX_SHOWN)} is not {described}"


def _not_in_list(error: ValidationError) -> str:
    value, allowed = error.instance, cast(list[Any], error.validator_value)
    said = f"{quote(value, MAX_SHOWN)!r} is not allowed" if isinstance(value, str) else f"must not be {_plain(value)}"
    return unknown_name(said, value if isinstance(value, str) else "", list(map(str, allowed)), "the values are")


def _not_unique(error: ValidationError) -> str:
    values = [_plain(value) for value in cast(list[Any], error.instance)]
    twice = next(value for value in values if values.count(value) > 1)
    return f"has {twice} twice"


def _unknown_keyword(error: ValidationError) -> str:
    """Return a sentence for a keyword without one of its own; a test compares the keywords of all schemas."""
    return f"does not fit the keyword {error.validator} of the schema"


def _at_least(one: str, many: str) -> Callable[[ValidationError], str]:
    def sentence(error: ValidationError) -> str:
        least = cast(int, error.validator_value)
        wanted = f"must have at least {least} {one if least == 1 else many}"
        return wanted if error.instance else f"is empty; it {wanted}"

    return sentence


def _bound(words: str) -> Callable[[ValidationError], str]:
    return lambda error: f"must be {words} {_plain(error.validator_value)}, not {_plain(error.instance)}"


_SENTENCES: dict[str, Callable[[ValidationError], str]] = {
    "type": lambda error: _wrong_type(error.instance, _types_of({"type": error.validator_value})),
    "pattern": _wrong_pattern,
    "enum": _not_in_list,
    "const": lambda error: f"must be {_plain(error.validator_value)}, not {shown_value(error.instance)}",
    "uniqueItems": _not_unique,
    "minLength": _at_least("character", "characters"),
    "minItems": _at_least("entry", "entries"),
    "minProperties": _at_least("field", "fields"),
    "minimum": _bound("at least"),
    "maximum": _bound("at most"),
    "exclusiveMinimum": _bound("more than"),
    "format": lambda error: f"{error.instance!r} is not a regular expression: {error.cause}",
}
"""The sentence for each keyword of the schemas of lab files, course files, answers and parameters."""


def _plain(value: Any) -> str:
    """Return a value as it is written in a YAML file."""
    if isinstance(value, str):
        return repr(quote(value, MAX_SHOWN))
    return _number(value) if isinstance(value, int | float) and not isinstance(value, bool) else shown_value(value)


def _number(value: float) -> str:
    """Return a number as it is written in a YAML file."""
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    return quote(value, MAX_SHOWN)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _is_finite(_: Any, value: Any) -> bool:
    """Return whether a value is a number that JSON and a float can hold."""
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:
        return False


@cache
def _validator_class() -> Any:
    checker = Draft202012Validator.TYPE_CHECKER.redefine("number", _is_finite)
    return extend(Draft202012Validator, type_checker=checker)  # type: ignore[no-untyped-call]
