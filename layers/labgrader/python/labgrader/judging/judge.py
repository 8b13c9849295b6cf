"""Judging one item of a lab from recorded evidence. Pure: no AWS, no clock, no randomness."""

from __future__ import annotations

from labgrader.errors import NotGradedError
from labgrader.evidence.load import LoadTest
from labgrader.evidence.probe import Probe
from labgrader.evidence.question import Answers, Question, UnaskedError
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.check import find_check
from labgrader.judging.verdict import Verdict
from labgrader.lab import Item
from labgrader.messages import fill


def judge(item: Item, snapshot: Snapshot, answers: Answers | None = None) -> Verdict:
    """Judge one item for one student.

    Args:
        item: a check of the lab, made the student's by ``Lab.for_student`` (no ``{username}`` is left in it).
        snapshot: what AWS said about the student.
        answers: the recorded invocations or load tests of this item, for checks that need them.

    Raises:
        NotGradedError: AWS refused an answer that the check needs.
        UnaskedError: the check asks what was never recorded.
    """
    found = find_check(item.check)
    evidence: Snapshot | Probe | LoadTest = snapshot
    if found.kind == "behaviour":
        evidence = Probe(snapshot, answers or Answers())
    elif found.kind == "performance":
        evidence = LoadTest(snapshot, answers or Answers())
    verdict = found.judge(evidence, **item.parameters)
    if verdict.status == "passed":
        return verdict
    hint = fill(
        verdict.hint or item.hint or found.hint,
        {
            **item.parameters,
            "username": snapshot.username,
            "account_id": snapshot.account_id,
            "region": snapshot.region,
        },
    )
    return Verdict(
        verdict.status,
        verdict.fraction,
        verdict.message,
        verdict.expected,
        verdict.observed,
        hint,
        verdict.evidence,
    )


def judge_recorded(item: Item, snapshot: Snapshot, answers: Answers | None = None) -> Verdict:
    """Judge from a record alone, as a regrade does.

    Raises:
        NotGradedError: AWS refused an answer, or the record does not hold one that the check needs.
    """
    try:
        return judge(item, snapshot, answers)
    except UnaskedError as unasked:
        raise NotGradedError(unasked.question.action, "this was not recorded when the student was graded") from None


def open_question(item: Item, snapshot: Snapshot, answers: Answers | None = None) -> Question | None:
    """Return the next question that an item asks and the record does not answer, or ``None`` when it can be judged."""
    try:
        judge(item, snapshot, answers)
    except UnaskedError as unasked:
        return unasked.question
    except NotGradedError:
        return None
    return None
