"""Start an audit of a course, follow it, and read its digest."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cli.class_run import ended, follow_execution
from cli.errors import TargetError
from cli.output.class_progress import Result
from cli.target import Target, reached
from labgrader.documents.digest import Digest
from labgrader.runs.request import new_run_id
from labgrader.store import CourseKeys, MissingError, Store


@dataclass(frozen=True)
class Audit:
    """An audit that was started.

    Args:
        course: the course.
        name: the name of its execution.
        arn: the execution.
    """

    course: str
    name: str
    arn: str


def start_audit(target: Target, outputs: Mapping[str, str], course_id: str) -> Audit:
    """Start an audit of a course.

    Raises:
        TargetError: AWS refused.
    """
    name = new_run_id(f"audit-{course_id}")
    with reached():
        started = target.client("stepfunctions").start_execution(
            stateMachineArn=outputs["AuditCourseArn"],
            name=name,
            input=json.dumps({"course": course_id, "scheduled": False}),
        )
    return Audit(course_id, name, started["executionArn"])


def follow_audit(
    target: Target,
    outputs: dict[str, str],
    audit: Audit,
    finished: Callable[[Result], None],
    *,
    pause: float | None = None,
) -> Digest:
    """Wait until an audit has ended, and report each result.

    Args:
        target: the account.
        outputs: the outputs of the stack.
        audit: the audit that was started.
        finished: is called once with each student's result in each lab.
        pause: seconds between two polls; 0.5 on the embedded AWS and 3 on AWS by default.

    Returns:
        The digest.

    Raises:
        TargetError: the audit failed without a digest; the message says why.
    """
    store = target.store(outputs)

    def results() -> list[Result]:
        return [result for run_id in _record(store, audit).get("runs", ()) for result in store.results(run_id)]

    state = follow_execution(target, audit.arn, results, finished, pause=pause)
    with reached():
        return _digest(store, audit, _record(store, audit), state)


def _record(store: Store, audit: Audit) -> dict[str, Any]:
    """Return the record of the audit. It is empty until the step Plan audit writes it."""
    return next((record for record in store.audits(audit.course) if record["execution"] == audit.name), {})


def _digest(store: Store, audit: Audit, record: Mapping[str, Any], state: Mapping[str, Any]) -> Digest:
    """Return the digest of an audit that ended. An audit has a digest even if the run of a lab failed.

    Raises:
        TargetError: the audit failed without a digest.
    """
    try:
        if record:
            digest: Digest = store.get_json(CourseKeys(audit.course).digest(record["night"]))
            return digest
    except MissingError:
        pass
    raise TargetError(ended(audit.name, state).replace("run ", "audit ", 1))
