"""A user of a function that stores items cannot access the items of another user."""

from __future__ import annotations

from typing import Any

from checks.invocation._items import ItemCalls, sentence
from checks.wording import missing_function
from labgrader.judging import Probe, Verdict, check, failed


@check(
    title="Users cannot access each other's items",
    hint="aws logs tail /aws/lambda/{function} --since 1h",
)
def users_kept_apart(
    probe: Probe, *, function: str, path: str, id_field: str, item: dict[str, Any], explanation: str = ""
) -> Verdict:
    """Check that a user cannot read, list or delete an item of another user. Each is worth a third.

    Any refusal of the other user's request is right. Another check judges the status 404.

    Args:
        function: the function's name.
        path: the path of all items (``/todos``).
        id_field: the field with the item's id.
        item: the fields of the item that is created. It is deleted again.
        explanation: added to the message if the function's log shows that it cannot access its table.
    """
    expected = "another user cannot read, list or delete an item"
    if probe.snapshot.function(function) is None:
        return failed(missing_function(probe.snapshot, function), expected=expected, observed="no such function")
    calls = ItemCalls(probe, function, path, id_field, "users_kept_apart", explanation)
    _, identity = calls.create(item)
    hint = calls.hint
    wrong: list[str] = []
    if calls.trouble is not None or calls.find(identity) is None:
        what = f"{calls.call} {calls.trouble.what}" if calls.trouble else "its owner cannot read the new item"
        calls.clean_up()
        return failed(
            sentence(function, [f"access by another user cannot be tested, because {what}"], calls.note),
            expected=expected,
            observed="could not be tested",
            hint=hint,
            evidence=calls.evidence,
        )
    if calls.read(identity, user=calls.other_user) is not None:
        wrong.append(f"GET {path}/ID shows the item to another user")
        hint = calls.hint
    if identity in (calls.read_list(user=calls.other_user) or {}):
        hint = hint if wrong else calls.hint
        wrong.append(f"GET {path} lists the item to another user")
    calls.send("DELETE", identity, user=calls.other_user)
    command = calls.hint
    if calls.find(identity) is None:
        hint = hint if wrong else command
        wrong.append(f"DELETE {path}/ID of another user deleted the item")
        calls.deleted(identity)
    return calls.verdict(wrong, 3, expected=expected, observed=f"access in {len(wrong)} of 3 requests", hint=hint)
