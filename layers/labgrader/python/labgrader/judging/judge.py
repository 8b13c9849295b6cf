"""Judge one item of a lab from recorded evidence. Pure: no AWS, no clock, no randomness."""

from __future__ import annotations

import traceback
from dataclasses import replace
from pathlib import Path

from labgrader.errors import LabgraderError, NotGradedError
from labgrader.evidence.internet_access import Unreached, unreached
from labgrader.evidence.load.load_test import LoadTest
from labgrader.evidence.probe import Probe
from labgrader.evidence.question import Answers, MissingEvidenceError, Question
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.check import Check, find_check
from labgrader.judging.verdict import Verdict
from labgrader.labs.lab import Item
from labgrader.labs.placeholders import fill
from labgrader.messages import listed, quote
from labgrader.reasons import Reason


def judge(item: Item, snapshot: Snapshot, answers: Answers | None = None) -> Verdict:
    """Judge one item for one student.

    An item with ``needs_internet`` is not graded if it would lose points because internet access was missing.

    Args:
        item: a check of the lab from ``Lab.for_student``, with ``{username}`` filled in.
        snapshot: the recorded resources of the student.
        answers: the recorded invocations or load tests of this item, for checks that need them.

    Raises:
        NotGradedError: AWS refused an answer that the check needs, a parameter holds an unknown placeholder, or the
            check has a fault.
        MissingEvidenceError: the check asks a question that was not recorded.
    """
    verdict = _run_check(item, snapshot, answers)
    found = _offline(item, verdict, answers)
    if found is None:
        return verdict
    message = f"{found.target or 'your code'} could not reach the internet ({found.line}), so this costs no points."
    return replace(verdict, status="not_graded", fraction=0.0, message=message, reason=Reason.NO_INTERNET)


def advice_without_internet(item: Item, snapshot: Snapshot, answers: Answers | None = None) -> Verdict | None:
    """Return an item's verdict as advice if it is not graded for lack of internet access; else ``None``.

    A hidden item gives no advice, because the student would read it.

    Args:
        item, snapshot, answers: as for ``judge``.
    """
    if not item.needs_internet or item.visibility == "hidden":
        return None
    try:
        verdict = _run_check(item, snapshot, answers)
    except (NotGradedError, MissingEvidenceError):
        return None
    found = _offline(item, verdict, answers)
    if found is None:
        return None
    return replace(
        verdict,
        message="This costs no points, because the function had no internet access. Check that the function works "
        f"with internet access, or handles the missing connection: {verdict.message}",
        reason=Reason.NO_INTERNET,
    )


def _offline(item: Item, verdict: Verdict, answers: Answers | None) -> Unreached | None:
    """Return the proof of missing internet access if an item would lose points because of it, else ``None``."""
    if not item.needs_internet or verdict.status not in ("failed", "partial"):
        return None
    return unreached(answers or Answers())


def _run_check(item: Item, snapshot: Snapshot, answers: Answers | None) -> Verdict:
    """Return the check's own verdict, with a hint that can be pasted."""
    found = find_check(item.check)
    _refuse_unknown_placeholders(item, found)
    evidence: Snapshot | Probe | LoadTest = snapshot
    if found.kind == "behaviour":
        evidence = Probe(snapshot, answers or Answers())
    elif found.kind == "performance":
        evidence = LoadTest(snapshot, answers or Answers())
    verdict = _verdict_of(found, evidence, item)
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
    return replace(verdict, hint=hint)


def _verdict_of(found: Check, evidence: Snapshot | Probe | LoadTest, item: Item) -> Verdict:
    """Call a check.

    Raises:
        NotGradedError: the check has a fault. The student is not graded, and the reason names the file and the line.
        LabgraderError: what the evidence raises.
    """
    try:
        verdict: object = found.judge(evidence, **item.parameters)
    except LabgraderError:
        raise
    except Exception as error:  # a teacher's check may raise anything
        raise _faulty(found, _fault(found, error)) from error
    if isinstance(verdict, Verdict):
        return verdict
    raise _faulty(found, f"it returned {type(verdict).__name__} instead of a verdict")


def _faulty(found: Check, fault: str) -> NotGradedError:
    return NotGradedError("", f"there is a fault in the check {found.name}: {fault}", Reason.GRADER)


def _fault(found: Check, error: Exception) -> str:
    """Return the error of a check with its place: ``checks/NAME.py:14: AttributeError: …``."""
    file = found.judge.__code__.co_filename
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    where = f"{Path(file).parent.name}/{Path(file).name}:{lines[-1]}" if lines else Path(file).name
    return f"{where}: {quote(f'{type(error).__name__}: {error}')}"


def _refuse_unknown_placeholders(item: Item, found: Check) -> None:
    """Refuse parameters with unknown placeholders.

    Raises:
        NotGradedError: a parameter has a placeholder that neither the student's names nor the check fills.
    """
    unknown = [(parameter, name) for parameter, name in item.unfilled if not found.takes(parameter, name)]
    if unknown:
        where = listed(f"{{{name}}} in {parameter}" for parameter, name in unknown)
        said = f"the lab file is wrong: {item.id} has an unknown placeholder, {where}"
        raise NotGradedError("", said, Reason.GRADER)


def judge_recorded(item: Item, snapshot: Snapshot, answers: Answers | None = None) -> Verdict:
    """Judge from recorded evidence only, as a regrade does.

    Raises:
        NotGradedError: AWS refused an answer, or the record lacks one that the check needs.
    """
    try:
        return judge(item, snapshot, answers)
    except MissingEvidenceError as unasked:
        said = "this evidence was not recorded when the student was graded"
        raise NotGradedError(unasked.question.action, said, Reason.GRADER) from None


def next_question(item: Item, snapshot: Snapshot, answers: Answers | None = None) -> Question | None:
    """Return an item's next question without a recorded answer, or ``None`` if it can be judged."""
    try:
        judge(item, snapshot, answers)
    except MissingEvidenceError as unasked:
        return unasked.question
    except NotGradedError:
        return None
    return None
