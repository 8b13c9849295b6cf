"""The class run and the nightly audit: plan → snapshot → every student in a Distributed Map → summarise.

Input: `{"lab": id, "roster": key in the bucket, "mode": "grade" | "audit", "students": [username…]}`; no students, or
an empty list, is the whole roster. The execution's name is the run's id.
"""

from __future__ import annotations

from statemachines.asl import DistributedMap, reading_json, render
from statemachines.preparation import plan_and_snapshot, recording_failure
from statemachines.student import STUDENT, caught, student_graph, summary

STUDENTS_AT_ONCE = 4
"""Students in parallel. Their load tests, with 20 requests in flight each, use less than a tenth of an account's
concurrency of 1,000. In accounts with less, load tests wait for each other."""

TWO_DAYS = 48 * 60 * 60
"""The largest class, 10,000 students, takes 17 hours at 25 s each, and 42 hours at a minute each with load tests. If an
account's concurrency only allows one load test at a time, the limit is 4,300 students at 40 s."""


def grade_class() -> str:
    """Return the state machine's ASL."""
    failure = recording_failure()
    first, _ = student_graph()
    students = DistributedMap(
        "For each student",
        label="Student",
        item_reader=reading_json("${Bucket}", "$.students_key"),
        item_selector={**STUDENT, "username.$": "$$.Map.Item.Value.username"},
        max_concurrency=STUDENTS_AT_ONCE,
        tolerated_failure_percentage=100.0,  # a float, as in the API of Step Functions
        iterator=first,
        result_path=None,
    )
    students.add_catch(caught(failure))
    students.next(summary(failure))
    return render(
        plan_and_snapshot(students, failure),
        comment="Grade a class: plan, record, judge every student, summarise",
        timeout_seconds=TWO_DAYS,
    )
