"""`runs`: list the class runs, show one, publish it to its students, delete it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.command_line import HelpGroup
from cli.deployment.deployed_labs import unknown_lab
from cli.errors import UsageError
from cli.options import Aws, Json, Labs, Stack, chosen, use_labs
from cli.output import console
from cli.output.questions import confirm
from cli.output.times import time_text
from cli.project import DEFAULT_STACK
from cli.run_names import RunId, find_run
from cli.target import Target, choose, reached, stack_outputs
from labgrader.errors import BadInputError
from labgrader.reporting.formatting import counted
from labgrader.runs.delete_run import delete_run
from labgrader.runs.publish_run import publish_run
from labgrader.store import RunRecord, Store

_runs = typer.Typer(
    help="List the runs, show one, publish it to its students, or delete it.",
    epilog="Example: labgrader runs --lab lambda-optimization",
    invoke_without_command=True,
)

POSITION = 75
"""Where these commands stand within their groups of `labgrader --help`."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_runs, name="runs", rich_help_panel=HelpGroup.GRADE)


@_runs.callback()
def list_runs(
    context: typer.Context,
    lab: Annotated[str, typer.Option("--lab", metavar="ID", help="List only the runs of this lab.")] = "",
    labs: Labs = None,
    aws: Aws = False,
    stack: Stack = DEFAULT_STACK,
    as_json: Json = False,
) -> None:
    """List the class runs, newest first. Show a run, publish it to its students, or delete it."""
    if context.invoked_subcommand is not None:
        if lab or aws or as_json or stack != DEFAULT_STACK:
            command = f"labgrader runs {context.invoked_subcommand}"
            raise UsageError(f"options of a command stand after its name: `{command} …`")
        return
    use_labs(labs)
    if lab and (problems := unknown_lab(lab, aws, stack)):
        raise BadInputError(problems)
    _, store = _stack(aws, stack)
    found, private = store.runs(lab), store.private_runs()
    if as_json:
        console.output_json([_document(run, run.run_id in private) for run in found])
        return
    shown = [run for run in found if run.run_id in private]
    columns = ("run", "lab", "mode", "status", "students", "complete", "started")
    console.output_table(
        (*columns, "private") if shown else columns,
        [
            (
                run.run_id,
                run.lab,
                run.mode,
                run.status,
                run.counts.students,
                run.counts.complete,
                time_text(run.started_at),
                *((("yes" if run.run_id in private else "no"),) if shown else ()),
            )
            for run in found
        ],
        numbers=("students", "complete"),
        ids=("run",),
        optional=("lab", "started", "mode", "complete", "students"),
    )


@_runs.command(epilog="Example: labgrader runs show latest")
def show(run_id: RunId, aws: Aws = False, stack: Stack = DEFAULT_STACK, as_json: Json = False) -> None:
    """Show a run: its lab, its students, its times, and the reason if it failed."""
    _, store = _stack(aws, stack)
    run = find_run(store, run_id)
    private = store.is_private(run.run_id)
    if as_json:
        console.output_json(_document(run, private))
        return
    counts, options = run.counts, chosen(aws, stack)
    took = f" ({console.duration(run.duration_s)})" if run.finished_at else ""
    pairs: dict[str, object] = {
        "run": run.run_id,
        "lab": run.lab or "unknown",
        "mode": run.mode,
        "status": run.status,
        "reason": run.error or "",
        "students": f"{counts.students}: {counts.complete} fully graded, {counts.incomplete} not fully graded"
        if run.has_results
        else counts.students,
        "started": time_text(run.started_at),
        "finished": f"{time_text(run.finished_at)}{took}" if run.finished_at else "",
        "course": run.course or "",
        "requested by": run.requested_by or "",
        "results": "private: students do not see them" if private else "",
    }
    console.give_pairs({name: value for name, value in pairs.items() if value != ""})
    if run.has_results:
        console.info(f"see the points with `labgrader report {run.run_id}{options}`")
    if private and run.status != "running":
        console.info(f"let students see the results with `labgrader runs publish {run.run_id}{options}`")


@_runs.command(epilog="Example: labgrader runs publish latest")
def publish(run_id: RunId, aws: Aws = False, stack: Stack = DEFAULT_STACK) -> None:
    """Let students see the results of a private run.

    A run is private if it was started with `grade --private`, or if its course says `results: published`. A published
    run counts for the latest and best results of its students.
    """
    _, store = _stack(aws, stack)
    run = find_run(store, run_id)
    if publish_run(store, run):
        console.output(f"{run.run_id} is published: its students see their results now")
    else:
        console.output(f"{run.run_id} is not private: its students see their results already")


@_runs.command(epilog="Example: labgrader runs delete 20260101-120000-lambda-optimization-1a2b")
def delete(
    run_id: RunId,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Delete the run without a question.")] = False,
    aws: Aws = False,
    stack: Stack = DEFAULT_STACK,
) -> None:
    """Delete a run: its reports, its evidence, its gradebook, and its results in the history of each student.

    The latest and best results of the students are computed again from the runs that are left. This cannot be undone.
    """
    target, store = _stack(aws, stack)
    run = find_run(store, run_id)
    if not yes:
        _confirm(run)
    with reached():
        students = delete_run(store, target.client("stepfunctions"), run)
    console.output(f"{run.run_id} is deleted, with the results of {counted(students, 'student')}")


def _confirm(run: RunRecord) -> None:
    """Ask whether a run is to be deleted.

    Raises:
        UsageError: the answer is no, or there is no terminal to ask at.
    """
    kept = f"{run.run_id} is not deleted"
    confirm(
        f"Delete run {run.run_id} ({run.mode}, {run.status}, {counted(run.counts.students, 'student')})? "
        "This cannot be undone.",
        no_terminal=f"{kept}: a deletion cannot be undone; add --yes",
        refused=kept,
    )


def _document(run: RunRecord, private: bool) -> dict[str, Any]:
    return {**run.to_dict(), "private": private}


def _stack(aws: bool, stack: str) -> tuple[Target, Store]:
    target = choose(aws)
    return target, target.store(stack_outputs(target, stack))
