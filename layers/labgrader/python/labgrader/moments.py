"""The time format of records, reports and events."""

from __future__ import annotations

from datetime import UTC, datetime


def isoformat_utc(when: datetime) -> str:
    """Return a time as ISO 8601 in UTC, in whole seconds, rounded down: ``2026-01-01T00:00:00Z``."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
