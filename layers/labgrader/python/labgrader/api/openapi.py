"""The OpenAPI document: made of the routes and their models, and of the schema of a report.

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
"""The API's: the first number changes with what breaks a client, and so does the path."""

_SCHEMAS = "#/components/schemas/"
_NOT_OURS = ("HTTPValidationError", "ValidationError", "ResponseValidationError")
"""What Powertools says of errors that we answer otherwise."""


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
    schemas = {name: one for name, one in made["components"]["schemas"].items() if name not in _NOT_OURS}
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
                    "description": "from `labgrader token issue`; it names its owner, and whether that is a student",
                }
            },
            "responses": {name: _error(name) for name in ERRORS},
            "schemas": {name: _tidy(schemas[name]) for name in sorted(schemas)},
        },
    }


def _path(operations: Mapping[str, Json]) -> dict[str, Json]:
    return {method: _operation(method, one) for method, one in operations.items()}


def _operation(method: str, operation: Mapping[str, Json]) -> dict[str, Json]:
    """An operation with every error that it can be answered with, and its description on one line."""
    made = {name: value for name, value in operation.items() if value is not None and name != "deprecated"}
    made["description"] = " ".join(made["description"].split())
    answers = {status: one for status, one in made["responses"].items() if int(status) < 400 and status != "422"}
    if made["operationId"] in ANSWER_EXAMPLES:
        for one in answers.values():
            one["content"]["application/json"]["example"] = ANSWER_EXAMPLES[made["operationId"]]
    for parameter in made.get("parameters", ()):
        parameter["schema"] = _told(parameter["schema"])
        parameter["schema"].pop("description", None)
    return {**made, "responses": answers | _errors_of(method, made)}


def _errors_of(method: str, operation: Mapping[str, Json]) -> dict[str, Json]:
    """Which of the errors an operation has."""
    takes = bool(operation.get("parameters")) or method == "post"
    in_path = any(one["in"] == "path" for one in operation.get("parameters", ()))
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
    names = {one["status"]: name for name, one in ERRORS.items() if not one.get("special")} | special
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
    """The schema of a model that no route has itself, and of its parts."""
    schema = model.model_json_schema(ref_template=_SCHEMAS + "{model}")
    parts = schema.pop("$defs")
    if model is ProblemDetails:
        schema["properties"] = {name: _told(one) for name, one in schema["properties"].items()}
    for one in schema["properties"].values():  # what is left away is not sent empty
        if one.get("default") in ("", []):
            del one["default"]
    return {**parts, model.__name__: schema}


def _told(schema: dict[str, Json]) -> dict[str, Json]:
    """The schema of what is left out where there is nothing to say: pydantic writes that it may be null, too."""
    if "anyOf" not in schema:
        return schema
    kind = next(kind for kind in schema["anyOf"] if kind != {"type": "null"})
    return {**kind, **{name: value for name, value in schema.items() if name not in ("anyOf", "default")}}


def _report_schemas() -> dict[str, Json]:
    """The schema of a report, and that of the copy that its student gets, with their parts as components."""
    schema = _renamed(read_schema("report"))
    parts = {f"Report_{name}": one for name, one in schema.pop("$defs").items()}
    whole = {name: value for name, value in schema.items() if name not in ("$schema", "$id", "title")}
    whole["description"] = "the report of one student in one run, as an instructor sees it"
    copy = deepcopy(whole)
    copy["description"] = "the report of one student in one run, as the student sees it: without hidden checks"
    copy["properties"]["checks"] = {"type": "array", "items": {"$ref": f"{_SCHEMAS}Report_visible_check"}}
    visible = deepcopy(parts["Report_check"])
    visible["properties"]["visibility"] = {"const": "visible"}
    return {"Report": whole, "StudentReport": copy, **parts, "Report_visible_check": visible}


def _renamed(value: Json) -> Json:
    """References to a schema's own parts as references to components."""
    if isinstance(value, dict):
        return {
            name: one.replace("#/$defs/", f"{_SCHEMAS}Report_") if name == "$ref" else _renamed(one)
            for name, one in value.items()
        }
    return [_renamed(one) for one in value] if isinstance(value, list) else value


def _tidy(value: Json) -> Json:
    """A schema without the titles that pydantic makes up, and with another one where a model names it."""
    if isinstance(value, dict):
        if "x-schema" in value:
            return {"$ref": _SCHEMAS + value["x-schema"]}
        return {name: _tidy(one) for name, one in value.items() if name != "title" or not isinstance(one, str)}
    return [_tidy(one) for one in value] if isinstance(value, list) else value


class _Plain(yaml.SafeDumper):
    """YAML without anchors."""

    def ignore_aliases(self, data: Json) -> bool:  # noqa: ARG002  (the dumper gives it)
        return True


def _block(dumper: _Plain, text: str) -> yaml.ScalarNode:
    """Text of several lines as it reads."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Plain.add_representer(str, _block)
