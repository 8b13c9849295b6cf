"""docs/courses-and-audits.md shows a valid course, and every command about courses."""

from __future__ import annotations

import re
from pathlib import Path

from labgrader.courses.course_file import read_course
from tests.documented_commands import shown_commands

PAGE = (Path(__file__).parents[2] / "docs" / "courses-and-audits.md").read_text(encoding="utf-8")


def test_courses_page_has_a_valid_example(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "course.yaml").write_text(example, encoding="utf-8")
    (tmp_path / "class.csv").write_text("username\nuser1\n", encoding="utf-8")
    course = read_course(tmp_path / "course.yaml").course
    assert (course.id, course.audit_time, len(course.labs)) == ("serverless-2026", "03:30", 2)
    assert course.labs[0].due == "2026-12-01 23:59"


def test_courses_page_shows_every_course_command() -> None:
    shown = {" ".join(command.words[:2]) for command in shown_commands(PAGE) if command.words[0] == "course"}
    assert {f"course {name}" for name in ("push", "list", "show", "remove")} <= shown
    assert any(command.words[0] == "audit" for command in shown_commands(PAGE))
