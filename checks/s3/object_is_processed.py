"""A function turns an object that is put into a bucket into its result."""

from __future__ import annotations

from typing import Any

from checks.s3._common import CREATED, key_for, no_notification, own_notifications
from checks.wording import missing_function
from checks.wording.structure import difference
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Probe, Verdict, check, failed, quote, share

STEM = "labgrader"
"""What the names of the grader's own objects begin with, so that nobody takes them for a student's."""


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
    """An object of the grader's, put where the function's trigger sees it, yields the result; both are deleted then.

    Each value that the result must hold is worth the same.

    Args:
        function: the function that a bucket calls.
        body: the object's text.
        result: the key of the result; ``{key}`` stands for the object's own.
        contains: what the result, which is JSON, must hold.
        content_type: the object's type.
        ending: what the object's key ends with.
        explanation: added to the message where no result came.
    """
    snapshot = probe.snapshot
    if snapshot.function(function) is None:
        return failed(missing_function(snapshot, function), observed="no such function")
    placed = _place(snapshot, function, ending)
    if placed is None:
        said = _why_not(snapshot, function, ending)
        return failed(said, expected="a trigger that sees the object", observed="none")
    bucket, key = placed
    awaited = result.replace("{key}", key)
    expected = f"{awaited} with {quote(contains, 120)}"
    dropped = probe.drop_object(bucket, key, body, content_type, await_key=awaited)
    left = [f"could not be deleted from {quote(bucket)}: {quote(one)}" for one in dropped.left_behind]
    hint = (
        f"printf {quote(_printf(body))} > test-file{ending}\n"
        f"aws s3 cp test-file{ending} s3://{quote(bucket)}/{quote(key).rpartition('/')[0]}"
        f"{'/' if '/' in key else ''} --content-type {content_type}\n"
        f"aws logs tail /aws/lambda/{function} --since 10m"
    )
    if dropped.outcome != "answered":
        return failed(
            f"{quote(key)} was put into {quote(bucket)}, and after {dropped.waited_ms / 1000:.0f} s there was no "
            f"{quote(awaited)}: {function} did not run, failed, or saved its result under "
            f"another name, where it stays until you delete it. {explanation}".rstrip(),
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
    """The first bucket, and a key, of which the function is told."""
    for one in own_notifications(snapshot, function):
        key = key_for(one, f"{STEM}-{snapshot.username}", ending)
        if key is not None and one.includes(CREATED):
            return one.bucket, key
    return None


def _why_not(snapshot: Snapshot, function: str, ending: str) -> str:
    """Why no object reaches the function."""
    triggers = own_notifications(snapshot, function)
    if not triggers:
        return no_notification(snapshot, function)
    if not any(one.includes(CREATED) for one in triggers):
        return f"The trigger of {function} is not about objects that are put."
    return f"The filter of the trigger of {function} lets no key that ends with {ending} through."


def _printf(body: str) -> str:
    """The text as printf takes it, in single quotes."""
    escaped = body.replace("\\", "\\\\").replace("%", "%%").replace("\n", "\\n").replace("'", "'\\''")
    return f"'{escaped}'"
