"""The request for a run, from a command, the API, an event or a schedule."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from labgrader.errors import BadInputError, Problem
from labgrader.messages import quote

MODES = ("grade", "audit", "self-check")
"""``grade`` judges all checks, ``audit`` invokes nothing, ``self-check`` judges the visible checks of one student."""

MAX_NAME = 80
"""The most characters of the name of an execution (Step Functions API, StartExecution)."""

MAX_REQUESTED_BY = 200
"""The most characters of ``requested_by``."""

_ROSTER_KEY = re.compile(r"(?:rosters|courses/[a-z0-9][a-z0-9-]{0,60}/rosters)/[A-Za-z0-9._-]{1,200}")


@dataclass(frozen=True)
class Request:
    """The request for a run.

    Args:
        lab: the id of the lab.
        roster: the key of a roster in the stack's bucket, below ``rosters/`` or ``courses/COURSE/rosters/``.
        mode: one of ``MODES``.
        students: usernames; empty for the whole roster.
        course: the course of the run, or empty.
        requested_by: who requested the run, as its record shows it (``instructor ada``, ``schedule``, ``event ID``).
    """

    lab: str
    roster: str
    mode: str = "grade"
    students: tuple[str, ...] = ()
    course: str = ""
    requested_by: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the request as JSON: the input of an execution."""
        return {
            "lab": self.lab,
            "roster": self.roster,
            "mode": self.mode,
            "students": list(self.students),
            "course": self.course,
            "requested_by": self.requested_by,
        }

    @classmethod
    def from_dict(cls, document: Any) -> Request:
        """Read a request.

        Raises:
            BadInputError: all problems of the request.
        """
        if not isinstance(document, Mapping):
            raise BadInputError(["a request is an object with lab, roster, mode and students"])
        known = ", ".join(name for name in cls.__dataclass_fields__ if name != "requested_by")  # set by labgrader
        problems = [
            Problem(f"unknown field; a request has: {known}", field=quote(name))
            for name in document
            if name not in cls.__dataclass_fields__
        ]
        problems += [
            Problem("is missing or not text", field=name)
            for name in ("lab", "roster")
            if not isinstance(document.get(name), str) or not document.get(name)
        ]
        problems += [
            Problem("is not text", field=name)
            for name in ("course", "requested_by")
            if not isinstance(document.get(name, ""), str)
        ]
        roster = document.get("roster")
        if isinstance(roster, str) and roster and (not _ROSTER_KEY.fullmatch(roster) or ".." in roster):
            said = f"{quote(roster)} is not a key below rosters/ or courses/COURSE/rosters/"
            problems.append(Problem(said, field="roster"))
        mode = document.get("mode", "grade")
        if mode not in MODES:
            problems.append(Problem(f"{quote(mode)} is not one of: {', '.join(MODES)}", field="mode"))
        students = document.get("students") or []
        if not isinstance(students, list) or not all(isinstance(name, str) for name in students):
            problems.append(Problem("is not a list of usernames", field="students"))
        if problems:
            raise BadInputError(problems)
        return cls(
            document["lab"],
            document["roster"],
            mode,
            tuple(students),
            document.get("course", ""),
            quote(document.get("requested_by", ""), MAX_REQUESTED_BY),
        )


def new_run_id(lab_id: str, now: datetime | None = None, *, asked: str = "") -> str:
    """Return ``YYYYMMDD-HHMMSS-LAB-XXXX`` (UTC), which is also the execution's name: ids sort by time.

    Args:
        lab_id: the lab.
        now: the time of the request.
        asked: what identifies the request, such as the id of an event. The same one at the same time gives the same id;
            its last eight characters are a digest. Without it, the last four characters are random.
    """
    moment = f"{now or datetime.now(UTC):%Y%m%d-%H%M%S}"
    last = hashlib.sha256(asked.encode()).hexdigest()[:8] if asked else secrets.token_hex(2)
    return f"{moment}-{lab_id[: MAX_NAME - len(moment) - len(last) - 2]}-{last}"
