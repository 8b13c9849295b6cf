"""One request to AWS, written down: what is sent, how it is paged, and what is kept of the answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from labgrader.evidence.coerce import mapping, sequence, text
from labgrader.evidence.question import Json
from labgrader.recording.quotas import Quota

MAX_CLASS_PAGES = 10_000
"""Pages of a list that a whole account shares: 500,000 functions."""

MAX_PAGES = 100
"""Maximum pages of a list about one student, for 5,000 versions. More come from a faulty script, not from a lab."""

Wanted = Any
"""What is kept of an answer: ``None`` for a value as it is, an object of what is wanted by name (``*`` for every name),
a list of one for every entry of a list. What is not named is not stored: it may be secret, and snapshots stay small."""


@dataclass(frozen=True)
class Paging:
    """How a list is paged.

    Args:
        token_in, token_out: what the marker is called in the request and in the answer.
        size: the argument that asks for the largest page, where the default is not the largest.
    """

    token_in: str
    token_out: str
    size: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Operation:
    """One request: everything that labgrader has to know to send it.

    Its key in a table is the IAM action that it takes. The templates in ``infra/`` must grant it; a test compares them
    and prints the lines that are missing.

    Args:
        service, method: as botocore calls them.
        entries: the field of the answer to keep: a list if it is paged. Empty for the whole answer.
        paging: how to request the next page; ``None`` if the answer is complete.
        keep: what of the answer, or of an entry of the list, is stored.
        fixed: arguments beside those of the question.
        most: pages after which a list is given up.
        quota: its own quota; ``None`` if it counts against the quota of its service (``quotas.py``).
        api_path: for API Gateway, with its IAM action ``apigateway:GET``: the path that may be read.
        everywhere: whether the answer is the same for all Regions.
    """

    service: str
    method: str
    entries: str = ""
    paging: Paging | None = None
    keep: Callable[[Any], Json] = lambda value: value
    fixed: Mapping[str, Json] = field(default_factory=dict)
    most: int = MAX_PAGES
    quota: Quota | None = None
    api_path: str = ""
    everywhere: bool = False

    def permissions(self, action: str) -> tuple[str, ...]:
        """Return the IAM actions that the operation takes.

        Args:
            action: its key in a table.
        """
        return ("apigateway:GET",) if self.api_path else (action,)


@dataclass(frozen=True)
class Composite:
    """A question that takes several requests, or one that is no operation of AWS. ``resolver.py`` has its method.

    Args:
        iam_actions: the IAM actions that it takes.
        quota: its own quota; ``None`` if it counts against the quota of its service (``quotas.py``).
    """

    iam_actions: tuple[str, ...]
    quota: Quota | None = None


@dataclass(frozen=True)
class ClassList:
    """A list that one student's thread asks for the whole class.

    Args:
        operation: the request.
        name: the name of an entry. Its prefix identifies the student; empty for an entry that belongs to no student.
        values: whether entries are stored under their names; else the names are all that is stored.
        unique: whether a name has one entry; else a name has a list of them.
    """

    operation: Operation
    name: Callable[[Any], str]
    values: bool = True
    unique: bool = True

    def filed(self, entries: list[Any]) -> Json:
        """Return what is stored: the names, each name's entry, or each name's entries."""
        named = [(self.name(entry), entry) for entry in entries]
        if not self.values:
            return [name for name, _ in named if name]
        if self.unique:
            return {name: self.operation.keep(entry) for name, entry in named if name}
        found: dict[str, list[Json]] = {}
        for name, entry in named:
            if name:
                found.setdefault(name, []).append(self.operation.keep(entry))
        return found


def picked(value: Any, wanted: Wanted) -> Json:
    """Return the wanted parts of a value. Parts of an unexpected shape are left out, and so is ``NaN``."""
    if wanted is None:
        return None if isinstance(value, float) and not math.isfinite(value) else value
    if isinstance(wanted, list):
        return [picked(entry, wanted[0]) for entry in sequence(value)]
    if "*" in wanted:
        return {name: picked(entry, wanted["*"]) for name, entry in mapping(value).items()}
    return {name: picked(mapping(value)[name], more) for name, more in wanted.items() if name in mapping(value)}


def keeping(*names: str, **nested: Wanted) -> Callable[[Any], Json]:
    """Return a function that keeps some fields of an answer: whole fields by name, parts of nested ones."""
    wanted = {**dict.fromkeys(names), **nested}
    return lambda value: picked(value, wanted)


def field_of(name: str) -> Callable[[Any], str]:
    """Return a function that reads one field of an entry as text."""
    return lambda entry: text(mapping(entry).get(name))
