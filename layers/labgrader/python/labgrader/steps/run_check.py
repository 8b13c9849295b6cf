"""Run check: judge one configuration check of one student from the snapshot. It reads and writes only S3."""

from __future__ import annotations

from labgrader.evidence.question import Answers
from labgrader.judging.judge import judge_recorded
from labgrader.judging.verdict import Verdict
from labgrader.steps.run_documents import CheckRecord, snapshot_of, students_lab
from labgrader.store import Keys, Store


def run_check(store: Store, run_id: str, username: str, check_id: str) -> Verdict:
    """Judge one check, store the verdict and return it.

    Raises:
        NotGradedError: AWS refused a request that the check needs. The state machine turns it into ``not_graded``.
    """
    snapshot = snapshot_of(store, run_id, username)
    verdict = judge_recorded(students_lab(store, run_id, snapshot).item(check_id), snapshot)
    record = CheckRecord(check_id, Answers(), verdict)
    store.put_json_once(Keys(run_id).evidence(username, check_id), record.to_dict())
    return verdict
