"""The template as CloudFormation creates it: after the SAM transform, for one Region and one choice of its conditions.

A fault can hide in the SAM template. ``DependsOn`` of an ``AWS::Serverless::Api`` moves to the resources that the
transform makes, and only there a linter sees that a condition may remove what they depend on.
"""

from __future__ import annotations

import copy
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest
from cfnlint.decode import decode
from samtranslator.translator import arn_generator
from samtranslator.translator.transform import transform

from cli.deployment.template import local_code, read_template
from tests.infra.template_reading import ROOT

TEMPLATE = ROOT / "infra" / "template.yaml"

EXAMPLES = {"NotifyEmail": ["", "ada@example.edu"]}
"""Values of the parameters that decide a condition and have no list of allowed values: one for each side."""

_NO_POLICIES = SimpleNamespace(load=dict)
"""Managed policies by name. The template uses their ARNs."""

NO_VALUE = {"Ref": "AWS::NoValue"}


def expanded(region: str) -> dict[str, Any]:
    """Return the template after the SAM transform, with its references to code in a bucket as ``deploy`` has them.

    Args:
        region: the Region in which the transform runs. It decides the partition of the ARNs that the transform adds.
    """
    return copy.deepcopy(_expanded(region))


@cache
def _expanded(region: str) -> dict[str, Any]:
    document = _long_form()
    for reference in local_code(read_template(TEMPLATE), TEMPLATE.parent):
        properties = document["Resources"][reference.resource]["Properties"]
        properties[reference.field] = {"Bucket": "artifacts", "Key": reference.path.name}
    cached = arn_generator._get_region_from_session, arn_generator._region_to_partition
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_DEFAULT_REGION", region)
        for function in cached:  # each of them remembers one Region
            function.cache_clear()
        found: dict[str, Any] = transform(document, {}, _NO_POLICIES)
        for function in cached:
            function.cache_clear()
    return found


def _long_form() -> dict[str, Any]:
    """Return the template with ``Fn::Sub`` instead of ``!Sub``."""
    document, problems = decode(str(TEMPLATE))
    assert not problems
    found: dict[str, Any] = json.loads(json.dumps(document, default=str))
    return found


def deciding_parameters() -> dict[str, list[str]]:
    """Return the values of each parameter on which a condition depends; the default comes first."""
    document = _long_form()
    names = sorted(set(re.findall(r'"Ref": "(\w+)"', json.dumps(document["Conditions"]))))
    found = {}
    for name in names:
        parameter = document["Parameters"][name]
        values = list(map(str, parameter.get("AllowedValues") or EXAMPLES[name]))
        default = str(parameter["Default"])
        found[name] = [default, *(value for value in values if value != default)]
    return found


def choices() -> Iterator[dict[str, str]]:
    """Yield every combination of the values of those parameters."""
    parameters = deciding_parameters()
    for values in itertools.product(*parameters.values()):
        yield dict(zip(parameters, values, strict=True))


def changed_alone() -> Iterator[dict[str, str]]:
    """Yield the combinations in which one of those parameters does not have its default."""
    parameters = deciding_parameters()
    defaults = {name: values[0] for name, values in parameters.items()}
    for name, values in parameters.items():
        for value in values[1:]:
            yield {**defaults, name: value}


def decided(document: Mapping[str, Any], parameters: Mapping[str, str]) -> dict[str, Any]:
    """Return a template without conditions: what a condition removes is gone, as in CloudFormation.

    Args:
        document: a template after the SAM transform.
        parameters: the values of the parameters that decide conditions.
    """
    holds = {name: _holds(rule, document["Conditions"], parameters) for name, rule in document["Conditions"].items()}
    kept = {section: value for section, value in document.items() if section != "Conditions"}
    for section in ("Resources", "Outputs"):
        kept[section] = {
            name: {field: part for field, part in entry.items() if field != "Condition"}
            for name, entry in document[section].items()
            if holds.get(entry.get("Condition", ""), True)
        }
    found: dict[str, Any] = _without_if(kept, holds)
    return found


def _holds(rule: Any, conditions: Mapping[str, Any], parameters: Mapping[str, str]) -> bool:
    ((function, arguments),) = rule.items()
    if function == "Fn::Equals":
        left, right = (parameters[side["Ref"]] if isinstance(side, dict) else side for side in arguments)
        return bool(left == right)
    if function == "Condition":
        return _holds(conditions[arguments], conditions, parameters)
    parts = [_holds(part, conditions, parameters) for part in arguments]
    return {"Fn::Not": not parts[0], "Fn::And": all(parts), "Fn::Or": any(parts)}[function]


def _without_if(value: Any, holds: Mapping[str, bool]) -> Any:
    if isinstance(value, list):
        return [part for part in (_without_if(part, holds) for part in value) if part != NO_VALUE]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Fn::If"}:
        condition, if_true, if_false = value["Fn::If"]
        return _without_if(if_true if holds[condition] else if_false, holds)
    parts = {name: _without_if(part, holds) for name, part in value.items()}
    return {name: part for name, part in parts.items() if part != NO_VALUE}


def missing_references(document: Mapping[str, Any]) -> set[str]:
    """Return what a template refers to and does not have: by Ref, GetAtt, Sub or DependsOn.

    Args:
        document: a template without conditions.
    """
    known = {*document["Resources"], *document["Parameters"]}
    return {name for name in _references(document) if name not in known and not name.startswith("AWS::")}


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for part in value:
            yield from _references(part)
    elif isinstance(value, dict):
        for name, part in value.items():
            if name == "Ref" or (name == "DependsOn" and isinstance(part, str)):
                yield part
            elif name == "DependsOn":
                yield from part
            elif name == "Fn::GetAtt":
                yield part[0] if isinstance(part, list) else part.partition(".")[0]
            elif name == "Fn::Sub":
                text, own = part if isinstance(part, list) else (part, {})
                yield from (
                    found.partition(".")[0] for found in re.findall(r"\$\{([\w.:]+)\}", text) if found not in own
                )
                yield from _references(own)
            else:
                yield from _references(part)
