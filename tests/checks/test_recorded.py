"""The lab's proof again, from what `labgrader verify --record` kept: no AWS, no workflow, every mistake."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from checks.simulation.pack import load_pack
from cli.verification.proof import differences
from cli.verification.record import PERFECT, ProofRecords, Record, as_report, judged
from labgrader.judging.scoring import Score
from labgrader.judging.verdict import Verdict
from labgrader.labs.lab import Lab, find_lab
from tests.checks.test_labs import LABS

FIXTURES = Path(__file__).parents[1] / "fixtures"
RECORDED = [(lab_id, file.stem) for lab_id in sorted(LABS) for file in sorted((FIXTURES / lab_id).glob("*.json"))]

every_record = pytest.mark.parametrize(("lab_id", "case"), RECORDED, ids=[f"{lab}-{case}" for lab, case in RECORDED])


@cache
def lab(lab_id: str) -> Lab:
    return find_lab(lab_id)


@cache
def records(lab_id: str) -> ProofRecords:
    return ProofRecords(FIXTURES / lab_id, lab(lab_id))


@cache
def judged_record(lab_id: str, case: str) -> tuple[Record, dict[str, Verdict], Score]:
    record = records(lab_id).read(case)
    return record, *judged(lab(lab_id), record)


@every_record
def test_a_mistake_fails_exactly_the_checks_it_names(lab_id: str, case: str) -> None:
    mistake = None if case == PERFECT else load_pack(lab_id).mistake(case)
    record, _, result = judged_record(lab_id, case)
    assert (record["case"], record["fails"]) == (case, sorted(mistake.fails) if mistake else [])
    assert list(differences(lab(lab_id), mistake, as_report(result))) == []
    assert result.complete is not bool(mistake and mistake.not_graded)


@every_record
def test_the_record_is_judged_to_the_verdicts_of_its_run(lab_id: str, case: str) -> None:
    record, verdicts, _ = judged_record(lab_id, case)
    for check, evidence in record["evidence"].items():
        assert verdicts[check].to_dict() == evidence["verdict"]


@every_record
def test_every_loss_is_explained_with_a_command(lab_id: str, case: str) -> None:
    _, _, result = judged_record(lab_id, case)
    for check in result.checks:
        if check.verdict.status in ("failed", "partial"):
            assert check.verdict.message, check.item.id
            assert check.verdict.hint, check.item.id
            assert "{username}" not in check.verdict.hint


@pytest.mark.parametrize("lab_id", sorted(LABS))
def test_every_mistake_of_a_lab_is_recorded(lab_id: str) -> None:
    recorded = {case for recorded_lab, case in RECORDED if recorded_lab == lab_id}
    assert recorded == {PERFECT, *(mistake.id for mistake in load_pack(lab_id).mistakes)}, (
        f"run `labgrader verify {lab_id} --record tests/fixtures/{lab_id}`"
    )
