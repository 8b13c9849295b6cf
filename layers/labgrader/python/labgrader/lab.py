"""A lab: data that a teacher edits in ``checks/labs/ID/lab.yaml`` and reads aloud."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import yaml

from labgrader.errors import BadInputError, Problem
from labgrader.messages import fill

Visibility = Literal["visible", "hidden"]


@dataclass(frozen=True)
class Item:
    """One line of a lab: a check with its parameters, its points and its words.

    Args:
        id: unique in the lab (``layers-attached``).
        check: the check's name (``layers_attached``).
        title: what a student reads.
        task: the part of the hand-out it belongs to (``Task 3``).
        points: what it is worth; 0 for advice.
        requires: ids of checks that must not have failed.
        parameters: the check's parameters; strings may hold ``{username}``, ``{account_id}``, ``{region}``.
        hint: in place of the check's own, or empty.
        visibility: ``hidden`` checks are not shown to students who check themselves.
    """

    id: str
    check: str
    title: str
    task: str = ""
    points: float = 0.0
    requires: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    hint: str = ""
    visibility: Visibility = "visible"

    def to_dict(self) -> dict[str, Any]:
        """Return the item as it stands in a lab file."""
        return {
            "id": self.id,
            "check": self.check,
            "title": self.title,
            "task": self.task,
            "points": self.points,
            "requires": list(self.requires),
            "with": dict(self.parameters),
            "hint": self.hint,
            "visibility": self.visibility,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Item:
        """Read what ``to_dict`` wrote, or an entry of a lab file that ``lint`` accepts."""
        return cls(
            id=document["id"],
            check=document["check"],
            title=document["title"],
            task=document.get("task", ""),
            points=float(document.get("points", 0)),
            requires=tuple(document.get("requires", ())),
            parameters=dict(document.get("with", {})),
            hint=document.get("hint", ""),
            visibility=document.get("visibility", "visible"),
        )


@dataclass(frozen=True)
class Lab:
    """A lab pack: its checks, its advice, and what none of them can see.

    Args:
        points: what the checks sum to.
        unseen: ``{"promise": …, "why": …}`` for each promise of the hand-out that no check can see.
    """

    id: str
    version: str
    title: str
    handout: str
    points: float
    checks: tuple[Item, ...]
    advice: tuple[Item, ...] = ()
    unseen: tuple[Mapping[str, str], ...] = ()

    def item(self, item_id: str) -> Item:
        """Return one check by its id.

        Raises:
            BadInputError: the lab has no such check.
        """
        for item in self.checks:
            if item.id == item_id:
                return item
        raise BadInputError([f"lab {self.id} has no check {item_id!r}"])

    def for_student(self, username: str, account_id: str, region: str) -> Lab:
        """Return the lab with the student's names in every parameter, title and hint."""
        values = {"username": username, "account_id": account_id, "region": region}

        def mine(item: Item) -> Item:
            return replace(
                item,
                title=fill(item.title, values),
                hint=fill(item.hint, values),
                parameters=_filled(item.parameters, values),
            )

        return replace(
            self, checks=tuple(mine(item) for item in self.checks), advice=tuple(mine(item) for item in self.advice)
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the lab as JSON, as a run keeps it."""
        return {
            "id": self.id,
            "version": self.version,
            "title": self.title,
            "handout": self.handout,
            "points": self.points,
            "checks": [item.to_dict() for item in self.checks],
            "advice": [item.to_dict() for item in self.advice],
            "unseen": [dict(one) for one in self.unseen],
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Lab:
        """Read what ``to_dict`` wrote, or a lab file that ``lint`` accepts."""
        return cls(
            id=document["id"],
            version=document["version"],
            title=document["title"],
            handout=document.get("handout", ""),
            points=float(document["points"]),
            checks=tuple(Item.from_dict(item) for item in document["checks"]),
            advice=tuple(Item.from_dict(item) for item in document.get("advice", ())),
            unseen=tuple(document.get("unseen", ())),
        )


def labs_folder() -> Path:
    """The folder of the lab packs: beside the checks, on a laptop as on Lambda."""
    import checks  # a namespace we only look at: labs lie beside the checks, wherever those are

    return Path(next(iter(checks.__path__))) / "labs"


def lab_ids() -> list[str]:
    """The ids of the labs there are: the folders that hold a ``lab.yaml``."""
    return sorted(file.parent.name for file in labs_folder().glob("*/lab.yaml"))


def find_lab(lab_id: str) -> Lab:
    """Return a lab by its id.

    Raises:
        BadInputError: there is none; the message lists those there are.
    """
    if lab_id not in lab_ids():
        raise BadInputError([f"there is no lab {lab_id!r}; the labs are: {', '.join(lab_ids())}"])
    return load_lab(labs_folder() / lab_id / "lab.yaml")


def load_lab(file: Path) -> Lab:
    """Read a lab file.

    Raises:
        BadInputError: it is not a lab; every problem with its file, line and field.
    """
    document, problems, _ = read_yaml(file)
    problems = problems or shape_problems(document, file)
    if problems:
        raise BadInputError(problems)
    return Lab.from_dict(document)


# --- lint -----------------------------------------------------------------------------------------------------------


class Lines:
    """Where each value of a YAML file stands: the line of ``checks[3].with.memory``."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str | int, ...], int] = {}

    def record(self, path: tuple[str | int, ...], line: int) -> None:
        """Keep the line (from 1) of a value."""
        self._lines[path] = line

    def of(self, path: Sequence[str | int]) -> int:
        """The line of a value, or of the nearest thing around it."""
        for length in range(len(path), -1, -1):
            if tuple(path[:length]) in self._lines:
                return self._lines[tuple(path[:length])]
        return 1


def read_yaml(file: Path) -> tuple[Any, list[Problem], Lines]:
    """Read YAML with the line of every value.

    Returns:
        The document, what is wrong with it as YAML (duplicate keys included), and the lines.
    """
    lines = Lines()
    try:
        text = file.read_text(encoding="utf-8-sig")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text)
    except OSError as error:
        return None, [Problem(error.strerror or str(error), str(file))], lines
    except UnicodeDecodeError:
        return None, [Problem("not UTF-8 text", str(file))], lines
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        return None, [Problem(f"not YAML: {error.problem}", str(file), mark.line + 1 if mark else None)], lines
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return None, [Problem(f"not YAML: {error}", str(file))], lines
    problems = [
        Problem(f"{key!r} is given twice", str(file), line, _dotted(path)) for path, key, line in _walk(node, (), lines)
    ]
    return document, problems, lines


