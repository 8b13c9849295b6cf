"""The template as the tests read it: plain values, and what each role may do."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short tags as plain values."""


def _plain(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]


_Loader.add_multi_constructor("!", _plain)


def template(name: str = "template.yaml") -> dict[str, Any]:
    return dict(yaml.load((ROOT / "infra" / name).read_text(), _Loader))  # noqa: S506  a SafeLoader with tags


FUNCTIONS = {
    name: resource["Properties"]
    for name, resource in template()["Resources"].items()
    if resource["Type"] == "AWS::Serverless::Function"
}


def statements(name: str) -> list[dict[str, Any]]:
    return [statement for policy in FUNCTIONS[name]["Policies"] for statement in policy["Statement"]]


def actions(name: str, effect: str = "Allow") -> set[str]:
    return {
        action
        for statement in statements(name)
        if statement["Effect"] == effect
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }


def pascal(folder: str) -> str:
    return "".join(word.title() for word in folder.split("_"))


RESOURCES: dict[str, Any] = template()["Resources"]

MACHINES = {"GradeClass": "grade_class", "GradeStudent": "grade_student", "AuditCourse": "audit_course"}
"""The machines, and the file of each."""


def of_type(kind: str) -> dict[str, Any]:
    """The properties of every resource of one type."""
    return {name: resource.get("Properties", {}) for name, resource in RESOURCES.items() if resource["Type"] == kind}


def named(name: str, sid: str) -> dict[str, Any]:
    """The statement of a function's role with that Sid."""
    (found,) = [statement for statement in statements(name) if statement.get("Sid") == sid]
    return found


def placeholders(machine: str) -> set[str]:
    """What a machine's file leaves to be filled in."""
    text = (ROOT / "statemachines" / f"{MACHINES[machine]}.asl.json").read_text()
    return set(re.findall(r"\$\{(\w+)\}", json.dumps(json.loads(text))))


def listed(value: Any) -> list[Any]:
    """A value, or the values of a list."""
    return value if isinstance(value, list) else [value]
