"""Functions that the checks of buckets share: notifications that invoke a function, and the keys that they match."""

from __future__ import annotations

from labgrader.evidence.snapshot import Notification, Snapshot
from labgrader.judging import listed, quote

CREATED = "s3:ObjectCreated:Put"
"""The event of an upload, by the grader or by ``aws s3 cp``."""


def own_notifications(snapshot: Snapshot, function: str) -> list[Notification]:
    """Return the notifications of the student's buckets that invoke a function of the student or an alias of it."""
    return [
        notification
        for bucket in snapshot.s3.bucket_names()
        for notification in snapshot.s3.notifications(bucket)
        if notification.function == function and _is_local(snapshot, notification)
    ]


def _is_local(snapshot: Snapshot, notification: Notification) -> bool:
    """Return whether a notification names a function of this account and Region, not of the handout's account."""
    return f":lambda:{snapshot.region}:{snapshot.account_id}:function:" in notification.function_arn


def key_for(notification: Notification, stem: str, ending: str) -> str | None:
    """Return a key that a notification's filter matches, or ``None`` if it matches no key with this ending.

    Args:
        notification: the notification, with its filter.
        stem: the beginning of the key's last segment (``labgrader-text``).
        ending: the end of the key (``.txt``).
    """
    folder = notification.prefix
    if folder and not folder.endswith("/"):
        folder += "/"
    if ending.endswith(notification.suffix):
        return f"{folder}{stem}{ending}"
    if notification.suffix.endswith(ending) and "/" not in notification.suffix:
        return f"{folder}{stem}{notification.suffix}"
    return None


def shown_filter(prefix: str, suffix: str) -> str:
    """Return a filter in words: ``the prefix uploads/ and the suffix .json``, or ``no filter``."""
    parts = [f"the {kind} {quote(value, 80)}" for kind, value in (("prefix", prefix), ("suffix", suffix)) if value]
    return " and ".join(parts) or "no filter"


def no_notification(snapshot: Snapshot, function: str) -> str:
    """Return the sentence that no bucket of the student invokes a function, and what the buckets invoke instead."""
    buckets = snapshot.s3.bucket_names()
    if not buckets:
        return f"You have no bucket with a name that begins with {snapshot.prefix}, so no bucket invokes {function}."
    others = sorted(
        {
            notification.function if _is_local(snapshot, notification) else notification.function_arn
            for bucket in buckets
            for notification in snapshot.s3.notifications(bucket)
            if notification.function
        }
    )
    instead = f" {'It invokes' if len(buckets) == 1 else 'They invoke'} {listed(others)} instead." if others else ""
    subject = f"Your bucket {listed(buckets)} does" if len(buckets) == 1 else f"Your buckets {listed(buckets)} do"
    return f"{subject} not invoke {function} when an object is created.{instead}"
