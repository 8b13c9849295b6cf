"""What is wrong with a schema of an answer: each keyword, reference and pattern that cannot be used, and its place."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.labs.answer_schema import schema_problems
from labgrader.schemas import read_schema

KEYWORDS: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$comment": "a comment",
    "$defs": {"text": {"type": "string"}},
    "$ref": "#/$defs/text",
    "additionalProperties": False,
    "allOf": [{"type": "string"}],
    "anyOf": [True, {"type": ["string", "null"]}],
    "const": {"format": "stays as it is"},
    "contains": {"minimum": 1},
    "default": {"anything": 1},
    "dependentRequired": {"a": ["b"]},
    "dependentSchemas": {"a": {"required": ["b"]}},
    "description": "words",
    "else": {},
    "enum": [],
    "examples": [1],
    "exclusiveMaximum": 1.5,
    "exclusiveMinimum": -1,
    "if": {},
    "items": {"type": "integer"},
    "maxContains": 1,
    "maxItems": 1,
    "maxLength": 1,
    "maxProperties": 1,
    "maximum": 1,
    "minContains": 0,
    "minItems": 0,
    "minLength": 0,
    "minProperties": 0,
    "minimum": 0,
    "multipleOf": 0.1,
    "not": {"const": 1},
    "oneOf": [{}],
    "pattern": "^a+$",
    "patternProperties": {"^x-": {}},
    "prefixItems": [{}],
    "properties": {"type": {"type": "string"}, "format": {}},
    "propertyNames": {"pattern": "^[a-z]+$"},
    "required": ["a"],
    "then": {},
    "title": "words",
    "type": "object",
    "unevaluatedItems": False,
    "unevaluatedProperties": False,
    "uniqueItems": True,
}


def problems(schema: Any) -> list[tuple[str, tuple[str | int, ...]]]:
    return list(schema_problems(schema))


def test_every_keyword_of_the_meta_schema_has_an_example() -> None:
    assert set(KEYWORDS) == set(read_schema("answer-schema")["properties"])


def test_every_keyword_can_be_used() -> None:
    assert problems(KEYWORDS) == []


@pytest.mark.parametrize("keyword", sorted(set(KEYWORDS) - {"const", "default"}))
def test_every_keyword_has_its_type(keyword: str) -> None:
    wrong: Any = 3.5 if isinstance(KEYWORDS[keyword], str | list | dict | bool) else "3"
    [(message, path)] = problems({keyword: wrong})
    assert path == (keyword,)
    assert message.startswith("must be ")


@pytest.mark.parametrize("keyword", ["$id", "$anchor", "$dynamicRef", "$vocabulary", "contentEncoding", "definitions"])
def test_other_keywords_are_refused(keyword: str) -> None:
    assert problems({keyword: {}}) == [(f"the keyword {keyword!r} is not allowed here", (keyword,))]


def test_another_draft_is_refused() -> None:
    draft_7 = "http://json-schema.org/draft-07/schema#"
    assert problems({"$schema": draft_7}) == [
        (f"must be 'https://json-schema.org/draft/2020-12/schema', not the text '{draft_7}'", ("$schema",))
    ]


UNKNOWN = "the keyword 'patern' is not allowed here; did you mean 'pattern'?"


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"items": {"patern": 1}}, ("items",)),
        ({"anyOf": [{}, {"patern": 1}]}, ("anyOf", 1)),
        ({"prefixItems": [{"patern": 1}]}, ("prefixItems", 0)),
        ({"properties": {"a": {"items": {"patern": 1}}}}, ("properties", "a", "items")),
        ({"patternProperties": {"^a": {"patern": 1}}}, ("patternProperties", "^a")),
        ({"$defs": {"a": {"patern": 1}}}, ("$defs", "a")),
        ({"dependentSchemas": {"a": {"patern": 1}}}, ("dependentSchemas", "a")),
        ({"if": {"patern": 1}}, ("if",)),
        ({"not": {"not": {"patern": 1}}}, ("not", "not")),
        ({"propertyNames": {"patern": 1}}, ("propertyNames",)),
    ],
)
def test_an_unknown_keyword_is_found_at_every_depth(schema: Any, path: tuple[str | int, ...]) -> None:
    assert problems(schema) == [(UNKNOWN, (*path, "patern"))]


def test_every_problem_is_named_in_the_order_of_the_paths() -> None:
    assert problems({"requird": ["a"], "format": "email", "items": {"minLength": -1}}) == [
        ("the keyword 'requird' is not allowed here; did you mean 'required'?", ("requird",)),
        ("formats are not checked: use a pattern", ("format",)),
        ("must be at least 0, not -1", ("items", "minLength")),
    ]


TYPES = "array, boolean, integer, null, number, object, string"


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("objekt", f"'objekt' is not a type; did you mean 'object'? The types are: {TYPES}"),
        ("text", f"'text' is not a type; the types are: {TYPES}"),
        (["string", "nul"], f"'nul' is not a type; did you mean 'null'? The types are: {TYPES}"),
        (3.5, "must be the name of a type, or a list of names, not the number 3.5"),
        (None, 'write "null" in quotation marks: without them, YAML reads it as nothing'),
        (["string", None], 'write "null" in quotation marks: without them, YAML reads it as nothing'),
        ([], "is empty; it must have at least 1 entry"),
        (["string", "string"], "has 'string' twice"),
    ],
)
def test_an_unknown_type_is_named(wanted: Any, message: str) -> None:
    assert problems({"items": {"type": wanted}}) == [(message, ("items", "type"))]


def test_a_field_called_type_is_a_field() -> None:
    assert problems({"properties": {"type": "string"}}) == [
        ("must be a set of fields or true or false, not the text 'string'", ("properties", "type"))
    ]
    assert problems({"properties": {"type": {"minLength": "1"}}}) == [
        (
            "must be a whole number, not the text '1': write it without quotation marks",
            ("properties", "type", "minLength"),
        )
    ]


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("https://example.com/a", "'https://example.com/a' is somewhere else, and nothing is fetched: write it here, "),
        ("other.json", "'other.json' is somewhere else, and nothing is fetched: write it here, under $defs"),
        ("", "'' is somewhere else, and nothing is fetched: write it here, under $defs"),
        ("#/$defs/none", "there is nothing at '#/$defs/none'"),
        ("#/required/7", "there is nothing at '#/required/7'"),
        ("#anchor", "there is nothing at '#anchor'"),
        ("#/properties", "there is no schema at '#/properties'"),
        ("#/required", "there is no schema at '#/required'"),
        ("#/examples/0", "there is no schema at '#/examples/0'"),
        ("#/examples/1", "there is no schema at '#/examples/1'"),
    ],
)
def test_a_reference_leads_to_a_schema_in_the_same_document(reference: str, message: str) -> None:
    schema = {
        "required": ["a"],
        "properties": {"a": {"items": {"$ref": reference}}},
        "examples": [{"patern": "^a"}, {"pattern": "(a+)+"}],
    }
    [(said, path)] = problems(schema)
    assert said.startswith(message)
    assert path == ("properties", "a", "items", "$ref")


def test_a_wrong_reference_target_is_reported_once() -> None:
    assert problems({"$ref": "#/$defs/a", "$defs": {"a": {"patern": 1}}}) == [(UNKNOWN, ("$defs", "a", "patern"))]


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"allOf": [{"$ref": "#"}]},
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
    ],
)
def test_a_schema_that_refers_to_itself_without_end_is_refused(schema: Any) -> None:
    assert problems(schema) == [("refers to itself without end", ())]


def test_a_schema_may_refer_to_itself_for_a_part_of_the_answer() -> None:
    assert problems({"type": "array", "items": {"$ref": "#"}}) == []


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+",
        "^(a*)*$",
        "(a{1,3})+",
        "(a+){2,}",
        "(a+b?)+",
        r"^([a-z]+\s?)*$",
        r"(\d+[.,]?)+",
        "(a+?)+",
        "(a+b*?)*",
        r"(\\+)+",
    ],
)
def test_a_pattern_that_repeats_a_repetition_is_refused(pattern: str) -> None:
    message = f"{pattern!r} has a repetition within a repetition, which may take forever: use one repetition"
    assert problems({"pattern": pattern}) == [(message, ("pattern",))]
    assert problems({"patternProperties": {pattern: {}}}) == [(message, ("patternProperties", pattern))]


@pytest.mark.parametrize(
    "pattern", ["^a+$", r"^(\d+,)*\d+$", "(ab)+", "(a+)", "(a+){2}", r"(a\+)+", "(a+(b|c))+", r"^([^@]+@){1,3}$"]
)
def test_a_pattern_with_a_bounded_repetition_is_accepted(pattern: str) -> None:
    assert problems({"pattern": pattern, "patternProperties": {pattern: {}}}) == []


def test_what_is_no_regular_expression_is_refused() -> None:
    message = "'(' is not a regular expression: missing ), unterminated subpattern at position 0"
    assert problems({"pattern": "("}) == [(message, ("pattern",))]
    assert problems({"patternProperties": {"(": {}}}) == [(message, ("patternProperties", "("))]


def test_a_schema_as_deep_as_a_lab_file_can_be_is_checked() -> None:
    schema: dict[str, Any] = {"patern": 1}
    for _ in range(50):
        schema = {"items": schema}
    assert problems(schema) == [(UNKNOWN, (*["items"] * 50, "patern"))]
