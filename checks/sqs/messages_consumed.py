"""A function consumes the messages of a queue."""

from __future__ import annotations

from typing import Any

from checks.wording import missing, missing_function, plural
from checks.wording.structure import as_text
from labgrader.judging import NotGradedError, Probe, Verdict, check, failed, passed, quote


@check(
    title="Messages are consumed",
    hint="aws logs tail /aws/lambda/{function} --since 1h",
)
def messages_consumed(probe: Probe, *, queue: str, bodies: list[Any], function: str) -> Verdict:
    """Check that the function consumes a few messages from labgrader without a failure.

    labgrader sends nothing if Lambda does not read the queue.

    Args:
        queue: the queue's name.
        bodies: the messages. Text is sent unchanged, everything else as JSON.
        function: the function that reads it.
    """
    expected = f"{plural(len(bodies), 'message')} sent, none left"
    snapshot = probe.snapshot
    if snapshot.function(function) is None:
        return failed(missing_function(snapshot, function), expected=expected, observed="no such function")
    source = snapshot.sqs.queue(queue)
    if source is None:
        return failed(missing("queue", queue, snapshot.sqs.queue_names()), expected=expected, observed="no such queue")
    mappings = [mapping for mapping in snapshot.event_source_mappings(function) if mapping.source == queue]
    if not any(mapping.state in ("Enabled", "Enabling", "Creating", "Updating") for mapping in mappings):
        why = "the event source mapping is disabled" if mappings else "there is no event source mapping"
        return failed(
            f"Lambda does not read {queue} for {function}: {why}.",
            expected=expected,
            observed="queue not read",
            hint=f"aws lambda list-event-source-mappings --function-name {function}",
        )
    sent = probe.send_messages(source, [as_text(body) for body in bodies])
    if sent.outcome == "consumed":
        return passed(expected=expected, observed=f"{sent.sent} sent, none left")
    if sent.error:
        raise NotGradedError("sqs:SendMessage", f"the messages could not be sent to {queue}: {quote(sent.error)}")
    return failed(
        f"{function} did not consume {sent.left} of {plural(sent.sent, 'message')} from {queue} within "
        f"{sent.waited_ms / 1000:.0f} seconds. It fails, or it reports messages as failed.",
        expected=expected,
        observed=f"{sent.left} of {sent.sent} left",
    )
