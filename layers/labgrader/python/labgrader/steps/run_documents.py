"""Documents of a run that several states read: the frozen lab, a student's snapshot, the record of one check.

The last few are cached: a warm function serves many checks of the same run, and these documents never change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from labgrader.evidence.question import Answers
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.verdict import Verdict
from labgrader.labs.lab import Lab
from labgrader.rosters import Student
from labgrader.store import Keys, Store

EVIDENCE_SCHEMA = "labgrader.evidence/1"


@dataclass(frozen=True)
class CheckRecord:
    """The record of one check of one student: the recorded answers, and the verdict.

    ``verdict`` is ``None`` if the answers could not be judged. The reader judges them again to get the error.
    """

    check: str
    answers: Answers
    verdict: Verdict | None

    def to_dict(self) -> dict[str, Any]:
        """Return the record as JSON."""
        return {
            "schema": EVIDENCE_SCHEMA,
            "check": self.check,
            "answers": self.answers.to_dict(),
            "verdict": self.verdict.to_dict() if self.verdict else None,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> CheckRecord:
        """Read what ``to_dict`` wrote."""
        verdict = document["verdict"]
        return cls(
            check=document["check"],
            answers=Answers.from_dict(document["answers"]),
            verdict=Verdict.from_dict(verdict) if verdict else None,
        )


@lru_cache(maxsize=4)
def lab_of(store: Store, run_id: str) -> Lab:
    """Return the lab as the run froze it."""
    return store.lab(run_id)


@lru_cache(maxsize=16)
def snapshot_of(store: Store, run_id: str, username: str) -> Snapshot:
    """Return a student's snapshot."""
    return Snapshot.from_dict(store.get_json(Keys(run_id).snapshot(username)))


def students_lab(store: Store, run_id: str, snapshot: Snapshot) -> Lab:
    """Return the run's lab with the student's names filled in."""
    return lab_of(store, run_id).for_student(snapshot.username, snapshot.account_id, snapshot.region)


def student_of(store: Store, run_id: str, username: str) -> Student:
    """Return a student's row of the run's roster."""
    return students_of(store, run_id)[username]


@lru_cache(maxsize=2)
def students_of(store: Store, run_id: str) -> Mapping[str, Student]:
    """Return all rows of the run's roster, by username."""
    return {student.username: student for student in store.students(run_id)}


def records_of(store: Store, run_id: str, username: str) -> dict[str, CheckRecord]:
    """Return all records of a student, by check id."""
    documents = store.get_all_json(store.keys(Keys(run_id).evidence(username)))
    records = [CheckRecord.from_dict(document) for document in documents.values()]
    return {record.check: record for record in records}
