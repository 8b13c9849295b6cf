"""A lab that extends another one: its file names only what differs, and is merged with the other lab's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labgrader.labs.suggestions import unknown_name

SECTIONS = ("checks", "advice")

Path = tuple[str | int, ...]
Found = tuple[str, Path]
"""What is wrong, and the path of the value in the extending file."""


@dataclass(frozen=True)
class Extended:
    """A lab made of two files.

    Args:
        document: the whole lab.
        origins: by section, for each of its items the position in the extending file; ``None`` for an item that the
            extending file does not name.
    """

    document: Mapping[str, Any]
    origins: Mapping[str, Sequence[int | None]]

    def origin(self, path: Path, extension: Mapping[str, Any]) -> Path | None:
        """Return where in the extending file a value of the whole lab comes from; ``None`` for the other lab."""
        if path and path[0] in SECTIONS and len(path) > 1:
            position = self.origins[str(path[0])][int(path[1])]
            return None if position is None else (path[0], position, *path[2:])
        return path if path and path[0] in extension else None


def extend(base: Mapping[str, Any], extension: Mapping[str, Any]) -> Extended:
    """Merge a lab file with the lab that it extends.

    What the file names replaces what the lab says. Checks and advice are merged by ``id``: each field that is named
    replaces the lab's, parameters (``with``) one by one, all of them where ``check`` is another one. ``remove: true``
    takes an item out; an item with a new id is added at the end.

    Args:
        base: the lab that is extended, whole.
        extension: the file, with ``None`` for each value and item that cannot be used. Such a value stays ``None`` in
            the whole lab, and such an item changes nothing.
    """
    document = {**base, **{name: value for name, value in extension.items() if name not in (*SECTIONS, "extends")}}
    origins: dict[str, list[int | None]] = {}
    for section in SECTIONS:
        named = {item["id"]: (index, item) for index, item in _items(extension, section)}
        unnamed: tuple[int | None, Mapping[str, Any]] = (None, {})
        items: list[Any] = []
        origins[section] = []
        for item in base.get(section, ()):
            index, change = named.pop(item["id"], unnamed)
            if not change.get("remove"):
                items.append(_changed(item, change))
                origins[section].append(index)
        for index, item in named.values():
            items.append(item)
            origins[section].append(index)
        if items or section in base:
            document[section] = items
    return Extended(document, origins)


def extension_problems(base: Mapping[str, Any], extension: Mapping[str, Any]) -> Iterator[Found]:
    """Yield what is wrong with the items of an extending file, before they are merged.

    Args:
        base: the lab that is extended, whole.
        extension: the file, with ``None`` for each value and item that cannot be used.
    """
    required = {"checks": ("check", "title", "task", "points"), "advice": ("check", "title")}
    for section, wanted in required.items():
        there = [item["id"] for item in base.get(section, ())]
        seen: set[str] = set()
        for index, item in _items(extension, section):
            name = item["id"]
            what = f"{extension['extends']} has no {'check' if section == 'checks' else 'advice'} {name!r}"
            if name in seen:
                yield f"id {name!r} is already used above", (section, index, "id")
            elif item.get("remove") and len(item) > 2:
                yield f"{name!r} is removed, so it must not have other fields", (section, index)
            elif item.get("remove") and name not in there:
                yield unknown_name(f"{what} to remove", name, there), (section, index, "id")
            elif name not in there and (missing := [field for field in wanted if field not in item]):
                said = unknown_name(what, name, there)
                separator = " A" if said.endswith("?") else "; a"
                yield f"{said}{separator} new one also needs {', '.join(missing)}", (section, index, "id")
            seen.add(name)
    named = {item["id"]: item for _, item in _items(extension, "checks")}
    removed = {item["id"]: index for index, item in _items(extension, "checks") if item.get("remove")}
    for item in base["checks"]:
        for name in named.get(item["id"], {}).get("requires", item.get("requires", ())) or ():
            if name in removed and item["id"] not in removed:
                yield f"{name!r} cannot be removed: check {item['id']!r} requires it", ("checks", removed[name])


def _items(extension: Mapping[str, Any], section: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the items of an extending file that can be used, with their positions."""
    for index, item in enumerate(extension.get(section) or ()):
        if isinstance(item, Mapping) and isinstance(item.get("id"), str):
            yield index, item


def _changed(item: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item with the changes of an extending file."""
    changed = {**item, **change}
    if "with" in change and change["with"] is None:
        return changed
    if change.get("check", item["check"]) == item["check"] and ("with" in item or "with" in change):
        changed["with"] = {**item.get("with", {}), **change.get("with", {})}
    elif "with" not in change:
        changed.pop("with", None)
    return changed
