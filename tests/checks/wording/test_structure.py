"""Comparison of a response with a structure."""

from __future__ import annotations

from typing import Any

import pytest

from checks.wording.structure import difference, read_json, unmentioned


@pytest.mark.parametrize(
    ("seen", "wanted"),
    [
        ({"a": 1, "b": 2}, {"a": 1}),
        ({"a": {"b": [1, {"c": "d", "e": 0}]}}, {"a": {"b": [1, {"c": "d"}]}}),
        ({"a": None}, {"a": "…"}),
        ({"a": []}, {"a": "…"}),
        ({"a": []}, {"a": []}),
        ({"a": None}, {"a": None}),
        ({"a": "Hello, user1!\nBye"}, {"a": "Hello…"}),
        ({"a": "Hello, user1!"}, {"a": "…user1…"}),
        ({"a": 100}, {"a": 100.0}),
        ({"a": 0.1 + 0.2}, {"a": 0.3}),
        ({"a": 1e-10}, {"a": 0}),
        ({"a": 333283335000}, {"a": 333283335000}),
        ({"a": True}, {"a": True}),
    ],
)
def test_a_value_with_the_structure_has_no_difference(seen: Any, wanted: Any) -> None:
    assert difference(seen, wanted) == ""


@pytest.mark.parametrize(
    ("seen", "wanted", "says"),
    [
        ({"a": 1}, {"b": 1}, "b is missing (there is a)"),
        ({}, {"b": 1}, "b is missing"),
        (
            dict.fromkeys("acdefg"),
            {"b": 1},
            "b is missing (there is a, c, d, e, f and …)",
        ),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, "a.b is 1 instead of 2"),
        ({"a b": {"c": 1}}, {"a b": {"c": 2}}, '["a b"].c is 1 instead of 2'),
        ({"a": "1"}, {"a": 1}, 'a is "1" instead of 1'),
        ({"a": 1}, {"a": "1"}, 'a is 1 instead of "1"'),
        ({"a": True}, {"a": 1}, "a is true instead of 1"),
        ({"a": 1}, {"a": True}, "a is 1 instead of true"),
        ({"a": 1.000001}, {"a": 1}, "a is 1.000001 instead of 1"),
        ({"a": 1e-8}, {"a": 0}, "a is 1e-08 instead of 0"),
        ({"a": 10**400}, {"a": 1.5}, f"a is {'1' + '0' * 79}… (321 more characters) instead of 1.5"),
        ({"a": None}, {"a": 1}, "a is null instead of 1"),
        ({"a": "Hallo"}, {"a": "Hello…"}, 'a is "Hallo" instead of "Hello…"'),
        ({"a": [1]}, {"a": []}, "a has 1 entry instead of 0: [1]"),
        ({"a": [1, 2]}, {"a": [1]}, "a has 2 entries instead of 1: [1, 2]"),
        ({"a": [1, 2]}, {"a": [1, 3]}, "a[1] is 2 instead of 3"),
        ({"a": {"0": 1}}, {"a": [1]}, 'a is {"0": 1} instead of [1]'),
        ([1], {"a": 1}, "the response is [1] instead of an object with a"),
        ("text", {"a": 1}, 'the response is "text" instead of an object with a'),
        ({"a": "<b>\x07" + "x" * 90}, {"a": "y"}, f'a is "<b>�{"x" * 76}… (14 more characters)" instead of "y"'),
    ],
)
def test_names_the_first_difference(seen: Any, wanted: Any, says: str) -> None:
    assert difference(seen, wanted) == says


def test_mentions_ignore_case() -> None:
    assert unmentioned("An ERROR came", ["error", "came"]) == ""
    assert unmentioned("fine", ["error", "came"]) == "does not mention error or came"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "is not valid JSON"),
        ("NaN", "is not valid JSON"),
        ("9" * 5000, "is not valid JSON"),
        ("[" * 100_000, "is nested too deeply to be read"),
    ],
)
def test_hostile_json_is_a_problem_not_an_exception(text: str, problem: str) -> None:
    assert read_json(text) == (None, problem)
