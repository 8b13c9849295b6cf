"""`grade`: a class run, from the roster to the reports."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli.class_lists import accounts_file, show_notices
from cli.class_run import follow, start_run
from cli.command_line import HelpGroup
from cli.deployment.deployed_labs import check_deployed, unknown_lab
from cli.errors import INCOMPLETE, Interrupted, TargetError
from cli.options import Accounts, Aws, Json, Labs, Stack, UsernameFrom, chosen, limits, use_labs
from cli.output import console
from cli.output.class_progress import students_finishing
from cli.output.class_table import Fetched, fetch, give_class_table, give_nothing_found, give_paths
from cli.output.results_folder import prepare_folder
from cli.project import DEFAULT_STACK
from cli.target import Target, choose, stack_outputs
from labgrader.errors import BadInputError, Problem
from labgrader.rosters import GraderAccount, Student, assign_accounts, select
from labgrader.rosters.reader import read_class_list
from labgrader.runs.request_parser import validate_course, validate_course_id


class Mode(StrEnum):
    """The mode of a run."""

    GRADE = "grade"
    AUDIT = "audit"


POSITION = 60
"""Where these commands stand within their groups of `labgrader --help`."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        rich_help_panel=HelpGroup.GRADE,
        epilog="Example: labgrader grade --lab lambda-optimization --roster class.csv --out results",
    )(grade)


def grade(
    lab: Annotated[str, typer.Option("--lab", metavar="ID", help="Id of the lab (`labgrader labs`).")],
    roster: Annotated[
        Path, typer.Option("--roster", metavar="FILE", help="The class list, as `labgrader roster` reads it.")
    ],
    student: Annotated[
        list[str] | None,
        typer.Option("--student", metavar="USERNAME", help="Grade only this student. Repeat the option for more."),
    ] = None,
    mode: Annotated[Mode, typer.Option("--mode", help="An audit invokes nothing and runs no load test.")] = Mode.GRADE,
    course: Annotated[
        str | None,
        typer.Option(
            "--course",
            metavar="ID",
            help="Id of the course that this run belongs to (`labgrader course list`). Events of the run name the "
            "course. If the course file has `results: published`, the run is private until you publish it.",
        ),
    ] = None,
    private: Annotated[
        bool,
        typer.Option(
            "--private", help="Keep the results from students until `labgrader runs publish`: for a trial, for example."
        ),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help=f"Folder for the results. {limits('default: out/RUN_ID')}"),
    ] = None,
    username_from: UsernameFrom = None,
    accounts: Accounts = None,
    labs: Labs = None,
    aws: Aws = False,
    stack: Stack = DEFAULT_STACK,
    as_json: Json = False,
) -> None:
    """Grade a class: start a run, follow it, download its results.

    Exit status 1 means that a student is not fully graded. Grade these students again with --student.
    """
    use_labs(labs)
    problems: list[Problem] = []
    notices: Sequence[str] = []
    with _collecting(problems):
        problems += unknown_lab(lab, aws, stack)
    with _collecting(problems):
        class_list = read_class_list(
            roster.read_bytes(), str(roster), username_from=username_from, accounts=accounts_file(accounts)
        )
        notices = class_list.notices
        students = select(class_list.checked(), student or [])
        content, suffix = class_list.stored(roster.read_bytes())
    if course is not None:
        problems += validate_course_id(course)
    if problems:
        raise BadInputError(problems, notices)
    target = choose(aws)
    show_notices(notices)
    assign_accounts(
        students, GraderAccount(target.account_id, target.region)
    )  # a student with another account needs a role: say so before the run starts
    outputs = stack_outputs(target, stack)
    check_deployed(outputs, [lab], chosen(aws, stack, labs))
    if course is not None and (problems := validate_course(target.store(outputs), course)):
        raise BadInputError(problems)
    if out is not None:
        prepare_folder(out, lab, mode.value)
    fetched = grade_class(
        target,
        outputs,
        lab_id=lab,
        roster=content,
        suffix=suffix,
        students=students,
        everybody=not student,
        mode=mode.value,
        course=course or "",
        private=private,
        out=out,
        fetch_later=f"labgrader report RUN_ID --out {shlex.quote(str(out or 'out/RUN_ID'))}{' --aws' if aws else ''}",
    )
    if as_json:
        console.output_json(fetched.run)
        give_nothing_found(fetched, console.info)
    else:
        give_class_table(fetched)
    give_paths(fetched, console.info if as_json else console.output, chosen(aws, stack))
    run_id = fetched.run["run_id"]
    if target.store(outputs).is_private(run_id):
        console.info(
            "students do not see these results; "
            f"publish them with `labgrader runs publish {run_id}{chosen(aws, stack)}`"
        )
    if fetched.incomplete:
        console.error(
            f"{fetched.incomplete} of {len(students)} students are not fully graded: see “not graded” in their reports"
        )
        raise typer.Exit(INCOMPLETE)


@contextmanager
def _collecting(problems: list[Problem]) -> Iterator[None]:
    """Collect problems, so that all of them are shown at once."""
    try:
        yield
    except BadInputError as error:
        problems += error.problems
    except OSError as error:
        problems.append(Problem(error.strerror or str(error), str(error.filename)))


def grade_class(
    target: Target,
    outputs: dict[str, str],
    *,
    lab_id: str,
    roster: bytes,
    suffix: str,
    students: list[Student],
    everybody: bool = True,
    mode: str = "grade",
    course: str = "",
    private: bool = False,
    out: Path | None = None,
    fetch_later: str = "",
) -> Fetched:
    """Start a run, show students as they finish, fetch the results.

    Args:
        target, outputs: the account and the stack's outputs.
        lab_id: the lab.
        roster, suffix: the class list's content, and ``.csv`` or ``.json``.
        students: the students to grade.
        everybody: whether these are all students of the roster.
        mode: ``grade`` or ``audit``.
        course: the course of the run, or empty.
        private: whether students must not see the results until the run is published.
        out: the folder for the results; by default ``out/RUN_ID``.
        fetch_later: the command that fetches the results of a run that continues without this command; empty if no run
            continues.

    Raises:
        TargetError: AWS refused, or the workflow failed.
    """
    run = start_run(
        target,
        outputs,
        lab_id=lab_id,
        roster=roster,
        suffix=suffix,
        listed=students,
        mode=mode,
        students=() if everybody else [listed_student.username for listed_student in students],
        course=course,
        private=private,
    )
    try:
        console.info(f"run {run.run_id}: {len(students)} student{'' if len(students) == 1 else 's'}")
        with students_finishing(run.total) as finished:
            follow(target, outputs, run, finished)
    except (Interrupted, TargetError) as stopped:
        if fetch_later:
            state = (
                "continues; fetch its results"
                if isinstance(stopped, Interrupted)
                else "may have left reports; fetch them"
            )
            console.error(f"run {run.run_id} {state} with `{fetch_later.replace('RUN_ID', run.run_id)}`")
        raise
    return fetch(target.store(outputs), run.run_id, out or Path("out") / run.run_id)
