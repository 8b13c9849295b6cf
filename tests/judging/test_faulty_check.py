"""A fault in a check never costs a student points: the check is not graded, and the reason names file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from labgrader.errors import NotGradedError
from labgrader.evidence.question import Answers
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.judge import judge, next_question
from labgrader.judging.verdict import not_graded
from labgrader.labs.lab import Item
from labgrader.labs.search_path import searching
from labgrader.reasons import Reason
from labgrader.steps.check_outcomes import resolve_outcome
from labgrader.steps.error_reason import reason_in_text

CHECK = """\
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check


@check(title="It is", hint="aws lambda list-functions")
def mine(snapshot: Snapshot) -> Verdict:
    \"\"\"Holds.\"\"\"
    {body}
"""

ITEM = Item("mine", "mine", "It is", points=1)
BEGINNING = "could not be graded, and no points are lost: there is a fault in the check mine: "


def empty_snapshot() -> Snapshot:
    answers = Answers.from_dict({"lambda:ListFunctions": {"value": []}})
    return Snapshot("ada", "111122223333", "us-east-1", "2026-01-01T00:00:00Z", answers)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "checks").mkdir()
    return tmp_path


def sentence(folder: Path, body: str) -> str:
    (folder / "checks" / "mine.py").write_text(CHECK.format(body=body), encoding="utf-8")
    with searching(folder), pytest.raises(NotGradedError) as refused:
        judge(ITEM, empty_snapshot())
    return str(refused.value)


def test_an_error_is_named_with_its_file_and_line(folder: Path) -> None:
    said = sentence(folder, "return snapshot.functions[0].timeout")
    assert said.startswith(f"{BEGINNING}checks/mine.py:8: ")
    assert "Error: " in said


def test_an_error_in_what_the_check_calls_is_named_with_the_line_of_the_check(folder: Path) -> None:
    said = sentence(folder, "return __import__('json').loads('{')")
    assert said.startswith(f"{BEGINNING}checks/mine.py:8: JSONDecodeError: ")


def test_a_result_that_is_not_a_verdict_is_named(folder: Path) -> None:
    assert sentence(folder, "return None") == f"{BEGINNING}it returned NoneType instead of a verdict"


def test_a_self_check_with_a_faulty_check_does_not_count(folder: Path) -> None:
    said = sentence(folder, "raise ValueError('no')")
    assert said == f"{BEGINNING}checks/mine.py:8: ValueError: no"
    with searching(folder):
        assert next_question(ITEM, empty_snapshot()) is None
        with pytest.raises(NotGradedError) as refused, reason_in_text():
            judge(ITEM, empty_snapshot())
        found = resolve_outcome(ITEM, empty_snapshot(), None, {"error": "NotGradedError", "cause": str(refused.value)})
    assert found == not_graded(said, Reason.GRADER)
