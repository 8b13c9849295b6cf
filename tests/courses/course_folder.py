"""A folder of an instructor: a course file and its class lists."""

from __future__ import annotations

from pathlib import Path

COURSE = """\
id: serverless-2026
title: Serverless 2026
time_zone: Europe/Berlin
audit_time: 22:30
labs:
  - lab: lambda-optimization
    roster: first.csv
    due: 2026-12-01 23:59
  - lab: performance-scaling
    roster: second.csv
"""

FIRST = "username,student_id,name,external_id\nuser1,s-1,Ada,a-secret-of-one\nuser2,s-2,Bob,a-secret-of-two\n"
SECOND = "username,student_id\nuser2,s-2\nuser3,s-3\n"


def make_folder(folder: Path, course: str = COURSE, **rosters: str) -> Path:
    """Write a course file and its class lists (by name without ``.csv``); return the course file."""
    folder.mkdir(exist_ok=True)
    for name, content in {"first": FIRST, "second": SECOND, **rosters}.items():
        (folder / f"{name}.csv").write_text(content, encoding="utf-8")
    file = folder / "course.yaml"
    file.write_text(course, encoding="utf-8")
    return file
