"""`labgrader lint`: everything that is wrong with a lab file, with file, line and field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from labgrader.errors import BadInputError, Problem
from labgrader.judging.check import check_names, find_check
from labgrader.labs.extension import SECTIONS, Found
from labgrader.labs.gradebook_title import heading_problem
from labgrader.labs.lab_file import LabFile, items_of, read_lab_file
from labgrader.labs.placeholders import STUDENT, placeholders, unknown_placeholder
from labgrader.labs.points import total_points
from labgrader.labs.schema_faults import missing_fields, schema_faults, strict_validator, unknown_fields
from labgrader.labs.search_path import CHECKS, LAB_FILE, added_folders, built_in_lab_ids, check_files, lab_id_of
from labgrader.labs.suggestions import unknown_name


def lint(file: Path) -> list[Problem]:
    """Find everything that is wrong with a lab file: shape, checks, parameters, points, prerequisites, placeholders.

    A value with a fault hides no fault of another value. What depends on it is not reported: without the points of one
    check, for example, the sum of all points is unknown.

    Returns:
        Each problem with file, line and field, in the order of the lines; empty for a lab that can be used.
    """
    read = read_lab_file(file)
    problems = list(read.problems)
    if isinstance(read.usable, Mapping):
        for message, path in _faults(read, file):
            problems.append(read.problem(message, *path))
    return sorted(problems, key=lambda problem: problem.line or 0)


def _faults(read: LabFile, file: Path) -> Iterator[Found]:
    """Yield what no schema finds: of each check and piece of advice, of the points, the prerequisites and the lab."""
    yield from _id_faults(read)
    for section in SECTIONS:
        for index, item in items_of(read.usable, section):
            found = (*_check_faults(item, file, whole=read.merged), *_placeholder_problems(item))
            yield from ((message, (section, index, *path)) for message, path in found)
    if read.merged:
        yield from _points_faults(read)
        yield from _prerequisite_faults(read)
    yield from _lab_faults(read.usable, file)


def _id_faults(read: LabFile) -> Iterator[Found]:
    """Yield the ids that are used twice."""
    seen: dict[str, int] = {}
    for section in SECTIONS:
        for index, item in items_of(read.usable, section):
            item_id = item.get("id")
            if not isinstance(item_id, str):
                continue
            if item_id in seen:
                yield f"id {item_id!r} is already used on line {seen[item_id]}", (section, index, "id")
            seen.setdefault(item_id, read.line(section, index, "id"))


def _points_faults(read: LabFile) -> Iterator[Found]:
    """Yield that the points of the checks do not sum to those of the lab. A check without points has a problem."""
    document = read.usable
    checks = document.get("checks")
    points = [item.get("points") if isinstance(item, Mapping) else None for item in checks or ()]
    known = [value for value in points if isinstance(value, int | float)]
    whole = document.get("points")
    if not known or len(known) < len(points) or not isinstance(whole, int | float):
        return
    total = total_points(known)
    if total != whole:
        yield _wrong_sum(total, read), ("points",)


def _prerequisite_faults(read: LabFile) -> Iterator[Found]:
    """Yield prerequisites that do not exist, that are hidden from the students who need them, and that loop."""
    checks = [(index, item) for index, item in items_of(read.usable, "checks") if isinstance(item.get("id"), str)]
    times = Counter(item["id"] for _, item in checks)
    requires = {item["id"]: _names(item.get("requires")) if times[item["id"]] == 1 else [] for _, item in checks}
    for _, item in items_of(read.own or {}, "checks"):  # an extending file's new checks with problems exist, too
        if isinstance(item.get("id"), str) and not item.get("remove"):
            requires.setdefault(item["id"], [])
    hidden = {item["id"] for _, item in checks if item.get("visibility") == "hidden"}
    for index, item in checks:
        for position, name in enumerate(item.get("requires") or ()):
            path = ("checks", index, "requires", position)
            if not isinstance(name, str):
                continue
            if name not in requires:
                others = [other for other in requires if other != item["id"]]
                yield unknown_name(f"there is no check {name!r} to require", name, others), path
            elif name in hidden and item["id"] not in hidden:
                yield _needs_what_is_hidden(item["id"], name), path
        loop = _loop(item["id"], requires)
        if loop:
            yield f"the prerequisites loop: {' → '.join(loop)}", ("checks", index, "requires")


def _names(value: Any) -> list[str]:
    return [name for name in value or () if isinstance(name, str)]


def _lab_faults(document: Mapping[str, Any], file: Path) -> Iterator[Found]:
    """Yield what is wrong with the title and the id of the lab."""
    for name, _ in placeholders(document.get("title")):
        yield f"the title of a lab cannot have placeholders: {{{name}}} would be shown to all students", ("title",)
    title = document.get("title")
    if isinstance(title, str) and (message := heading_problem(title)):
        yield message, ("title",)
    lab_id = document.get("id")
    if not isinstance(lab_id, str):
        return
    if _takes_built_in_id(file, lab_id):
        yield f"{lab_id} is a built-in lab: use another id, and `extends: {lab_id}`", ("id",)
    if _is_in_a_pack(file) and lab_id != lab_id_of(file):
        yield f"id {lab_id!r} is not the name of its folder, {file.parent.name!r}", ("id",)


def _wrong_sum(total: float, read: LabFile) -> str:
    """Say what the checks sum to, and where the other sum comes from."""
    said = f"the checks sum to {_exact(total)} points, not {_exact(read.usable['points'])}"
    if read.own is None or "points" in read.own:
        return said
    return f"{said} as in {read.own['extends']}: add `points: {_exact(total)}`, or change the points of a check"


def _exact(points: float) -> str:
    """Return points with all of their decimals: 99.995 is not rounded to 100 where the difference is the problem."""
    return f"{Decimal(str(points)).normalize():f}"


def _is_in_a_pack(file: Path) -> bool:
    """Return whether a file's folder is a lab pack, which has the lab's id as its name."""
    return file.name == LAB_FILE and (file.parent.parent.name == "labs" or _is_added(file))


def _takes_built_in_id(file: Path, lab_id: str) -> bool:
    """Return whether a pack in an added folder has the id of a built-in lab."""
    return file.name == LAB_FILE and _is_added(file) and lab_id in built_in_lab_ids()


def _is_added(file: Path) -> bool:
    """Return whether the folder above a file's own folder was added by a teacher."""
    return file.parent.parent.resolve() in {folder.resolve() for folder in added_folders()}


