"""Run probe and Run load test: send the requests of a check to a student's resources, store the answers, judge."""

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
"""The most requests or load tests of one check."""

ROUND_S = 30
"""Seconds that a request may take beyond its own timeout: for retries after throttles, and for cleaning up."""

NO_TIME_LEFT = Answer(
    error_code=NOT_REACHED,
    error_message="the time for this check ended before all of its requests were sent",
    reason=Reason.TIME_OVER,
)


@dataclass(frozen=True)
class Delivery:
    """One delivery of a task. Lambda and Step Functions may deliver the same task twice.

    Args:
        id: the request id of the invocation.
        ends_at: when this invocation times out, in seconds since the epoch.
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
    """Record the answers that a check of kind ``behaviour`` or ``performance`` needs, and judge it.

    A second delivery invokes nothing again. It judges the stored record, or waits for the record if the first delivery
    is still running. A delivery that fails stores its answers, and the next delivery continues with them.

    Args:
        store: the stack's store.
        run_id, username, check_id: the check to judge.
        answer: sends one question to the student's resources.
        delivery: this delivery.

    Raises:
        NotGradedError: AWS refused, a needed answer was not recorded, or the other delivery left no record.
        ServiceFaultError, ThrottledError: AWS failed, or no time was left for a load test. The next delivery continues.
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
            except (ServiceFaultError, ThrottledError):  # the workflow retries with another delivery
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
    said = "the task was delivered twice, and the first delivery left no record"
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
    """Ask questions until the check can be judged. Add to the answers of earlier deliveries.

    Nothing is asked if a prerequisite of the check failed.

    Raises:
        ServiceFaultError, ThrottledError: as ``answer`` raises. Also if no time is left for a load test, because
            earlier load tests had to wait.
    """

    def known_verdict(other: Item) -> Verdict:
        if other.id == item.id:
            return not_graded("not run yet", Reason.GRADER)
        return _known_verdict(store, run_id, other, snapshot)

    pending = settle(item, lab.item, known_verdict, {})
    if pending.status == "skipped":
        return CheckRecord(item.id, answers, pending)
    began = time.time()
    for _ in range(MAX_QUESTIONS):
        question = next_question(item, snapshot, answers)
        if question is None:
            break
        if question.action not in LIVE_ACTIONS:
            break  # it is missing in the snapshot: judging raises the error
        fits = _fits(question, ends_at)
        if not fits and question.action in (LOAD_TEST, COMPARE) and began + TEST_S <= ends_at:
            # the next delivery has the whole time for it
            raise ThrottledError(f"{NOT_GRADED}: {NO_TIME_LEFT.error_message}", Reason.TIME_OVER)
        answers.record(question, answer(question) if fits else NO_TIME_LEFT)
    try:
        return CheckRecord(item.id, answers, judge_recorded(item, snapshot, answers))
    except NotGradedError:
        return CheckRecord(item.id, answers, None)  # stored as evidence; its reader judges it again and gets the error


def _fits(question: Question, ends_at: float) -> bool:
    """Return whether a request can time out, and be cleaned up, before this function times out.

    A load test has its own deadline instead of a timeout. It is not started if it could not end in time. The time
    beyond ``TEST_S`` is for waiting: for a lease, and for provisioned concurrency.
    """
    if question.action in (LOAD_TEST, COMPARE):
        return time.time() + TEST_S <= ends_at
    timeout_s = question.arguments.get("TimeoutSeconds")
    return timeout_s is None or time.time() + float(timeout_s) + ROUND_S <= ends_at


def _known_verdict(store: Store, run_id: str, item: Item, snapshot: Snapshot) -> Verdict:
    """Return the verdict of another check without its prerequisites: judged from the snapshot, or from its record."""
    try:
        if find_check(item.check).kind == "configuration":
            return judge_recorded(item, snapshot)
        record = CheckRecord.from_dict(store.get_json(Keys(run_id).evidence(snapshot.username, item.id)))
    except (NotGradedError, MissingError):
        return not_graded("not known yet", Reason.GRADER)
    return record.verdict or not_graded("not known yet", Reason.GRADER)
