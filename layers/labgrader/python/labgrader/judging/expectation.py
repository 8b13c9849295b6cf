"""Compare an answer with the JSON Schema in a lab file, and describe the differences in plain words."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from labgrader.errors import NotGradedError
from labgrader.labs.limits import MAX_DEPTH, MAX_MATCHED
from labgrader.messages import listed, quote
from labgrader.reasons import Reason

MAX_DIFFERENCES = 3
"""Maximum differences that one sentence names; the others are counted."""

MAX_SHOWN = 80
"""Maximum characters of a value in a difference."""

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_KINDS = {
    "object": "an object",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}

_SIZES = {
    "minItems": ("entry", "entries", "at least"),
    "maxItems": ("entry", "entries", "at most"),
    "minProperties": ("field", "fields", "at least"),
    "maxProperties": ("field", "fields", "at most"),
}

_BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
    "multipleOf": "a multiple of",
}

_SIMPLE = frozenset({"type", "enum", "const", "minLength", "maxLength", "pattern", *_BOUNDS})
"""Keywords for a single value, which state its expected form."""


def unmet(answer: Any, schema: Mapping[str, Any], name: str = "the body") -> str:
    """Return the differences between an answer and the lab's schema: ``the body has no field total``.

    Args:
        answer: the student's parsed answer, of any shape.
        schema: a JSON Schema (draft 2020-12) that ``schema_problems`` accepts.
        name: the name of the whole answer in a difference.

    Returns:
        at most ``MAX_DIFFERENCES`` differences, always in the same order, as a phrase after “but”; empty if
        there are none.

    Raises:
        NotGradedError: the schema cannot be applied, which is the lab's fault.
    """
    if unfit := _unfit(answer):
        return f"{name} {unfit}"
    from labgrader.labs.answer_schema import validator_of  # jsonschema: 58 ms, for those labs alone that ask for it

    try:
        errors = sorted(validator_of(schema).iter_errors(answer), key=_order)
        found = list(dict.fromkeys(_in_words(error, answer, name) for error in errors))
    except Exception as fault:  # for example a loop of references: the fault is the lab's, not the answer's
        said = f"the lab's expectation cannot be applied ({type(fault).__name__})"
        raise NotGradedError("", said, Reason.GRADER) from fault
    more = len(found) - MAX_DIFFERENCES
    return "; ".join([*found[:MAX_DIFFERENCES], *([f"and {more} more"] if more > 0 else [])])


def asked_for(schema: Mapping[str, Any]) -> str:
    """Return a short description of a schema: ``an object with result and performance``."""
    if "const" in schema:
        return shown(schema["const"])
    if "enum" in schema:
        return _either(map(shown, schema["enum"]))
    fields = [
        *schema.get("required", ()),
        *(name for name, field in schema.get("properties", {}).items() if field is not False),
    ]
    if fields:
        return f"an object with {listed(dict.fromkeys(fields))}"
    if "type" in schema:
        kinds = schema["type"]
        return _either(_KINDS[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds))
    return "what the lab asks for"


def shown(value: Any) -> str:
    """Return a value for a sentence: text in quotation marks, everything else as JSON, both cut."""
    return f'"{quote(value, MAX_SHOWN)}"' if isinstance(value, str) else quote(value, MAX_SHOWN)


def below(path: str, key: str | int) -> str:
    """Return the name of a part of a value: ``users[0].age``."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    if _PLAIN_KEY.fullmatch(key) and len(key) <= MAX_SHOWN:
        return f"{path}.{key}" if path else key
    return f"{path}[{shown(key)}]"


def among(fields: Iterable[str]) -> str:
    """List the fields that are there, to follow the name of a missing one: `` (there is a and b)``."""
    names = list(fields)
    return f" (there is {listed([*names[:5], *(['…'] if len(names) > 5 else [])])})" if names else ""


def _unfit(answer: Any) -> str:
    """Return why an answer is too large to be compared, as a phrase that follows its name; empty if it is not."""
    level = [answer]
    for _ in range(MAX_DEPTH):
        following: list[Any] = []
        for value in level:
            if isinstance(value, float) and not math.isfinite(value):
                return "contains a number that is too large"
            if isinstance(value, Mapping):
                if any(len(key) > MAX_MATCHED for key in value):
                    return f"has a field name with more than {MAX_MATCHED:,} characters"
                following += value.values()
            elif isinstance(value, list):
                following += value
        level = following
        if not level:
            return ""
    return f"is nested more than {MAX_DEPTH} levels deep, which is too deep"


def _order(error: Any) -> tuple[list[tuple[bool, int, str]], list[str]]:
    """Return the sort key of an error: its place in the answer, numbers as numbers, then its place in the schema."""
    place = [(isinstance(part, str), part if isinstance(part, int) else 0, str(part)) for part in error.absolute_path]
    return place, list(map(str, error.absolute_schema_path))


