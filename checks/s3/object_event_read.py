"""A function that a bucket calls finds the object in the event and asks S3 for it."""

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
"""What a function says that passes on S3's refusal: botocore's sentence, or the error's name in any other SDK. Without
``s3:ListBucket`` S3 says that a missing object is forbidden. Source: Amazon S3 API Reference, HeadObject. (Lambda's own
``Runtime.HandlerNotFound`` and Python's ``ModuleNotFoundError`` are none of S3's.)"""


@check(
    title="The function reads the object's place from an S3 event",
    hint="aws logs tail /aws/lambda/{function} --since 1h",
)
def object_event_read(probe: Probe, *, function: str, prefix: str = "", suffix: str = "", handler: str = "") -> Verdict:
    """Called with the event of an object that is not there, the function gets as far as S3's refusal.

    No object is made, and none is changed. The function may let the refusal through, as the hand-outs do, or answer in
    any way; it fails where it cannot be loaded, or dies of something else first.

    Args:
        function: its name.
        prefix: how the key of the object begins (``uploads/``).
        suffix: how it ends (``.json``).
        handler: the handler that the lab asks for: where another one is why it cannot be loaded, the message says so.
    """
    expected = "S3's refusal passed on, or any answer"
    deployed = probe.snapshot.function(function)
    if deployed is None:
        return failed(missing_function(probe.snapshot, function), expected=expected, observed="no such function")
    event = _event(probe.snapshot, _bucket(probe.snapshot, function), f"{prefix}{STEM}{suffix}")
    invocation = probe.invoke(function, "", event)
    if invocation is None:
        return failed(f"{function} does not exist.", expected=expected, observed="no such function")
    if invocation.outcome == "answered":
        return passed(expected=expected, observed="an answer")
    if _S3_ANSWERED.search(f"{invocation.error_type} {invocation.error_message}"):
        return passed(expected=expected, observed="S3's refusal passed on")
    wrong = invocation_failure(invocation, [200])
    what = wrong.what if wrong else "did not answer"
    unloaded = "cannot be loaded" in what or "HandlerNotFound" in what
    why = "; it should get as far as asking S3."
    if handler and unloaded and deployed.handler != handler:
        why = f". Its handler is {quote(deployed.handler) or 'empty'} instead of {handler}: mend that first."
    return failed(
        f"{function}, called with the event of an object that is not there, {what}{why}",
        expected=expected,
        observed=what,
        hint=invoke_command(function, "", event),
        evidence=last_lines(invocation.log_tail),
    )


def _bucket(snapshot: Snapshot, function: str) -> str:
    """A bucket that calls the function, else any of the student's; a name with the prefix where there is none."""
    calling = sorted(one.bucket for one in own_notifications(snapshot, function))
    return next(iter([*calling, *sorted(snapshot.s3.bucket_names())]), f"{snapshot.prefix}bucket")


def _event(snapshot: Snapshot, bucket: str, key: str) -> dict[str, object]:
    """The event as S3 sends it. Source: Amazon S3 User Guide, "Event message structure"."""
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
