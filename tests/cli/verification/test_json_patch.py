"""JSON Patch documents are readable, and any library can apply them."""

from __future__ import annotations

import json
from typing import Any

import jsonpatch
import pytest

from cli.verification.json_patch import WIDTH, difference, dumps

VALUES: list[Any] = [
    {},
    {"a": None},
    {"a": {}},
    {"a": []},
    {"a": 1},
    {"a": 1.0},
    {"a": True},
    {"a": "1"},
    {"a": {"b": {"c": 1}, "d": 2}, "e/f~g": [1, 2]},
    {"a": {"b": {"c": 1, "x": None}}, "e/f~g": [2, 1]},
    {"a": [{"b": 1}, {"b": 2}]},
    {"a": [{"b": 1}, {"b": 3, "c": [1]}]},
    {"a": [{"b": 1}]},
    {"a": [{"b": 1}, 2]},
    {'lambda:GetFunction {"FunctionName":"f"}': {"value": None}},
]


@pytest.mark.parametrize("new", VALUES, ids=map(json.dumps, VALUES))
@pytest.mark.parametrize("old", VALUES, ids=map(json.dumps, VALUES))
def test_the_difference_changes_the_old_value_into_the_new_one(old: Any, new: Any) -> None:
    patch = list(difference(old, new))
    assert json.dumps(jsonpatch.apply_patch(old, patch), sort_keys=True) == json.dumps(new, sort_keys=True)
    assert (patch == []) == (json.dumps(old) == json.dumps(new))


def test_the_difference_has_only_changed_values() -> None:
    old = {"kept": 1, "gone": 2, "list": [{"name": "a", "size": 1}, {"name": "b", "size": 2}], "numbers": [1, 2, 3]}
    new = {"kept": 1, "list": [{"name": "a", "size": 1}, {"name": "b", "size": 5}], "new/one": None, "numbers": [1, 2]}
    assert list(difference(old, new)) == [
        {"op": "remove", "path": "/gone"},
        {"op": "replace", "path": "/list/1/size", "value": 5},
        {"op": "add", "path": "/new~1one", "value": None},
        {"op": "replace", "path": "/numbers", "value": [1, 2]},
    ]


def test_a_list_of_another_length_is_replaced_as_a_whole() -> None:
    assert list(difference([{"a": 1}, {"a": 2}], [{"a": 2}])) == [{"op": "replace", "path": "", "value": [{"a": 2}]}]


@pytest.mark.parametrize("value", [*VALUES, "ü", None, 1.5e-7, [VALUES] * 3])
def test_written_json_is_read_as_the_same_value(value: Any) -> None:
    assert json.dumps(json.loads(dumps(value))) == json.dumps(value)


def test_a_value_that_fits_is_written_on_one_line() -> None:
    # {"a": "xx…"} has 9 columns beside the text
    assert dumps({"a": "x" * (WIDTH - 9)}).splitlines() == [f'{{"a": "{"x" * (WIDTH - 9)}"}}']
    assert dumps({"a": "x" * (WIDTH - 8)}).splitlines() == ["{", f' "a": "{"x" * (WIDTH - 8)}"', "}"]
    assert dumps([{"a": "x" * 60}, {"b": "y" * 60}]).splitlines() == [
        "[",
        f' {{"a": "{"x" * 60}"}},',
        f' {{"b": "{"y" * 60}"}}',
        "]",
    ]
