"""Reading and writing CloudFormation templates without losing their short tags (``!Ref``, ``!Sub``, ``!GetAtt``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from labgrader.errors import BadInputError, Problem

_CODE = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
    "AWS::Serverless::Api": "DefinitionUri",
    "AWS::Serverless::HttpApi": "DefinitionUri",
}
"""The property of each kind of resource that names a file or folder of ours."""


@dataclass(frozen=True)
class Tagged:
    """A YAML value with a tag of CloudFormation's: ``!Sub "${Bucket}/x"``."""

    tag: str
    value: Any


@dataclass(frozen=True)
class LocalCode:
    """A resource's reference to a file or folder beside the template.

    Args:
        resource: its logical id.
        kind: its type (``AWS::Serverless::Function``).
        field: the property that holds the path.
        path: the file or folder.
    """

    resource: str
    kind: str
    field: str
    path: Path


class _Loader(yaml.SafeLoader):
    """A safe loader that keeps unknown tags, and leaves dates (``2010-09-09``) as the text they are."""


class _Dumper(yaml.SafeDumper):
    """A dumper that writes the tags back, and never an alias: CloudFormation has no anchors of ours."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  (PyYAML's signature)
        return True


def _construct(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Tagged:
    if isinstance(node, yaml.ScalarNode):
        return Tagged(f"!{suffix}", loader.construct_scalar(node))
    if isinstance(node, yaml.SequenceNode):
        return Tagged(f"!{suffix}", loader.construct_sequence(node, deep=True))
    if isinstance(node, yaml.MappingNode):
        return Tagged(f"!{suffix}", loader.construct_mapping(node, deep=True))
    raise yaml.constructor.ConstructorError(None, None, f"!{suffix} has no value", node.start_mark)


def _represent(dumper: yaml.SafeDumper, tagged: Tagged) -> yaml.Node:
    if isinstance(tagged.value, list):
        return dumper.represent_sequence(tagged.tag, tagged.value)
    if isinstance(tagged.value, dict):
        return dumper.represent_mapping(tagged.tag, tagged.value)
    return dumper.represent_scalar(tagged.tag, str(tagged.value))


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_multi_constructor("!", _construct)
_Dumper.add_representer(Tagged, _represent)


def read_template(file: Path) -> dict[str, Any]:
    """Read a template.

    Raises:
        BadInputError: there is none, or it is not a template.
    """
    try:
        document = yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506  (a safe loader)
    except OSError as error:
        raise BadInputError([Problem(error.strerror or str(error), str(file))]) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise BadInputError([Problem(f"not YAML: {error.problem}", str(file), line)]) from None
    if not isinstance(document, dict) or not isinstance(document.get("Resources"), dict):
        raise BadInputError([Problem("not a CloudFormation template: it has no Resources", str(file))])
    return document


def write_template(document: Mapping[str, Any]) -> str:
    """Return a template as YAML, its keys in their order."""
    return yaml.dump(dict(document), Dumper=_Dumper, sort_keys=False, width=120, allow_unicode=True)


def local_code(document: Mapping[str, Any], folder: Path) -> Iterator[LocalCode]:
    """Yield every reference to a file or folder beside the template.

    Args:
        document: the template.
        folder: where it lies; its paths are relative to that.

    Raises:
        BadInputError: a file or folder is not there.
    """
    for name, resource in document["Resources"].items():
        field = _CODE.get(resource.get("Type", ""), "")
        value = resource.get("Properties", {}).get(field)
        if isinstance(value, str) and not value.startswith("s3://"):
            path = (folder / value).resolve()
            if not path.exists():
                raise BadInputError(
                    [Problem(f"{value} does not exist", str(folder), field=f"Resources.{name}.{field}")]
                )
            yield LocalCode(name, resource["Type"], field, path)


def layers(document: Mapping[str, Any], function: str) -> list[str]:
    """Return the logical ids of a function's layers of ours, in their order: those of all functions, then its own.

    Args:
        document: the template.
        function: the function's logical id.
    """
    common = document.get("Globals", {}).get("Function", {}).get("Layers", [])
    own = document["Resources"][function].get("Properties", {}).get("Layers", [])
    return [value.value for value in (*common, *own) if isinstance(value, Tagged) and value.tag == "!Ref"]


def runtime(document: Mapping[str, Any]) -> tuple[str, str]:
    """Return the Python version (``3.13``) and architecture (``arm64`` or ``x86_64``) that the functions have.

    Raises:
        BadInputError: they have several, or none that is Python.
    """
    common = document.get("Globals", {}).get("Function", {})
    found = set()
    for resource in document["Resources"].values():
        if resource.get("Type") == "AWS::Serverless::Function":
            properties = {**common, **resource.get("Properties", {})}
            found.add((str(properties.get("Runtime", "")), str((properties.get("Architectures") or ["x86_64"])[0])))
    if len(found) != 1:
        raise BadInputError([f"the functions have {len(found)} runtimes and architectures; one layer fits only one"])
    name, architecture = found.pop()
    if not name.startswith("python3."):
        raise BadInputError([f"the functions' runtime is {name or 'missing'}, not a version of Python"])
    return name.removeprefix("python"), architecture
