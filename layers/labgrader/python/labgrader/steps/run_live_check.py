"""Run probe and Run load test: ask a student's functions what the check wants to know, keep it, then judge it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from labgrader.errors import NOT_GRADED, NotGradedError, ServiceFaultError, ThrottledError
from labgrader.evidence.load.load_test import COMPARE, LOAD_TEST
from labgrader.evidence.question import LIVE_ACTIONS, Answer, Answers, Question
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.check import find_check
from labgrader.judging.judge import judge_recorded, next_question
from labgrader.judging.scoring import settle
from labgrader.judging.verdict import Verdict, not_graded
from labgrader.labs.lab import Item, Lab
from labgrader.load_testing.admission import TEST_S
from labgrader.reasons import Reason
from labgrader.recording.api_errors import NOT_REACHED
from labgrader.steps.run_documents import CheckRecord, snapshot_of, students_lab
from labgrader.store import Keys, MissingError, Store

MAX_QUESTIONS = 50
"""Calls or load tests that one check may ask for."""

ROUND_S = 30
"""Seconds that a call may take beyond its own timeout: repetitions after throttles, and tidying up."""


NO_TIME_LEFT = Answer(
    error_code=NOT_REACHED,
    error_message="the time for this check was over before everything could be tried",
    reason=Reason.TIME_OVER,
)


@dataclass(frozen=True)
class Delivery:
    """One delivery of a task; Lambda and Step Functions may deliver the same task twice.

    Args:
        id: the invocation's request id.
        ends_at: when this invocation is over at the latest, in seconds since the epoch.
    """

    id: str
    ends_at: float


def run_live_check(
    store: Store,
    run_id: str,
    username: str,
    check_id: str,
    answer: Callable[[Question], Answer],
    delivery: Delivery,
) -> Verdict:
    """Record what a behaviour or performance check asks, and judge it.

    Delivered twice, nothing is invoked a second time: the record that is there is judged again, and where the other
    delivery is still at it, its record is waited for. A delivery that gives up leaves its answers to the next one.

    Args:
        store: the stack's store.
        run_id, username, check_id: what is to be judged.
        answer: puts one question to the student's functions.
        delivery: whose turn this is.

    Raises:
        NotGradedError: AWS refused, the check asks what was not recorded, or the other delivery left no record.
        ServiceFaultError, ThrottledError: AWS failed on the way to the student's functions, or there was no time for a
            load test any more; the next delivery goes on.
    """
    snapshot = snapshot_of(store, run_id, username)
    lab = students_lab(store, run_id, snapshot)
    item = lab.item(check_id)
    key = Keys(run_id).evidence(username, check_id)
    try:
        record = CheckRecord.from_dict(store.get_json(key))
    except MissingError:
        claim = store.put_json_once(Keys(run_id).claim(username, check_id), asdict(delivery))
        if claim["id"] != delivery.id and time.time() < claim["ends_at"]:
            record = _wait_for(store, key, min(claim["ends_at"], delivery.ends_at))
        else:
            answers = Answers.from_dict(claim.get("answers", {}))
            try:
                made = _record(store, run_id, lab, item, snapshot, answers, answer, delivery.ends_at)
            except (ServiceFaultError, ThrottledError):  # the workflow tries again in a moment, as another delivery
                given_up = {**asdict(delivery), "ends_at": 0.0, "answers": answers.to_dict()}
                store.put_json(Keys(run_id).claim(username, check_id), given_up)
                raise
            record = CheckRecord.from_dict(store.put_json_once(key, made.to_dict()))
    return record.verdict or judge_recorded(item, snapshot, record.answers)


def _wait_for(store: Store, key: str, until: float) -> CheckRecord:
    """Wait for the record that another delivery of this task is making."""
    while time.time() < until:
        try:
            return CheckRecord.from_dict(store.get_json(key))
        except MissingError:
            time.sleep(min(1.0, max(0.0, until - time.time())))
    said = "the task was delivered twice, and the first one left no record"
    raise NotGradedError("lambda:InvokeFunction", said, Reason.GRADER)


def _record(
    store: Store,
    run_id: str,
    lab: Lab,
    item: Item,
    snapshot: Snapshot,
    answers: Answers,
    answer: Callable[[Question], Answer],
    ends_at: float,
) -> CheckRecord:
    """Ask until the check can be judged, on top of the answers there are; nothing where a prerequisite failed.

    Raises:
        ServiceFaultError, ThrottledError: as ``answer`` does, or no time was left for a load test that follows others,
            as where those had to wait.
    """

    def own(one: Item) -> Verdict:
        return not_graded("not run yet", Reason.GRADER) if one.id == item.id else _own(store, run_id, one, snapshot)

    pending = settle(item, lab.item, own, {})
    if pending.status == "skipped":
        return CheckRecord(item.id, answers, pending)
    began = time.time()
    for _ in range(MAX_QUESTIONS):
        question = next_question(item, snapshot, answers)
        if question is None:
            break
        if question.action not in LIVE_ACTIONS:
            break  # the snapshot does not hold it: judging says so
        fits = _fits(question, ends_at)
        if not fits and question.action in (LOAD_TEST, COMPARE) and began + TEST_S <= ends_at:
            # the next delivery has all its time
            raise ThrottledError(f"{NOT_GRADED}: {NO_TIME_LEFT.error_message}", Reason.TIME_OVER)
        answers.record(question, answer(question) if fits else NO_TIME_LEFT)
    try:
        return CheckRecord(item.id, answers, judge_recorded(item, snapshot, answers))
    except NotGradedError:
        return CheckRecord(item.id, answers, None)  # kept as evidence; whoever reads it judges it and hears why


def _fits(question: Question, ends_at: float) -> bool:
    """Whether a call can run into its timeout, and be tidied up after, before this function's own time is over.

    Load tests name no timeout, they have deadlines of their own. A check may ask for several: one that would be cut off
    is not begun. What is left beyond ``TEST_S`` is what a lease, and provisioned concurrency, may be waited for.
    """
    if question.action in (LOAD_TEST, COMPARE):
        return time.time() + TEST_S <= ends_at
    timeout_s = question.arguments.get("TimeoutSeconds")
    return timeout_s is None or time.time() + float(timeout_s) + ROUND_S <= ends_at


def _own(store: Store, run_id: str, item: Item, snapshot: Snapshot) -> Verdict:
    """What a check says by itself: judged from the snapshot, or read where it needed an invocation."""
    try:
        if find_check(item.check).kind == "configuration":
            return judge_recorded(item, snapshot)
        record = CheckRecord.from_dict(store.get_json(Keys(run_id).evidence(snapshot.username, item.id)))
    except (NotGradedError, MissingError):
        return not_graded("not known yet", Reason.GRADER)
    return record.verdict or not_graded("not known yet", Reason.GRADER)
