"""A lab: the data of a ``lab.yaml``, which teachers can read and edit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from labgrader.errors import BadInputError
from labgrader.fields import known_fields
from labgrader.labs.placeholders import fill, fill_all, placeholders
from labgrader.labs.points import shown_points, total_points
from labgrader.labs.search_path import lab_files
from labgrader.labs.suggestions import lab_not_found

Visibility = Literal["visible", "hidden"]


@dataclass(frozen=True)
class Item:
    """One line of a lab: a check with its parameters, its points and its words.

    Args:
        id: unique in the lab (``layers-attached``).
        check: the check's name (``layers_attached``).
        title: what a student reads.
        task: the part of the handout it belongs to (``Task 3``).
        points: what it is worth; 0 for advice.
        requires: ids of checks that must not have failed.
        parameters: the check's parameters; strings may hold ``{username}``, ``{account_id}``, ``{region}``.
        unfilled: where the lab is a student's, the placeholders that are left in the parameters: each parameter and
            name. A check knows which of them are its own.
        hint: in place of the check's own, or empty.
        visibility: ``hidden`` checks are not shown to students who check themselves.
        needs_internet: whether the function needs internet access for it. Without access, it is not graded.
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
    needs_internet: bool = False
    unfilled: tuple[tuple[str, str], ...] = ()

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
            "needs_internet": self.needs_internet,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Item:
        """Read what ``to_dict`` wrote, or an entry of a lab file that ``lint`` accepts."""
        converted = {
            "points": float(document.get("points", 0)),
            "requires": tuple(document.get("requires", ())),
            "parameters": _in_order(document.get("with", {})),
        }
        return cls(**{**known_fields(cls, document), **converted})


@dataclass(frozen=True)
class SelfChecks:
    """How often a student may check a lab alone.

    Args:
        per_hour, per_day: checks in any 60 minutes, and in any 24 hours.
    """

    per_hour: int = 5
    per_day: int = 20


@dataclass(frozen=True)
class Lab:
    """A lab pack: its checks, its advice, and what none of them can see.

    Args:
        points: what the checks sum to.
        self_checks: how often a student may check it alone.
        hidden_checks, hidden_points: how many checks were left out of it for students to see, and what they are worth;
            0 for a whole lab.
        unseen: ``{"promise": …, "why": …}`` for each promise of the handout that no check can see.
    """

    id: str
    version: str
    title: str
    handout: str
    points: float
    checks: tuple[Item, ...]
    advice: tuple[Item, ...] = ()
    unseen: tuple[Mapping[str, str], ...] = ()
    self_checks: SelfChecks = SelfChecks()
    hidden_checks: int = 0
    hidden_points: float = 0.0

    def for_self_check(self) -> Lab:
        """Return the lab as a student may see it: the visible checks, and how many others there are.

        ``lint`` has seen to it that no visible check requires a hidden one.
        """
        shown = tuple(item for item in self.checks if item.visibility == "visible")
        hidden = [item for item in self.checks if item.visibility != "visible"]
        return replace(
            self,
            checks=shown,
            points=total_points(item.points for item in shown),
            hidden_checks=self.hidden_checks + len(hidden),
            hidden_points=total_points([self.hidden_points, *(item.points for item in hidden)]),
        )

    def item(self, item_id: str) -> Item:
        """Return one check, or one piece of advice, by its id.

        Raises:
            BadInputError: the lab has neither.
        """
        for item in (*self.checks, *self.advice):
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
                hint=fill(item.hint, values, last=False),  # a verdict fills in the check's parameters
                parameters=fill_all(item.parameters, values),
                unfilled=tuple(
                    dict.fromkeys(
                        (str(path[0]), name) for name, path in placeholders(item.parameters) if name not in values
                    )
                ),
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
            "unseen": [dict(promise) for promise in self.unseen],
            "self_checks": asdict(self.self_checks),
            "hidden": {"checks": self.hidden_checks, "points": self.hidden_points},
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Lab:
        """Read what ``to_dict`` wrote, or a lab file that ``lint`` accepts.

        The points of the checks get two decimals here, once for reports, gradebooks and self-checks.
        """
        hidden = document.get("hidden", {})
        checks = [Item.from_dict(item) for item in document["checks"]]
        shown = shown_points([item.points for item in checks])
        converted = {
            "handout": document.get("handout", ""),
            "points": float(document["points"]),
            "checks": tuple(replace(item, points=points) for item, points in zip(checks, shown, strict=True)),
            "advice": tuple(Item.from_dict(item) for item in document.get("advice", ())),
            "unseen": tuple(document.get("unseen", ())),
            "self_checks": SelfChecks(**document.get("self_checks", {})),
            "hidden_checks": hidden.get("checks", 0),
            "hidden_points": hidden.get("points", 0.0),
        }
        return cls(**{**known_fields(cls, document), **converted})


def lab_ids() -> list[str]:
    """Return the ids of all labs, built in and added.

    Raises:
        BadInputError: two labs have one id.
    """
    return list(lab_files())


def find_lab(lab_id: str) -> Lab:
    """Return a lab by its id.

    Raises:
        BadInputError: the lab does not exist; the message lists all labs.
    """
    files = lab_files()
    if lab_id not in files:
        raise BadInputError([lab_not_found(lab_id, repr(lab_id), files)])
    return load_lab(files[lab_id])


def load_lab(file: Path) -> Lab:
    """Read a lab file; one that extends another lab is merged with it.

    Raises:
        BadInputError: it is not a lab; every problem with its file, line and field.
    """
    from labgrader.labs.lab_file import read_lab_file  # PyYAML, jsonschema: a run reads its frozen lab.json

    read = read_lab_file(file)
    if read.problems:
        raise BadInputError(read.problems)
    return Lab.from_dict(read.document)


def _in_order(value: Any) -> Any:
    """Sort the names in every object of a value, as in a run's frozen lab.

    Sentences and events from it are then the same in every process.
    """
    if isinstance(value, Mapping):
        return {name: _in_order(value[name]) for name in sorted(value)}
    return [_in_order(entry) for entry in value] if isinstance(value, (list, tuple)) else value
