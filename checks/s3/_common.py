"""What checks about buckets share: which notifications lead to a function, and which keys those let through."""

from __future__ import annotations

from labgrader.evidence.snapshot import Notification, Snapshot
from labgrader.judging import listed, quote

CREATED = "s3:ObjectCreated:Put"
"""The event of an object that is put, by the grader as by ``aws s3 cp``."""


def own_notifications(snapshot: Snapshot, function: str) -> list[Notification]:
    """The notifications of the student's own buckets that lead to a function of the student's, or an alias of it."""
    return [
        one
        for bucket in snapshot.s3.bucket_names()
        for one in snapshot.s3.notifications(bucket)
        if one.function == function and _is_here(snapshot, one)
    ]


def _is_here(snapshot: Snapshot, one: Notification) -> bool:
    """Whether a notification names a function of this account and Region; a hand-out's example account is another."""
    return f":lambda:{snapshot.region}:{snapshot.account_id}:function:" in one.function_arn


def key_for(notification: Notification, stem: str, ending: str) -> str | None:
    """A key that a notification lets through, or ``None`` where its filter lets no key with this ending through.

    Args:
        notification: the notification, with its filter.
        stem: what the last segment of the key begins with (``labgrader-text``).
        ending: what the key ends with (``.txt``).
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
    """A filter in words: ``the prefix uploads/ and the suffix .json``, or ``no filter``."""
    parts = [f"the {kind} {quote(value, 80)}" for kind, value in (("prefix", prefix), ("suffix", suffix)) if value]
    return " and ".join(parts) or "no filter"


def no_notification(snapshot: Snapshot, function: str) -> str:
    """Say that no bucket of the student's calls a function, and what they call instead."""
    buckets = snapshot.s3.bucket_names()
    if not buckets:
        return f"There is no bucket whose name begins with {snapshot.prefix}, so nothing can call {function}."
    others = sorted(
        {
            one.function if _is_here(snapshot, one) else one.function_arn
            for bucket in buckets
            for one in snapshot.s3.notifications(bucket)
            if one.function
        }
    )
    instead = f" {'It calls' if len(buckets) == 1 else 'They call'} {listed(others)} instead." if others else ""
    whose = f"Your bucket {listed(buckets)} does" if len(buckets) == 1 else f"Your buckets {listed(buckets)} do"
    return f"{whose} not call {function} when an object is created.{instead}"