def _in_words(error: Any, answer: Any, name: str) -> str:
    """Return one difference as a phrase with its place and the expected value."""
    path, value = "", answer
    for part in error.absolute_path:
        path, value = below(path, part), value[part]
    place = f"{path} of {name}" if path.startswith("[") else path or name
    wanted = error.validator_value
    if value is not error.instance and isinstance(error.instance, str):  # `propertyNames`: the instance is a name
        return f"{place} has a field {shown(error.instance)}, and that name is not allowed"
    match error.validator:
        case "required":
            return _without(place, [field for field in wanted if field not in value], value)
        case "dependentRequired":
            absent = [field for given, fields in wanted.items() if given in value for field in fields]
            return _without(place, [field for field in dict.fromkeys(absent) if field not in value], value)
        case "additionalProperties" if wanted is False:
            return f"{place} has {_extra(value, error.schema)}"
        case "unevaluatedProperties" | "unevaluatedItems":
            return f"{place} has additional values: {shown(value)}"
        case "minItems" | "maxItems" | "minProperties" | "maxProperties":
            singular, several, most = _SIZES[error.validator]
            return f"{place} has {_counted(len(value), singular, several)} instead of {most} {wanted}"
        case "items":  # `false`, after `prefixItems`
            places = len(error.schema.get("prefixItems", ()))
            return f"{place} has {_counted(len(value), 'entry', 'entries')} instead of at most {places}"
        case "uniqueItems":
            return f"{place} has the same entry twice: {shown(value)}"
        case "contains" | "minContains" | "maxContains":
            entry = error.schema.get("contains", {})
            which = asked_for(entry) if isinstance(entry, Mapping) else "what the lab asks for"
            often = {"minContains": "too few entries that are", "maxContains": "too many entries that are"}
            return f"{place} has {often.get(error.validator, 'no entry that is')} {which}"
        case "oneOf" if not error.context:
            return f"{place} is {shown(value)}, which matches several of the allowed forms instead of one"
        case "anyOf" | "oneOf" if any(form.validator not in _SIMPLE or form.relative_path for form in error.context):
            forms = list(dict.fromkeys(_in_words(form, answer, name) for form in error.context))
            return f"{place} matches none of the allowed forms: {', or '.join(forms[:MAX_DIFFERENCES])}"
        case "not" if not wanted:
            return f"{place} is not allowed"
        case "not":
            return f"{place} is {shown(value)}, which is not allowed"
    return f"{place} is {_with_kind(value, error)} instead of {_wanted(error)}"


def _wanted(error: Any) -> str:
    wanted = error.validator_value
    match error.validator:
        case "type" | "enum" | "const":
            return asked_for({error.validator: wanted})
        case "minLength" | "maxLength":
            most = "at least" if error.validator == "minLength" else "at most"
            return f"a text of {most} {wanted} character{'' if wanted == 1 else 's'}"
        case "pattern":
            if len(error.instance) > MAX_MATCHED:
                return f"a text of at most {MAX_MATCHED:,} characters"
            return f"a text that matches {quote(wanted, MAX_SHOWN)}"
        case "anyOf" | "oneOf":
            return _either(dict.fromkeys(map(_wanted, error.context)))
        case keyword if keyword in _BOUNDS:
            return f"{_BOUNDS[keyword]} {quote(wanted, MAX_SHOWN)}"
    return "something else"


def _with_kind(value: Any, error: Any) -> str:
    """Return a value as text, with its type if the type is wrong."""
    kind = ""
    if error.validator == "type" and not isinstance(value, bool) and value is not None:
        number = "integer" if isinstance(value, int) else "number"
        kinds: dict[type, str] = {str: "string", list: "array", dict: "object"}
        kind = f" ({_KINDS[kinds.get(type(value), number)]})"
    return f"{shown(value)}{kind}"


def _without(place: str, absent: Sequence[str], value: Mapping[str, Any]) -> str:
    return f"{place} has no field{'s' if len(absent) > 1 else ''} {_either(map(quote, absent))}{among(value)}"


def _extra(value: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    patterns = schema.get("patternProperties", {})
    more = [
        key
        for key in value
        if key not in schema.get("properties", {}) and not any(re.search(pattern, key) for pattern in patterns)
    ]
    names = [quote(key, MAX_SHOWN) for key in more[:5]] + (["…"] if len(more) > 5 else [])
    if len(more) == 1:
        return f"an additional field {names[0]}"
    return f"additional fields: {listed(names)}"


def _counted(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"


def _either(words: Iterable[str]) -> str:
    """Join what may be either: ``a, b or c``."""
    *before, last = list(words) or ["nothing"]
    return f"{', '.join(before)} or {last}" if before else last
