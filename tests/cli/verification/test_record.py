"""The record of a proof is reproducible, and the file of a mistake has what the mistake changes."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from cli.verification.record import PERFECT, ProofRecords, judged
from labgrader.errors import BadInputError
from labgrader.labs.lab import find_lab
from tests.checks.test_labs import LABS
from tests.checks.test_recorded import FIXTURES

LAB = "serverless-foundations"

MISTAKES = {
    "lambda-fundamentals": "terraform-stage-dev",
    "lambda-optimization": "capital-letters",
    "performance-scaling": "bad-input-crashes",
    "serverless-foundations": "created-200",
}


def records(folder: Path, lab_id: str = LAB) -> ProofRecords:
    return ProofRecords(folder, find_lab(lab_id))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the records of the perfect student and of two mistakes."""
    for case in (PERFECT, "created-200", "no-tags"):
        shutil.copy(FIXTURES / LAB / f"{case}.json", tmp_path)
    return tmp_path


def in_another_run(record: Any, number: int) -> Any:
    """Return the record of another run: with another student and other times, ids and measurements."""
    text = json.dumps(record)
    for name in ("student", "Student"):
        text = text.replace(f"{name}00", f"{name}{number:02}")
    text = text.replace("2026-01-01T00:00:0", f"2026-11-{number:02}T23:59:1")
    text = text.replace("2026-01-01 00:00:0", f"2026-11-{number:02} 23:59:1")
    text = re.sub(r"00000000-0000-4000-8000-0000(\d{7}[1-9])", rf"9b6bcf{number:02}-4a1c-4d2b-9a3e-bcde\1", text)
    for prefix in ("api", "plan", "key", "deploy"):
        text = re.sub(rf"\b{prefix}0+(\d)\b", rf"{number:02}{prefix[0]}{prefix[-1]}c0f\1", text)
    text = re.sub(r"/var/task/worker(\d\d)/", rf"/var/task/p_{number:02}nx\1/", text)
    other = json.loads(text)
    for kept in other["evidence"].values():
        for answer in kept["answers"].values():
            for name in ("duration_ms", "waited_ms"):
                if name in (answer.get("value") or {}):
                    answer["value"][name] += number
    return other


@pytest.mark.parametrize("lab_id", sorted(LABS))
def test_recorded_again_it_is_the_same_file(tmp_path: Path, lab_id: str) -> None:
    kept = FIXTURES / lab_id
    shutil.copy(kept / "perfect.json", tmp_path)
    recorded, again = records(kept, lab_id), records(tmp_path, lab_id)
    for number, case in ((7, PERFECT), (23, MISTAKES[lab_id])):
        again.write(in_another_run(recorded.read(case), number))
        assert (tmp_path / f"{case}.json").read_text() == (kept / f"{case}.json").read_text()


def test_the_file_of_a_mistake_has_only_the_changes(folder: Path) -> None:
    kept = json.loads((folder / "created-200.json").read_text())
    assert (kept["schema"], kept["case"], kept["fails"]) == ("labgrader.proof/2", "created-200", ["todo-create"])
    verdict = {
        change["path"].rpartition("/")[2]: change["value"]
        for change in kept["patch"]
        if change["path"].startswith("/evidence/todo-create/verdict/")
    }
    assert verdict["status"] == "partial"
    assert verdict["message"] == (
        "student00-todo-api: POST /todos created the item, but in the response the status is 200 instead of 201."
    )
    assert not [change["path"] for change in kept["patch"] if "duration_ms" in change["path"]]


def test_a_mistake_that_changes_nothing_has_an_empty_patch(folder: Path) -> None:
    perfect = records(folder).read(PERFECT)
    records(folder).write({**perfect, "case": "none", "fails": []})
    assert (folder / "none.json").read_text() == (
        '{"case": "none", "fails": [], "patch": [], "schema": "labgrader.proof/2"}\n'
    )
    assert records(folder).read("none") == {**perfect, "case": "none"}


def test_records_of_mistakes_stay_the_same_when_the_perfect_student_changes(folder: Path) -> None:
    before = {case: records(folder).read(case) for case in ("created-200", "no-tags")}
    perfect = json.loads(json.dumps(records(folder).read(PERFECT)))
    answers = perfect["snapshot"]["answers"]
    answers["lambda:ListFunctions"]["value"].append("student00-another")
    del answers["logs:DescribeLogGroups"]
    perfect["evidence"]["todo-new"] = perfect["evidence"]["todo-create"] | {"check": "todo-create"}
    records(folder).write(json.loads(json.dumps(perfect).replace('"todo-new"', '"todo-create"')))
    assert "student00-another" in (folder / "perfect.json").read_text()
    assert {case: records(folder).read(case) for case in before} == before


def test_a_measured_value_that_a_verdict_depends_on_is_kept(tmp_path: Path) -> None:
    """A load test that fails differs from that of the perfect student only in numbers and in the verdict."""
    lab_id, check = "performance-scaling", "under-load"
    shutil.copy(FIXTURES / lab_id / "perfect.json", tmp_path)
    slow = json.loads(json.dumps(records(tmp_path, lab_id).read(PERFECT)))
    kept = slow["evidence"][check]
    for answer in kept["answers"].values():
        answer["value"] |= {"succeeded": 40, "function_errors": 60}
    verdicts, _ = judged(find_lab(lab_id), slow)
    assert verdicts[check].status == "failed"
    kept["verdict"] = verdicts[check].to_dict()
    records(tmp_path, lab_id).write({**slow, "case": "slow", "fails": [check]})
    read = records(tmp_path, lab_id).read("slow")
    assert judged(find_lab(lab_id), read)[0][check].to_dict() == kept["verdict"]
    assert [answer["value"]["function_errors"] for answer in read["evidence"][check]["answers"].values()] == [60]


def test_a_mistake_is_recorded_after_the_perfect_student(tmp_path: Path) -> None:
    mistake = records(FIXTURES / LAB).read("created-200")
    with pytest.raises(BadInputError) as refused:
        records(tmp_path).write(mistake)
    assert str(refused.value) == (
        f"{tmp_path}/perfect.json does not exist; record the proof with "
        f"`labgrader verify serverless-foundations --record {tmp_path}`"
    )


def test_a_record_of_another_version_is_refused(folder: Path) -> None:
    (folder / "perfect.json").write_text('{"schema": "labgrader.proof/1", "case": "perfect"}')
    with pytest.raises(BadInputError) as refused:
        records(folder).read("created-200")
    assert str(refused.value) == (
        f"{folder}/perfect.json does not have the format labgrader.proof/2; delete it and record the proof again"
    )


def test_a_patch_that_does_not_fit_is_refused(folder: Path) -> None:
    kept = json.loads((folder / "created-200.json").read_text())
    kept["patch"] = [{"op": "remove", "path": "/snapshot/nothing"}]
    (folder / "created-200.json").write_text(json.dumps(kept))
    with pytest.raises(BadInputError) as refused:
        records(folder).read("created-200")
    assert str(refused.value).startswith(f"{folder}/created-200.json does not fit perfect.json (")
    assert str(refused.value).endswith("): delete it and record the proof again")
