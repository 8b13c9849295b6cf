"""Build the OpenAPI document from the routes, their models, and the schema of a report.

python -m labgrader.api      write it to standard output (``make docs`` keeps it as docs/openapi.yaml)
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from typing import Any

import yaml
from pydantic import BaseModel

from labgrader.api import problems
from labgrader.api.models import ProblemDetails
from labgrader.api.openapi_text import ANSWER_EXAMPLES, DESCRIPTION, ERRORS, PROBLEM_EXAMPLES, TAGS
from labgrader.api.resolver import Api
from labgrader.api.run_request_model import RunRequest
from labgrader.schemas import read_schema

Json = Any

VERSION = "1.0.0"
"""The API's version. A change that breaks clients changes the first number and the path's ``/v1``."""

_SCHEMAS = "#/components/schemas/"
_NOT_OURS = ("HTTPValidationError", "ValidationError", "ResponseValidationError")
"""Powertools' schemas of errors. labgrader returns problem details instead."""


@cache
def written_document(api: Api) -> str:
    """Return the document of an API as YAML."""
    head = "# Written by `make docs` from labgrader/api; don't edit it by hand.\n"
    return head + yaml.dump(document(api), Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120)


def document(api: Api) -> dict[str, Json]:
    """Return the document of an API."""
    for route in api.routes():
        route.description = inspect.cleandoc(route.func.__doc__ or "")
    made = json.loads(api.get_openapi_json_schema(title="labgrader", version=VERSION, openapi_version="3.1.0"))
    schemas = {name: schema for name, schema in made["components"]["schemas"].items() if name not in _NOT_OURS}
    schemas |= _schemas_of(ProblemDetails)
    schemas |= _schemas_of(RunRequest)
    schemas |= _report_schemas()
    return {
        "openapi": "3.1.0",
        "info": {"title": "labgrader", "version": VERSION, "description": DESCRIPTION},
        "servers": [
            {
                "url": "{address}",
                "description": "the stack's output ApiUrl",
                "variables": {"address": {"default": "https://API.execute-api.REGION.amazonaws.com/api"}},
            }
        ],
        "security": [{"token": []}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": {path: _path(operations) for path, operations in sorted(_tidy(made["paths"]).items())},
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "from `labgrader token issue`; it contains its owner's username and role",
                }
            },
            "responses": {name: _error(name) for name in ERRORS},
            "schemas": {name: _tidy(schemas[name]) for name in sorted(schemas)},
        },
    }


def _path(operations: Mapping[str, Json]) -> dict[str, Json]:
    return {method: _operation(method, operation) for method, operation in operations.items()}


def _operation(method: str, operation: Mapping[str, Json]) -> dict[str, Json]:
    """Return an operation with all of its error responses, and its description on one line."""
    made = {name: value for name, value in operation.items() if value is not None and name != "deprecated"}
    made["description"] = " ".join(made["description"].split())
    answers = {status: answer for status, answer in made["responses"].items() if int(status) < 400 and status != "422"}
    if made["operationId"] in ANSWER_EXAMPLES:
        for answer in answers.values():
            answer["content"]["application/json"]["example"] = ANSWER_EXAMPLES[made["operationId"]]
    for parameter in made.get("parameters", ()):
        parameter["schema"] = _without_null(parameter["schema"])
        parameter["schema"].pop("description", None)
    return {**made, "responses": answers | _errors_of(method, made)}


def _errors_of(method: str, operation: Mapping[str, Json]) -> dict[str, Json]:
    """Return references to the error responses that an operation can have."""
    takes = bool(operation.get("parameters")) or method == "post"
    in_path = any(parameter["in"] == "path" for parameter in operation.get("parameters", ()))
    is_open = operation.get("security") == []
    has = {
        "401": not is_open,
        "403": not is_open,
        "404": in_path,
        "405": True,
        "409": method == "post",
        "413": method == "post",
        "415": method == "post",
        "422": takes or not is_open,
        "429": True,
        "500": True,
        "503": True,
    }
    special = {"startSelfCheck": {"409": "AlreadyRunning", "429": "AllowanceSpent"}}.get(operation["operationId"], {})
    names = {error["status"]: name for name, error in ERRORS.items() if not error.get("special")} | special
    return {status: {"$ref": f"#/components/responses/{names[status]}"} for status, there in has.items() if there}


