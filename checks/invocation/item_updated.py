"""A function that keeps items changes one."""

from __future__ import annotations

from typing import Any

from checks.invocation._items import ItemCalls, differing, no_text
from checks.wording import invocation_failure, missing_function
from labgrader.judging import Probe, Verdict, check, failed


@check(
    title="An item is changed",
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
    """``PUT`` answers 200, and reading the item shows the changes: half each.

    Args:
        function: the function.
        path: the path of all items (``/todos``).
        id_field: the field with the item's id.
        item: what is sent at first. It is deleted again.
        changes: what is sent then.
        explanation: added to the message where the function's log says that its table is out of reach.
    """
    expected = "200, and the changes when it is read"
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
            wrong.append("afterwards the item cannot be read")
        elif differing(after, changes):
            wrong.append(f"afterwards {', '.join(differing(after, changes))}")
    return calls.verdict(
        wrong, 2, expected=expected, observed="changed" if not wrong else "; ".join(dict.fromkeys(wrong)), hint=hint
    )
