"""A bucket calls a function when an object is created."""

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
    title="A bucket calls the function",
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
    """One of the student's buckets calls the function, for the events and with the filter that the lab says.

    That it calls the function, the events and the filter are worth the same. Where several notifications lead to the
    function, the best one counts; events may be spread over several of one bucket. One that never calls the function
    for such an object, for want of the event or by its filter, earns a sixth for being there.

    Args:
        function: its name.
        events: what the notification is about; all object-created events where nothing is given.
        prefix: what keys begin with, exactly; an empty text wants no such filter.
        suffix: what keys end with, exactly; an empty text wants no such filter.
        key_ending: where prefix and suffix are free, the ending of the keys that a filter must let through.
        own_results: where they are free, the folder that the function writes to: a filter for it alone is wrong.
    """
    wanted = events or [EVERY_CREATION]
    exact = prefix is not None or suffix is not None
    expected = f"{listed(wanted)} calls {function}" + (f", {shown_filter(prefix or '', suffix or '')}" if exact else "")
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

    def wrong_with(one: Notification) -> list[str]:
        absent = [event for event in wanted if not _included(event, one, found)]
        troubles = (
            [f"{quote(one.bucket)} calls it for {listed(one.events)}, not for {listed(absent)}"] if absent else []
        )
        filtered = _wrong_filter(one, prefix, suffix) if exact else _bad_filter(one, key_ending, own_results)
        return [*troubles, filtered] if filtered else troubles

    def earned_by(one: Notification) -> int:
        fires = any(_fires(event, one, found) for event in wanted)
        filtered = (
            _never_matches(one, prefix or "", suffix or "") if exact else _bad_filter(one, key_ending, own_results)
        )
        return 6 - 2 * len(wrong_with(one)) if fires and not filtered else 1

    best = max(found, key=earned_by)
    troubles = wrong_with(best)
    never = " So it is never called for what the lab wants." if earned_by(best) == 1 else ""
    return share(
        earned_by(best),
        6,
        f"{function}: {'; '.join(troubles)}.{never}",
        expected=expected,
        observed=f"{quote(best.bucket)}: {listed(best.events)}, {shown_filter(best.prefix, best.suffix)}",
        hint=_command(snapshot, function, best.bucket, wanted, prefix or "", suffix or ""),
    )


def _included(event: str, one: Notification, found: list[Notification]) -> bool:
    """Whether a notification, with others like it of the same bucket, is about an event or a pattern of events."""
    alike = [each for each in found if (each.bucket, each.prefix, each.suffix) == (one.bucket, one.prefix, one.suffix)]
    has = [each for entry in alike for each in entry.events]
    if event == EVERY_CREATION:
        singles = {f"s3:ObjectCreated:{kind}" for kind in ("Put", "Post", "Copy", "CompleteMultipartUpload")}
        return event in has or singles <= set(has)
    return any(fnmatch.fnmatchcase(event, pattern) for pattern in has)


def _fires(event: str, one: Notification, found: list[Notification]) -> bool:
    """Whether some of what an event or a pattern of events is about is among those of a notification."""
    if _included(event, one, found):
        return True
    return any(fnmatch.fnmatchcase(has, event) or fnmatch.fnmatchcase(event, has) for has in one.events)


def _never_matches(one: Notification, prefix: str, suffix: str) -> bool:
    """Whether no key with the prefix and the suffix passes the filter."""
    begins = one.prefix.startswith(prefix) or prefix.startswith(one.prefix)
    ends = one.suffix.endswith(suffix) or suffix.endswith(one.suffix)
    return not (begins and ends) or bool(_why_nothing_matches(one))


def _wrong_filter(one: Notification, prefix: str | None, suffix: str | None) -> str:
    """How a filter differs from the one that is wanted, or nothing."""
    right = one.prefix == (one.prefix if prefix is None else prefix)
    right = right and one.suffix == (one.suffix if suffix is None else suffix)
    if right:
        return ""
    return (
        f"the notification of {quote(one.bucket)} has {shown_filter(one.prefix, one.suffix)} instead of "
        f"{shown_filter(prefix or '', suffix or '')}{_why_nothing_matches(one)}"
    )


def _bad_filter(one: Notification, key_ending: str, own_results: str) -> str:
    """Why a free filter does not do, or nothing."""
    has = f"the notification of {quote(one.bucket)} has {shown_filter(one.prefix, one.suffix)}"
    if nothing := _why_nothing_matches(one):
        return has + nothing
    if own_results and one.prefix.startswith(own_results):
        return f"{has}, so it sees only what the function itself writes"
    if key_for(one, "a", key_ending) is None:
        return f"{has}, so no file that ends with {key_ending} reaches it"
    return ""


def _why_nothing_matches(one: Notification) -> str:
    if "*" in one.prefix + one.suffix:
        return ", but S3 knows no wildcards there: * stands for itself"
    if one.prefix.startswith("/"):
        return ", but no key begins with a slash"
    return ""


def _command(snapshot: Snapshot, function: str, bucket: str, events: list[str], prefix: str, suffix: str) -> str:
    """The commands that set it: S3 tries the function at once, so the permission comes first."""
    made = ""
    if not bucket:
        bucket = next(iter(sorted(snapshot.s3.bucket_names())), "")
    if not bucket:
        bucket = f"{snapshot.prefix.lower()}bucket-{snapshot.account_id}"
        made = f"aws s3 mb s3://{shlex.quote(bucket)}\n"
    named = shlex.quote(quote(bucket))
    rules = [{"Name": name, "Value": value} for name, value in (("prefix", prefix), ("suffix", suffix)) if value]
    configuration = {
        "LambdaFunctionArn": f"arn:aws:lambda:{snapshot.region}:{snapshot.account_id}:function:{function}",
        "Events": events,
        **({"Filter": {"Key": {"FilterRules": rules}}} if rules else {}),
    }
    body = json.dumps({"LambdaFunctionConfigurations": [configuration]})
    return (
        f"{made}aws lambda add-permission --function-name {function} --statement-id s3-invoke "
        f"--action lambda:InvokeFunction --principal s3.amazonaws.com --source-arn arn:aws:s3:::{named} "
        f"--source-account {snapshot.account_id}  # not needed where S3 may call it already\n"
        f"aws s3api put-bucket-notification-configuration --bucket {named} "
        f"--notification-configuration {shlex.quote(body)}  # this replaces all notifications of the bucket"
    )
