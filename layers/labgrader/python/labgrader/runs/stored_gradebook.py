"""The gradebook of a run, read from the store."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from labgrader.reporting.gradebook import GradebookDocument, StudentRow, build_columns, build_gradebook, build_row
from labgrader.rosters import Student
from labgrader.store import Keys, MissingError, Store


def load_gradebook(store: Store, run_id: str) -> GradebookDocument | None:
    """Return the gradebook of a run, or ``None`` if the run has none: it is running, or it failed.

    Runs of earlier versions kept their gradebook as CSV only. Theirs is built again from their reports. If a gradebook
    does not say its mode and when the run finished, they are taken from the run's record. If it does not say the title
    of the lab and which checks are hidden, they are taken from the lab of the run.

    Args:
        store: the stack's store.
        run_id: the run.

    Raises:
        MissingError: the run has a gradebook as CSV only, and one of its reports is missing.
    """
    keys = Keys(run_id)
    try:
        kept: GradebookDocument = store.get_json(keys.gradebook_json)
    except MissingError:
        if not store.keys(keys.gradebook):
            return None
        kept = _from_reports(store, run_id)
    if "lab_title" not in kept:
        kept = _with_lab(kept, store)
    return kept if kept.get("mode") else _with_record(kept, store)


def _with_record(gradebook: GradebookDocument, store: Store) -> GradebookDocument:
    """Return a gradebook with the mode and the end that the run's record has; as it is if there is no record."""
    record = store.run(gradebook["run_id"])
    return {**gradebook, "mode": record.mode, "finished_at": record.finished_at} if record else gradebook


def _with_lab(gradebook: GradebookDocument, store: Store) -> GradebookDocument:
    """Return a gradebook with the title and the checks that the run's lab has; as it is if there is no lab."""
    try:
        lab = store.lab(gradebook["run_id"])
    except MissingError:
        return gradebook
    return {**gradebook, "lab_title": lab.title, "checks": build_columns(lab)}


def _from_reports(store: Store, run_id: str) -> GradebookDocument:
    """Build a gradebook from the reports of a run. Of each report only its row stays in memory."""

    def row(student: Student) -> StudentRow:
        return build_row(student, store.get_json(Keys(run_id).report(student.username)))

    with ThreadPoolExecutor(max_workers=16) as pool:
        return build_gradebook(run_id, store.lab(run_id), pool.map(row, store.students(run_id)))
