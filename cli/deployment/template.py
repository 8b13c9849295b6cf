"""Read and write CloudFormation templates with their short tags (``!Ref``, ``!Sub``, ``!GetAtt``)."""

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
"""The property of each type of resource with the path of a local file or folder."""


@dataclass(frozen=True)
class Tagged:
    """A YAML value with a tag of CloudFormation: ``!Sub "${Bucket}/x"``."""

    tag: str
    value: Any


@dataclass(frozen=True)
class LocalCode:
    """A reference of a resource to a local file or folder.

    Args:
        resource: the logical id of the resource.
        kind: the type of the resource (``AWS::Serverless::Function``).
        field: the property with the path.
        path: the file or folder.
    """

    resource: str
    kind: str
    field: str
    path: Path


class _Loader(yaml.SafeLoader):
    """A safe loader that keeps unknown tags, and reads dates (``2010-09-09``) as text."""


class _Dumper(yaml.SafeDumper):
    """A dumper that writes tags, and no YAML aliases, which CloudFormation does not support."""

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
        BadInputError: the file cannot be read, or it is not a template.
    """
    try:
        document = yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506  (a safe loader)
    except OSError as error:
        raise BadInputError([Problem(error.strerror or str(error), str(file))]) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise BadInputError([Problem(f"this is not valid YAML: {error.problem}", str(file), line)]) from None
    if not isinstance(document, dict) or not isinstance(document.get("Resources"), dict):
        raise BadInputError([Problem("this is not a CloudFormation template: it has no Resources", str(file))])
    return document


def write_template(document: Mapping[str, Any]) -> str:
    """Return a template as YAML. The order of its keys is kept."""
    return yaml.dump(dict(document), Dumper=_Dumper, sort_keys=False, width=120, allow_unicode=True)


def local_code(document: Mapping[str, Any], folder: Path) -> Iterator[LocalCode]:
    """Yield every reference of a template to a local file or folder.

    Args:
        document: the template.
        folder: the folder of the template; paths are relative to it.

    Raises:
        BadInputError: a file or folder does not exist.
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
    """Return the logical ids of a function's layers in this template: first the common layers, then its own.

    Args:
        document: the template.
        function: the logical id of the function.
    """
    common = document.get("Globals", {}).get("Function", {}).get("Layers", [])
    own = document["Resources"][function].get("Properties", {}).get("Layers", [])
    return [value.value for value in (*common, *own) if isinstance(value, Tagged) and value.tag == "!Ref"]


def runtime(document: Mapping[str, Any]) -> tuple[str, str]:
    """Return the Python version (``3.13``) and the architecture (``arm64`` or ``x86_64``) of the functions.

    Raises:
        BadInputError: they have several, or their runtime is not Python.
    """
    common = document.get("Globals", {}).get("Function", {})
    found = set()
    for resource in document["Resources"].values():
        if resource.get("Type") == "AWS::Serverless::Function":
            properties = {**common, **resource.get("Properties", {})}
            found.add((str(properties.get("Runtime", "")), str((properties.get("Architectures") or ["x86_64"])[0])))
    if len(found) != 1:
        raise BadInputError(
            [f"the functions have {len(found)} combinations of runtime and architecture; a layer supports only one"]
        )
    name, architecture = found.pop()
    if not name.startswith("python3."):
        raise BadInputError([f"the runtime of the functions is {name or 'missing'}; it must be a version of Python 3"])
    return name.removeprefix("python"), architecture
