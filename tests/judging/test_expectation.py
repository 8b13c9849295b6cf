"""JSON Schemas of answers: every sentence a student can read, and answers that are made to do harm."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.errors import NotGradedError
from labgrader.judging.expectation import asked_for, unmet
from labgrader.labs.limits import MAX_DEPTH, MAX_MATCHED
from labgrader.reasons import Reason

USERS: dict[str, Any] = {
    "type": "object",
    "required": ["user_id", "users"],
    "properties": {
        "users": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["age"],
                "properties": {"age": {"type": "integer", "minimum": 0}},
            },
        }
    },
}


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"user_id": 1, "users": [{"age": 12}]}, ""),
        ({"user_id": 1, "users": [{"age": 12.0, "name": "x"}], "more": None}, ""),
        ({"users": [{"age": 0}]}, "the body has no field user_id (there is users)"),
        ({}, "the body has no fields user_id or users"),
        ({"user_id": 1, "users": []}, "users has 0 entries instead of at least 1"),
        ({"user_id": 1, "users": {}}, "users is {} (an object) instead of a list"),
        ({"user_id": 1, "users": [{"age": "12"}]}, 'users[0].age is "12" (a text) instead of a whole number'),
        ({"user_id": 1, "users": [{"age": 1.5}]}, "users[0].age is 1.5 (a number) instead of a whole number"),
        ({"user_id": 1, "users": [{"age": True}]}, "users[0].age is true instead of a whole number"),
        ({"user_id": 1, "users": [{"age": None}]}, "users[0].age is null instead of a whole number"),
        ({"user_id": 1, "users": [{"age": -1}]}, "users[0].age is -1 instead of at least 0"),
        ([1], "the body is [1] (a list) instead of an object"),
        ("text", 'the body is "text" (a text) instead of an object'),
        (None, "the body is null instead of an object"),
        (
            {"user_id": 1, "users": [{"age": "1"}, {}, {"age": -1}]},
            'users[0].age is "1" (a text) instead of a whole number; users[1] has no field age; '
            "users[2].age is -1 instead of at least 0",
        ),
        (
            {"user_id": 1, "users": [{"age": -1}] * 11},
            "users[0].age is -1 instead of at least 0; users[1].age is -1 instead of at least 0; "
            "users[2].age is -1 instead of at least 0; and 8 more",
        ),
    ],
)
def test_where_an_answer_differs(answer: Any, says: str) -> None:
    assert unmet(answer, USERS) == says


@pytest.mark.parametrize(
    ("schema", "fits", "differs", "says"),
    [
        ({"type": ["string", "null"]}, None, 3, "the body is 3 (a whole number) instead of a text or null"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "", 3, "the body is 3 instead of a text or null"),
        (
            {"anyOf": [{"type": "integer"}, {"type": "number", "minimum": 5}]},
            5.5,
            1.5,
            "the body is 1.5 instead of a whole number or at least 5",
        ),
        (
            {"anyOf": [{"type": "string"}, {"items": {"type": "string"}}]},
            ["a"],
            [1],
            "the body matches none of the allowed forms: the body is [1] (a list) instead of a text, or "
            "[0] of the body is 1 (a whole number) instead of a text",
        ),
        (
            {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
            {"b": 1},
            {"c": 1},
            "the body matches none of the allowed forms: the body has no field a (there is c), or the body has no "
            "field b (there is c)",
        ),
        (
            {"oneOf": [{"minimum": 1}, {"maximum": 5}]},
            9,
            3,
            "the body is 3, which matches several of the allowed forms instead of one",
        ),
        ({"properties": {"secret": False}}, {}, {"secret": 1}, "secret is not allowed"),
        (
            {"properties": {"a": {}}, "patternProperties": {"^x-": {}}, "additionalProperties": False},
            {"a": 1, "x-b": 2},
            {"a": 1, "<b>": 2},
            "the body has an additional field <b>",
        ),
        (
            {"additionalProperties": False},
            {},
            dict.fromkeys("abcdef"),
            "the body has additional fields: a, b, c, d, e and …",
        ),
        (
            {"additionalProperties": {"type": "number"}},
            {"a": 1},
            {"a": ""},
            'a is "" (a text) instead of a number',
        ),
        (
            {"propertyNames": {"pattern": "^[a-z]+$"}},
            {"ab": 1},
            {"A b": "A b"},
            'the body has a field "A b", and that name is not allowed',
        ),
        ({"contains": {"const": "blue"}}, ["blue"], ["red"], 'the body has no entry that is "blue"'),
        (
            {"contains": {"type": "integer"}, "minContains": 2},
            [1, 2],
            [1],
            "the body has too few entries that are a whole number",
        ),
        (
            {"contains": {"type": "integer"}, "maxContains": 1},
            [1],
            [1, 2],
            "the body has too many entries that are a whole number",
        ),
        ({"uniqueItems": True}, [1, True, "1"], [1, 1.0], "the body has the same entry twice: [1, 1.0]"),
        ({"maxItems": 1}, [1], [1, 2], "the body has 2 entries instead of at most 1"),
        ({"prefixItems": [{}], "items": False}, [1], [1, 2], "the body has 2 entries instead of at most 1"),
        ({"items": False}, [], [1], "the body has 1 entry instead of at most 0"),
        ({"items": {"type": "object"}}, [{}], [1], "[0] of the body is 1 (a whole number) instead of an object"),
        ({"minProperties": 2}, {"a": 1, "b": 2}, {"a": 1}, "the body has 1 field instead of at least 2"),
        ({"minLength": 1}, "a", "", 'the body is "" instead of a text of at least 1 character'),
        ({"maxLength": 2}, "ab", "abc", 'the body is "abc" instead of a text of at most 2 characters'),
        ({"pattern": "^a"}, "ab", "b", 'the body is "b" instead of a text that matches ^a'),
        ({"enum": ["a", 3, None]}, 3, "c", 'the body is "c" instead of "a", 3 or null'),
        ({"const": {"a": 1}}, {"a": 1.0}, {"a": True}, 'the body is {"a": true} instead of {"a": 1}'),
        ({"exclusiveMinimum": 0}, 1, 0, "the body is 0 instead of more than 0"),
        ({"exclusiveMaximum": 1}, 0, 1, "the body is 1 instead of less than 1"),
        ({"maximum": 100}, 100, 101, "the body is 101 instead of at most 100"),
        ({"multipleOf": 0.1}, 0.3, 0.35, "the body is 0.35 instead of a multiple of 0.1"),
        ({"not": {"const": 1}}, 2, 1, "the body is 1, which is not allowed"),
        (
            {"dependentRequired": {"a": ["b", "c"]}},
            {"b": 1},
            {"a": 1, "b": 1},
            "the body has no field c (there is a and b)",
        ),
        (
            {"if": {"required": ["a"]}, "then": {"required": ["b"]}},
            {"c": 1},
            {"a": 1},
            "the body has no field b (there is a)",
        ),
        (
            {"properties": {"a": {}}, "unevaluatedProperties": False},
            {"a": 1},
            {"b": 1},
            'the body has additional values: {"b": 1}',
        ),
        (
            {"$ref": "#/$defs/count", "$defs": {"count": {"type": "integer"}}},
            1,
            "<b>\x07" + "x" * 90,
            f'the body is "<b>�{"x" * 76}… (14 more characters)" (a text) instead of a whole number',
        ),
        (
            {"properties": {"a b": {"type": "string"}}},
            {"a b": ""},
            {"a b": []},
            '["a b"] of the body is [] (a list) instead of a text',
        ),
    ],
)
def test_each_keyword_has_its_words(schema: dict[str, Any], fits: Any, differs: Any, says: str) -> None:
    assert unmet(fits, schema) == ""
    assert unmet(differs, schema) == says


def test_the_order_of_an_answers_fields_changes_nothing() -> None:
    schema = {"properties": {name: {"type": "string"} for name in "dcba"}}
    says = "; ".join(f"{name} is 1 (a whole number) instead of a text" for name in "abc") + "; and 1 more"
    assert unmet(dict.fromkeys("abcd", 1), schema) == unmet(dict.fromkeys("dbca", 1), schema) == says


def test_entries_are_in_the_order_of_their_numbers() -> None:
    wrong = [1 if index in (2, 10) else "" for index in range(11)]
    assert unmet({"a": wrong}, {"properties": {"a": {"items": {"type": "string"}}}}) == (
        "a[2] is 1 (a whole number) instead of a text; a[10] is 1 (a whole number) instead of a text"
    )


def test_the_whole_answer_has_the_name_it_is_given() -> None:
    assert unmet([], {"type": "object"}, "the answer") == "the answer is [] (a list) instead of an object"


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "object", "required": ["b", "a"]}, "an object with b and a"),
        ({"properties": {"a": {}, "b": False}}, "an object with a"),
        ({"type": "object"}, "an object"),
        ({"type": ["integer", "null"]}, "a whole number or null"),
        ({"const": "a"}, '"a"'),
        ({"enum": [1, 2, 3]}, "1, 2 or 3"),
        ({"enum": []}, "nothing"),
        ({"not": {"const": 1}}, "what the lab asks for"),
    ],
)
def test_what_is_asked_for_in_words(schema: dict[str, Any], words: str) -> None:
    assert asked_for(schema) == words


# --- hostile answers --------------------------------------------------------------------------------------------------

LISTS = {"$ref": "#/$defs/list", "$defs": {"list": {"type": "array", "items": {"$ref": "#/$defs/list"}}}}


def _nested(levels: int) -> list[Any]:
    answer: list[Any] = []
    for _ in range(levels - 1):
        answer = [answer]
    return answer


def test_an_answer_is_compared_to_a_depth() -> None:
    assert unmet(_nested(MAX_DEPTH), LISTS) == ""
    too_deep = "the body is nested more than 50 levels deep, which is too deep"
    assert unmet(_nested(MAX_DEPTH + 1), LISTS) == unmet(_nested(900), LISTS) == too_deep


@pytest.mark.parametrize("number", [int("9" * 4000), -int("9" * 4000)])
def test_a_number_of_thousands_of_digits_is_a_number(number: int) -> None:
    assert unmet(number, {"type": "integer", "multipleOf": 0.5}) == ""
    shown = f"{str(number)[:80]}… ({len(str(number)) - 80} more characters)"
    assert unmet(number, {"enum": [1.5]}) == f"the body is {shown} instead of 1.5"


def test_an_infinite_number_is_reported() -> None:
    assert unmet({"a": [float("inf")]}, {}) == "the body contains a number that is too large"


def test_a_pattern_is_held_against_texts_of_a_length() -> None:
    schema = {"pattern": "a$"}
    assert unmet("a" * MAX_MATCHED, schema) == ""
    assert unmet("a" * (MAX_MATCHED + 1), schema) == (
        f'the body is "{"a" * 80}… (3921 more characters)" instead of a text of at most 4,000 characters'
    )


def test_a_field_has_a_name_of_a_length() -> None:
    schema: dict[str, Any] = {"patternProperties": {"a$": {}}}
    assert unmet({"a" * MAX_MATCHED: 1}, schema) == ""
    assert unmet([{"a" * (MAX_MATCHED + 1): 1}], schema) == (
        "the body has a field name with more than 4,000 characters"
    )


def test_thousands_of_entries_of_several_kinds_are_distinguished_without_comparing_all_pairs() -> None:
    entries: list[Any] = [item for number in range(4000) for item in (number, {"a": number})]
    assert unmet(entries, {"uniqueItems": True}) == ""  # in pairs: 32 million comparisons
    assert unmet([*entries, {"a": 0}], {"uniqueItems": True}).startswith("the body has the same entry twice: [0, ")


def test_text_that_no_file_can_hold_is_shown() -> None:
    assert unmet("\ud800", {"type": "null"}) == 'the body is "�" (a text) instead of null'


@pytest.mark.parametrize("schema", [{"$ref": "#"}, {"$ref": "https://example.com/schema"}, {"$ref": "#/$defs/none"}])
def test_a_schema_that_cannot_be_applied_costs_no_points(schema: dict[str, Any]) -> None:
    with pytest.raises(
        NotGradedError, match=r"no points are lost: the lab's expectation cannot be applied \(\w+\)"
    ) as refused:
        unmet({}, schema)
    assert refused.value.reason_code is Reason.GRADER
