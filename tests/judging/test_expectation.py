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
        ({"user_id": 1, "users": []}, "users has 0 entries, where at least 1 is wanted"),
        ({"user_id": 1, "users": {}}, "users is {}, an object, where a list is wanted"),
        ({"user_id": 1, "users": [{"age": "12"}]}, 'users[0].age is "12", a text, where a whole number is wanted'),
        ({"user_id": 1, "users": [{"age": 1.5}]}, "users[0].age is 1.5, a number, where a whole number is wanted"),
        ({"user_id": 1, "users": [{"age": True}]}, "users[0].age is true, where a whole number is wanted"),
        ({"user_id": 1, "users": [{"age": None}]}, "users[0].age is null, where a whole number is wanted"),
        ({"user_id": 1, "users": [{"age": -1}]}, "users[0].age is -1, where at least 0 is wanted"),
        ([1], "the body is [1], a list, where an object is wanted"),
        ("text", 'the body is "text", a text, where an object is wanted'),
        (None, "the body is null, where an object is wanted"),
        (
            {"user_id": 1, "users": [{"age": "1"}, {}, {"age": -1}]},
            'users[0].age is "1", a text, where a whole number is wanted; users[1] has no field age; '
            "users[2].age is -1, where at least 0 is wanted",
        ),
        (
            {"user_id": 1, "users": [{"age": -1}] * 11},
            "users[0].age is -1, where at least 0 is wanted; users[1].age is -1, where at least 0 is wanted; "
            "users[2].age is -1, where at least 0 is wanted; and 8 more",
        ),
    ],
)
def test_differences_name_their_path(answer: Any, says: str) -> None:
    assert unmet(answer, USERS) == says


