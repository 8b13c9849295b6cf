"""The class run and the nightly audit: plan → snapshot → every student in a Distributed Map → summarise.

Input: `{"lab": id, "roster": key in the bucket, "mode": "grade" | "audit", "students": [username…]}`; no students, or
an empty list, is the whole roster. The execution's name is the run's id.
"""

from __future__ import annotations

from statemachines.asl import DistributedMap, reading_json, render
from statemachines.preparation import plan_and_snapshot, recording_failure
from statemachines.student import STUDENT, caught, student_graph, summary

STUDENTS_AT_ONCE = 4
"""Students side by side. Their load tests of 20 in flight are below a tenth of an account's 1,000; in a smaller one
they wait for each other."""

TWO_DAYS = 48 * 60 * 60
"""The largest class, 10,000 students, takes 17 hours at 25 s each, and 42 hours where load tests make it a minute.
Where an account has so little left that load tests go one after the other, it is time for 4,300 students of 40 s."""


def grade_class() -> str:
    """Return the machine's ASL."""
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
