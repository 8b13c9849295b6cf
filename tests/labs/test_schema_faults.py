"""What is wrong with a value, in a plain sentence for each keyword of our schemas."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import pytest

from labgrader.judging.check import all_checks
from labgrader.labs.schema_faults import _SENTENCES, schema_faults, strict_validator
from labgrader.schemas import read_schema

UNION = {"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "integer"}, "minItems": 1}]}
OPTIONAL = {"anyOf": [{"type": "string"}, {"type": "null"}]}
NAMED = {
    "title": "a check",
    "type": "object",
    "properties": {"title": {}, "task": {}},
    "required": ["title", "task"],
    "additionalProperties": False,
}


def sentences(schema: Any, value: Any) -> list[tuple[str, tuple[str | int, ...]]]:
    """The sentences about a value that is the field ``field`` of a file."""
    validator = strict_validator({"properties": {"field": schema}})
    return [(fault.message, fault.path[1:]) for fault in schema_faults(validator.iter_errors({"field": value}))]


@pytest.mark.parametrize(
    ("schema", "value", "sentence"),
    [
        ({"type": "string"}, 1, "must be text, not the number 1: write it in quotation marks"),
        ({"type": "string"}, True, "must be text, not true: write it in quotation marks"),
        (
            {"type": "string"},
            datetime.date(2026, 1, 1),
            "must be text, not the date 2026-01-01: write it in quotation marks",
        ),
        ({"type": "string"}, ["a"], "must be text, not a list"),
        ({"type": "string"}, {"a": 1}, "must be text, not a set of fields"),
        ({"type": "string"}, None, "has no value; it must be text"),
        ({"type": "number"}, "four", "must be a number, not the text 'four'"),
        ({"type": "number"}, "4", "must be a number, not the text '4': write it without quotation marks"),
        ({"type": "number"}, False, "must be a number, not false"),
        ({"type": "number"}, float("nan"), "must be a number, not .nan"),
        ({"type": "number"}, float("-inf"), "must be a number, not -.inf"),
        ({"type": "integer"}, 1.5, "must be a whole number, not the number 1.5"),
        ({"type": "boolean"}, "yes", "must be true or false, not the text 'yes'"),
        ({"type": "array"}, "a", "must be a list, not the text 'a'"),
        ({"type": "object"}, [], "must be a set of fields, not a list"),
        ({"type": ["object", "boolean"]}, 3, "must be a set of fields or true or false, not the number 3"),
        ({"pattern": "^a$", "description": "the letter a"}, "b", "b is not the letter a"),
        ({"pattern": "^a$", "description": "the letter a"}, "", "is empty; it is the letter a"),
        ({"pattern": "^a$"}, "b", "b is not text that matches the pattern ^a$"),
        ({"enum": ["visible", "hidden"]}, "hiden", "'hiden' is not allowed; did you mean 'hidden'? "
         "The values are: visible, hidden"),
        ({"enum": ["visible", "hidden"]}, "x", "'x' is not allowed; the values are: visible, hidden"),
        ({"enum": [50, 90]}, 51, "must not be 51; the values are: 50, 90"),
        ({"const": True}, False, "must be true, not false"),
        ({"uniqueItems": True}, ["a", "b", "a"], "has 'a' twice"),
        ({"minLength": 1}, "", "is empty; it must have at least 1 character"),
        ({"minLength": 3}, "ab", "must have at least 3 characters"),
        ({"minItems": 1}, [], "is empty; it must have at least 1 entry"),
        ({"minItems": 2}, [1], "must have at least 2 entries"),
        ({"minProperties": 1}, {}, "is empty; it must have at least 1 field"),
        ({"minimum": 1}, 0, "must be at least 1, not 0"),
        ({"maximum": 100}, 101, "must be at most 100, not 101"),
        ({"exclusiveMinimum": 0}, -0.5, "must be more than 0, not -0.5"),
        (OPTIONAL, 1, "must be text, not the number 1: write it in quotation marks"),
        (UNION, "x", "must be a whole number or a list, not the text 'x'"),
        (UNION, [], "is empty; it must have at least 1 entry"),
    ],
)  # fmt: skip
def test_each_keyword_has_a_plain_sentence(schema: Any, value: Any, sentence: str) -> None:
    assert sentences(schema, value) == [(sentence, ())]


@pytest.mark.parametrize(
    ("schema", "value"),
    [({"minimum": 1}, 1), ({"maximum": 100}, 100), ({"type": "number"}, 1e308), (UNION, [1]), (OPTIONAL, None)],
)
def test_a_value_at_its_bound_has_no_fault(schema: Any, value: Any) -> None:
    assert sentences(schema, value) == []


def test_a_fault_within_a_type_that_was_chosen_has_its_own_path() -> None:
    assert sentences(UNION, [1, "2"]) == [
        ("must be a whole number, not the text '2': write it without quotation marks", (1,))
    ]


def test_a_field_that_is_unknown_or_missing_has_the_path_of_the_field() -> None:
    assert sentences(NAMED, {"color": 1}) == [
        ("is missing", ("title",)),
        ("is missing", ("task",)),
        ("unknown field; a check has: title, task", ("color",)),
    ]


def test_a_misspelled_field_is_one_fault() -> None:
    assert sentences(NAMED, {"titel": 1, "task": 1}) == [
        ("unknown field; did you mean 'title'? A check has: title, task", ("titel",))
    ]


def keywords_of(schema: Any) -> Iterator[str]:
    """The keywords of a schema, at any depth, that can refuse a value."""
    if isinstance(schema, list):
        for part in schema:
            yield from keywords_of(part)
    elif isinstance(schema, dict):
        for keyword, value in schema.items():
            if keyword in ("properties", "$defs"):
                yield from keywords_of(list(value.values()))
            elif keyword not in ("title", "description", "$schema", "$id", "$ref", "if", "then", "else", "items"):
                yield keyword
            if keyword in ("items", "anyOf", "additionalProperties", "propertyNames"):
                yield from keywords_of(value)


def test_every_keyword_of_our_schemas_has_a_sentence() -> None:
    schemas = [read_schema(name) for name in ("lab", "course", "answer-schema")]
    used = {keyword for schema in schemas for keyword in keywords_of(schema)}
    used |= {keyword for check in all_checks() for keyword in keywords_of(check.schema)}
    with_code_of_their_own = {"additionalProperties", "required", "anyOf", "propertyNames"}
    assert used <= {*_SENTENCES, *with_code_of_their_own}
    assert used > {"type", "pattern", "enum", "required", "minimum"}
