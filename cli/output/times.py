"""Times as a person reads them: one format in every message and table."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def time_text(moment: datetime | str, time_zone: str = "UTC") -> str:
    """Return a time for a person, with its time zone: ``2026-03-02 09:00 Europe/Berlin``. Seconds are dropped.

    Args:
        moment: a time, or its text in ISO 8601. A time without an offset is a time in ``time_zone``.
        time_zone: an IANA name: that of the course, or UTC for a time that belongs to no course.

    Raises:
        ValueError: the text is not in ISO 8601.
    """
    zone = UTC if time_zone == "UTC" else ZoneInfo(time_zone)
    when = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    local = when.astimezone(zone) if when.tzinfo else when
    return f"{local:%Y-%m-%d %H:%M} {time_zone}"
