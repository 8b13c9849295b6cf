"""Messages that are sent to a queue are read and dealt with."""

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
    """A few messages are sent, and soon none of them is left: Lambda gave them to the function, which did not fail.

    Nothing is sent where nothing reads the queue.

    Args:
        queue: the queue's name.
        bodies: the messages: text as it stands, everything else as JSON.
        function: the function that reads it.
    """
    expected = f"{plural(len(bodies), 'message')} sent, none left"
    snapshot = probe.snapshot
    if snapshot.function(function) is None:
        return failed(missing_function(snapshot, function), expected=expected, observed="no such function")
    source = snapshot.sqs.queue(queue)
    if source is None:
        return failed(missing("queue", queue, snapshot.sqs.queue_names()), expected=expected, observed="no such queue")
    reading = [one for one in snapshot.event_source_mappings(function) if one.source == queue]
    if not any(one.state in ("Enabled", "Enabling", "Creating", "Updating") for one in reading):
        why = "its event source mapping is disabled" if reading else "there is no event source mapping"
        return failed(
            f"Nothing reads {queue} for {function}: {why}.",
            expected=expected,
            observed="nothing reads the queue",
            hint=f"aws lambda list-event-source-mappings --function-name {function}",
        )
    sent = probe.send_messages(source, [as_text(body) for body in bodies])
    if sent.outcome == "consumed":
        return passed(expected=expected, observed=f"{sent.sent} sent, none left")
    if sent.error:
        raise NotGradedError("sqs:SendMessage", f"the messages could not be sent to {queue}: {quote(sent.error)}")
    return failed(
        f"{sent.left} of the {plural(sent.sent, 'message')} sent to {queue} had not been dealt with after "
        f"{sent.waited_ms / 1000:.0f} seconds: {function} fails, or reports them as failed.",
        expected=expected,
        observed=f"{sent.left} of {sent.sent} left",
    )
