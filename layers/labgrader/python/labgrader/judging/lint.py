"""`labgrader lint`: everything that is wrong with a lab file, with file, line and field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from labgrader.errors import BadInputError, Problem
from labgrader.judging.check import find_check
from labgrader.labs.extension import SECTIONS, Found
from labgrader.labs.gradebook_title import heading_problem
from labgrader.labs.lab_file import LabFile, read_lab_file
from labgrader.labs.placeholders import STUDENT, placeholders, unknown_placeholder
from labgrader.labs.search_path import CHECKS, LAB_FILE, added_folders, built_in_lab_ids, check_files, lab_id_of


def lint(file: Path) -> list[Problem]:
    """Find everything that is wrong with a lab file: shape, checks, parameters, points, prerequisites.

    Returns:
        Each problem with file, line and field; empty for a lab that can be used.
    """
    read = read_lab_file(file)
    if read.problems:
        return list(read.problems)
    document, problem = read.document, read.problem

    def found() -> Iterator[Problem]:
        seen: dict[str, int] = {}
        for section in SECTIONS:
            for index, item in enumerate(document.get(section, ())):
                if item["id"] in seen:
                    yield problem(f"id {item['id']!r} is already used on line {seen[item['id']]}", section, index, "id")
                seen.setdefault(item["id"], read.line(section, index, "id"))
                for message, path in (*_parameter_problems(item, file), *_placeholder_problems(item)):
                    yield problem(message, section, index, *path)
                if item.get("needs_internet") and _kind(item) == "configuration":
                    message = f"check {item['check']} reads the configuration: that needs no internet"
                    yield problem(message, section, index, "needs_internet")
        total = round(sum(item["points"] for item in document["checks"]), 2)
        if total != document["points"]:
            yield problem(_wrong_sum(total, read), "points")
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
        for name, _ in placeholders(document["title"]):
            yield problem(
                f"the title of a lab has no placeholders: {{{name}}} would stand there for everybody", "title"
            )
        if message := heading_problem(document["title"]):
            yield problem(message, "title")
        if _takes_built_in_id(file, document["id"]):
            message = f"{document['id']} is a built-in lab: give yours another id, and `extends: {document['id']}`"
            yield problem(message, "id")
        if _is_in_a_pack(file) and document["id"] != lab_id_of(file):
            yield problem(f"id {document['id']!r} is not the name of its folder, {file.parent.name!r}", "id")

    return list(found())


def _wrong_sum(total: float, read: LabFile) -> str:
    """Say what the checks sum to, and where the other sum comes from."""
    said = f"the checks sum to {total:g} points, not {read.document['points']:g}"
    if read.own is None or "points" in read.own:
        return said
    return f"{said} as in {read.own['extends']}: add `points: {total:g}`, or change the points of a check"


def _is_in_a_pack(file: Path) -> bool:
    """Return whether a file's folder is a lab pack, which has the lab's id as its name."""
    return file.name == LAB_FILE and (file.parent.parent.name == "labs" or _is_added(file))


def _takes_built_in_id(file: Path, lab_id: str) -> bool:
    """Return whether a pack in an added folder has the id of a built-in lab."""
    return file.name == LAB_FILE and _is_added(file) and lab_id in built_in_lab_ids()


def _is_added(file: Path) -> bool:
    """Return whether the folder above a file's own folder was added by a teacher."""
    return file.parent.parent.resolve() in {folder.resolve() for folder in added_folders()}


def _parameter_problems(item: Mapping[str, Any], file: Path) -> Iterator[Found]:
    """Yield what is wrong with the check that an item names, or with its parameters."""
    try:
        schema = find_check(item["check"]).schema
    except BadInputError as error:
        yield _no_check(item["check"], file) or str(error), ("check",)
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


def _no_check(name: str, file: Path) -> str:
    """Say where a check lies that is not found because its folder was not named, or nothing."""
    folder = file.parent.parent
    beside = folder / CHECKS / f"{name}.py"
    if name in check_files() or not beside.is_file():
        return ""
    return f"there is no check {name!r}; to use {beside}, add `--labs {folder}`"


def _placeholder_problems(item: Mapping[str, Any]) -> Iterator[Found]:
    """Yield the placeholders of an item that are never filled."""
    try:
        found = find_check(item["check"])
    except BadInputError:  # said already
        return
    parameters = item.get("with", {})
    for field, known in (("title", STUDENT), ("hint", (*STUDENT, *parameters))):
        for name, path in placeholders(item.get(field, ""), (field,)):
            if name not in known:
                yield unknown_placeholder(name, known), path
    of_check = (*STUDENT, *found.schema["properties"])
    for name, _ in placeholders(found.hint):
        if name not in of_check:
            yield f"the hint of the check {found.name}: {unknown_placeholder(name, of_check)}", ("check",)
    for parameter, value in parameters.items():
        for name, path in placeholders(value, ("with", parameter)):
            if name not in STUDENT and not found.takes(parameter, name):
                yield unknown_placeholder(name, (*STUDENT, *found.fills.get(parameter, ()))), path


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
