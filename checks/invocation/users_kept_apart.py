"""One user of a function that keeps items gets at nothing of another's."""

from __future__ import annotations

from typing import Any

from checks.invocation._items import ItemCalls, sentence
from checks.wording import missing_function
from labgrader.judging import Probe, Verdict, check, failed


@check(
    title="One user gets at nothing of another's",
    hint="aws logs tail /aws/lambda/{function} --since 1h",
)
def users_kept_apart(
    probe: Probe, *, function: str, path: str, id_field: str, item: dict[str, Any], explanation: str = ""
) -> Verdict:
    """What one user created another cannot read, does not find in the list, and cannot delete: a third each.

    Only what gets across counts: a call of the other user that is refused in whatever way is right. That nothing is
    found is answered with 404 is another check's.

    Args:
        function: the function.
        path: the path of all items (``/todos``).
        id_field: the field with the item's id.
        item: what is created. It is deleted again.
        explanation: added to the message where the function's log says that its table is out of reach.
    """
    expected = "another user neither reads, lists nor deletes an item"
    if probe.snapshot.function(function) is None:
        return failed(missing_function(probe.snapshot, function), expected=expected, observed="no such function")
    calls = ItemCalls(probe, function, path, id_field, "users_kept_apart", explanation)
    _, identity = calls.create(item)
    hint = calls.hint
    wrong: list[str] = []
    if calls.trouble is not None or calls.find(identity) is None:
        what = (
            f"{calls.call} {calls.trouble.what}"
            if calls.trouble
            else "its owner does not find the item that was just created"
        )
        calls.clean_up()
        return failed(
            sentence(function, [f"whether users are kept apart cannot be tried: {what}"], calls.note),
            expected=expected,
            observed="could not be tried",
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
    return calls.verdict(wrong, 3, expected=expected, observed=f"{3 - len(wrong)} of 3 kept apart", hint=hint)
