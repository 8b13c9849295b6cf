"""Whether labgrader works: the last 24 hours, from its records, its dead-letter queue, and CloudWatch."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cli.errors import TargetError
from cli.output import console
from cli.target import Target, reached
from labgrader.moments import isoformat_utc
from labgrader.reporting.formatting import counted
from labgrader.store import RunRecord, Store

LOOKBACK = timedelta(hours=24)

MODES = ("grade", "audit", "self-check")

STATUSES = ("running", "complete", "incomplete", "failed")

REFUSAL = "labgrader.auth.authorizer.UnauthorizedError"
"""How the traceback of a refused token ends."""

Json = Any


THROTTLES = "ThrottlesMet"
"""The metric of the function that records."""

DEAD_LETTERS = "dead-letters"
"""The alarm of the dead-letter queue."""

_MISSED = "night-missed-"
"""The alarm of a course begins with this. The runbook has one section for all courses."""


@dataclass(frozen=True)
class Runs:
    """The runs of one mode.

    Args:
        by_status: the number of runs with each status.
        graded, not_graded: the number of students who are fully graded, and who are not.
        median_s, longest_s: seconds from the start to the end of finished runs; ``None`` if no run finished.
    """

    by_status: Mapping[str, int]
    graded: int
    not_graded: int
    median_s: float | None
    longest_s: float | None


@dataclass(frozen=True)
class Operations:
    """What happened since a moment, and what is wrong now.

    Args:
        since: the moment, ISO 8601.
        runs: the runs by mode.
        dead_letters: the number of messages in the dead-letter queue.
        alarms: the names of the alarms in state ALARM, without the name of the stack.
        unevaluated: the number of alarms without data. On the embedded AWS, these are most alarms.
        errors: the number of lines that the functions logged as errors.
        throttles: the number of throttled requests of the recorder.
    """

    since: str
    runs: Mapping[str, Runs]
    dead_letters: int
    alarms: tuple[str, ...]
    unevaluated: int
    errors: int
    throttles: int

    @property
    def has_problem(self) -> bool:
        """Whether an operator has something to do: an alarm, or a dead letter."""
        return bool(self.alarms or self.dead_letters)

    @property
    def verdict(self) -> str:
        """The state of the stack as one line, with the section of the runbook for each problem."""
        problems = []
        if self.alarms:
            named = "; ".join(f"{alarm}, see {_runbook(alarm)}" for alarm in self.alarms)
            problems.append(f"{counted(len(self.alarms), 'alarm')}: {named}")
        if self.dead_letters and DEAD_LETTERS not in self.alarms:
            problems.append(f"{counted(self.dead_letters, 'dead letter')}, see {_runbook(DEAD_LETTERS)}")
        return " · ".join(problems) or "no alarm and no dead letter"

    def to_dict(self) -> dict[str, Json]:
        """Return the operations as JSON."""
        return {**asdict(self), "alarms": list(self.alarms)}


def last_day(target: Target, outputs: Mapping[str, str], stack: str, now: datetime) -> Operations:
    """Return the health of the last 24 hours.

    Args:
        target: the account of the stack.
        outputs: the stack's outputs.
        stack: the name of the stack.
        now: the end of the 24 hours.

    Raises:
        TargetError: AWS could not be reached, or refused.
    """
    if "DeadLettersUrl" not in outputs:
        raise TargetError(f"the stack {stack} has no dead-letter queue; deploy it again with `labgrader deploy`")
    since = now - LOOKBACK
    records = list(_records(target.store(dict(outputs)), since, now))
    with reached():
        states = _alarms(target, stack)
        logged = _logged(target, stack, since) if target.runs_here else _measured(target, stack, since, now)
        return Operations(
            since=isoformat_utc(since),
            runs={mode: summed([record for record in records if record.mode == mode]) for mode in MODES},
            dead_letters=_dead_letters(target, outputs),
            alarms=tuple(sorted(name for name, state in states.items() if state == "ALARM")),
            unevaluated=sum(state == "INSUFFICIENT_DATA" for state in states.values()),
            errors=logged[0],
            throttles=logged[1],
        )


def summed(records: Iterable[RunRecord]) -> Runs:
    """Count runs of one mode, their students, and how long they took."""
    kept = list(records)
    ended = [record for record in kept if record.has_results]
    durations = [record.duration_s for record in ended if record.finished_at]
    return Runs(
        by_status=dict(Counter(record.status for record in kept)),
        graded=sum(record.counts.complete for record in ended),
        not_graded=sum(record.counts.incomplete for record in ended),
        median_s=statistics.median(durations) if durations else None,
        longest_s=max(durations) if durations else None,
    )


def rows(operations: Operations) -> list[tuple[str, ...]]:
    """Return the rows of the table, with a column for each mode."""
    runs = [operations.runs[mode] for mode in MODES]
    found = {status for mode_runs in runs for status in mode_runs.by_status}
    statuses = [*STATUSES, *sorted(found - set(STATUSES))]
    return [
        *((f"runs {status}", *(str(mode_runs.by_status.get(status, 0)) for mode_runs in runs)) for status in statuses),
        ("students graded", *(str(mode_runs.graded) for mode_runs in runs)),
        ("students not graded", *(str(mode_runs.not_graded) for mode_runs in runs)),
        ("median duration", *(_duration(mode_runs.median_s) for mode_runs in runs)),
        ("longest", *(_duration(mode_runs.longest_s) for mode_runs in runs)),
    ]


def _runbook(alarm: str) -> str:
    """Return the section of the runbook for an alarm."""
    return f"docs/operate.md#{_MISSED + 'course' if alarm.startswith(_MISSED) else alarm}"


def _records(store: Store, since: datetime, now: datetime) -> Iterable[RunRecord]:
    """Return the runs and self-checks that started since a moment. Their ids begin with the day."""
    days = {f"{since:%Y%m%d}", f"{now:%Y%m%d}"}
    for record in (run for day in sorted(days) for run in store.runs_of_day(day)):
        if _read(record.started_at) >= since:
            yield record


def _dead_letters(target: Target, outputs: Mapping[str, str]) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = target.client("sqs").get_queue_attributes(QueueUrl=outputs["DeadLettersUrl"], AttributeNames=names)
    return sum(int(answer.get("Attributes", {}).get(name, 0)) for name in names)


def _alarms(target: Target, stack: str) -> dict[str, str]:
    """Return the state of each alarm of the stack, by its name without the stack's name."""
    pages = target.client("cloudwatch").get_paginator("describe_alarms").paginate(AlarmNamePrefix=f"{stack}-")
    return {
        alarm["AlarmName"].removeprefix(f"{stack}-"): alarm["StateValue"]
        for page in pages
        for alarm in page.get("MetricAlarms", ())
    }


