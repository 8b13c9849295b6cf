"""The decorator: what it takes for a check, and the schema it reads from a signature."""

from typing import Any, Literal

import pytest

from labgrader.errors import BadInputError
from labgrader.evidence.load.load_test import LoadTest
from labgrader.evidence.probe import Probe
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, passed
from labgrader.judging.check import all_checks, check_names, find_check


def test_the_kind_follows_from_the_evidence_it_reads() -> None:
    @check(title="t", hint="h")
    def of_snapshot(snapshot: Snapshot) -> Verdict:
        return passed()

    @check(title="t", hint="h")
    def of_probe(probe: Probe) -> Verdict:
        return passed()

    @check(title="t", hint="h")
    def of_load(load: LoadTest) -> Verdict:
        return passed()

    assert [check.kind for check in (of_snapshot, of_probe, of_load)] == ["configuration", "behaviour", "performance"]


def test_keyword_parameters_are_the_schema() -> None:
    @check(title="t", hint="h")
    def example(
        snapshot: Snapshot,
        *,
        name: str,
        count: int = 1,
        share: float = 0.5,
        names: list[str],
        table: dict[str, int] | None = None,
        mode: Literal["a", "b"] = "a",
        event: Any = None,
    ) -> Verdict:
        return passed()

    assert example.schema["required"] == ["name", "names"]
    assert example.schema["additionalProperties"] is False
    assert example.schema["properties"] == {
        "name": {"type": "string"},
        "count": {"type": "integer"},
        "share": {"type": "number"},
        "names": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "table": {
            "anyOf": [
                {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 1},
                {"type": "null"},
            ]
        },
        "mode": {"enum": ["a", "b"]},
        "event": {},
    }


def test_a_function_without_evidence_is_not_a_check() -> None:
    with pytest.raises(TypeError, match="the first parameter is annotated Snapshot, Probe or LoadTest"):

        @check(title="t", hint="h")
        def wrong(anything: str) -> Verdict:
            return passed()


def test_positional_parameters_are_refused() -> None:
    with pytest.raises(TypeError, match="every parameter but the first is keyword-only"):

        @check(title="t", hint="h")
        def wrong(snapshot: Snapshot, name: str) -> Verdict:
            return passed()


def test_an_annotation_without_a_schema_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match=r"^check bare: every parameter is annotated with its type; factor is not$"):

        @check(title="t", hint="h")
        def bare(snapshot: Snapshot, *, factor) -> Verdict:  # type: ignore[no-untyped-def]
            return passed()

    with pytest.raises(TypeError, match="cannot be annotated"):

        @check(title="t", hint="h")
        def wrong(snapshot: Snapshot, *, when: set[str]) -> Verdict:
            return passed()


@pytest.mark.parametrize("name", ["no_such_check", "../lab", "labs", "__init__", ""])
def test_an_unknown_check_is_named(name: str) -> None:
    with pytest.raises(BadInputError, match="there is no check"):
        find_check(name)


def test_every_file_in_checks_is_a_check_of_its_name() -> None:
    found = all_checks()
    assert [problem.name for problem in found] == check_names()
    assert all(problem.title and problem.hint and problem.description for problem in found)