@pytest.mark.parametrize(
    ("schema", "fits", "differs", "says"),
    [
        ({"type": ["string", "null"]}, None, 3, "the body is 3, a whole number, where a text or null is wanted"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "", 3, "the body is 3, where a text or null is wanted"),
        (
            {"anyOf": [{"type": "integer"}, {"type": "number", "minimum": 5}]},
            5.5,
            1.5,
            "the body is 1.5, where a whole number or at least 5 is wanted",
        ),
        (
            {"anyOf": [{"type": "string"}, {"items": {"type": "string"}}]},
            ["a"],
            [1],
            "the body has none of the forms that are allowed: the body is [1], a list, where a text is wanted, or "
            "[0] of the body is 1, a whole number, where a text is wanted",
        ),
        (
            {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
            {"b": 1},
            {"c": 1},
            "the body has none of the forms that are allowed: the body has no field a (there is c), or the body has no "
            "field b (there is c)",
        ),
        (
            {"oneOf": [{"minimum": 1}, {"maximum": 5}]},
            9,
            3,
            "the body is 3, which fits several of the forms of which it may have one",
        ),
        ({"properties": {"secret": False}}, {}, {"secret": 1}, "secret should not be there"),
        (
            {"properties": {"a": {}}, "patternProperties": {"^x-": {}}, "additionalProperties": False},
            {"a": 1, "x-b": 2},
            {"a": 1, "<b>": 2},
            "the body has a field <b> that is not wanted",
        ),
        (
            {"additionalProperties": False},
            {},
            dict.fromkeys("abcdef"),
            "the body has fields that are not wanted: a, b, c, d, e and …",
        ),
        (
            {"additionalProperties": {"type": "number"}},
            {"a": 1},
            {"a": ""},
            'a is "", a text, where a number is wanted',
        ),
        (
            {"propertyNames": {"pattern": "^[a-z]+$"}},
            {"ab": 1},
            {"A b": "A b"},
            'the body has a field "A b", which is not an expected name',
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
        ({"maxItems": 1}, [1], [1, 2], "the body has 2 entries, where at most 1 is wanted"),
        ({"prefixItems": [{}], "items": False}, [1], [1, 2], "the body has 2 entries, where at most 1 are wanted"),
        ({"items": False}, [], [1], "the body has 1 entry, where at most 0 are wanted"),
        ({"items": {"type": "object"}}, [{}], [1], "[0] of the body is 1, a whole number, where an object is wanted"),
        ({"minProperties": 2}, {"a": 1, "b": 2}, {"a": 1}, "the body has 1 field, where at least 2 are wanted"),
        ({"minLength": 1}, "a", "", 'the body is "", where a text of at least 1 character is wanted'),
        ({"maxLength": 2}, "ab", "abc", 'the body is "abc", where a text of at most 2 characters is wanted'),
        ({"pattern": "^a"}, "ab", "b", 'the body is "b", where a text that matches ^a is wanted'),
        ({"enum": ["a", 3, None]}, 3, "c", 'the body is "c", where "a", 3 or null is wanted'),
        ({"const": {"a": 1}}, {"a": 1.0}, {"a": True}, 'the body is {"a": true}, where {"a": 1} is wanted'),
        ({"exclusiveMinimum": 0}, 1, 0, "the body is 0, where more than 0 is wanted"),
        ({"exclusiveMaximum": 1}, 0, 1, "the body is 1, where less than 1 is wanted"),
        ({"maximum": 100}, 100, 101, "the body is 101, where at most 100 is wanted"),
        ({"multipleOf": 0.1}, 0.3, 0.35, "the body is 0.35, where a multiple of 0.1 is wanted"),
        ({"not": {"const": 1}}, 2, 1, "the body is 1, which is not allowed there"),
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
            'the body has more than is wanted: {"b": 1}',
        ),
        (
            {"$ref": "#/$defs/count", "$defs": {"count": {"type": "integer"}}},
            1,
            "<b>\x07" + "x" * 90,
            f'the body is "<b>�{"x" * 76}… (14 more characters)", a text, where a whole number is wanted',
        ),
        (
            {"properties": {"a b": {"type": "string"}}},
            {"a b": ""},
            {"a b": []},
            '["a b"] of the body is [], a list, where a text is wanted',
        ),
    ],
)
def test_each_keyword_has_its_sentence(schema: dict[str, Any], fits: Any, differs: Any, says: str) -> None:
    assert unmet(fits, schema) == ""
    assert unmet(differs, schema) == says


def test_the_order_of_an_answers_fields_changes_nothing() -> None:
    schema = {"properties": {name: {"type": "string"} for name in "dcba"}}
    says = "; ".join(f"{name} is 1, a whole number, where a text is wanted" for name in "abc") + "; and 1 more"
    assert unmet(dict.fromkeys("abcd", 1), schema) == unmet(dict.fromkeys("dbca", 1), schema) == says


def test_entries_are_in_the_order_of_their_numbers() -> None:
    wrong = [1 if index in (2, 10) else "" for index in range(11)]
    assert unmet({"a": wrong}, {"properties": {"a": {"items": {"type": "string"}}}}) == (
        "a[2] is 1, a whole number, where a text is wanted; a[10] is 1, a whole number, where a text is wanted"
    )


def test_the_whole_answer_has_the_given_name() -> None:
    assert unmet([], {"type": "object"}, "the answer") == "the answer is [], a list, where an object is wanted"


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
def test_expectations_are_described_in_words(schema: dict[str, Any], words: str) -> None:
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
    too_deep = "the body is nested more than 50 levels deep, too deeply to be compared"
    assert unmet(_nested(MAX_DEPTH + 1), LISTS) == unmet(_nested(900), LISTS) == too_deep


@pytest.mark.parametrize("number", [int("9" * 4000), -int("9" * 4000)])
def test_a_number_of_thousands_of_digits_is_a_number(number: int) -> None:
    assert unmet(number, {"type": "integer", "multipleOf": 0.5}) == ""
    shown = f"{str(number)[:80]}… ({len(str(number)) - 80} more characters)"
    assert unmet(number, {"enum": [1.5]}) == f"the body is {shown}, where 1.5 is wanted"


def test_an_infinite_number_is_reported() -> None:
    assert unmet({"a": [float("inf")]}, {}) == "the body holds a number that is too large to be read"


def test_patterns_are_matched_up_to_a_length() -> None:
    schema = {"pattern": "a$"}
    assert unmet("a" * MAX_MATCHED, schema) == ""
    assert unmet("a" * (MAX_MATCHED + 1), schema) == (
        f'the body is "{"a" * 80}… (3921 more characters)", where a text of at most 4,000 characters is wanted'
    )


def test_a_field_name_has_a_maximum_length() -> None:
    schema: dict[str, Any] = {"patternProperties": {"a$": {}}}
    assert unmet({"a" * MAX_MATCHED: 1}, schema) == ""
    assert unmet([{"a" * (MAX_MATCHED + 1): 1}], schema) == (
        "the body has a field name with more than 4,000 characters"
    )


def test_uniqueness_of_thousands_of_entries_is_checked_quickly() -> None:
    entries: list[Any] = [item for number in range(4000) for item in (number, {"a": number})]
    assert unmet(entries, {"uniqueItems": True}) == ""  # in pairs: 32 million comparisons
    assert unmet([*entries, {"a": 0}], {"uniqueItems": True}).startswith("the body has the same entry twice: [0, ")


def test_text_that_utf8_cannot_encode_is_shown() -> None:
    assert unmet("\ud800", {"type": "null"}) == 'the body is "�", a text, where null is wanted'


@pytest.mark.parametrize("schema", [{"$ref": "#"}, {"$ref": "https://example.com/schema"}, {"$ref": "#/$defs/none"}])
def test_a_schema_that_cannot_be_applied_costs_no_points(schema: dict[str, Any]) -> None:
    with pytest.raises(
        NotGradedError, match=r"no points are lost: the lab's expectation cannot be applied \(\w+\)"
    ) as refused:
        unmet({}, schema)
    assert refused.value.reason_code is Reason.GRADER
