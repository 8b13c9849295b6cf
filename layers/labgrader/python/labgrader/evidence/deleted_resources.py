"""Find the resources of a student that were deleted since an earlier snapshot. Pure.

Only lists that AWS returned both times are compared: a list that was refused or not requested proves nothing. The parts
of a deleted resource are not named: without the function, its aliases were not requested.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from labgrader.evidence.coerce import arn_parts, mapping, sequence, text
from labgrader.evidence.recorded import Recorded
from labgrader.evidence.snapshot import Snapshot
from labgrader.messages import quote

MAX_GONE = 50
"""Maximum resources that are named; the rest are counted."""

_LISTS = {
    "lambda:ListFunctions": "function",
    "lambda:ListLayers": "layer",
    "sqs:ListQueues": "queue",
    "dynamodb:ListTables": "table",
    "s3:ListAllMyBuckets": "bucket",
    "events:ListRules": "rule",
    "apigateway:GetRestApis": "API",
    "apigateway:GetUsagePlans": "usage plan",
    "apigateway:GetApiKeys": "API key",
    "cloudwatch:ListDashboards": "dashboard",
    "cloudwatch:DescribeAlarms": "alarm",
    "logs:DescribeLogGroups": "log group of",
}
"""The lists of a student's resources, and the name of one entry of each."""

_PARTS = {
    "lambda:ListVersionsByFunction": ("version", "FunctionName", "Version"),
    "lambda:ListAliases": ("alias", "FunctionName", "Name"),
}
"""The parts of a function: the name of one, the argument of its question, and the field with its name."""

_PROVISIONED = "provisioned concurrency of"


def deleted_resources(before: Snapshot, now: Snapshot) -> list[str]:
    """Return the deleted resources: ``function user1-x``, ``alias user1-x:prod``. The last entry may count the rest.

    Args:
        before: an earlier snapshot of the same student.
        now: a later one.
    """
    then, still = dict(_known(before)), dict(_known(now))
    named = [
        f"{kind} {quote(name)}"
        for (kind, asked), names in then.items()
        if (kind, asked) in still
        for name in sorted(names - still[kind, asked])
    ]
    more = len(named) - MAX_GONE
    return [*named[:MAX_GONE], f"… and {more} more"] if more > 0 else named


def _known(snapshot: Snapshot) -> Iterator[tuple[tuple[str, str], set[str]]]:
    """Yield the names of existing resources, by kind and by the resource that was asked about."""
    recorded = Recorded(snapshot.answers)
    for action, kind in _LISTS.items():
        for _, value in recorded[action]:
            yield (kind, ""), {text(name) for name in (value if isinstance(value, Mapping) else sequence(value))}
    for action, (kind, asked_by, named_by) in _PARTS.items():
        for asked, value in recorded[action]:
            function = text(asked.get(asked_by))
            names = {text(mapping(entry).get(named_by)) for entry in sequence(value)} - {"", "$LATEST"}
            if value is not None:
                yield (kind, function), {f"{function}:{name}" for name in names}
    yield from _provisioned(recorded)
    yield from _stages(recorded)
    for asked, value in recorded["iam:GetRole"]:
        name = text(asked.get("RoleName"))
        yield ("role", name), set() if value is None else {name}


def _provisioned(recorded: Recorded) -> Iterator[tuple[tuple[str, str], set[str]]]:
    for asked, value in recorded["lambda:ListProvisionedConcurrencyConfigs"]:
        function = text(asked.get("FunctionName"))
        if value is not None:
            qualifiers = {arn_parts(text(mapping(config).get("FunctionArn")))[7] for config in sequence(value)}
            yield (_PROVISIONED, function), {f"{function}:{qualifier}" for qualifier in qualifiers}
    for asked, value in recorded["lambda:GetProvisionedConcurrencyConfig"]:
        name = f"{text(asked.get('FunctionName'))}:{text(asked.get('Qualifier'))}"
        yield (_PROVISIONED, name), set() if value is None else {name}


def _stages(recorded: Recorded) -> Iterator[tuple[tuple[str, str], set[str]]]:
    """Yield the stages of each API by the API's name, because a recreated API has another id."""
    names = recorded.api_names()
    found: dict[str, set[str]] = {}
    for asked, value in recorded["apigateway:GetStages"]:
        name = names.get(text(asked.get("restApiId")), "")
        if name:
            found.setdefault(name, set()).update(
                f"{text(mapping(stage).get('stageName'))} of {name}" for stage in sequence(value)
            )
    for name, labels in found.items():
        yield ("stage", name), labels
