"""A function that a bucket invokes reads bucket and key from the event and requests the object from S3."""

from __future__ import annotations

import re

from checks.s3._common import own_notifications
from checks.wording import invocation_failure, invoke_command, last_lines, missing_function
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Probe, Verdict, check, failed, passed, quote

STEM = "labgrader-no-such-object"

_S3_ANSWERED = re.compile(
    r"when calling the (Head|Get|List)\w* operation|NoSuchKey|NoSuchBucket|\bNot ?Found\b|Forbidden|Access ?Denied",
    re.IGNORECASE,
)
"""Error messages of a function that does not catch S3's error: botocore's sentence, or the error's name in another SDK.

Without ``s3:ListBucket``, S3 answers 403 for a missing object. Source: Amazon S3 API Reference, HeadObject. Lambda's
``Runtime.HandlerNotFound`` and Python's ``ModuleNotFoundError`` must not match."""


@check(
    title="The function reads bucket and key from an S3 event",
    hint="aws logs tail /aws/lambda/{function} --since 1h",
)
def object_event_read(probe: Probe, *, function: str, prefix: str = "", suffix: str = "", handler: str = "") -> Verdict:
    """Check that the function requests the object from S3 if it gets an S3 event for a missing object.

    The check creates and changes no object. The function may fail with S3's error, as the handouts do, or return any
    response. The check fails if the function cannot be loaded or fails with another error.

    Args:
        function: the function's name.
        prefix: the beginning of the object's key (``uploads/``).
        suffix: the end of the object's key (``.json``).
        handler: the lab's handler. If a different handler is the reason that the function cannot be loaded, the message
            names it.

    Sources:
        S3 returns 403 for a missing object if the caller has no permission s3:ListBucket:
            https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
        An event of S3 names the bucket and the URL-encoded key:
            https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    """
    expected = "S3's error, or any response"
    deployed = probe.snapshot.function(function)
    if deployed is None:
        return failed(missing_function(probe.snapshot, function), expected=expected, observed="no such function")
    event = _event(probe.snapshot, _bucket(probe.snapshot, function), f"{prefix}{STEM}{suffix}")
    invocation = probe.invoke(function, "", event)
    if invocation is None:
        return failed(f"{function} does not exist.", expected=expected, observed="no such function")
    if invocation.outcome == "answered":
        return passed(expected=expected, observed="a response")
    if _S3_ANSWERED.search(f"{invocation.error_type} {invocation.error_message}"):
        return passed(expected=expected, observed="S3's error")
    wrong = invocation_failure(invocation, [200])
    what = wrong.what if wrong else "did not respond"
    unloaded = "cannot be loaded" in what or "HandlerNotFound" in what
    why = ". It should request the object from S3."
    if handler and unloaded and deployed.handler != handler:
        why = f". Its handler is {quote(deployed.handler) or 'empty'} instead of {handler}. Fix the handler first."
    return failed(
        f"{function}, invoked with an S3 event for a missing object, {what}{why}",
        expected=expected,
        observed=what,
        hint=invoke_command(function, "", event),
        evidence=last_lines(invocation.log_tail),
    )


def _bucket(snapshot: Snapshot, function: str) -> str:
    """Return a bucket that invokes the function, else any bucket of the student, else a name with the prefix."""
    invoking = sorted(notification.bucket for notification in own_notifications(snapshot, function))
    return next(iter([*invoking, *sorted(snapshot.s3.bucket_names())]), f"{snapshot.prefix}bucket")


def _event(snapshot: Snapshot, bucket: str, key: str) -> dict[str, object]:
    """Return an event in the form that S3 sends. Source: Amazon S3 User Guide, "Event message structure"."""
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": snapshot.region,
        "eventTime": "2026-01-01T00:00:00.000Z",
        "eventName": "ObjectCreated:Put",
        "s3": {
            "s3SchemaVersion": "1.0",
            "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
            "object": {"key": key, "size": 16},
        },
    }
    return {"Records": [record]}
