"""Where a student's resources are if there are none in the Region of the course. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from labgrader.evidence.coerce import mapping, text
from labgrader.evidence.question import Question
from labgrader.evidence.snapshot import Snapshot

OTHER_REGIONS = Question("labgrader:LookInOtherRegions")
"""The key of what was found in other Regions; recorded only for students without a resource in the course's Region."""

KINDS: Mapping[str, str] = {
    "lambda:ListFunctions": "functions",
    "apigateway:GetRestApis": "REST APIs",
    "sqs:ListQueues": "queues",
    "dynamodb:ListTables": "tables",
    "events:ListRules": "rules",
    "lambda:ListLayers": "layers",
}
"""The lists that are read in another Region, in this order, with the plural of what they contain. Log groups and alarms
are left out: AWS makes log groups by itself, and both stay when a function is deleted."""


@dataclass(frozen=True)
class Elsewhere:
    """Resources of a student in another Region.

    Args:
        region: the other Region.
        kind: the plural of the first kind of resource that was found there (``functions``).
    """

    region: str
    kind: str


def found_elsewhere(snapshot: Snapshot) -> Elsewhere | None:
    """Return where the student's resources are, or ``None`` if they are not in another Region, or it is not known."""
    if OTHER_REGIONS not in snapshot.answers:
        return None
    found = mapping(snapshot.answers.ask(OTHER_REGIONS))
    region, action = text(found.get("Region")), text(found.get("List"))
    return Elsewhere(region, KINDS[action]) if region and action in KINDS else None
