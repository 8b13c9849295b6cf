"""`audit`: audit a course now, and print what changed."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.audit_run import follow_audit, start_audit
from cli.command_line import HelpGroup
from cli.deployment.deployed_labs import check_deployed
from cli.errors import INCOMPLETE, Interrupted, TargetError
from cli.options import Aws, Json, Labs, Stack, chosen, use_labs
from cli.output import console
from cli.output.class_progress import students_finishing
from cli.project import DEFAULT_STACK
from cli.schedules import check_outputs
from cli.target import choose, stack_outputs
from labgrader.courses.digest_text import digest_text
from labgrader.courses.enrolment import stored_course
from labgrader.messages import listed

POSITION = 110
"""The position of these commands in their groups of `labgrader --help`."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=HelpGroup.COURSES, epilog="Example: labgrader audit --course serverless-2026")(audit)


def audit(
    course: Annotated[str, typer.Option("--course", metavar="ID", help="Id of the course (`labgrader course list`).")],
    labs: Labs = None,
    aws: Aws = False,
    stack: Stack = DEFAULT_STACK,
    as_json: Json = False,
) -> None:
    """Audit every lab of a course now, and print what changed and what costs money.

    An audit reads the students' accounts. It invokes no function and changes no grade.

    Exit status 1: some students could not be graded in full. Exit status 3: a lab could not be audited.
    """
    use_labs(labs)
    target = choose(aws)
    outputs = stack_outputs(target, stack)
    check_outputs(outputs, stack, chosen(aws, stack))
    store = target.store(outputs)
    course_labs = [course_lab.lab for course_lab in stored_course(store, course).labs]
    check_deployed(outputs, course_labs, chosen(aws, stack, labs))
    record = store.course(course) or {}
    total = sum(int(course_lab["students"]) for course_lab in record.get("labs", ()))
    options = chosen(aws, stack)
    started = start_audit(target, outputs, course)
    console.info(f"audit {started.name}: {', '.join(course_labs)}")
    try:
        with students_finishing(total) as finished:
            digest = follow_audit(target, outputs, started, finished)
    except Interrupted:
        console.error(f"the audit continues; see its result later with `labgrader course show {course}{options}`")
        raise
    if as_json:
        console.output_json(digest)
    else:
        console.output(digest_text(digest, options).rstrip("\n"))
    failed = [run["lab"] for run in digest["runs"] if run["status"] == "failed"]
    if failed:
        raise TargetError(f"{listed(failed)} could not be audited; the digest says why")
    if digest["counts"]["incomplete"]:
        raise typer.Exit(INCOMPLETE)
