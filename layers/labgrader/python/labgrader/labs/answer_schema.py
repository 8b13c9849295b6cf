"""JSON Schemas that a teacher wrote in a lab file: what is wrong with one, and the validator that applies it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import cache, partial
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from labgrader.labs.limits import MAX_MATCHED
from labgrader.labs.schema_faults import schema_faults, shown_value
from labgrader.labs.suggestions import unknown_name
from labgrader.schemas import read_schema

Path = tuple[str | int, ...]

_ATOM = r"(?:\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[^\\()\[\]|?*+{}])"
_CATASTROPHIC = re.compile(rf"(?<!(?<!\\)\\)[*+}}]\??(?:{_ATOM}[?*]\??)*\)(?:[*+]|\{{\d+,\}})")
"""A repeated group that ends in a repetition, ``(a+)+``, or in one with optional characters behind it,
``([a-z]+\\s?)*``: the time that Python's ``re`` takes may grow exponentially with the length of the text."""

_SAMPLES: tuple[Any, ...] = (None, True, 0, "", [], {})


class _UnusableError(ValueError):
    """A pattern or a reference cannot be used. The text of the error is the problem that lint reports."""


def schema_problems(schema: Any) -> Iterator[tuple[str, Path]]:
    """Yield what is wrong with a schema: a sentence, and the path of the value in the schema.

    ``answer-schema.schema.json`` is stricter than JSON Schema, which ignores unknown keywords: a misspelt keyword would
    require nothing.
    """
    problems = _problems(schema, partial(_refer, schema)) or _problems(schema, partial(_refer_to_schema, schema))
    yield from problems
    if not problems:
        try:
            for sample in _SAMPLES:
                any(validator_of(schema).iter_errors(sample))
        except RecursionError:
            yield "refers to itself without end", ()


def validator_of(schema: Mapping[str, Any]) -> Any:
    """Return the validator of a schema. It fetches nothing, and it limits the size of what it compares."""
    return _validator_class()(_placed(schema), registry=Registry())


def _problems(schema: Any, check_reference: Callable[[Any], bool]) -> list[tuple[str, Path]]:
    """Return what the meta-schema has against a schema, in the order of the paths.

    Args:
        schema: the schema.
        check_reference: says whether a ``$ref`` can be used; raises ``_UnusableError`` if not.
    """
    errors = sorted(
        _meta_validator(check_reference).iter_errors(schema),
        key=lambda error: [str(step) for step in error.absolute_path],
    )
    return [problem for error in errors for problem in _problems_of(error)]


def _meta_validator(check_reference: Callable[[Any], bool] | None = None) -> Draft202012Validator:
    """Return the validator of schemas. Without ``check_reference``, it accepts every reference."""
    formats = FormatChecker(formats=())
    formats.checks("regex", raises=(re.error, _UnusableError))(_check_pattern)
    if check_reference:
        formats.checks("uri-reference", raises=_UnusableError)(check_reference)
    return Draft202012Validator(_meta_schema(), format_checker=formats)


@cache
def _meta_schema() -> dict[str, Any]:
    return read_schema("answer-schema")


def _problems_of(error: ValidationError) -> Iterator[tuple[str, Path]]:
    """Yield what one error of the meta-schema says, in words: an error of unknown keywords names each of them."""
    value: Any = error.instance
    path, where = tuple(error.absolute_path), list(error.absolute_schema_path)
    if error.validator == "additionalProperties":
        for keyword in value:
            if keyword not in _meta_schema()["properties"]:
                yield _unknown_keyword(keyword), (*path, keyword)
    elif where[-3:] == ["properties", "type", "anyOf"]:
        wrong = _wrong_type_name(error)
        yield from [(wrong, path)] if wrong else _in_words(error)
    elif where[-2:] == ["propertyNames", "format"]:
        yield from ((message, (*path, value)) for message, _ in _in_words(error))
    else:
        yield from _in_words(error)


def _unknown_keyword(keyword: str) -> str:
    if keyword == "format":
        return "formats are not checked: use a pattern"
    return unknown_name(f"the keyword {keyword!r} is not allowed here", keyword, _meta_schema()["properties"])