def _measured(target: Target, stack: str, since: datetime, now: datetime) -> tuple[int, int]:
    """Return errors and throttles as CloudWatch counted them."""

    def total(metric: str, dimensions: list[dict[str, str]]) -> int:
        answer = target.client("cloudwatch").get_metric_statistics(
            Namespace="labgrader",
            MetricName=metric,
            Dimensions=dimensions,
            StartTime=since,
            EndTime=now,
            Period=3600,
            Statistics=["Sum"],
        )
        return int(sum(point["Sum"] for point in answer.get("Datapoints", ())))

    service = [{"Name": "service", "Value": "take_snapshot"}]
    return total(f"{stack}-logged-errors", []), total(THROTTLES, service)


def _logged(target: Target, stack: str, since: datetime) -> tuple[int, int]:
    """Return errors and throttles as the log has them: the embedded AWS does not count metrics."""
    pages = target.client("logs").get_paginator("filter_log_events")
    found = pages.paginate(logGroupName=f"/labgrader/{stack}", startTime=int(since.timestamp() * 1000))
    messages = [event["message"] for page in found for event in page.get("events", ())]
    return error_lines(messages), throttles_met(messages)


def throttles_met(messages: Iterable[str]) -> int:
    """Add up the throttles that the recorder wrote into its log, as metrics in the embedded metric format."""
    metrics = (json.loads(message) for message in messages if message.startswith("{") and f'"{THROTTLES}"' in message)
    return int(sum(sum(value) if isinstance(value := metric.get(THROTTLES, 0), list) else value for metric in metrics))


def error_lines(messages: Iterable[str]) -> int:
    """Count the errors in the functions' log: lines of level ERROR, timeouts, and uncaught exceptions.

    A refused token is not an error, although the authorizer raises an exception for it, as API Gateway requires.
    """
    count = 0
    for message in messages:
        if message.startswith("{"):
            count += '"level":"ERROR"' in message or '"level":"FATAL"' in message
        elif message.startswith(("Task timed out", "Traceback (most recent call last)")):
            count += 1
        elif message.startswith(REFUSAL):
            count -= 1
    return max(count, 0)


def _duration(value: float | None) -> str:
    return "–" if value is None else console.duration(value)


def _read(isoformat_utc: str) -> datetime:
    read = datetime.fromisoformat(isoformat_utc)
    return read if read.tzinfo else read.replace(tzinfo=UTC)
