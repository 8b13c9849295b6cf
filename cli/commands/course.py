"""`course`: the labs of a class, their class lists, and the nightly audit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.class_lists import accounts_file, show_notices
from cli.command_line import HelpGroup
from cli.deployment.deployed_labs import check_deployed, known_labs
from cli.options import Accounts, Aws, Json, Labs, Stack, UsernameFrom, chosen, use_labs
from cli.output import console
from cli.output.times import time_text
from cli.project import DEFAULT_STACK
from cli.schedules import check_name, check_outputs, keep_schedule, remove_schedule, scheduled
from cli.target import Target, choose, stack_outputs
from labgrader.courses.course_file import CourseFiles, read_course
from labgrader.courses.enrolment import push_course, remove_course
from labgrader.documents.digest import Digest
from labgrader.errors import BadInputError, Problem
from labgrader.messages import quote
from labgrader.rosters import GraderAccount, assign_accounts
from labgrader.store import PUBLISHED, CourseKeys, MissingError, Store

MAX_AUDITS = 7
"""The number of audits that `show` prints."""

_course = typer.Typer(
    help="Create, change, show or delete a course: labs, class lists, due dates and a nightly audit.",
    epilog="Example: labgrader course push courses/serverless-2026/course.yaml",
    no_args_is_help=True,
)

CourseId = Annotated[str, typer.Argument(metavar="ID", help="Id of the course (`labgrader course list`).")]


PRIVATE_RESULTS = "students see the results of a run when it is published (`labgrader runs publish`)"
"""What a course with ``results: published`` means."""

POSITION = 100
"""The position of these commands in their groups of `labgrader --help`."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_course, name="course", rich_help_panel=HelpGroup.COURSES)


@_course.command(epilog="Example: labgrader course push course.yaml")
def push(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The course file (YAML). Its class lists are in the same folder.")
    ],
    username_from: UsernameFrom = None,
    accounts: Accounts = None,
    labs: Labs = None,
    aws: Aws = False,
    stack: Stack = DEFAULT_STACK,
    as_json: Json = False,
) -> None:
    """Create or change a course: its labs, its students, and the time of its nightly audit.

    Push the course file again after a change to it or to a class list. docs/courses-and-audits.md describes the file.
    """
    use_labs(labs)
    files = read_course(
        file,
        labs=lambda: known_labs(aws, stack),
        username_from=username_from,
        accounts=accounts_file(accounts),
    )
    check_name(stack, files.course.id)
    target, outputs, store = _stack(aws, stack)
    show_notices(files.notices)
    check_deployed(outputs, [course_lab.lab for course_lab in files.course.labs], chosen(aws, stack, labs))
    _check_accounts(files, file, GraderAccount(target.account_id, target.region))
    record = push_course(store, files, datetime.now(UTC))
    keep_schedule(target, outputs, stack, files.course)
    if as_json:
        console.output_json(record)
        return
    course_labs = ", ".join(course_lab.lab for course_lab in files.course.labs)
    console.output(f"{record['course']}: {record['students']} students, {course_labs}")
    console.output(f"audit: {_audit_time(record)}")
    if record["results"] == PUBLISHED:
        console.output(PRIVATE_RESULTS)
    for day in files.course.skipped_audits(datetime.now(files.course.zone).date()):
        console.error(
            f"warning: there is no audit on {day}: the clock skips {files.course.audit_time} on that day. "
            "Another audit_time avoids this."
        )
    console.info(f"audit it now with `labgrader audit --course {record['course']}{chosen(aws, stack)}`")


@_course.command("list", epilog="Example: labgrader course list")
def list_courses(aws: Aws = False, stack: Stack = DEFAULT_STACK, as_json: Json = False) -> None:
    """List the courses."""
    _, _, store = _stack(aws, stack)
    found = store.courses()
    if as_json:
        console.output_json(found)
        return
    console.output_table(
        ("course", "title", "labs", "students", "nightly audit", "pushed"),
        [
            (
                course["course"],
                course["title"],
                len(course["labs"]),
                course["students"],
                f"{course['audit_time']} {course['time_zone']}" if course["audit_time"] else "none",
                time_text(course["pushed_at"], course["time_zone"]),
            )
            for course in found
        ],
        numbers=("labs", "students"),
        unbroken=("course",),
    )


