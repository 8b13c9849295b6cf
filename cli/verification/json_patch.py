"""Readable JSON Patch documents (RFC 6902): one operation for each changed value, on one line if it fits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from jsonpointer import escape

Json = Any

WIDTH = 120
"""Maximum columns of a line, as for all files of this project."""


def difference(old: Json, new: Json, path: str = "") -> Iterator[dict[str, Json]]:
    """Yield the operations that change one JSON value into another.

    Objects are compared by name, and lists of objects with the same length by position. Any other list is replaced as a
    whole, because positions in a list that has grown do not help a reader.

    Args:
        old, new: JSON values.
        path: their position in the document, as a JSON Pointer.
    """
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted({*old, *new}):
            below = f"{path}/{escape(name)}"
            if name not in new:
                yield {"op": "remove", "path": below}
            elif name not in old:
                yield {"op": "add", "path": below, "value": new[name]}
            else:
                yield from difference(old[name], new[name], below)
    elif _are_objects(old) and _are_objects(new) and len(old) == len(new):
        for index, both in enumerate(zip(old, new, strict=True)):
            yield from difference(*both, f"{path}/{index}")
    elif json.dumps(old, sort_keys=True) != json.dumps(new, sort_keys=True):  # 1, 1.0 and true are equal in Python
        yield {"op": "replace", "path": path, "value": new}


def dumps(value: Json, depth: int = 0) -> str:
    """Return JSON sorted by name, with one line for each object and list that fits on a line.

    Args:
        value: a JSON value.
        depth: the number of objects and lists around it, which is its indentation in columns.
    """
    line = json.dumps(value, ensure_ascii=False, sort_keys=True)
    if not value or not isinstance(value, (dict, list)) or depth + len(line) <= WIDTH:
        return line
    indent, end = "\n" + " " * (depth + 1), "\n" + " " * depth
    if isinstance(value, list):
        return f"[{indent}{f',{indent}'.join(dumps(below, depth + 1) for below in value)}{end}]"
    entries = (
        f"{json.dumps(name, ensure_ascii=False)}: {dumps(below, depth + 1)}" for name, below in sorted(value.items())
    )
    return f"{{{indent}{f',{indent}'.join(entries)}{end}}}"


def _are_objects(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(below, dict) for below in value)
