"""The options of `report` and `gradebook`, and what they write: exports, filled files, and the folder of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import quote as url_quote

import typer

from cli.errors import UsageError
from cli.output import console
from cli.output.class_table import fetch, give_paths
from labgrader.messages import quote
from labgrader.reporting.course_gradebook import CourseGradebook
from labgrader.reporting.exports import exports
from labgrader.reporting.fill.course import fill_course
from labgrader.reporting.fill.gradebook import Filled, fill_gradebook
from labgrader.reporting.gradebook import GradebookDocument
from labgrader.store import MissingError, Store

FillOption = Annotated[
    Path | None,
    typer.Option("--fill", metavar="FILE", help="Fill the grades into this export of your learning platform."),
]
ColumnOption = Annotated[
    str | None,
    typer.Option("--column", metavar="HEADING", help="With --fill: the column for the grades, if it is not plain."),
]
ScaleOption = Annotated[
    bool, typer.Option("--scale", help="With --fill: scale the points of the lab to the points of the column.")
]
FolderOption = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Fetch all results of the run into this folder, as `grade --out` does."),
]
LinkOption = Annotated[
    str,
    typer.Option(
        "--link",
        metavar="URL",
        help="With a gradebook: the address of the reports, for the feedback. {username} is the student.",
    ),
]

_NO_GRADES = {"audit": "an audit", "self-check": "a self-check"}
"""The modes of runs with points that are no grades."""


def check_options(
    fill: Path | None,
    column: str | None,
    folder: Path | None,
    output: Path | None,
    student: str | None,
    *,
    scale: bool = False,
    as_json: bool = False,
) -> None:
    """Refuse options that do not fit together.

    Raises:
        UsageError: two options do not fit, or one needs another.
    """
    if column is not None and fill is None:
        raise UsageError("--column is an option of --fill")
    if scale and fill is None:
        raise UsageError("--scale is an option of --fill")
    if as_json and fill is None:
        raise UsageError("--json is an option of --fill; for reports, use --format json")
    if folder is not None and (fill is not None or student or output is not None):
        raise UsageError("--out fetches all results of the run: omit --fill, --student and -o")
    if fill is not None and output is None:
        raise UsageError("--fill needs a file for the result: add -o FILE")
    if fill is not None and output is not None and output.exists() and output.samefile(fill):
        raise UsageError(f"-o is the file that --fill reads, {fill}: name another file")


def of_one_student(form: str) -> bool:
    """Return whether a format of the gradebook can have one student only."""
    return exports()[form].of_one_student


def render_gradebook(gradebook: GradebookDocument, form: str, student: str = "", link: str = "") -> bytes:
    """Return a gradebook in one of its formats.

    Args:
        gradebook: the gradebook of a run.
        form: the name of the format.
        student: the username of the only student, or empty for all.
        link: the address of the reports, with ``{username}``; empty for no address.

    Raises:
        MissingError: the run does not have the student.
        UsageError: the format carries grades, and the points of the run are not grades.
    """
    if form not in ("csv", "json", "junit", "rubric"):
        _refuse_no_grades(gradebook)
    chosen = _with_links(_only(gradebook, student), link)
    export = exports()[form]
    render = export.render_one if student and export.render_one else export.render
    return render(chosen)


def _only(gradebook: GradebookDocument, student: str) -> GradebookDocument:
    """Return a gradebook with one student, or as it is if no student is named."""
    if not student:
        return gradebook
    rows = [row for row in gradebook["students"] if row["username"] == student]
    if not rows:
        raise MissingError(f"run {quote(gradebook['run_id'])} has no student {quote(student)}")
    return {**gradebook, "students": rows}


def _refuse_no_grades(gradebook: GradebookDocument) -> None:
    mode = gradebook.get("mode", "")
    if mode in _NO_GRADES:
        raise UsageError(f"run {gradebook['run_id']} is {_NO_GRADES[mode]}: its points are not grades")


def _with_links(gradebook: GradebookDocument, link: str) -> GradebookDocument:
    """Return a gradebook with the addresses of the reports."""
    if not link:
        return gradebook
    return {
        **gradebook,
        "students": [
            {**row, "report_url": link.replace("{username}", url_quote(row["username"], safe=""))}
            for row in gradebook["students"]
        ],
    }


def fill_file(
    gradebook: GradebookDocument,
    file: Path,
    column: str | None,
    output: Path,
    student: str = "",
    *,
    scale: bool = False,
    as_json: bool = False,
) -> None:
    """Write a file of a learning platform with the grades of a run, and say what was filled.

    Args:
        gradebook: the gradebook of the run.
        file: the teacher's export.
        column: the heading of the column for the grades, or None to find it.
        output: the file to write.
        student: the username of the only student, or empty for all.
        scale: scale the points of the lab to the points of the column.
        as_json: print JSON instead of text.

    Raises:
        BadInputError: the file cannot be filled.
        UsageError: the points of the run are no grades.
    """
    _refuse_no_grades(gradebook)
    filled = fill_gradebook(file.read_bytes(), _only(gradebook, student), column, scale=scale)
    output.write_bytes(filled.content)
    for notice in filled.notices:
        console.error(notice)
    if as_json:
        console.output_json(_as_json(filled))
    else:
        _give_filled(filled, "run")
    console.info(f"wrote {output}")


def fill_course_file(
    gradebook: CourseGradebook,
    file: Path,
    column: str | None,
    output: Path,
    *,
    scale: bool = False,
    as_json: bool = False,
) -> None:
    """Write a file of a learning platform with the grades of a course, and say what was filled.

    Args:
        gradebook: the gradebook of the course.
        file: the teacher's export.
        column: the heading of the column of one lab, or None for all columns with the title or the id of a lab.
        output: the file to write.
        scale: scale the points of a lab to the points of its column.
        as_json: print JSON instead of text.

    Raises:
        BadInputError: the file cannot be filled.
    """
    of_labs = fill_course(file.read_bytes(), gradebook, column, scale=scale)
    output.write_bytes(of_labs[-1][1].content)
    for lab, filled in of_labs:
        for notice in filled.notices:
            console.error(f"{lab}: {notice}")
    if as_json:
        console.output_json({"labs": [{"lab": lab, **_as_json(filled)} for lab, filled in of_labs]})
    else:
        for number, (lab, filled) in enumerate(of_labs):
            console.output(f"{chr(10) if number else ''}{lab}:")
            _give_filled(filled, "course")
    console.info(f"wrote {output}")


def _as_json(filled: Filled) -> dict[str, object]:
    """Return what was filled as JSON."""
    return {
        "filled": filled.filled,
        "left": [{"row": left.row, "why": left.why} for left in filled.left],
        "missing": list(filled.missing),
        "column": filled.column,
    }


def _give_filled(filled: Filled, source: str) -> None:
    """Print what was filled, and what was not.

    Args:
        filled: the filled column.
        source: ``run`` or ``course``: where the students are from.
    """
    console.output(f"filled {_counted(filled.filled, 'row')} of the column “{filled.column}”")
    if filled.left:
        console.output(f"\n{_counted(len(filled.left), 'row')} stayed as before:")
        console.output_table(("row", "why"), [(left.row, left.why) for left in filled.left], numbers=("row",))
    if filled.missing:
        students = _counted(len(filled.missing), "student")
        verb = "has" if len(filled.missing) == 1 else "have"
        console.output(f"\n{students} of the {source} {verb} no row in the file: {', '.join(filled.missing)}")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def fetch_folder(store: Store, run_id: str, folder: Path, options: str = "") -> None:
    """Fetch the results of a run into a folder, and print its paths.

    Args:
        store: the store of the stack.
        run_id: the run.
        folder: the folder. If it has results of other runs of the lab, it keeps the newest graded ones.
        options: what the printed commands need besides (`` --aws``).

    Raises:
        MissingError: the run has no results.
        UsageError: the folder has results that these cannot be merged with.
    """
    give_paths(fetch(store, run_id, folder), console.output, options)
