"""`self-check`: a student's own check of a lab, through the API."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console

from cli.api_client import Api, RefusalError, checked_run_id, not_labgrader
from cli.command_line import HelpGroup
from cli.errors import INCOMPLETE, Interrupted, TargetError, UsageError
from cli.options import Json, Stack
from cli.output import console
from cli.output.report import give_report
from cli.output.times import time_text
from cli.project import DEFAULT_STACK
from cli.student_api import LATEST, Page, Token, Url, open_api, same_api, write_page
from labgrader.messages import quote
from labgrader.reporting.formatting import counted

STATES = ("running", "complete", "incomplete", "failed")

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 3.0
"""Seconds between two polls: short while most checks end, longer afterwards, because a whole class may poll at once."""


MAX_NOTE = 500
"""The maximum length, in characters, of a note of the API."""


POSITION = 90
"""Where these commands stand within their groups of `labgrader --help`."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "self-check",
        rich_help_panel=HelpGroup.STUDENTS,
        epilog="Example: labgrader self-check --lab lambda-optimization",
    )(self_check)


def self_check(
    lab: Annotated[
        str,
        typer.Option(
            "--lab",
            metavar="ID",
            show_default=False,
            help="Id of the lab. Give --lab or --run. With `--run latest`, it selects the newest self-check of this "
            "lab.",
        ),
    ] = "",
    token: Token = "",
    url: Url = "",
    run: Annotated[
        str,
        typer.Option(
            "--run",
            metavar="RUN_ID",
            show_default=False,
            help="Show an earlier self-check, or `latest`, instead of a new one. It does not use your allowance.",
        ),
    ] = "",
    advice: Annotated[
        bool, typer.Option("--advice", help="Show all advice in full, with its commands. Advice costs no points.")
    ] = False,
    output: Page = None,
    stack: Stack = DEFAULT_STACK,
    as_json: Json = False,
) -> None:
    """Check your own work on a lab: what passes, what fails and why, and the exact commands to type next.

    Exit status 1 means that something could not be graded. That is not your fault, and you lose no points.
    """
    if bool(lab) == bool(run) and run != LATEST:
        raise UsageError("name one of two: --lab ID checks a lab, --run RUN_ID shows an earlier self-check")
    api = open_api(url, token, stack)
    console.info(f"self-check at {api.url}")
    run_id, how = _earlier(api, run, lab) if run else _start(api, lab)
    try:
        console.info(how)
        with _waiting():
            answer = follow(api, run_id)
    except (Interrupted, TargetError) as stopped:
        if not isinstance(stopped, RefusalError):
            console.error(f"the self-check {run_id} continues; the same command follows it while it runs")
        raise
    if as_json:
        console.output_json(answer)
    elif answer.get("report"):
        more = f"labgrader self-check --run {run_id} --advice{same_api(url, stack)}"
        give_report(answer["report"], answer["hidden"], all_advice=advice, more=more)
    if output is not None and answer.get("report"):
        write_page(answer["report"], output)
    (console.info if as_json else console.output)(allowance_sentence(answer["allowance"]))
    if answer["status"] == "failed":
        why = f": {answer['error']}" if answer.get("error") else ""
        raise TargetError(f"the self-check has no result, and that is not your fault{why}")
    if not answer.get("report"):
        raise TargetError(f"the self-check {run_id} is done, but the API has no report of it; that is not your fault")
    if answer["status"] == "incomplete":
        raise typer.Exit(INCOMPLETE)


def follow(api: Api, run_id: str, pause: Callable[[float], None] = time.sleep) -> dict[str, Any]:
    """Poll a self-check until it has ended; return the API's last response.

    Args:
        api: the API.
        run_id: the self-check.
        pause: waits for a number of seconds between two polls.

    Raises:
        TargetError: the API could not be reached, refused, or answered something else.
    """
    wait = FIRST_PAUSE_S
    while True:
        answer = api.self_check(run_id)
        complete = all(isinstance(answer.get(name), dict) for name in ("allowance", "hidden"))
        if answer.get("status") not in STATES or not complete:
            raise TargetError(not_labgrader(api.url))
        if answer["status"] != "running":
            return answer
        pause(wait)
        wait = min(LONGEST_PAUSE_S, wait * 1.1)


def allowance_sentence(allowance: Mapping[str, Any]) -> str:
    """Return what is left of a student's allowance, as a sentence."""
    hour, day = allowance["remaining_this_hour"], allowance["remaining_today"]
    left = f"{counted(hour, 'self-check')} left this hour (of {allowance['per_hour']}), {day} in 24 hours"
    refills = allowance.get("refills_at")
    return f"{left} (of {allowance['per_day']})" + (f"; one more at {time_text(refills)}" if refills else "")


def _start(api: Api, lab: str) -> tuple[str, str]:
    """Start a self-check, or find the one that is running; return its id and a sentence that says which."""
    try:
        started = api.start_self_check(lab)
    except RefusalError as refusal:
        if refusal.status != 409 or "run_id" not in refusal.problem:
            if isinstance(refusal.problem.get("allowance"), dict):
                console.error(allowance_sentence(refusal.problem["allowance"]))
            raise
        run_id = checked_run_id(refusal.problem["run_id"])
        return run_id, f"a self-check of this lab is running already: following {run_id}"
    run_id = checked_run_id(started.get("run_id"))
    note = quote(started.get("note") or "", MAX_NOTE)
    return run_id, f"self-check {run_id} has started" + (f"\n{note}" if note else "")


def _earlier(api: Api, run: str, lab: str) -> tuple[str, str]:
    """Return an earlier self-check in the form of ``_start``.

    Args:
        api: the API.
        run: the id of a self-check, or ``latest``.
        lab: only self-checks of this lab, for ``latest``; empty for all.

    Raises:
        UsageError: this is not the id of a self-check, or no self-check has a report yet.
    """
    if run == LATEST:
        found = [result for result in api.my_reports(lab) if result["mode"] == "self-check"]
        if not found:
            raise UsageError("you have no self-check with a report yet")
        run = str(found[0]["run_id"])
    try:
        return checked_run_id(run), f"self-check {run}"
    except TargetError:
        raise UsageError("--run takes the id of a self-check, as the command showed it, or `latest`") from None


@contextmanager
def _waiting() -> Iterator[None]:
    """Show a spinner on a terminal; show nothing elsewhere, or with ``--quiet``."""
    if not (sys.stderr.isatty() and console.progress_shown()):
        yield
        return
    with Console(stderr=True).status("checking your work…"):
        yield