def shape_problems(document: Any, file: Path, lines: Lines | None = None) -> list[Problem]:
    """Hold a lab document against ``lab.schema.json``."""
    from jsonschema import Draft202012Validator  # 60 ms at import, and only those who read lab files need it

    schema = json.loads((Path(__file__).parent / "schemas" / "lab.schema.json").read_text(encoding="utf-8"))
    where = lines or Lines()
    return [
        Problem(error.message, str(file), where.of(list(error.absolute_path)), _dotted(error.absolute_path))
        for error in sorted(
            Draft202012Validator(schema).iter_errors(document), key=lambda error: list(map(str, error.absolute_path))
        )
    ]


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
        return Problem(message, str(file), lines.of(path), _dotted(path))

    def found() -> Iterator[Problem]:
        seen: dict[str, int] = {}
        for section in ("checks", "advice"):
            for index, item in enumerate(document.get(section, ())):
                if item["id"] in seen:
                    yield problem(f"id {item['id']!r} is already used on line {seen[item['id']]}", section, index, "id")
                seen.setdefault(item["id"], lines.of((section, index, "id")))
                for message, path in _parameter_problems(item):
                    yield problem(message, section, index, *path)
        total = round(sum(item["points"] for item in document["checks"]), 2)
        if total != document["points"]:
            yield problem(f"the checks sum to {total:g} points, not {document['points']:g}", "points")
        requires = {item["id"]: item.get("requires", []) for item in document["checks"]}
        for index, item in enumerate(document["checks"]):
            for position, name in enumerate(item.get("requires", [])):
                if name not in requires:
                    yield problem(f"there is no check {name!r} to require", "checks", index, "requires", position)
            loop = _loop(item["id"], requires)
            if loop:
                yield problem(f"the prerequisites loop: {' → '.join(loop)}", "checks", index, "requires")
        if file.parent.parent.name == "labs" and document["id"] != file.parent.name:
            yield problem(f"id {document['id']!r} is not the name of its folder, {file.parent.name!r}", "id")

    return list(found())


def _parameter_problems(item: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """What is wrong with the check an item names, or with the parameters it gives it."""
    from jsonschema import Draft202012Validator

    from labgrader.judging.check import find_check  # the registry imports scoring's types: only lint looks back at it

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


def _walk(
    node: yaml.Node | None, path: tuple[str | int, ...], lines: Lines
) -> Iterator[tuple[tuple[str | int, ...], str, int]]:
    """Record the line of every value below a node; yield the keys that are given twice."""
    if node is None:
        return
    lines.record(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(getattr(key, "value", ""))
            if name in seen:
                yield path, name, key.start_mark.line + 1
            seen.add(name)
            yield from _walk(value, (*path, name), lines)
            lines.record((*path, name), key.start_mark.line + 1)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _walk(value, (*path, index), lines)


def _dotted(path: Sequence[str | int]) -> str:
    """``checks[3].with.memory`` from its parts."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    """Fill the placeholders of every string in a value, keys included."""
    if isinstance(value, str):
        return fill(value, values)
    if isinstance(value, Mapping):
        return {fill(key, values): _filled(one, values) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_filled(one, values) for one in value]
    return value
