"""A function that stores items updates one."""

from __future__ import annotations

from typing import Any

from checks.invocation._items import ItemCalls, differing, no_text
from checks.wording import invocation_failure, missing_function
from labgrader.judging import Probe, Verdict, check, failed


@check(
    title="An item is updated",
    hint="aws logs tail /aws/lambda/{function} --since 1h",
)
def item_updated(
    probe: Probe,
    *,
    function: str,
    path: str,
    id_field: str,
    item: dict[str, Any],
    changes: dict[str, Any],
    explanation: str = "",
) -> Verdict:
    """Check that ``PUT`` returns 200 and that the item has the changes afterwards. Each is worth half.

    Args:
        function: the function's name.
        path: the path of all items (``/todos``).
        id_field: the field with the item's id.
        item: the fields of the item that is created first. It is deleted again.
        changes: the fields that are updated.
        explanation: added to the message if the function's log shows that it cannot access its table.
    """
    expected = "200, and the item has the changes"
    if probe.snapshot.function(function) is None:
        return failed(missing_function(probe.snapshot, function), expected=expected, observed="no such function")
    calls = ItemCalls(probe, function, path, id_field, "item_updated", explanation)
    _, identity = calls.create(item)
    hint = calls.hint
    if calls.trouble is not None:
        wrong = [f"{calls.call} {calls.trouble.what}"] * 2
    else:
        wrong = []
        answer = calls.send("PUT", identity, body=changes)
        problem = invocation_failure(answer, [200]) or no_text(answer)
        hint = calls.hint
        if problem is not None:
            wrong.append(f"PUT {path}/ID {problem.what}")
        after = calls.find(identity)
        if after is None:
            wrong.append("the item cannot be read afterwards")
        elif differing(after, changes):
            wrong.append(f"afterwards {', '.join(differing(after, changes))}")
    return calls.verdict(
        wrong, 2, expected=expected, observed="updated" if not wrong else "; ".join(dict.fromkeys(wrong)), hint=hint
    )
