"""Start a class run, wait for its results, and report how it ended."""

from __future__ import annotations

import getpass
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cli.deployment.deployed_labs import deployed_digests
from cli.errors import TargetError
from cli.output.class_progress import Result
from cli.target import Target, reached
from labgrader.errors import ServiceFaultError, ThrottledError
from labgrader.messages import quote
from labgrader.rosters import Student
from labgrader.runs.class_run import start_class_run
from labgrader.runs.request import Request, new_run_id
from labgrader.store import Keys, roster_key


@dataclass(frozen=True)
class Run:
    """A run that was started.

    Args:
        run_id: its id, which is also the name of its execution.
        arn: the ARN of the execution.
        total: the number of students that it grades.
    """

    run_id: str
    arn: str
    total: int


NAMELESS = "Runtime.HandlerError"
"""The error name that the embedded AWS gives for every exception. It says less than the message."""

MAX_FAILED_POLLS = 5
"""Polls in a row that fail before `follow_execution` ends with the error."""


def start_run(
    target: Target,
    outputs: dict[str, str],
    *,
    lab_id: str,
    roster: bytes,
    suffix: str,
    listed: Sequence[Student],
    mode: str = "grade",
    students: Sequence[str] = (),
    course: str = "",
    private: bool = False,
) -> Run:
    """Upload the roster and start the class workflow.

    Args:
        target: the account.
        outputs: the outputs of the stack.
        lab_id: the id of the lab.
        roster: the content of the class list, which was validated.
        suffix: ``.csv`` or ``.json``.
        listed: the students of the class list.
        mode: ``grade`` or ``audit``.
        students: the usernames to grade; empty for all.
        course: the id of the course, or empty.
        private: whether students must not see the results until the run is published.

    Raises:
        BadInputError: the request is invalid; the error has every problem.
        LabgraderError: AWS could not be reached, or it refused a request.
    """
    run_id = new_run_id(lab_id)
    key = roster_key(run_id, suffix)
    request = Request(lab_id, key, mode, tuple(students), course, f"command {who()}")
    with reached():
        store = target.store(outputs)
        store.put(key, roster)
        states = target.client("stepfunctions")
        deployed = lab_id in (deployed_digests(outputs) or ())
        machine_arn = outputs["GradeClassArn"]
        started = start_class_run(
            store, states, machine_arn, request, run_id, listed, deployed=deployed, private=private
        )
    return Run(run_id, started.execution, started.total)


def who() -> str:
    """Return the name of the user who runs the command, for the record of the run."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # in a container, a user may have a number and no name
        return "unknown"


def follow(
    target: Target, outputs: dict[str, str], run: Run, finished: Callable[[Result], None], *, pause: float | None = None
) -> dict[str, Any]:
    """Wait until a run has ended, and report each result.

    Args:
        target: the account.
        outputs: the outputs of the stack.
        run: the run that was started.
        finished: is called once with each student's result.
        pause: seconds between two polls; 0.5 on the embedded AWS and 3 on AWS by default.

    Returns:
        The content of ``run.json``.

    Raises:
        TargetError: the workflow failed, timed out or was stopped; the message says why.
    """
    store = target.store(outputs)
    state = follow_execution(target, run.arn, lambda: store.results(run.run_id), finished, pause=pause)
    if state["status"] != "SUCCEEDED":
        raise TargetError(ended(run.run_id, state))
    document: dict[str, Any] = store.get_json(Keys(run.run_id).run)
    return document


def follow_execution(
    target: Target,
    arn: str,
    poll: Callable[[], Sequence[Result]],
    finished: Callable[[Result], None],
    *,
    pause: float | None = None,
) -> dict[str, Any]:
    """Wait until an execution has ended, and report each result.

    Args:
        target: the account.
        arn: the ARN of the execution.
        poll: returns all results so far, of one run or of several.
        finished, pause: see ``follow``.

    Returns:
        The description of the execution, which may have failed.

    Raises:
        TargetError, ThrottledError, ServiceFaultError: ``MAX_FAILED_POLLS`` polls in a row failed.
    """
    machine = target.client("stepfunctions")
    seen: set[tuple[str, str]] = set()
    wait = pause if pause is not None else 0.5 if target.embedded else 3.0
    failures = 0
    while True:
        try:
            with reached():
                state: dict[str, Any] = machine.describe_execution(executionArn=arn)
                results = poll()
        except (TargetError, ThrottledError, ServiceFaultError):
            failures += 1  # the execution continues, and the next poll may succeed
            if failures == MAX_FAILED_POLLS:
                raise
            time.sleep(wait)
            continue
        failures = 0
        for result in sorted(results, key=lambda result: str(result.get("graded_at", ""))):
            if (result["run_id"], result["username"]) not in seen:
                seen.add((result["run_id"], result["username"]))
                finished(result)
        if state["status"] != "RUNNING":
            return state
        time.sleep(wait)


def ended(run_id: str, state: Mapping[str, Any]) -> str:
    """Return a sentence that says why a workflow did not succeed."""
    how = {"FAILED": "failed", "TIMED_OUT": "timed out", "ABORTED": "was stopped"}.get(state["status"], "ended")
    error, cause = state.get("error", ""), _cause(state.get("cause", ""))
    if error == NAMELESS and cause:
        error = ""
    why = ": ".join(quote(part, 1000) for part in (error, cause) if part)
    return f"run {run_id} {how}" + (f": {why}" if why else "")


def _cause(cause: str) -> str:
    """Return the message of a Lambda error in a state machine's cause, or the cause itself if it is not JSON."""
    try:
        document = json.loads(cause)
    except ValueError:
        return cause
    return str(document.get("errorMessage", cause)) if isinstance(document, dict) else cause
