"""One student's self-check: the same plan, snapshot, states and summary as a class run, without a map.

Input: as `grade_class`, with one username in `students`.
"""

from __future__ import annotations

from stepfunctions.steps import Pass

from statemachines.asl import render
from statemachines.preparation import plan_and_snapshot, recording_failure
from statemachines.student import (
    CHECKS_AT_ONCE_ALONE,
    PROBES_AT_ONCE_ALONE,
    STUDENT,
    caught,
    student_graph,
    summary,
)

FOUR_HOURS = 4 * 60 * 60
"""A run that times out has no report. In the worst case all probes of a lab time out, and each load test and its
retries wait for those of a class, in an account with little concurrency."""


def grade_student() -> str:
    """Return the state machine's ASL."""
    student = Pass("Student", parameters={**STUDENT, "username.$": "$.username"})
    failure = recording_failure()
    first, last = student_graph(checks_at_once=CHECKS_AT_ONCE_ALONE, probes_at_once=PROBES_AT_ONCE_ALONE)
    student.next(first)
    last.add_catch(caught(failure))
    last.next(summary(failure))
    return render(
        plan_and_snapshot(student, failure, alone=True),
        comment="Grade one student: plan, record, judge",
        timeout_seconds=FOUR_HOURS,
    )
