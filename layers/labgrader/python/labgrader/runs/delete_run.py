"""Delete a run with everything that is stored of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labgrader.errors import BadInputError
from labgrader.runs.execution import status_of
from labgrader.runs.student_results import recompute, usernames_of
from labgrader.store import Keys, RunRecord, Store, roster_key

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


def delete_run(store: Store, states: SFNClient, run: RunRecord) -> int:
    """Delete a run or a self-check: its objects, its items, and its part in the students' latest and best results.

    Students lose sight of the run first, and its record goes last: a deletion that broke off can be repeated.

    Args:
        store: the stack's store.
        states: a client of Step Functions.
        run: the record of the run.

    Returns:
        The number of its students.

    Raises:
        BadInputError: the run is still running. Nothing is deleted.
        LabgraderError: AWS could not be reached, or refused.
    """
    if run.status == "running" and (run.execution is None or status_of(states, run.execution) == "RUNNING"):
        raise BadInputError([f"run {run.run_id} is still running: delete it when it has finished"])
    store.keep_private(run.run_id)
    usernames = usernames_of(store, run.run_id)
    for username in usernames:
        store.delete_result(run.run_id, username)
    recompute(store, run, usernames)
    rosters = [roster_key(run.run_id, suffix) for suffix in (".csv", ".json")]
    store.delete([*store.keys(f"{Keys(run.run_id).root}/"), *rosters])
    store.forget_run(run.run_id)
    return len(usernames)
