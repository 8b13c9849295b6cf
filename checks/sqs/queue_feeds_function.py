"""Lambda reads a queue for a function."""

from __future__ import annotations

from checks.wording import missing, missing_function
from labgrader.evidence.snapshot import EventSourceMapping, Function, Queue, Snapshot
from labgrader.judging import NotGradedError, Verdict, check, failed, listed, quote, share

_SETTING_UP = ("Creating", "Enabling", "Updating")


@check(
    title="Lambda reads the queue for the function",
    hint="aws lambda list-event-source-mappings --function-name {function}",
)
def queue_feeds_function(
    snapshot: Snapshot,
    *,
    function: str,
    queue: str,
    batch_size: int | None = None,
    window_s: int | None = None,
    response_types: list[str] | None = None,
    handout_visibility_s: int | None = None,
) -> Verdict:
    """Check that an event source mapping from the queue to the function is enabled and has the settings. Each is worth
    the same.

    An enabled mapping is worth as much as one setting. This part is lost, too, if the visibility timeout of the queue
    is shorter than the timeout of the function. A mapping that AWS is still creating or updating is not graded.

    Args:
        function: the function.
        queue: the queue's name.
        batch_size: the maximum number of messages in a batch.
        window_s: the batching window in seconds.
        response_types: the function response types (``ReportBatchItemFailures``).
        handout_visibility_s: the visibility timeout in seconds that the handout sets. It costs nothing if a mapping
            exists, although AWS refuses it: the mistake is the handout's.

    Raises:
        NotGradedError: AWS is still creating or updating the mapping.

    Sources:
        AWS refuses an event source mapping if the queue's visibility timeout is shorter than the function's timeout.
            AWS recommends six times the function's timeout:
            https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """
    parts = ["enabled"]
    parts += [] if batch_size is None else [f"batch {batch_size}"]
    parts += [] if window_s is None else [f"window {window_s} s"]
    expected = ", ".join([*parts, *(response_types or ())])
    deployed = snapshot.function(function)
    if deployed is None:
        return failed(missing_function(snapshot, function), expected=expected, observed="no such function")
    source = snapshot.sqs.queue(queue)
    if source is None:
        return failed(missing("queue", queue, snapshot.sqs.queue_names()), expected=expected, observed="no such queue")
    mappings = snapshot.event_source_mappings(function)
    ours = [mapping for mapping in mappings if mapping.source == queue]
    if not ours:
        return _absent(deployed, source, mappings, expected, batch_size, window_s, response_types)
    short = {} if source.visibility_timeout_s == handout_visibility_s else _short_visibility(deployed, source)
    # a second attempt may leave a second mapping: judge the better one
    found = min(ours, key=lambda mapping: len(_wrong(mapping, batch_size, window_s, response_types)))
    if found.state in _SETTING_UP:
        raise NotGradedError(
            "lambda:ListEventSourceMappings",
            f"the event source mapping of {function} is still being set up ({found.state}). Change nothing and "
            "request your grade again later",
        )
    wrong = _wrong(found, batch_size, window_s, response_types)
    lost = len(wrong) + (bool(short) and "--enabled" not in wrong)
    troubles = [*wrong.values(), *short.values()]
    update = (
        "aws lambda update-event-source-mapping --uuid $(aws lambda list-event-source-mappings --function-name "
        f"{function} --event-source-arn {source.arn} --query 'EventSourceMappings[0].UUID' --output text) "
        + " ".join(wrong)
    )
    return share(
        len(parts) + bool(response_types) - lost,
        len(parts) + bool(response_types),
        f"The event source mapping from {queue} to {function}: {', '.join(troubles)}.",
        expected=expected,
        observed=_observed(found),
        hint="\n".join([*short, *([update] if wrong or not short else [])]),
    )


def _short_visibility(deployed: Function, source: Queue) -> dict[str, str]:
    """Return what is wrong with a visibility timeout that is too short for AWS, by the command that raises it."""
    visibility, timeout = source.visibility_timeout_s, deployed.timeout_s
    if visibility is None or timeout is None or visibility >= timeout:
        return {}
    command = f"aws sqs set-queue-attributes --queue-url {source.url} --attributes VisibilityTimeout={timeout}"
    return {
        command: f"the queue's visibility timeout ({visibility} s) is shorter than the function's timeout "
        f"({timeout} s), which AWS refuses for a mapping"
    }


def _wrong(
    found: EventSourceMapping, batch_size: int | None, window_s: int | None, response_types: list[str] | None
) -> dict[str, str]:
    """Return what is wrong with a mapping, by the command-line option that fixes it."""
    wrong: dict[str, str] = {}
    if found.state not in ("Enabled", *_SETTING_UP):
        wrong["--enabled"] = f"its state is {quote(found.state) or 'unknown'} instead of Enabled"
    if batch_size is not None and found.batch_size != batch_size:
        wrong[f"--batch-size {batch_size}"] = f"the batch size is {_shown(found.batch_size)} instead of {batch_size}"
    if window_s is not None and (found.window_s or 0) != window_s:
        wrong[f"--maximum-batching-window-in-seconds {window_s}"] = (
            f"the batching window is {found.window_s or 0} s instead of {window_s} s"
        )
    absent = [kind for kind in response_types or () if kind not in found.response_types]
    if absent:
        option = f"--function-response-types {' '.join(response_types or ())}"
        wrong[option] = (
            f"it does not report {listed(absent)}, so one failed message returns its whole batch to the queue"
        )
    return wrong


def _absent(
    deployed: Function,
    source: Queue,
    mappings: list[EventSourceMapping],
    expected: str,
    batch_size: int | None,
    window_s: int | None,
    response_types: list[str] | None,
) -> Verdict:
    """Fail a missing mapping, with the reason why AWS may have refused it and the sources that exist."""
    function, queue = deployed.name, source.name
    message = f"Lambda does not read {queue} for {function}: there is no event source mapping between them."
    others = sorted({mapping.source for mapping in mappings})
    if others:
        message += f" {function} reads {listed(others)}."
    commands: list[str] = []
    if short := _short_visibility(deployed, source):
        message += (
            f" AWS refuses one while the queue's visibility timeout ({source.visibility_timeout_s} s) is shorter than "
            f"the function's timeout ({deployed.timeout_s} s). Raise the visibility timeout first."
        )
        commands += short
    options = [f"--function-name {function}", f"--event-source-arn {source.arn}"]
    options += [] if batch_size is None else [f"--batch-size {batch_size}"]
    options += [] if window_s is None else [f"--maximum-batching-window-in-seconds {window_s}"]
    options += [f"--function-response-types {' '.join(response_types)}"] if response_types else []
    commands.append(f"aws lambda create-event-source-mapping {' '.join(options)}")
    return failed(
        message,
        expected=expected,
        observed=f"reads {listed(others)}" if others else "no event source mapping",
        hint="\n".join(commands),
    )


def _observed(found: EventSourceMapping) -> str:
    parts = [
        quote(found.state).lower() or "state unknown",
        f"batch {_shown(found.batch_size)}",
        f"window {found.window_s or 0} s",
    ]
    return ", ".join([*parts, *map(quote, found.response_types)])


def _shown(value: int | None) -> str:
    return "unknown" if value is None else str(value)
