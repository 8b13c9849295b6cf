"""`gradebook`: all labs and runs of a course in one gradebook."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.command_line import HelpGroup
from cli.errors import UsageError
from cli.options import Aws, Json, Stack, chosen
from cli.output import console
from cli.output.gradebook_files import ColumnOption, FillOption, ScaleOption, check_options, fill_course_file
from cli.project import DEFAULT_STACK
from cli.target import choose, stack_outputs
from labgrader.messages import quote
from labgrader.reporting.course_export import render_course
from labgrader.reporting.course_gradebook import CourseGradebook, Policy
from labgrader.reporting.exports import exports
from labgrader.reporting.exports.canvas import left_out
from labgrader.reporting.formatting import counted
from labgrader.runs.course_gradebook import load_course_gradebook, runs_without_course
from labgrader.store import MissingError, Store

SEVERAL_LABS = tuple(name for name, export in exports().items() if export.render_course is not None)
"""The formats that can hold several labs."""

TABLES = ("csv", "json")
"""The formats that show private results, students without a grade and students on no class list."""

if TYPE_CHECKING:
    Format = str
else:  # a type checker cannot know which files lie in the folder of exports
    Format = StrEnum("Format", [(name.upper(), name) for name in exports()])

POSITION = 115
"""The position of this command in its group of `labgrader --help`."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        rich_help_panel=HelpGroup.COURSES,
        epilog="Example: labgrader gradebook --course serverless-2026 --policy best -o grades.csv",
    )(gradebook)


def gradebook(
    course: Annotated[str, typer.Option("--course", metavar="ID", help="Id of the course (`labgrader course list`).")],
    policy: Annotated[
        Policy,
        typer.Option(
            "--policy",
            help="Which of several results of a student counts. last-before-due: the latest of the work that was "
            "recorded by the due date of the lab.",
        ),
    ] = Policy.LATEST,
    lab: Annotated[str, typer.Option("--lab", metavar="ID", help="Only this lab of the course.")] = "",
    form: Annotated[
        Format,
        typer.Option("--format", help=f"{', '.join(SEVERAL_LABS)} hold several labs. The others need --lab."),
    ] = "csv",
    fill: FillOption = None,
    column: ColumnOption = None,
    scale: ScaleOption = False,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to this file.")] = None,
    aws: Aws = False,
    stack: Stack = DEFAULT_STACK,
    as_json: Json = False,
) -> None:
    """Write one gradebook of a course: all of its students, with the result of each lab and its run.

    Class runs in mode grade count if they belong to the course (`labgrader grade --course`), private ones, too.
    """
    check_options(fill, column, None, output, None, scale=scale, as_json=as_json)
    target = choose(aws)
    store = target.store(stack_outputs(target, stack))
    try:
        found = load_course_gradebook(store, course, policy, lab)
    except MissingError:
        if store.course(course) is not None:
            raise
        listed = f"`labgrader course list{chosen(aws, stack)}`"
        raise UsageError(f"there is no course {quote(course)}; list them with {listed}") from None
    content = b"" if fill is not None else render_course(found, form, "--lab ID")
    _give_notices(store, found, "" if fill is not None else form)
    if fill is not None and output is not None:
        fill_course_file(found, fill, column, output, scale=scale, as_json=as_json)
        return
    if output is None:
        console.give_content(content)
    else:
        output.write_bytes(content)
        console.info(f"wrote {output}")


def _give_notices(store: Store, gradebook: CourseGradebook, form: str) -> None:
    """Print what the file does not show: runs and students that do not count, and private results."""
    others = runs_without_course(store, [lab.id for lab in gradebook.labs])
    if others:
        verb = "belongs" if len(others) == 1 else "belong"
        console.error(
            f"{counted(len(others), 'graded run')} of these labs {verb} to no course and {_do(others)} not count: "
            f"{_shown(others)}. Add `--course {gradebook.course}` to `labgrader grade`."
        )
    private = [
        student.username for student in gradebook.students if any(result.private for result in student.results.values())
    ]
    if private:
        console.error(f"results of private runs are included, which students do not see: {_shown(private)}")
    if form in TABLES:
        return
    gone = [student.username for student in gradebook.students if not student.enrolled]
    if gone:
        console.error(f"left out, because they are on no class list of the course: {_shown(gone)}")
    partly = [student.username for student in left_out(gradebook)] if form == "canvas" else []
    if partly:
        console.error(
            "left out, because they have no grade in one of the labs, and an empty cell deletes a grade in Canvas: "
            f"{_shown(partly)}. Add --lab ID to write a file for each lab."
        )


def _do(runs: list[str]) -> str:
    return "does" if len(runs) == 1 else "do"


def _shown(names: list[str], most: int = 20) -> str:
    """Return names as a list, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
