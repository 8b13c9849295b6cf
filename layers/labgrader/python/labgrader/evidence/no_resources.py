"""Whether a snapshot shows that a student has no resource at all in the Region. Pure."""

from __future__ import annotations

from labgrader.evidence.coerce import sequence
from labgrader.evidence.question import Json
from labgrader.evidence.snapshot import Snapshot

REGIONAL_LISTS = (
    "lambda:ListFunctions",
    "lambda:ListLayers",
    "sqs:ListQueues",
    "dynamodb:ListTables",
    "events:ListRules",
    "apigateway:GetRestApis",
    "apigateway:GetUsagePlans",
    "apigateway:GetApiKeys",
    "cloudwatch:DescribeAlarms",
    "logs:DescribeLogGroups",
)
"""The lists of a student's resources in one Region. Roles, dashboards and the list of buckets belong to the whole
account, so they say nothing about the Region."""


def has_no_resources(snapshot: Snapshot) -> bool:
    """Return whether every regional list that the lab needs was read, and all of them are empty.

    Return ``False`` if AWS refused one of the lists, or if the lab needs none of them: then it is not known.

    Args:
        snapshot: of one student. Its lists contain only resources with the student's prefix.
    """
    lists = [answer for key, answer in snapshot.answers.to_dict().items() if key.partition(" ")[0] in REGIONAL_LISTS]
    return bool(lists) and not any("error" in answer or _names(answer["value"]) for answer in lists)


def _names(value: Json) -> object:
    """Return the resources of a list: by name for APIs, usage plans and keys, in a sequence for the others."""
    return value if isinstance(value, dict) else sequence(value)
