"""Find the run that a user names: by its id, or as `latest`."""

from __future__ import annotations

from typing import Annotated

import typer

from labgrader.messages import quote
from labgrader.store import MissingError, RunRecord, Store

LATEST = "latest"
"""The name of the newest class run. No run has this id: an id begins with a date."""

RunId = Annotated[
    str,
    typer.Argument(metavar="RUN_ID", help=f"The run, as `labgrader runs` lists it, or `{LATEST}` for the newest run."),
]


def run_id_of(store: Store, name: str) -> str:
    """Return the id of the run with a name.

    Args:
        store: the stack's store.
        name: an id, which need not exist, or ``latest``.

    Raises:
        MissingError: the name is ``latest``, and there is no run.
    """
    if name != LATEST:
        return name
    found = store.runs()
    if not found:
        raise MissingError("there is no run yet; start one with `labgrader grade`")
    return found[0].run_id


def find_run(store: Store, name: str) -> RunRecord:
    """Return the record of the run with a name.

    Raises:
        MissingError: there is no such run.
    """
    run_id = run_id_of(store, name)
    record = store.run(run_id)
    if record is None:
        raise MissingError(f"there is no run {quote(run_id)}; list them with `labgrader runs`")
    return record
