"""A bucket invokes a function when an object is created."""

from __future__ import annotations

import fnmatch
import json
import shlex

from checks.s3._common import key_for, no_notification, own_notifications, shown_filter
from checks.wording import missing_function
from labgrader.evidence.snapshot import Notification, Snapshot
from labgrader.judging import Verdict, check, failed, listed, quote, share

EVERY_CREATION = "s3:ObjectCreated:*"


@check(
    title="A bucket invokes the function",
    hint="aws s3 ls  # then aws s3api get-bucket-notification-configuration, with --bucket and its name",
)
def bucket_notifies(
    snapshot: Snapshot,
    *,
    function: str,
    events: list[str] | None = None,
    prefix: str | None = None,
    suffix: str | None = None,
    key_ending: str = "",
    own_results: str = "",
) -> Verdict:
    """Check that one of the student's buckets invokes the function, for the events and with the filter of the lab.

    The notification, its events and its filter are worth the same. If several notifications invoke the function, the
    best one counts. Several notifications of one bucket may share the events. A notification that never invokes the
    function for the lab's objects, because of its events or its filter, earns a sixth.

    Args:
        function: the function's name.
        events: the events of the notification; all object-created events by default.
        prefix: the exact prefix of the filter; an empty text requires a filter without prefix.
        suffix: the exact suffix of the filter; an empty text requires a filter without suffix.
        key_ending: if prefix and suffix are free, the end of the keys that the filter must match.
        own_results: if they are free, the folder of the function's results. A filter that matches only this folder is
            wrong.
    """
    wanted = events or [EVERY_CREATION]
    exact = prefix is not None or suffix is not None
    expected = f"{listed(wanted)} invokes {function}" + (
        f", {shown_filter(prefix or '', suffix or '')}" if exact else ""
    )
    if snapshot.function(function) is None:
        return failed(missing_function(snapshot, function), expected=expected, observed="no such function")
    found = own_notifications(snapshot, function)
    if not found:
        return failed(
            no_notification(snapshot, function),
            expected=expected,
            observed="no notification",
            hint=_command(snapshot, function, "", wanted, prefix or "", suffix or ""),
        )

    def wrong_with(trigger: Notification) -> list[str]:
        absent = [event for event in wanted if not _included(event, trigger, found)]
        troubles = []
        if absent:
            events = listed(trigger.events)
            troubles.append(f"{quote(trigger.bucket)} invokes it for {events}, not for {listed(absent)}")
        filtered = _wrong_filter(trigger, prefix, suffix) if exact else _bad_filter(trigger, key_ending, own_results)
        return [*troubles, filtered] if filtered else troubles

    def earned_by(trigger: Notification) -> int:
        fires = any(_fires(event, trigger, found) for event in wanted)
        if exact:
            filtered = _never_matches(trigger, prefix or "", suffix or "")
        else:
            filtered = bool(_bad_filter(trigger, key_ending, own_results))
        return 6 - 2 * len(wrong_with(trigger)) if fires and not filtered else 1

    best = max(found, key=earned_by)
    troubles = wrong_with(best)
    never = " So it is never invoked for the lab's objects." if earned_by(best) == 1 else ""
    return share(
        earned_by(best),
        6,
        f"{function}: {'; '.join(troubles)}.{never}",
        expected=expected,
        observed=f"{quote(best.bucket)}: {listed(best.events)}, {shown_filter(best.prefix, best.suffix)}",
        hint=_command(snapshot, function, best.bucket, wanted, prefix or "", suffix or ""),
    )


def _included(event: str, trigger: Notification, found: list[Notification]) -> bool:
    """Return whether a notification, or others of its bucket with the same filter, include an event or pattern."""
    key = (trigger.bucket, trigger.prefix, trigger.suffix)
    alike = [other for other in found if (other.bucket, other.prefix, other.suffix) == key]
    has = [included for other in alike for included in other.events]
    if event == EVERY_CREATION:
        singles = {f"s3:ObjectCreated:{kind}" for kind in ("Put", "Post", "Copy", "CompleteMultipartUpload")}
        return event in has or singles <= set(has)
    return any(fnmatch.fnmatchcase(event, pattern) for pattern in has)


