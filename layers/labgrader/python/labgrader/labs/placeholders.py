"""Placeholders in a lab file: ``{username}`` is filled in, ``{{username}}`` stands for the text in braces itself.

A placeholder is a name in braces. Braces with anything else stay as they are: JSON, ``{1,3}`` in a pattern,
``/{proxy+}``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from labgrader.labs.suggestions import closest_name

STUDENT = ("username", "account_id", "region")
"""The placeholders that every lab may use in titles, hints and parameters."""

_NAME = re.compile(r"\{\{(?P<literal>[A-Za-z_]\w*)\}\}|\{(?P<name>[A-Za-z_]\w*)\}")

Path = tuple[str | int, ...]


def fill(template: str, values: Mapping[str, object], *, last: bool = True) -> str:
    """Put values in the place of their ``{name}``; a name that has no value stays as it is.

    Args:
        template: the text.
        values: by name.
        last: whether the text is not filled again: ``{{name}}`` becomes ``{name}`` then.
    """

    def filled(found: re.Match[str]) -> str:
        if found["literal"]:
            return f"{{{found['literal']}}}" if last else found[0]
        return str(values[found["name"]]) if found["name"] in values else found[0]

    return _NAME.sub(filled, template)


def fill_all(value: Any, values: Mapping[str, object]) -> Any:
    """Fill the placeholders of every text in a value, keys included."""
    if isinstance(value, str):
        return fill(value, values)
    if isinstance(value, Mapping):
        return {fill(key, values): fill_all(entry, values) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [fill_all(entry, values) for entry in value]
    return value


def placeholders(value: Any, path: Path = ()) -> Iterator[tuple[str, Path]]:
    """Yield the name of every placeholder in a value, keys included, with the path of the text that holds it."""
    if isinstance(value, str):
        yield from ((found["name"], path) for found in _NAME.finditer(value) if found["name"])
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            yield from placeholders(key, (*path, key))
            yield from placeholders(entry, (*path, key))
    elif isinstance(value, (list, tuple)):
        for index, entry in enumerate(value):
            yield from placeholders(entry, (*path, index))


def unknown_placeholder(name: str, known: Collection[str]) -> str:
    """Say that a placeholder is not known, which ones are, and how the text itself is written."""
    near = closest_name(name, known)
    there = ", ".join(f"{{{placeholder}}}" for placeholder in known)
    listed = f"; did you mean {{{near}}}? There are: {there}" if near else f"; there are: {there}"
    return f"there is no placeholder {{{name}}}{listed}. For the text itself write {{{{{name}}}}}"
