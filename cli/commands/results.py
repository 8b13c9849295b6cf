"""`report`: the report of a run."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.command_line import HelpGroup
from cli.errors import UsageError
from cli.options import Aws, Json, Stack, chosen
from cli.output import console
from cli.output.class_table import Fetched, give_class_table
from cli.output.gradebook_files import (
    ColumnOption,
    FillOption,
    FolderOption,
    LinkOption,
    ScaleOption,
    check_options,
    fetch_folder,
    fill_file,
    of_one_student,
    render_gradebook,
)
from cli.output.report import give_report
from cli.project import DEFAULT_STACK
from cli.run_names import RunId, run_id_of
from cli.target import choose, stack_outputs
from labgrader.messages import quote
from labgrader.reporting.exports import exports
from labgrader.reporting.exports.csv import render_csv
from labgrader.reporting.gradebook import GradebookDocument
from labgrader.reporting.student_copy import student_copy
from labgrader.runs.stored_gradebook import load_gradebook
from labgrader.store import Keys, MissingError, Store

REPORTS = ("html", "json")
"""The formats of a report, of the class or of one student. The other formats are exports of the gradebook."""

GRADEBOOKS = tuple(name for name in exports() if name not in REPORTS)

FORMAT_HELP = (
    f"{' and '.join(REPORTS)}: the report, of the class or of one student. The gradebook of the whole class: "
    f"{'; '.join(f'{name} {exports()[name].description}' for name in GRADEBOOKS)}."
)

if TYPE_CHECKING:
    Format = str
else:  # a type checker cannot know which files lie in the folder of exports
    Format = StrEnum("Format", [(name.upper(), name) for name in (*REPORTS, *GRADEBOOKS)])


POSITION = 70
"""Where this command stands within their groups of `labgrader --help`."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        rich_help_panel=HelpGroup.GRADE,
        epilog="Example: labgrader report 20260101-120000-lambda-optimization-1a2b --format csv -o grades.csv",
    )(report)


def report(
    run_id: RunId,
    student: Annotated[
        str | None, typer.Option("--student", metavar="USERNAME", help="Fetch the report of this student.")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help=FORMAT_HELP)] = "html",
    for_student: Annotated[
        bool, typer.Option("--for-student", help="Fetch the student's copy: without hidden checks.")
    ] = False,
    semicolon: Annotated[
        bool, typer.Option("--semicolon", help="With --format csv: separate the cells by semicolons, not commas.")
    ] = False,
    bom: Annotated[
        bool, typer.Option("--bom", help="With --format csv: begin with a byte-order mark, so that Excel reads UTF-8.")
    ] = False,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to this file.")] = None,
    fill: FillOption = None,
    column: ColumnOption = None,
    scale: ScaleOption = False,
    out: FolderOption = None,
    link: LinkOption = "",
    aws: Aws = False,
    stack: Stack = DEFAULT_STACK,
    as_json: Json = False,
) -> None:
    """Fetch the report of a run: of the class, or of one student.

    A terminal shows a table of the class, or the report of the student. A file or a pipe gets what --format names.
    """
    check_options(fill, column, out, output, student, scale=scale, as_json=as_json)
    if student and form not in REPORTS and not of_one_student(form):
        raise UsageError("a gradebook has the whole class: omit --student, or use --format json")
    if for_student and not student:
        raise UsageError("--for-student needs --student USERNAME")
    if (semicolon or bom) and form != "csv":
        raise UsageError("--semicolon and --bom are options of --format csv")
    target = choose(aws)
    store = target.store(stack_outputs(target, stack))
    run_id, username = run_id_of(store, run_id), (student or "").strip().lower()
    if out is not None:
        if not store.keys(Keys(run_id).run):
            raise _missing(store, run_id)
        fetch_folder(store, run_id, out, chosen(aws, stack))
        return
    if fill is not None and output is not None:
        fill_file(_gradebook(store, run_id), fill, column, output, username, scale=scale, as_json=as_json)
        return
    if output is None and form == "html" and sys.stdout.isatty():
        _show(store, run_id, username, for_student=for_student)
        return
    if semicolon or bom:
        gradebook = _gradebook(store, run_id)
        content = render_csv(gradebook, delimiter=";" if semicolon else ",", bom=bom)
    else:
        content = _content(store, run_id, username, form, for_student=for_student, link=link)
    if output is None:
        console.give_content(content)
    else:
        output.write_bytes(content)
        console.info(f"wrote {output}")


def _show(store: Store, run_id: str, username: str, *, for_student: bool) -> None:
    """Print the report on a terminal: a table of the class, or the report of a student."""
    if not username:
        run = json.loads(_content(store, run_id, "", "json", for_student=False))
        usernames = [student["username"] for student in run["students"]]
        reports = store.get_all_json([Keys(run_id).report(name) for name in usernames])
        give_class_table(Fetched(Path(), run, {name: reports[Keys(run_id).report(name)] for name in usernames}))
    else:
        report = json.loads(_content(store, run_id, username, "json", for_student=for_student))
        give_report(report, all_advice=True)
    console.info(f"write the page to a file with `-o {username or 'class'}.html`")


def _content(store: Store, run_id: str, student: str, form: Format, *, for_student: bool, link: str = "") -> bytes:
    if form not in REPORTS:
        return render_gradebook(_gradebook(store, run_id), form, student, link)
    keys = Keys(run_id)
    if student:
        key = keys.report(student, ".json" if for_student else f".{form}")
    else:
        key = {"html": keys.class_page, "json": keys.run}[form]
    try:
        content = store.get(key)
        return _students_copy(content, form) if for_student else content
    except MissingError:
        raise _missing(store, run_id, student) from None


def _gradebook(store: Store, run_id: str) -> GradebookDocument:
    """Return the gradebook of a run."""
    gradebook = load_gradebook(store, run_id)
    if gradebook is None:
        raise _missing(store, run_id)
    return gradebook


def _missing(store: Store, run_id: str, student: str = "") -> MissingError:
    """Return the reason why there is no report."""
    record = store.run(run_id)
    if record is None:
        return MissingError(f"there is no run {quote(run_id)}; list them with `labgrader runs`")
    if student and record.status != "running":
        return MissingError(f"run {quote(run_id)} has no student {quote(student)}")
    return MissingError(f"run {quote(run_id)} is {record.status} and has no report yet")


def _students_copy(content: bytes, form: Format) -> bytes:
    """Return the student's copy of a report, as a page or as JSON."""
    copy = student_copy(json.loads(content))
    if form == "json":
        return json.dumps(copy, indent=1).encode() + b"\n"
    from labgrader.reporting.html import render_student  # Jinja2: most reports are only fetched

    return render_student(copy).encode()
