"""The types of the stored documents have the fields of their JSON Schemas, required and optional, at every depth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Any, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

import pytest

from labgrader.documents import audit, digest, report
from labgrader.judging.check import Kind
from labgrader.judging.verdict import Status
from labgrader.labs.lab import Visibility
from labgrader.schemas import read_schema

DOCUMENTS = [("report", report.Report), ("audit", audit.Audit), ("digest", digest.Digest)]

Schema = Mapping[str, Any]

AS_IN_AUDIT = {"found": audit.AuditedStudent, "carried_over": audit.CarriedOver, "not_graded": audit.NotGraded}
"""Fields of a digest that have the schema of ``audit.json``."""


def fields_of(hint: Any) -> dict[str, Any]:
    """Return the fields of a TypedDict with their types."""
    names = {"Kind": Kind, "Status": Status, "Visibility": Visibility}  # imported for type checkers only
    return get_type_hints(hint, localns=names, include_extras=True)


def pairs(hint: Any, schema: Schema, definitions: Schema, path: str) -> Iterator[tuple[str, Any, Schema]]:
    """Yield each TypedDict of a type with its place and its part of the schema."""
    while "$ref" in schema:
        schema = definitions[schema["$ref"].removeprefix("#/$defs/")]
    if is_typeddict(hint):
        yield path, hint, schema
        for name, part in fields_of(hint).items():
            if name in schema.get("properties", {}):
                yield from pairs(part, schema["properties"][name], definitions, f"{path}.{name}")
    elif get_origin(hint) in (NotRequired, Union, UnionType):
        for part in get_args(hint):
            yield from pairs(part, schema, definitions, path)
    elif get_origin(hint) is list and schema["items"]:
        yield from pairs(get_args(hint)[0], schema["items"], definitions, f"{path}[]")


def all_pairs() -> list[tuple[str, Any, Schema]]:
    found = []
    for name, document in DOCUMENTS:
        schema = read_schema(name)
        found += list(pairs(document, schema, schema.get("$defs", {}), name))
    return found


@pytest.mark.parametrize(("path", "hint", "schema"), [pytest.param(*pair, id=pair[0]) for pair in all_pairs()])
def test_document_type_has_the_fields_of_its_schema(path: str, hint: Any, schema: Schema) -> None:
    field = path.removeprefix("digest.runs[].").removesuffix("[]")
    if path.startswith("digest.runs[].") and field in AS_IN_AUDIT:
        assert hint is AS_IN_AUDIT[field]
        assert "properties" not in schema
        return
    assert schema["additionalProperties"] is False
    fields = fields_of(hint)
    required = {name for name, part in fields.items() if get_origin(part) is not NotRequired}
    assert set(fields) == set(schema["properties"])
    assert required == set(schema.get("required", ()))


@pytest.mark.parametrize("module", [report, audit, digest])
def test_every_document_type_is_tested(module: Any) -> None:
    compared = {hint for _, hint, _ in all_pairs()}
    named = {value for value in vars(module).values() if is_typeddict(value)}
    assert named <= compared


@pytest.mark.parametrize(
    ("name", "field", "values"),
    [
        ("report", "status", {"complete", "incomplete"}),
        ("digest", "status", {"complete", "failed"}),
    ],
)
def test_status_type_has_the_values_of_its_schema(name: str, field: str, values: set[str]) -> None:
    document = dict(DOCUMENTS)[name]
    assert set(get_args(fields_of(document)[field])) == values
    assert set(read_schema(name)["properties"][field]["enum"]) == values