def _fires(event: str, trigger: Notification, found: list[Notification]) -> bool:
    """Return whether a notification includes at least a part of an event pattern."""
    if _included(event, trigger, found):
        return True
    return any(fnmatch.fnmatchcase(has, event) or fnmatch.fnmatchcase(event, has) for has in trigger.events)


def _never_matches(trigger: Notification, prefix: str, suffix: str) -> bool:
    """Return whether the filter matches no key with the prefix and the suffix."""
    begins = trigger.prefix.startswith(prefix) or prefix.startswith(trigger.prefix)
    ends = trigger.suffix.endswith(suffix) or suffix.endswith(trigger.suffix)
    return not (begins and ends) or bool(_why_nothing_matches(trigger))


def _wrong_filter(trigger: Notification, prefix: str | None, suffix: str | None) -> str:
    """Return how a filter differs from the exact one, or an empty text."""
    right = trigger.prefix == (trigger.prefix if prefix is None else prefix)
    right = right and trigger.suffix == (trigger.suffix if suffix is None else suffix)
    if right:
        return ""
    return (
        f"the notification of {quote(trigger.bucket)} has {shown_filter(trigger.prefix, trigger.suffix)} instead of "
        f"{shown_filter(prefix or '', suffix or '')}{_why_nothing_matches(trigger)}"
    )


def _bad_filter(trigger: Notification, key_ending: str, own_results: str) -> str:
    """Return why a free filter is wrong, or an empty text."""
    has = f"the notification of {quote(trigger.bucket)} has {shown_filter(trigger.prefix, trigger.suffix)}"
    if nothing := _why_nothing_matches(trigger):
        return has + nothing
    if own_results and trigger.prefix.startswith(own_results):
        return f"{has}, so it matches only the function's own results"
    if key_for(trigger, "a", key_ending) is None:
        return f"{has}, so it matches no key that ends with {key_ending}"
    return ""


def _why_nothing_matches(trigger: Notification) -> str:
    if "*" in trigger.prefix + trigger.suffix:
        return ", but S3 filters do not support the wildcard *"
    if trigger.prefix.startswith("/"):
        return ", but no key begins with a slash"
    return ""


def _command(snapshot: Snapshot, function: str, bucket: str, events: list[str], prefix: str, suffix: str) -> str:
    """Return the commands for the notification. S3 validates the function at once, so the permission comes first."""
    create = ""
    if not bucket:
        bucket = next(iter(sorted(snapshot.s3.bucket_names())), "")
    if not bucket:
        bucket = f"{snapshot.prefix.lower()}bucket-{snapshot.account_id}"
        create = f"aws s3 mb s3://{shlex.quote(bucket)}\n"
    named = shlex.quote(quote(bucket))
    rules = [{"Name": name, "Value": value} for name, value in (("prefix", prefix), ("suffix", suffix)) if value]
    configuration = {
        "LambdaFunctionArn": f"arn:aws:lambda:{snapshot.region}:{snapshot.account_id}:function:{function}",
        "Events": events,
        **({"Filter": {"Key": {"FilterRules": rules}}} if rules else {}),
    }
    body = json.dumps({"LambdaFunctionConfigurations": [configuration]})
    return (
        f"{create}aws lambda add-permission --function-name {function} --statement-id s3-invoke "
        f"--action lambda:InvokeFunction --principal s3.amazonaws.com --source-arn arn:aws:s3:::{named} "
        f"--source-account {snapshot.account_id}  # not needed if S3 already has this permission\n"
        f"aws s3api put-bucket-notification-configuration --bucket {named} "
        f"--notification-configuration {shlex.quote(body)}  # this replaces all notifications of the bucket"
    )
