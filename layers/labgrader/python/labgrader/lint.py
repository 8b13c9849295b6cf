"""`labgrader lint`: everything that is wrong with a lab file, with file, line and field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from labgrader.errors import BadInputError, Problem
from labgrader.judging.check import find_check
from labgrader.lab_file import dotted, read_yaml, shape_problems


def lint(file: Path) -> list[Problem]:
    """Find everything that is wrong with a lab file: shape, checks, parameters, points, prerequisites.

    Returns:
        Each problem with file, line and field; empty for a lab that can be used.
    """
    document, problems, lines = read_yaml(file)
    problems = problems or shape_problems(document, file, lines)
    if problems:
        return problems

    def problem(message: str, *path: str | int) -> Problem:
        return Problem(message, str(file), lines.of(path), dotted(path))

    def found() -> Iterator[Problem]:
        seen: dict[str, int] = {}
        for section in ("checks", "advice"):
            for index, item in enumerate(document.get(section, ())):
                if item["id"] in seen:
                    yield problem(f"id {item['id']!r} is already used on line {seen[item['id']]}", section, index, "id")
                seen.setdefault(item["id"], lines.of((section, index, "id")))
                for message, path in _parameter_problems(item):
                    yield problem(message, section, index, *path)
                if item.get("needs_internet") and _kind(item) == "configuration":
                    message = f"check {item['check']} reads the configuration: that needs no internet"
                    yield problem(message, section, index, "needs_internet")
        total = round(sum(item["points"] for item in document["checks"]), 2)
        if total != document["points"]:
            yield problem(f"the checks sum to {total:g} points, not {document['points']:g}", "points")
        requires = {item["id"]: item.get("requires", []) for item in document["checks"]}
        hidden = {item["id"] for item in document["checks"] if item.get("visibility") == "hidden"}
        for index, item in enumerate(document["checks"]):
            for position, name in enumerate(item.get("requires", [])):
                if name not in requires:
                    yield problem(f"there is no check {name!r} to require", "checks", index, "requires", position)
                elif name in hidden and item["id"] not in hidden:
                    yield problem(_needs_what_is_hidden(item["id"], name), "checks", index, "requires", position)
            loop = _loop(item["id"], requires)
            if loop:
                yield problem(f"the prerequisites loop: {' → '.join(loop)}", "checks", index, "requires")
        if file.parent.parent.name == "labs" and document["id"] != file.parent.name:
            yield problem(f"id {document['id']!r} is not the name of its folder, {file.parent.name!r}", "id")

    return list(found())


def _parameter_problems(item: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """What is wrong with the check an item names, or with the parameters it gives it."""
    try:
        schema = find_check(item["check"]).schema
    except BadInputError as error:
        yield str(error), ("check",)
        return
    parameters = item.get("with", {})
    for wrong in Draft202012Validator(schema).iter_errors(parameters):
        path = list(wrong.absolute_path)
        if wrong.validator == "additionalProperties":
            for name in sorted(set(parameters) - set(schema["properties"])):
                known = ", ".join(schema["properties"]) or "none"
                yield f"check {item['check']} has no parameter {name!r}; it has: {known}", ("with", name)
        elif wrong.validator == "required":
            missing = sorted(set(schema["required"]) - set(parameters))
            yield f"check {item['check']} needs the parameter {', '.join(missing)}", ("with",)
        else:
            yield wrong.message, ("with", *path)


def _needs_what_is_hidden(check: str, required: str) -> str:
    return (
        f"check {check!r} is visible and requires {required!r}, which is hidden: a self-check judges no hidden check; "
        "hide both, or neither"
    )


def _kind(item: Mapping[str, Any]) -> str:
    try:
        return find_check(item["check"]).kind
    except BadInputError:  # said already
        return ""


def _loop(start: str, requires: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the loop of prerequisites that leads from a check back to itself, or nothing."""
    trails = [[start]]
    visited: set[str] = set()
    while trails:
        trail = trails.pop()
        for name in requires.get(trail[-1], ()):
            if name == start:
                return [*trail, name]
            if name not in visited:
                visited.add(name)
                trails.append([*trail, name])
    return []
