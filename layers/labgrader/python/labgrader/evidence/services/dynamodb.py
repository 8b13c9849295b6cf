"""DynamoDB: tables and their keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from labgrader.evidence.coerce import mapping, sequence, text
from labgrader.evidence.question import Answers, Question


@dataclass(frozen=True)
class Table:
    """A DynamoDB table and its keys.

    Args:
        partition_key, sort_key: the names of its key attributes; empty if it has none.
        key_types: ``S``, ``N`` or ``B``, by attribute.
        billing_mode: ``PAY_PER_REQUEST`` (on-demand) or ``PROVISIONED``.
        status: ``ACTIVE``, ``CREATING``, …
    """

    name: str
    partition_key: str = ""
    sort_key: str = ""
    key_types: Mapping[str, str] = field(default_factory=dict)
    billing_mode: str = ""
    status: str = ""


class DynamoDb:
    """What AWS said about the student's tables."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def table_names(self) -> list[str]:
        """Return the names of the student's tables (one list serves the whole class)."""
        return [text(name) for name in sequence(self._answers.ask(Question("dynamodb:ListTables")))]

    def table(self, name: str) -> Table | None:
        """Return one table, or ``None``."""
        if name not in self.table_names():
            return None
        answer = self._answers.ask(Question("dynamodb:DescribeTable", {"TableName": name}))
        if answer is None:  # deleted since the list was asked
            return None
        keys = {
            text(mapping(key).get("KeyType")): text(mapping(key).get("AttributeName"))
            for key in sequence(mapping(answer).get("KeySchema"))
        }
        types = {
            text(mapping(attribute).get("AttributeName")): text(mapping(attribute).get("AttributeType"))
            for attribute in sequence(mapping(answer).get("AttributeDefinitions"))
        }
        # AWS leaves the summary out for a table that was always PROVISIONED
        billing = text(mapping(mapping(answer).get("BillingModeSummary")).get("BillingMode")) or "PROVISIONED"
        return Table(
            name=name,
            partition_key=keys.get("HASH", ""),
            sort_key=keys.get("RANGE", ""),
            key_types=types,
            billing_mode=billing,
            status=text(mapping(answer).get("TableStatus")),
        )
