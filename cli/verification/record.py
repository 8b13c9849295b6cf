"""The records of `labgrader verify --record`, from which the checks judge a proof again without AWS.

``perfect.json`` has the data from which the perfect student was judged. The file of each mistake has the differences as
a JSON Patch (RFC 6902), which shows what the mistake changes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jsonpatch

from cli.verification.json_patch import difference, dumps
from cli.verification.reproducible import normalized, settled, without_numbers
from labgrader.errors import BadInputError, NotGradedError
from labgrader.evidence.question import Answers
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.judge import judge_recorded
from labgrader.judging.scoring import Score, score
from labgrader.judging.verdict import Verdict, not_graded
from labgrader.labs.lab import Lab

SCHEMA = "labgrader.proof/2"
PERFECT = "perfect"
USERNAME = "student00"
"""The student of every record. It is as long as the usernames in `cli.verification.proof`, so no size in a record
depends on a username."""

Json = Any
Record = Mapping[str, Json]


class ProofRecords:
    """The records of one lab's proof.

    Args:
        folder: the folder, with a file for each case.
        lab: the lab. Its checks decide whether a verdict depends on a measured value.
    """

    def __init__(self, folder: Path, lab: Lab) -> None:
        self._folder = folder
        self._lab = lab
        self._perfect: Record | None = None

    def cases(self) -> list[str]:
        """Return the recorded cases."""
        return sorted(file.stem for file in self._folder.glob("*.json"))

    def read(self, case: str) -> Record:
        """Return the whole record of a case: ``case``, ``fails``, ``username``, ``snapshot``, ``evidence``.

        Raises:
            BadInputError: the case is not recorded, or the record has another format.
        """
        if case == PERFECT:
            if self._perfect is None:
                self._perfect = self._load(PERFECT)
            return self._perfect
        kept = self._load(case)
        try:
            changed = jsonpatch.apply_patch(_judged_part(self.read(PERFECT)), kept["patch"])
        except jsonpatch.JsonPatchException as error:
            raise BadInputError(
                [f"{self._file(case)} does not fit {PERFECT}.json ({error}): delete it and record the proof again"]
            ) from error
        return {**self.read(PERFECT), "case": case, "fails": kept["fails"], **changed}

    def write(self, record: Record, same: Callable[[Verdict, Verdict], bool] | None = None) -> None:
        """Save a record. Save that of the perfect student first.

        Fixed values replace names, times and random ids. Measured values on which no verdict depends are replaced by
        those of the perfect student, and in the record of the perfect student by those of the earlier record.

        Args:
            record: a record with the fields that ``read`` returns.
            same: returns whether two verdicts are the same. By default, numbers in their sentences may differ.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        recorded = self.cases()
        if record["case"] != PERFECT:
            self._write_patch(self._reproducible(record, self.read(PERFECT), same or same_but_for_numbers))
            return
        others = {case: self.read(case) for case in recorded if case != PERFECT}
        earlier = self.read(PERFECT) if PERFECT in recorded else None
        self._perfect = self._reproducible(record, earlier, same or same_but_for_numbers)
        self._save(self._perfect)
        for other in others.values():
            self._write_patch(other)

    def _reproducible(
        self, record: Record, reference: Record | None, same: Callable[[Verdict, Verdict], bool]
    ) -> Record:
        result = {**normalized(record, USERNAME), "schema": SCHEMA, "case": record["case"]}
        snapshot = Snapshot.from_dict(result["snapshot"])
        lab = self._lab.for_student(snapshot.username, snapshot.account_id, snapshot.region)
        for check, kept in result["evidence"].items():
            if reference is None or kept["verdict"] is None:
                continue
            answers = settled(kept["answers"], reference["evidence"].get(check, {}).get("answers", {}))
            try:
                verdict = judge_recorded(lab.item(check), snapshot, Answers.from_dict(answers))
            except NotGradedError:  # the questions of the check depend on a measured value
                continue
            if same(verdict, Verdict.from_dict(kept["verdict"])):
                kept |= {"answers": answers, "verdict": verdict.to_dict()}
        return result

    def _write_patch(self, record: Record) -> None:
        patch = list(difference(_judged_part(self.read(PERFECT)), _judged_part(record)))
        self._save({"schema": SCHEMA, "case": record["case"], "fails": record["fails"], "patch": patch})

    def _save(self, document: Record) -> None:
        self._file(document["case"]).write_text(dumps(document) + "\n", encoding="utf-8")

    def _load(self, case: str) -> dict[str, Json]:
        file = self._file(case)
        if not file.is_file():
            command = f"labgrader verify {self._lab.id} --record {self._folder}"
            raise BadInputError([f"{file} does not exist; record the proof with `{command}`"])
        document = json.loads(file.read_text(encoding="utf-8"))
        if document.get("schema") != SCHEMA:
            raise BadInputError([f"{file} does not have the format {SCHEMA}; delete it and record the proof again"])
        return dict(document)

    def _file(self, case: str) -> Path:
        return self._folder / f"{case}.json"


def same_but_for_numbers(verdict: Verdict, other: Verdict) -> bool:
    """Return whether two verdicts are the same except for numbers in their sentences."""
    return bool(_without_numbers(verdict) == _without_numbers(other))


def judged(lab: Lab, record: Record) -> tuple[dict[str, Verdict], Score]:
    """Judge a record. Return the verdict of each check without its prerequisites, and the score."""
    snapshot = Snapshot.from_dict(record["snapshot"])
    mine = lab.for_student(snapshot.username, snapshot.account_id, snapshot.region)
    evidence = record["evidence"]
    verdicts = {}
    for item in (*mine.checks, *(item for item in mine.advice if item.id in evidence)):
        answers = Answers.from_dict(evidence[item.id]["answers"]) if item.id in evidence else None
        try:
            verdicts[item.id] = judge_recorded(item, snapshot, answers)
        except NotGradedError as reason:  # no evidence, because a prerequisite failed
            verdicts[item.id] = not_graded(str(reason), reason.reason_code)
    return verdicts, score(mine.checks, verdicts)


def as_report(result: Score) -> dict[str, Json]:
    """Return the part of a student's report that a proof compares."""
    return {
        "checks": [
            {"id": check.item.id, "status": check.verdict.status, "message": check.verdict.message}
            for check in result.checks
        ],
        "score": {"points": result.points, "max_points": result.max_points},
    }


def _judged_part(record: Record) -> dict[str, Json]:
    return {"snapshot": record["snapshot"], "evidence": record["evidence"]}


def _without_numbers(verdict: Verdict) -> Json:
    document = verdict.to_dict()
    texts = {name: without_numbers(text) for name, text in document.items() if isinstance(text, str)}
    return {**document, **texts, "evidence": [without_numbers(str(entry)) for entry in document["evidence"]]}
