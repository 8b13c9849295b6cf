"""A queue has the attributes of the lab."""

from __future__ import annotations

from checks.wording import missing
from labgrader.evidence.snapshot import Queue, Snapshot
from labgrader.judging import Verdict, check, failed, share


@check(
    title="The queue is configured as the lab requires",
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
    """Check that the queue exists, and each attribute has its value. The queue and each attribute are worth the same.

    Args:
        queue: the queue's name.
        retention_s: the message retention period in seconds.
        wait_time_s: the receive message wait time in seconds.
        visibility_s: the visibility timeout in seconds.
        visibility_at_least_timeout_of: a function that reads the queue. A visibility timeout of at least the function's
            timeout is right, too, because Lambda requires it (AWS Lambda Developer Guide, "Using Lambda with Amazon
            SQS"). If an event source mapping exists, every value from ``visibility_s`` on is right.
        reader_timeout_s: the function's timeout in the lab, in seconds. The command that creates a missing queue uses
            no shorter visibility timeout.

    Sources:
        The visibility timeout of a queue that Lambda reads must be at least the function's timeout:
            https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """
    wanted: list[tuple[str, str, int]] = []  # description, SQS attribute name, value
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
    sentences = [
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
        f"{queue}: {', '.join(sentences)}.",
        expected=expected,
        observed=", ".join(f"{what} {_seconds(seen[name])}" for what, name, _ in wanted),
        hint=f"aws sqs set-queue-attributes --queue-url {found.url} --attributes "
        + ",".join(f"{name}={value}" for _, name, value in wrong),
    )


def _missing_queue(snapshot: Snapshot, queue: str, reader: str) -> str:
    """Return the sentence that the queue does not exist.

    The snapshot has no queue without the student's prefix, but the function's event source mapping may name one.
    """
    bare = queue.removeprefix(snapshot.prefix)
    if reader and bare != queue and bare in [mapping.source for mapping in snapshot.event_source_mappings(reader)]:
        return f"There is no queue {queue}, but {reader} reads {bare}. The name must begin with your prefix."
    return missing("queue", queue, snapshot.sqs.queue_names())


def _long_enough(snapshot: Snapshot, queue: Queue, wanted: int | None, least: int, function: str) -> bool:
    """Return whether a visibility timeout is the lab's value or long enough for the function that reads the queue."""
    seen = queue.visibility_timeout_s
    if seen is None or not function:
        return seen == wanted
    mappings = snapshot.event_source_mappings(function)
    if wanted is not None and any(mapping.source == queue.name for mapping in mappings):
        return seen >= min(wanted, least)  # AWS accepted it for the mapping
    return seen == wanted or seen >= least


def _seconds(value: int | None) -> str:
    return "unknown" if value is None else f"{value} s"