def _wrong_type_name(error: ValidationError) -> str:
    """Return what is wrong with the names of types under the keyword ``type``; empty if the names are right."""
    names = error.instance if isinstance(error.instance, list) else [error.instance]
    if None in names:
        return 'write "null" in quotation marks: without them, YAML reads it as nothing'
    types = _meta_schema()["$defs"]["type"]["enum"]
    for name in names:
        if not isinstance(name, str):
            return f"must be the name of a type, or a list of names, not {shown_value(name)}"
        if name not in types:
            return unknown_name(f"{name!r} is not a type", name, types, "the types are")
    return ""


def _in_words(error: ValidationError) -> Iterator[tuple[str, Path]]:
    if isinstance(error.cause, _UnusableError):
        yield str(error.cause), tuple(error.absolute_path)
    else:
        yield from ((fault.message, fault.path) for fault in schema_faults([error]))


def _check_pattern(pattern: Any) -> bool:
    """Return true for a pattern that can be used, and for what is no text.

    Raises:
        re.error: it is no regular expression.
        _UnusableError: it repeats a repetition.
    """
    if isinstance(pattern, str):
        re.compile(pattern)
        if _CATASTROPHIC.search(pattern):
            raise _UnusableError(
                f"{pattern!r} has a repetition within a repetition, which may take forever: use one repetition"
            )
    return True


def _refer(root: Any, reference: Any) -> bool:
    """Return true for a reference into the schema, and for what is no text.

    Raises:
        _UnusableError: it leads out of the schema, or to nothing.
    """
    if isinstance(reference, str):
        _target(root, reference)
    return True


def _refer_to_schema(root: Any, reference: Any) -> bool:
    """Return true for a reference to a schema, and for what is no text.

    The keywords and patterns of the target are checked too: it may be a value that no keyword uses as a schema.

    Raises:
        _UnusableError: it leads to a value that cannot be used as a schema.
    """
    if isinstance(reference, str) and not _meta_validator().is_valid(_target(root, reference)):
        raise _UnusableError(f"there is no schema at {reference!r}")
    return True


def _target(root: Any, reference: str) -> Any:
    """Return what a reference leads to."""
    if not reference.startswith("#"):
        raise _UnusableError(f"{reference!r} is somewhere else, and nothing is fetched: write it here, under $defs")
    try:
        resource = DRAFT202012.create_resource(root)
        return Registry().with_resource("", resource).resolver("").lookup(reference).contents
    except (Unresolvable, ValueError, KeyError, TypeError):
        raise _UnusableError(f"there is nothing at {reference!r}") from None


def _placed(schema: Any) -> Any:
    """Replace ``false`` for a field by ``{"not": {}}``: of that, jsonschema's error has the path of the field."""
    if isinstance(schema, list):
        return [_placed(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        keyword: {name: {"not": {}} if field is False else _placed(field) for name, field in value.items()}
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
    """Compare entries by their JSON. jsonschema compares entries of different types in pairs, which takes minutes."""
    if wanted and validator.is_type(value, "array") and len(set(map(_canonical, value))) != len(value):
        yield ValidationError("not unique")


def _canonical(value: Any) -> str:
    """Return a text that equal values share: 1 and 1.0 are equal, 1 and true are not."""
    return json.dumps(_whole(value), sort_keys=True)


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _whole(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_whole(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _multiple_of(validator: Any, wanted: float, value: Any, _: Any) -> Iterator[ValidationError]:
    """Compare exactly: 0.3 is a multiple of 0.1, and an integer may have more digits than a float can hold."""
    if validator.is_type(value, "number") and Fraction(str(value)) % Fraction(str(wanted)):
        yield ValidationError("no multiple")


def _pattern(validator: Any, wanted: str, value: Any, _: Any) -> Iterator[ValidationError]:
    """Match texts of at most ``MAX_MATCHED`` characters; a longer one never matches."""
    if validator.is_type(value, "string") and (len(value) > MAX_MATCHED or not re.search(wanted, value)):
        yield ValidationError("no match")
