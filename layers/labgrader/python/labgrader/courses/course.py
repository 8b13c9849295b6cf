"""A course: its labs with their classes, until when each is due, and when all of them are audited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from labgrader.labs.lab_file import parse_yaml

EARLY = timedelta(minutes=5)
"""How much earlier than its time a night may begin by our clock and still be that night: clocks differ."""


@dataclass(frozen=True)
class CourseLab:
    """One lab of a course.

    Args:
        lab: its id.
        roster: the name of the class list beside the course file.
        due: ``2026-12-01 23:59`` in the course's time zone, or empty.
    """

    lab: str
    roster: str
    due: str = ""


@dataclass(frozen=True)
class Course:
    """What a course file says.

    Args:
        id: unique in the stack (``serverless-2026``).
        title: what people call it.
        time_zone: an IANA name; ``audit_time`` and ``due`` are in it.
        audit_time: ``HH:MM``, or empty where it is not audited every night.
        labs: in the order in which they are audited.
    """

    id: str
    title: str
    time_zone: str
    audit_time: str = ""
    labs: tuple[CourseLab, ...] = field(default_factory=tuple)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def rosters(self) -> tuple[str, ...]:
        """The names of its class lists, each once."""
        return tuple(dict.fromkeys(one.roster for one in self.labs))

    def night(self, moment: datetime) -> str:
        """Return the name of the night that a scheduled audit belongs to: ``2026-11-21-0230``.

        It is the last audit time that was due at the moment, in the course's time zone: an audit that starts late,
        after midnight even, is still that of its night, and one that is delivered twice is the same night. The time is
        part of the name: where a course is moved to another hour, that is another audit on the same day.

        Args:
            moment: when the audit started.
        """
        local = (moment + EARLY).astimezone(self.zone)
        hour, minute = (int(part) for part in (self.audit_time or "00:00").split(":"))
        day = local.date() if local.time() >= time(hour, minute) else local.date() - timedelta(days=1)
        return f"{day}-{hour:02d}{minute:02d}"

    def by_command(self, moment: datetime) -> str:
        """Return the name of an audit that somebody asked for: ``2026-11-21-180512``, unlike that of any night."""
        return f"{moment.astimezone(self.zone):%Y-%m-%d-%H%M%S}"

    def skipped_nights(self, since: date, days: int = 366) -> list[date]:
        """Return the days on which the clock jumps over the audit time: EventBridge Scheduler skips those nights.

        Args:
            since: the first day to look at.
            days: how many.
        """
        if not self.audit_time:
            return []
        at = time.fromisoformat(self.audit_time)
        nights = (since + timedelta(days=number) for number in range(days))
        return [day for day in nights if not _exists(datetime.combine(day, at), self.zone)]

    def to_dict(self) -> dict[str, Any]:
        """Return the course as JSON, as its file has it."""
        return {
            "id": self.id,
            "title": self.title,
            "time_zone": self.time_zone,
            "audit_time": self.audit_time,
            "labs": [{"lab": one.lab, "roster": one.roster, "due": one.due} for one in self.labs],
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Course:
        """Read what ``to_dict`` wrote, or a course file without problems."""
        return cls(
            id=document["id"],
            title=document["title"],
            time_zone=document["time_zone"],
            audit_time=document.get("audit_time", ""),
            labs=tuple(
                CourseLab(one["lab"], one["roster"], one.get("due", "").replace("T", " ")[:16])
                for one in document["labs"]
            ),
        )

    @classmethod
    def from_yaml(cls, content: bytes) -> Course:
        """Read a course file that was found good when it was pushed."""
        document, _, _ = parse_yaml(content, "course.yaml", as_text=True)
        return cls.from_dict(trimmed(document))


def trimmed(value: Any) -> Any:
    """Return a course document without blanks around its values, and without the optional ones that are empty."""
    if isinstance(value, Mapping):
        cut = {name: trimmed(one) for name, one in value.items()}
        return {name: one for name, one in cut.items() if one != "" or name not in ("audit_time", "due")}
    if isinstance(value, list):
        return [trimmed(one) for one in value]
    return value.strip() if isinstance(value, str) else value


def _exists(local: datetime, zone: ZoneInfo) -> bool:
    """Whether a clock in the zone ever shows this time: when it is put forward it jumps over an hour."""
    return local.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local
