"""A queue has the attributes that the lab asks for."""

from __future__ import annotations

from checks.wording import missing
from labgrader.evidence.snapshot import Queue, Snapshot
from labgrader.judging import Verdict, check, failed, share


@check(
    title="The queue is configured as the lab says",
    hint="aws sqs get-queue-attributes --queue-url $(aws sqs get-queue-url --queue-name {queue} --query QueueUrl "
    "--output text) --attribute-names All",
)
def queue_configured(
    snapshot: Snapshot,
    *,
    queue: str,
    retention_s: int | None = None,
    wait_time_s: int | None = None,
    visibility_s: int | None = None,
    visibility_at_least_timeout_of: str = "",
    reader_timeout_s: int | None = None,
) -> Verdict:
    """The queue exists, and each attribute that is named has its value; each is worth the same, as is the queue.

    Args:
        queue: its name.
        retention_s: how long messages are kept, in seconds.
        wait_time_s: how long a receive waits for messages, in seconds.
        visibility_s: the visibility timeout, in seconds.
        visibility_at_least_timeout_of: a function that reads the queue: every visibility timeout that is at least its
            timeout is right too, as Lambda reads the queue for it only then (AWS Lambda Developer Guide, "Using Lambda
            with Amazon SQS"); where Lambda does read it, so is every longer one than the one that is named.
        reader_timeout_s: the timeout that the lab gives that function, in seconds: the command for a queue that is not
            there sets no shorter visibility timeout.
    """
    wanted: list[tuple[str, str, int]] = []  # what it is, SQS's name for it, the value
    if retention_s is not None:
        wanted.append(("message retention period", "MessageRetentionPeriod", retention_s))
    if wait_time_s is not None:
        wanted.append(("receive wait time", "ReceiveMessageWaitTimeSeconds", wait_time_s))
    reader = snapshot.function(visibility_at_least_timeout_of) if visibility_at_least_timeout_of else None
    least = reader.timeout_s if reader is not None and reader.timeout_s is not None else visibility_s
    if least is not None:
        wanted.append(("visibility timeout", "VisibilityTimeout", least))
    expected = ", ".join(f"{what} {value} s" for what, _, value in wanted)
    found = snapshot.sqs.queue(queue)
    if found is None:
        attributes = ",".join(
            f"{name}={max(value, reader_timeout_s or 0) if name == 'VisibilityTimeout' else value}"
            for _, name, value in wanted
        )
        return failed(
            _missing_queue(snapshot, queue, visibility_at_least_timeout_of),
            expected=f"queue {queue} with {expected}" if expected else f"queue {queue}",
            observed="no such queue",
            hint=f"aws sqs create-queue --queue-name {queue}" + (f" --attributes {attributes}" if attributes else ""),
        )
    seen = {
        "MessageRetentionPeriod": found.retention_s,
        "ReceiveMessageWaitTimeSeconds": found.wait_time_s,
        "VisibilityTimeout": found.visibility_timeout_s,
    }
    wrong = [
        (what, name, value)
        for what, name, value in wanted
        if seen[name] != value
        and not (
            name == "VisibilityTimeout"
            and _long_enough(snapshot, found, visibility_s, value, visibility_at_least_timeout_of)
        )
    ]
    said = [
        f"the {what} is {_seconds(seen[name])} instead of {value} s"
        + (
            f" or more (the timeout of {visibility_at_least_timeout_of})"
            if name == "VisibilityTimeout" and reader
            else ""
        )
        for what, name, value in wrong
    ]
    return share(
        len(wanted) + 1 - len(wrong),
        len(wanted) + 1,
        f"{queue}: {', '.join(said)}.",
        expected=expected,
        observed=", ".join(f"{what} {_seconds(seen[name])}" for what, name, _ in wanted),
        hint=f"aws sqs set-queue-attributes --queue-url {found.url} --attributes "
        + ",".join(f"{name}={value}" for _, name, value in wrong),
    )


def _missing_queue(snapshot: Snapshot, queue: str, reader: str) -> str:
    """Say that there is no such queue; one without the prefix shows only where Lambda reads it for the function."""
    bare = queue.removeprefix(snapshot.prefix)
    if reader and bare != queue and bare in [one.source for one in snapshot.event_source_mappings(reader)]:
        return f"There is no queue {queue}, but {reader} reads {bare}: the lab wants your prefix before the name."
    return missing("queue", queue, snapshot.sqs.queue_names())


def _long_enough(snapshot: Snapshot, queue: Queue, asked: int | None, least: int, function: str) -> bool:
    """Whether a visibility timeout is the one that was asked for, or long enough for the function that reads it."""
    seen = queue.visibility_timeout_s
    if seen is None or not function:
        return seen == asked
    if asked is not None and any(one.source == queue.name for one in snapshot.event_source_mappings(function)):
        return seen >= min(asked, least)  # AWS accepted it
    return seen == asked or seen >= least


def _seconds(value: int | None) -> str:
    return "unknown" if value is None else f"{value} s"