def _error(name: str) -> dict[str, Json]:
    error = ERRORS[name]
    headers = {header: {"description": text, "schema": {"type": kind}} for header, text, kind in error["headers"]}
    content = {"schema": {"$ref": f"{_SCHEMAS}ProblemDetails"}, "example": PROBLEM_EXAMPLES[name]}
    made: dict[str, Json] = {"description": error["description"]}
    if headers:
        made["headers"] = headers
    return {**made, "content": {problems.CONTENT_TYPE: content}}


def _schemas_of(model: type[BaseModel]) -> dict[str, Json]:
    """Return the schemas of a model and its parts, for a model that no route uses directly."""
    schema = model.model_json_schema(ref_template=_SCHEMAS + "{model}")
    parts = schema.pop("$defs")
    if model is ProblemDetails:
        schema["properties"] = {name: _without_null(value) for name, value in schema["properties"].items()}
    for value in schema["properties"].values():  # an omitted field is not the same as an empty one
        if value.get("default") in ("", []):
            del value["default"]
    return {**parts, model.__name__: schema}


def _without_null(schema: dict[str, Json]) -> dict[str, Json]:
    """Return the schema of an optional value without null: it is omitted, but pydantic also writes null."""
    if "anyOf" not in schema:
        return schema
    kind = next(kind for kind in schema["anyOf"] if kind != {"type": "null"})
    return {**kind, **{name: value for name, value in schema.items() if name not in ("anyOf", "default")}}


def _report_schemas() -> dict[str, Json]:
    """Return the schemas of a report and of the student's copy, with their parts as components."""
    schema = _renamed(read_schema("report"))
    parts = {f"Report_{name}": part for name, part in schema.pop("$defs").items()}
    whole = {name: value for name, value in schema.items() if name not in ("$schema", "$id", "title")}
    whole["description"] = "the report of one student in one run, as an instructor sees it"
    copy = deepcopy(whole)
    copy["description"] = "the report of one student in one run, as the student sees it: without hidden checks"
    copy["properties"]["checks"] = {"type": "array", "items": {"$ref": f"{_SCHEMAS}Report_visible_check"}}
    visible = deepcopy(parts["Report_check"])
    visible["properties"]["visibility"] = {"const": "visible"}
    return {"Report": whole, "StudentReport": copy, **parts, "Report_visible_check": visible}


def _renamed(value: Json) -> Json:
    """Return a schema with the references to its own parts changed to references to components."""
    if isinstance(value, dict):
        return {
            name: member.replace("#/$defs/", f"{_SCHEMAS}Report_") if name == "$ref" else _renamed(member)
            for name, member in value.items()
        }
    return [_renamed(element) for element in value] if isinstance(value, list) else value


def _tidy(value: Json) -> Json:
    """Return a schema without pydantic's titles, and with a reference for each ``x-schema``."""
    if isinstance(value, dict):
        if "x-schema" in value:
            return {"$ref": _SCHEMAS + value["x-schema"]}
        return {name: _tidy(part) for name, part in value.items() if name != "title" or not isinstance(part, str)}
    return [_tidy(element) for element in value] if isinstance(value, list) else value


class _Plain(yaml.SafeDumper):
    """YAML without anchors."""

    def ignore_aliases(self, data: Json) -> bool:  # noqa: ARG002  (the dumper's signature)
        return True


def _block(dumper: _Plain, text: str) -> yaml.ScalarNode:
    """Write text of several lines as a block."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Plain.add_representer(str, _block)