def _check_faults(item: Mapping[str, Any], file: Path, *, whole: bool) -> Iterator[Found]:
    """Yield what is wrong with the check that an item names, or with its parameters.

    Args:
        item: the item.
        file: the lab file.
        whole: whether the item has all of its parameters; one of an extending file has only those that differ.
    """
    name, parameters = item.get("check"), item.get("with", {})
    if not isinstance(name, str):
        return
    try:
        found = find_check(name)
    except BadInputError as error:
        yield _no_check(name, file) or unknown_name(str(error), name, check_names()), ("check",)
        return
    if item.get("needs_internet") and found.kind == "configuration":
        yield f"check {name} reads only the configuration, so it cannot have needs_internet", ("needs_internet",)
    if not isinstance(parameters, Mapping):
        return
    schema = found.schema
    known = list(schema["properties"])
    for parameter in unknown_fields(parameters, known):
        said = f"check {name} has no parameter {parameter!r}"
        yield unknown_name(said, parameter, known, "it has"), ("with", parameter)
    missing = missing_fields(parameters, schema["required"], known) if whole else []
    if missing:
        noun = "parameter" if len(missing) == 1 else "parameters"
        yield f"check {name} needs the {noun} {', '.join(sorted(missing))}", ("with",)
    for fault in schema_faults(strict_validator(schema).iter_errors(dict(parameters))):
        if fault.keyword not in ("additionalProperties", "required"):
            yield fault.message, ("with", *fault.path)


def _no_check(name: str, file: Path) -> str:
    """Return the folder of an unknown check if it only was not named, or nothing."""
    folder = file.parent.parent
    beside = folder / CHECKS / f"{name}.py"
    if name in check_files() or not beside.is_file():
        return ""
    return f"there is no check {name!r}; to use {beside}, add `--labs {folder}`"


def _placeholder_problems(item: Mapping[str, Any]) -> Iterator[Found]:
    """Yield the placeholders of an item that are never filled."""
    parameters = item.get("with")
    if not isinstance(parameters, Mapping):
        parameters = {}
    for field, known in (("title", STUDENT), ("hint", (*STUDENT, *parameters))):
        for name, path in placeholders(item.get(field), (field,)):
            if name not in known:
                yield unknown_placeholder(name, known), path
    try:
        found = find_check(item.get("check") or "")
    except BadInputError:  # reported with the check
        return
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
        f"check {check!r} is visible and requires {required!r}, which is hidden: self-checks do not judge "
        "hidden checks; hide both, or neither"
    )


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
