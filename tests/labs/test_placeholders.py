"""Placeholders: names in braces are filled, all other braces stay, and double braces stand for the text itself."""

from __future__ import annotations

import pytest

from labgrader.labs.placeholders import STUDENT, fill, fill_all, placeholders, unknown_placeholder


def test_only_known_names_are_filled_in() -> None:
    assert fill("aws {name} --payload '{\"a\": {b}}'", {"name": "x"}) == "aws x --payload '{\"a\": {b}}'"


def test_a_value_is_not_filled_again() -> None:
    assert fill("{a} {b}", {"a": "{b}", "b": "1"}) == "{b} 1"


def test_double_braces_become_single_ones() -> None:
    assert fill("{{name}} {name}", {"name": "x"}) == "{name} x"
    assert fill("{{name}} {name}", {"name": "x"}, last=False) == "{{name}} x"


@pytest.mark.parametrize("text", ['{"a": {"b": 1}}', "^[a-z]{1,3}$", "/{proxy+}", "{ name }", "{}", "{1}", "{a-b}"])
def test_other_braces_are_not_placeholders(text: str) -> None:
    assert list(placeholders(text)) == []
    assert fill(text, {"name": "x", "a": "x", "b": "x"}) == text


def test_placeholders_are_found_in_keys_and_lists_with_their_path() -> None:
    value = {"{key}": ["a", "{username}-f and {user}"], "literal": "{{name}}"}
    assert list(placeholders(value)) == [
        ("key", ("{key}",)),
        ("username", ("{key}", 1)),
        ("user", ("{key}", 1)),
    ]
    assert fill_all(value, {"username": "ada", "key": "k"}) == {"k": ["a", "ada-f and {user}"], "literal": "{name}"}


def test_an_unknown_placeholder_is_named_with_the_known_ones() -> None:
    assert unknown_placeholder("user", STUDENT) == (
        "there is no placeholder {user}; did you mean {username}? There are: {username}, {account_id}, {region}. "
        "For the text itself write {{user}}"
    )
