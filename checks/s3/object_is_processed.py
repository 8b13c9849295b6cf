"""A function processes an object that is uploaded to a bucket."""

from __future__ import annotations

from typing import Any

from checks.s3._common import CREATED, key_for, no_notification, own_notifications
from checks.wording import missing_function
from checks.wording.structure import difference
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Probe, Verdict, check, failed, quote, share

STEM = "labgrader"
"""The beginning of the names of labgrader's objects, which distinguishes them from a student's objects."""


@check(
    title="An object is processed",
    hint="aws logs tail /aws/lambda/{function} --since 1h",
    fills={"result": ["key"], "contains": ["key"]},
)
def object_is_processed(
    probe: Probe,
    *,
    function: str,
    body: str,
    result: str,
    contains: dict[str, Any],
    content_type: str = "text/plain",
    ending: str = ".txt",
    explanation: str = "",
) -> Verdict:
    """Check that the function writes its result for an object that labgrader uploads. labgrader then deletes both.

    Each value that the result must have is worth the same.

    Args:
        function: the function that a bucket invokes.
        body: the object's text.
        result: the key of the result. ``{key}`` is replaced by the object's key.
        contains: the structure that the result, a JSON object, must have.
        content_type: the object's content type.
        ending: the end of the object's key.
        explanation: added to the message if there is no result.
    """
    snapshot = probe.snapshot
    if snapshot.function(function) is None:
        return failed(missing_function(snapshot, function), observed="no such function")
    placed = _place(snapshot, function, ending)
    if placed is None:
        message = _why_not_invoked(snapshot, function, ending)
        return failed(message, expected="a trigger that matches the object", observed="none")
    bucket, key = placed
    awaited = result.replace("{key}", key)
    expected = f"{awaited} with {quote(contains, 120)}"
    dropped = probe.drop_object(bucket, key, body, content_type, await_key=awaited)
    left = [f"could not be deleted from {quote(bucket)}: {quote(name)}" for name in dropped.left_behind]
    hint = (
        f"printf {quote(_printf(body))} > test-file{ending}\n"
        f"aws s3 cp test-file{ending} s3://{quote(bucket)}/{quote(key).rpartition('/')[0]}"
        f"{'/' if '/' in key else ''} --content-type {content_type}\n"
        f"aws logs tail /aws/lambda/{function} --since 10m"
    )
    if dropped.outcome != "answered":
        return failed(
            f"labgrader uploaded {quote(key)} to {quote(bucket)}, but {quote(awaited)} did not appear within "
            f"{dropped.waited_ms / 1000:.0f} s. {function} did not run, failed, or saved its result under another "
            f"name. If it saved a result under another name, delete that result: labgrader cannot find it. "
            f"{explanation}".rstrip(),
            expected=expected,
            observed="no result",
            hint=hint,
            evidence=left,
        )
    found = dropped.content
    if not isinstance(found, dict):
        return failed(
            f"{quote(awaited)} is not a JSON object: “{quote(dropped.found, 80)}”.",
            expected=expected,
            observed=quote(dropped.found, 80),
            hint=hint,
            evidence=left,
        )
    wanted = {
        name: value.replace("{key}", key) if isinstance(value, str) else value for name, value in contains.items()
    }
    troubles = [text for name, value in wanted.items() if (text := difference(found, {name: value}))]
    return share(
        len(wanted) - len(troubles),
        len(wanted),
        f"In {quote(awaited)}, {'; '.join(troubles)}.",
        expected=expected,
        observed=quote({name: found[name] for name in wanted if name in found}, 120) or "nothing",
        hint=hint,
        evidence=left,
    )


def _place(snapshot: Snapshot, function: str, ending: str) -> tuple[str, str] | None:
    """Return the first bucket that invokes the function for an upload, with a key that its filter matches."""
    for trigger in own_notifications(snapshot, function):
        key = key_for(trigger, f"{STEM}-{snapshot.username}", ending)
        if key is not None and trigger.includes(CREATED):
            return trigger.bucket, key
    return None


def _why_not_invoked(snapshot: Snapshot, function: str, ending: str) -> str:
    """Return why no upload invokes the function."""
    triggers = own_notifications(snapshot, function)
    if not triggers:
        return no_notification(snapshot, function)
    if not any(trigger.includes(CREATED) for trigger in triggers):
        return f"The trigger of {function} does not include {CREATED}."
    return f"The trigger of {function} has a filter that matches no key that ends with {ending}."


def _printf(body: str) -> str:
    """Return the text as an argument of printf, in single quotes."""
    escaped = body.replace("\\", "\\\\").replace("%", "%%").replace("\n", "\\n").replace("'", "'\\''")
    return f"'{escaped}'"
