"""Publish a private run: its students see their results from then on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from labgrader.errors import BadInputError
from labgrader.runs.student_results import recompute, usernames_of
from labgrader.store import Keys, MissingError, RunRecord, Store


def publish_run(store: Store, run: RunRecord) -> bool:
    """Publish a run. A second call changes nothing, and completes a first one that broke off.

    Args:
        store: the stack's store.
        run: the record of a class run.

    Returns:
        Whether the run was private.

    Raises:
        BadInputError: this is a self-check, the run is not finished, or its reports show results of another run that
            students may not see. Nothing is changed.
        LabgraderError: AWS could not be reached, or refused.
    """
    if run.mode == "self-check":
        raise BadInputError([f"{run.run_id} is a self-check: its student sees it at once"])
    if run.status == "running":
        raise BadInputError([f"run {run.run_id} is still running: publish it when it has finished"])
    private = store.is_private(run.run_id)
    usernames = usernames_of(store, run.run_id)
    if private and run.mode == "audit":
        _refuse_hidden_sources(store, run.run_id, usernames)
    store.end_private(run.run_id)
    recompute(store, run, usernames)
    return private


def _refuse_hidden_sources(store: Store, run_id: str, usernames: Iterable[str]) -> None:
    """Refuse to publish an audit with results that it took from a run that students may not see.

    A private audit compares with private runs, and carries their verdicts over.
    """
    sources: set[str] = set()
    for username in usernames:
        try:
            sources |= set(_sources(store.get_json(Keys(run_id).report(username))))
        except MissingError:
            continue
    private = store.private_runs()
    hidden = sorted(source for source in sources if source in private)
    deleted = sorted(source for source in sources if store.run(source) is None)
    problems = [
        f"the reports of audit {run_id} show results of run {source}, which is private: publish that run first"
        for source in hidden
    ]
    problems += [
        f"the reports of audit {run_id} show results of run {source}, which was deleted: audit the class again"
        for source in deleted
    ]
    if problems:
        raise BadInputError(problems)


def _sources(report: Mapping[str, Any]) -> Iterable[str]:
    """Yield the runs with results that a report of an audit repeats."""
    audit = report.get("audit") or {}
    for name in ("compared_with", "carried_over_from"):
        if audit.get(name):
            yield str(audit[name]["run_id"])
    for check in report["checks"]:
        if check.get("carried_over"):
            yield str(check["carried_over"]["run_id"])
