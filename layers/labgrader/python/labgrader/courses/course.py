"""A course: its labs with their class lists and due dates, and the time of its daily audit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from labgrader.fields import known_fields
from labgrader.labs.yaml_file import parse_yaml

EARLY = timedelta(minutes=5)
"""How much earlier than its time a scheduled audit may start by our clock: clocks differ."""


@dataclass(frozen=True)
class CourseLab:
    """One lab of a course.

    Args:
        lab: the lab's id.
        roster: the name of the class list, a file beside the course file.
        due: ``2026-12-01 23:59`` in the course's time zone, or empty.
    """

    lab: str
    roster: str
    due: str = ""

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> CourseLab:
        """Read an entry of a course file. ``due`` may be written with a ``T`` and with seconds."""
        due = document.get("due", "").replace("T", " ")[:16]
        return cls(**{**known_fields(cls, document), "due": due})


@dataclass(frozen=True)
class Course:
    """The content of a course file.

    Args:
        id: unique in the stack (``serverless-2026``).
        title: the name that people use.
        time_zone: an IANA name; ``audit_time`` and ``due`` are in it.
        audit_time: ``HH:MM``; empty if the course is audited on demand only.
        labs: in the order in which they are audited.
        results: ``at_once`` if students see the results of each class run when they are graded, ``published`` if they
            see them when the run is published.
    """

    id: str
    title: str
    time_zone: str
    audit_time: str = ""
    labs: tuple[CourseLab, ...] = field(default_factory=tuple)
    results: str = "at_once"

    @property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def rosters(self) -> tuple[str, ...]:
        """The names of the class lists, each once."""
        return tuple(dict.fromkeys(lab.roster for lab in self.labs))

    def scheduled_audit(self, moment: datetime) -> str:
        """Return the name of a scheduled audit: ``2026-11-21-0230``.

        The name is the last audit time that was due at the moment, in the course's time zone. An audit that starts
        late, even after midnight, has the name of the day on which it was due, and an audit that is delivered twice
        has one name. The time is part of the name: if the course is moved to another hour, the same day has another
        audit.

        Args:
            moment: when the audit started.
        """
        local = (moment + EARLY).astimezone(self.zone)
        hour, minute = (int(part) for part in (self.audit_time or "00:00").split(":"))
        day = local.date() if local.time() >= time(hour, minute) else local.date() - timedelta(days=1)
        return f"{day}-{hour:02d}{minute:02d}"

    def requested_audit(self, moment: datetime) -> str:
        """Return the name of a requested audit: ``2026-11-21-180512``. It differs from the names of scheduled audits.

        Args:
            moment: when the audit started.
        """
        return f"{moment.astimezone(self.zone):%Y-%m-%d-%H%M%S}"

    def skipped_audits(self, since: date, days: int = 366) -> list[date]:
        """Return the days on which the clock jumps over the audit time. EventBridge Scheduler skips their audits.

        Args:
            since: the first day to look at.
            days: the number of days to look at.
        """
        if not self.audit_time:
            return []
        at = time.fromisoformat(self.audit_time)
        all_days = (since + timedelta(days=number) for number in range(days))
        return [day for day in all_days if not _exists(datetime.combine(day, at), self.zone)]

    def to_dict(self) -> dict[str, Any]:
        """Return the course as JSON, with the fields of the course file."""
        return {
            "id": self.id,
            "title": self.title,
            "time_zone": self.time_zone,
            "audit_time": self.audit_time,
            "results": self.results,
            "labs": [{"lab": lab.lab, "roster": lab.roster, "due": lab.due} for lab in self.labs],
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Course:
        """Read the course from ``to_dict``, or from a course file without problems."""
        labs = tuple(CourseLab.from_dict(lab) for lab in document["labs"])
        return cls(**{**known_fields(cls, document), "labs": labs})

    @classmethod
    def from_yaml(cls, content: bytes) -> Course:
        """Read a course file that was checked when it was pushed."""
        document, _, _ = parse_yaml(content, "course.yaml", as_text=True)
        return cls.from_dict(trimmed(document))


def trimmed(value: Any) -> Any:
    """Return a course document without blanks around its values, and without empty optional fields."""
    if isinstance(value, Mapping):
        cut = {name: trimmed(entry) for name, entry in value.items()}
        return {
            name: entry for name, entry in cut.items() if entry != "" or name not in ("audit_time", "due", "results")
        }
    if isinstance(value, list):
        return [trimmed(entry) for entry in value]
    return value.strip() if isinstance(value, str) else value


def _exists(local: datetime, zone: ZoneInfo) -> bool:
    """Return whether a clock in the zone ever shows this time. At the start of summer time it jumps over an hour."""
    return local.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local
