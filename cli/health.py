"""How labgrader itself is doing: the last 24 hours, from its records, its queue of dead letters, and CloudWatch."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cli.errors import TargetError
from cli.target import Target, reached
from labgrader.moments import isoformat_utc
from labgrader.store import RunRecord, Store

LOOKBACK = timedelta(hours=24)

MODES = ("grade", "audit", "self-check")

STATUSES = ("running", "complete", "incomplete", "failed")

REFUSAL = "labgrader.auth.authorizer.UnauthorizedError"
"""How the traceback of a refused token ends."""

Json = Any


THROTTLES = "ThrottlesMet"
"""The metric of the function that records."""


@dataclass(frozen=True)
class Runs:
    """The runs of one mode.

    Args:
        by_status: how many there are of each status.
        graded, not_graded: students who were graded in them, and those with a check that could not be judged.
        median_s, longest_s: seconds from start to end of those that finished; ``None`` where none did.
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
        dead_letters: messages that wait in the queue.
        alarms: the names of those in ALARM, without the stack's.
        unevaluated: how many alarms have no data yet; on the embedded AWS, which measures little, most.
        errors: lines that the functions logged as errors since then.
        throttles: answers of AWS to the recorder that said "slow down", since then.
    """

    since: str
    runs: Mapping[str, Runs]
    dead_letters: int
    alarms: tuple[str, ...]
    unevaluated: int
    errors: int
    throttles: int

    def to_dict(self) -> dict[str, Json]:
        """Return it as JSON."""
        return {**asdict(self), "alarms": list(self.alarms)}


def last_day(target: Target, outputs: Mapping[str, str], stack: str, now: datetime) -> Operations:
    """Return the health of the last 24 hours.

    Args:
        target: where the stack is.
        outputs: the stack's outputs.
        stack: its name.
        now: the end of those hours.

    Raises:
        TargetError: AWS could not be reached, or refused.
    """
    if "DeadLettersUrl" not in outputs:
        raise TargetError(f"the stack {stack} has no queue of dead letters; deploy it again with `labgrader deploy`")
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
        ("median duration", *(_seconds(mode_runs.median_s) for mode_runs in runs)),
        ("longest", *(_seconds(mode_runs.longest_s) for mode_runs in runs)),
    ]


def _records(store: Store, since: datetime, now: datetime) -> Iterable[RunRecord]:
    """Return the runs and self-checks that were started since a moment. Their ids begin with the day."""
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
    """Errors and throttles counted in the log: the embedded AWS has the metrics' definitions, and counts nothing."""
    pages = target.client("logs").get_paginator("filter_log_events")
    asked = pages.paginate(logGroupName=f"/labgrader/{stack}", startTime=int(since.timestamp() * 1000))
    messages = [event["message"] for page in asked for event in page.get("events", ())]
    return error_lines(messages), throttles_met(messages)


def throttles_met(messages: Iterable[str]) -> int:
    """Add up the throttles that the recorder wrote into its log, as metrics in the embedded metric format."""
    metrics = (json.loads(message) for message in messages if message.startswith("{") and f'"{THROTTLES}"' in message)
    return int(sum(sum(value) if isinstance(value := metric.get(THROTTLES, 0), list) else value for metric in metrics))


def error_lines(messages: Iterable[str]) -> int:
    """Count the errors among lines of the functions' log: those they logged, timeouts, and exceptions nobody caught.

    A token that was refused is an exception too, the one by which API Gateway knows it, and no error.
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


def _seconds(value: float | None) -> str:
    """Return a duration as text: ``12 s``, ``3 min 20 s``."""
    if value is None:
        return "–"
    minutes, seconds = divmod(round(value), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def _read(isoformat_utc: str) -> datetime:
    read = datetime.fromisoformat(isoformat_utc)
    return read if read.tzinfo else read.replace(tzinfo=UTC)