@_course.command(epilog="Example: labgrader course show serverless-2026")
def show(course: CourseId, aws: Aws = False, stack: Stack = DEFAULT_STACK, as_json: Json = False) -> None:
    """Show a course: its labs, its class lists, its schedule, and the results of its last 7 audits."""
    target, outputs, store = _stack(aws, stack)
    record = _record(store, course)
    zone = record["time_zone"]
    schedule = scheduled(target, outputs, stack, course)
    audits = [_audit(store, audit) for audit in store.audits(course)[:MAX_AUDITS]]
    if as_json:
        console.output_json({**record, "schedule": schedule, "nights": audits})
        return
    console.give_pairs(
        {
            "course": record["course"],
            "title": record["title"],
            "students": record["students"],
            "audit": _audit_time(record)
            if schedule or not record["audit_time"]
            else "the schedule is missing; create it again with `labgrader course push FILE`",
            **({"results": PRIVATE_RESULTS} if record.get("results") == PUBLISHED else {}),
            "pushed": time_text(record["pushed_at"], zone),
        }
    )
    console.output("")
    console.output_table(
        ("lab", "class list", "students", "due"),
        [
            (lab["lab"], lab["roster"], lab["students"], time_text(lab["due"], zone) if lab["due"] else "no date")
            for lab in record["labs"]
        ],
        numbers=("students",),
        unbroken=("lab",),
    )
    if audits:
        console.output("")
        console.output_table(
            ("audit", "started by", "status", "drifted", "gone", "USD a day"),
            [
                (
                    audit["night"],
                    "schedule" if audit["scheduled"] else "command",
                    audit["outcome"],
                    audit["drifted"],
                    audit["gone"],
                    audit["usd_per_day"],
                )
                for audit in audits
            ],
            numbers=("drifted", "gone", "USD a day"),
            unbroken=("audit",),
        )


@_course.command(epilog="Example: labgrader course remove serverless-2026")
def remove(course: CourseId, aws: Aws = False, stack: Stack = DEFAULT_STACK) -> None:
    """Delete a course: its schedule, its alarm and its enrollments. Its runs and the digests of its audits stay."""
    target, outputs, store = _stack(aws, stack)
    record = _record(store, course)
    remove_schedule(target, outputs, stack, course)
    remove_course(store, course)
    console.output(f"removed {course}: {record['students']} students are no longer enrolled")


def _stack(aws: bool, stack: str) -> tuple[Target, dict[str, str], Store]:
    """Return the account, the stack's outputs and its store."""
    target = choose(aws)
    outputs = stack_outputs(target, stack)
    check_outputs(outputs, stack, chosen(aws, stack))
    return target, outputs, target.store(outputs)


def _record(store: Store, course_id: str) -> dict[str, Any]:
    """Return a course's record.

    Raises:
        MissingError: the course does not exist.
    """
    record = store.course(course_id)
    if record is None:
        raise MissingError(f"there is no course {quote(course_id)}; list them with `labgrader course list`")
    return record


def _check_accounts(files: CourseFiles, file: Path, home: GraderAccount) -> None:
    """Check that each student in another account has a role to read it.

    Raises:
        BadInputError: some have none; every one of them in all class lists is named.
    """
    problems: list[Problem] = []
    for name, students in files.students.items():
        try:
            assign_accounts(list(students), home)
        except BadInputError as error:
            problems += [Problem(problem.message, str(file.parent / name)) for problem in error.problems]
    if problems:
        raise BadInputError(problems)


def _audit_time(record: Mapping[str, Any]) -> str:
    """Return when a course is audited: ``every night at 02:30 Europe/Berlin``."""
    if not record["audit_time"]:
        return "on demand only: the course file has no audit_time"
    return f"every night at {record['audit_time']} {record['time_zone']}"


def _audit(store: Store, audit: Mapping[str, Any]) -> dict[str, Any]:
    """Return the results of an audit from its digest. An audit without a digest is running, or it failed."""
    known = {name: audit[name] for name in ("night", "scheduled", "started_at", "runs")}
    try:
        digest: Digest = store.get_json(CourseKeys(audit["course"]).digest(audit["night"]))
    except MissingError:
        nothing = {"drifted": "", "gone": "", "usd_per_day": "", "incomplete": ""}
        return {**known, "status": "no digest", "outcome": "no digest", **nothing}
    counts = digest["counts"]
    incomplete = counts.get("incomplete", 0)
    return {
        **known,
        "status": digest["status"],
        "outcome": digest["status"] + (f", {incomplete:,} not graded in full" if incomplete else ""),
        "incomplete": incomplete,
        "drifted": counts["drifted"],
        "gone": counts["gone"],
        "usd_per_day": digest["usd_per_day"],
    }
