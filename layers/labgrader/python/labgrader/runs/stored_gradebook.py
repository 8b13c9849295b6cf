"""The gradebook of a run, read from the store."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from labgrader.reporting.gradebook import GradebookDocument, StudentRow, build_gradebook, build_row
from labgrader.rosters import Student
from labgrader.store import Keys, MissingError, Store


def load_gradebook(store: Store, run_id: str) -> GradebookDocument | None:
    """Return the gradebook of a run, or ``None`` if the run has none: it is running, or it failed.

    Runs of earlier versions kept their gradebook as CSV only. Theirs is built again from their reports.

    Args:
        store: the stack's store.
        run_id: the run.

    Raises:
        MissingError: the run has a gradebook as CSV only, and a report that it was made of is not there.
    """
    keys = Keys(run_id)
    try:
        kept: GradebookDocument = store.get_json(keys.gradebook_json)
    except MissingError:
        return _from_reports(store, run_id) if store.keys(keys.gradebook) else None
    return kept


def _from_reports(store: Store, run_id: str) -> GradebookDocument:
    """Build a gradebook from the reports of a run. Of each report only its row stays in memory."""

    def row(student: Student) -> StudentRow:
        return build_row(student, store.get_json(Keys(run_id).report(student.username)))

    with ThreadPoolExecutor(max_workers=16) as pool:
        return build_gradebook(run_id, store.lab(run_id), pool.map(row, store.students(run_id)))
