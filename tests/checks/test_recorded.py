"""The lab's proof again, from what `labgrader verify --record` kept: no AWS, no workflow, every mistake."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cli.proof import differences
from cli.simulation.pack import load_pack
from labgrader.errors import NotGradedError
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.judge import judge_recorded
from labgrader.judging.scoring import Score, score
from labgrader.judging.verdict import Verdict, not_graded
from labgrader.lab import Lab, find_lab
from labgrader.steps.run_record import CheckRecord

FIXTURES = Path(__file__).parents[1] / "fixtures"
RECORDS = sorted(FIXTURES.glob("*/*.json"))


@cache
def record(file: Path) -> dict[str, Any]:
    return dict(json.loads(file.read_text(encoding="utf-8")))


def judged(lab: Lab, file: Path) -> tuple[Lab, dict[str, Verdict], Score]:
    """Judge a record: what each check says by itself, and what it comes to."""
    kept = record(file)
    snapshot = Snapshot.from_dict(kept["snapshot"])
    mine = lab.for_student(snapshot.username, snapshot.account_id, snapshot.region)
    verdicts = {}
    measured = [item for item in mine.advice if item.id in kept["evidence"]]
    for item in [*mine.checks, *measured]:
        evidence = kept["evidence"].get(item.id)
        answers = CheckRecord.from_dict(evidence).answers if evidence else None
        try:
            verdicts[item.id] = judge_recorded(item, snapshot, answers)
        except NotGradedError as reason:  # not asked, because a prerequisite failed
            verdicts[item.id] = not_graded(str(reason))
    return mine, verdicts, score(mine.checks, verdicts)


def as_report(result: Score) -> dict[str, Any]:
    return {
        "checks": [
            {"id": check.item.id, "status": check.verdict.status, "message": check.verdict.message}
            for check in result.checks
        ],
        "score": {"points": result.points, "max_points": result.max_points},
    }


@pytest.mark.parametrize("file", RECORDS, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_mistake_fails_exactly_the_checks_it_names(file: Path) -> None:
    lab = find_lab(file.parent.name)
    case = record(file)["case"]
    mistake = None if case == "perfect" else load_pack(lab.id).mistake(case)
    _, _, result = judged(lab, file)
    assert list(differences(lab, mistake, as_report(result))) == []
    assert result.complete


@pytest.mark.parametrize("file", RECORDS, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_the_record_is_judged_to_the_verdicts_of_its_run(file: Path) -> None:
    _, verdicts, _ = judged(find_lab(file.parent.name), file)
    for check, evidence in record(file)["evidence"].items():
        assert verdicts[check].to_dict() == evidence["verdict"]


@pytest.mark.parametrize("file", RECORDS, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_every_loss_is_explained_with_a_command(file: Path) -> None:
    _, _, result = judged(find_lab(file.parent.name), file)
    for check in result.checks:
        if check.verdict.status in ("failed", "partial"):
            assert check.verdict.message, check.item.id
            assert check.verdict.hint, check.item.id
            assert "{username}" not in check.verdict.hint


@pytest.mark.parametrize("lab_id", sorted({file.parent.name for file in RECORDS}))
def test_every_mistake_of_a_lab_is_recorded(lab_id: str) -> None:
    recorded = {file.stem for file in RECORDS if file.parent.name == lab_id}
    assert recorded == {"perfect", *(mistake.id for mistake in load_pack(lab_id).mistakes)}, (
        f"run `labgrader verify {lab_id} --record tests/fixtures/{lab_id}`"
    )
