"""What docs/courses.md shows is a course that can be pushed, and commands that there are."""

from __future__ import annotations

import re
from pathlib import Path

import typer.main

from cli.main import app
from labgrader.courses.course_file import read_course

PAGE = (Path(__file__).parents[2] / "docs" / "courses.md").read_text(encoding="utf-8")


def test_the_example_is_a_course(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "course.yaml").write_text(example, encoding="utf-8")
    (tmp_path / "class.csv").write_text("username\nuser1\n", encoding="utf-8")
    course = read_course(tmp_path / "course.yaml").course
    assert (course.id, course.audit_time, len(course.labs)) == ("serverless-2026", "02:30", 2)
    assert course.labs[0].due == "2026-12-01 23:59"


def test_every_command_of_the_page_exists() -> None:
    commands = set(re.findall(r"^labgrader (course \w+|audit)", PAGE, re.MULTILINE))
    assert len(commands) == 5
    for command in commands:
        found = typer.main.get_command(app)
        for word in command.split():
            found = found.commands[word]  # type: ignore[attr-defined]
