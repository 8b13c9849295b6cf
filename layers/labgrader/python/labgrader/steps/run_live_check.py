"""Run probe and Run load test: ask a student's functions what the check wants to know, keep it, then judge it."""

from __future__ import annotations

from collections.abc import Callable

from labgrader.errors import NotGradedError
from labgrader.evidence.question import LIVE_ACTIONS, Answer, Answers, Question
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.check import find_check
from labgrader.judging.judge import judge_recorded, open_question
from labgrader.judging.scoring import apply_prerequisites
from labgrader.judging.verdict import Verdict, not_graded
from labgrader.lab import Item, Lab
from labgrader.steps.run_record import CheckRecord, snapshot_of, students_lab
from labgrader.store import Keys, MissingError, Store

MAX_QUESTIONS = 50
"""Invocations or load tests that one check may ask for."""


def run_live_check(
    store: Store, run_id: str, username: str, check_id: str, answer: Callable[[Question], Answer]
) -> Verdict:
    """Record what a behaviour or performance check asks, and judge it.

    Delivered twice, the record that is there is judged again; nothing is invoked a second time.

    Args:
        store: the stack's store.
        run_id, username, check_id: what is to be judged.
        answer: puts one question to the student's functions.

    Raises:
        NotGradedError: AWS refused, or the check asks what was not recorded.
    """
    snapshot = snapshot_of(store, run_id, username)
    lab = students_lab(store, run_id, snapshot)
    item = lab.item(check_id)
    key = Keys(run_id).evidence(username, check_id)
    try:
        record = CheckRecord.from_dict(store.get_json(key))
    except MissingError:
        record = _record(store, run_id, lab, item, snapshot, answer)
        record = CheckRecord.from_dict(store.put_json_once(key, record.to_dict()))
    return record.verdict or judge_recorded(item, snapshot, record.answers)


def _record(
    store: Store, run_id: str, lab: Lab, item: Item, snapshot: Snapshot, answer: Callable[[Question], Answer]
) -> CheckRecord:
    """Ask until the check can be judged; nothing is asked where a prerequisite failed."""
    answers = Answers()
    comes_first = [(one, _prerequisite(store, run_id, one, snapshot)) for one in map(lab.item, item.requires)]
    pending = apply_prerequisites(not_graded("not run yet"), comes_first)
    if pending.status == "skipped":
        return CheckRecord(item.id, answers, pending)
    for _ in range(MAX_QUESTIONS):
        question = open_question(item, snapshot, answers)
        if question is None:
            break
        if question.action not in LIVE_ACTIONS:
            break  # the snapshot does not hold it: judging says so
        answers.record(question, answer(question))
    try:
        return CheckRecord(item.id, answers, judge_recorded(item, snapshot, answers))
    except NotGradedError:
        return CheckRecord(item.id, answers, None)  # kept as evidence; whoever reads it judges it and hears why


def _prerequisite(store: Store, run_id: str, item: Item, snapshot: Snapshot) -> Verdict:
    """The verdict of a check that comes first: judged from the snapshot, or read where it needed an invocation."""
    try:
        if find_check(item.check).kind == "configuration":
            return judge_recorded(item, snapshot)
        record = CheckRecord.from_dict(store.get_json(Keys(run_id).evidence(snapshot.username, item.id)))
    except (NotGradedError, MissingError):
        return not_graded("not known yet")
    return record.verdict or not_graded("not known yet")
