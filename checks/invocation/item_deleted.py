"""A function that keeps items deletes one."""

from __future__ import annotations

from typing import Any

from checks.invocation._items import ItemCalls, is_success
from checks.wording import invocation_failure, missing_function
from labgrader.judging import Probe, Verdict, check, failed

_LEFT = (
    "left behind by the grader, because DELETE deletes nothing: every item that it created, of the users whose names "
    "begin with labgrader-"
)


@check(
    title="An item is deleted",
    hint="aws logs tail /aws/lambda/{function} --since 1h",
)
def item_deleted(
    probe: Probe,
    *,
    function: str,
    path: str,
    id_field: str,
    item: dict[str, Any],
    status: int = 204,
    explanation: str = "",
) -> Verdict:
    """``DELETE`` answers the status, and afterwards the item is neither read alone nor in the list.

    The status alone is worth nothing, and a deletion with another status is worth half.

    Args:
        function: the function.
        path: the path of all items (``/todos``).
        id_field: the field with the item's id.
        item: what is created first.
        status: the status that is right.
        explanation: added to the message where the function's log says that its table is out of reach.
    """
    expected = f"{status}, and the item is gone"
    if probe.snapshot.function(function) is None:
        return failed(missing_function(probe.snapshot, function), expected=expected, observed="no such function")
    calls = ItemCalls(probe, function, path, id_field, "item_deleted", explanation)
    _, identity = calls.create(item)
    hint = calls.hint
    if calls.trouble is not None:
        wrong = [f"{calls.call} {calls.trouble.what}"] * 2
    else:
        wrong = []
        answer = calls.send("DELETE", identity)
        problem = invocation_failure(answer, [status], readable=False)
        hint = calls.hint
        if problem is not None:
            wrong.append(f"DELETE {path}/ID {problem.what}")
        if calls.find(identity) is not None:
            there = "the item is still there afterwards"
            wrong = [*wrong, there] if wrong else [f"DELETE {path}/ID answered {status}, but {there}"] * 2
            if is_success(answer):
                calls.evidence.append(_LEFT)
        elif is_success(answer):
            calls.deleted(identity)
        else:  # a function that refuses to delete may as well refuse to show what is still there
            wrong.append("so nothing was deleted")
    return calls.verdict(
        wrong, 2, expected=expected, observed="deleted" if not wrong else "; ".join(dict.fromkeys(wrong)), hint=hint
    )
