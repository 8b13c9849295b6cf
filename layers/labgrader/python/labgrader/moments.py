"""Moments as every record, report and event has them."""

from __future__ import annotations

from datetime import UTC, datetime


def isoformat_utc(when: datetime) -> str:
    """Return a moment as ISO 8601 in UTC, in whole seconds: ``2026-01-01T00:00:00Z``; a part of a second is dropped."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
