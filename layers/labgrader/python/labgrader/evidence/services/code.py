"""What a function's own code says: its imports and calls, read from the deployed package and never executed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from labgrader.evidence.coerce import mapping, number, sequence, text
from labgrader.evidence.question import Json


@dataclass(frozen=True)
class Call:
    """One call in the code.

    Args:
        name: what is called, with import aliases resolved: ``boto3.client``, ``requests.get``.
        line: its line in the file.
        function: the function it stands in, or empty at module level (there it runs once, while loading).
        keywords: the names of the keyword arguments that are given.
    """

    name: str
    line: int
    function: str = ""
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """One Python file of a package.

    ``imports`` are the modules that it imports. ``undefined`` are names that it uses and defines nowhere.
    ``problem`` says why the file could not be read, else it is empty.
    """

    path: str
    imports: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    undefined: tuple[str, ...] = ()
    problem: str = ""

    @classmethod
    def from_answer(cls, answer: Mapping[str, Json]) -> Source:
        """Read one file of a ``labgrader:ReadCode`` answer."""
        return cls(
            path=text(answer.get("Path")),
            imports=tuple(text(module) for module in sequence(answer.get("Imports"))),
            calls=tuple(_call(mapping(call)) for call in sequence(answer.get("Calls"))),
            undefined=tuple(text(name) for name in sequence(answer.get("Undefined"))),
            problem=text(answer.get("Problem")),
        )


def _call(answer: Mapping[str, Json]) -> Call:
    return Call(
        name=text(answer.get("Name")),
        line=number(answer.get("Line")) or 0,
        function=text(answer.get("In")),
        keywords=tuple(text(keyword) for keyword in sequence(answer.get("Keywords"))),
    )
