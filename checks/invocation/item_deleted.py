"""A function that stores items deletes one."""

from __future__ import annotations

from typing import Any

from checks.invocation._items import ItemCalls, is_success
from checks.wording import invocation_failure, missing_function
from labgrader.judging import Probe, Verdict, check, failed

_LEFT = (
    "labgrader could not delete the items that it created, because DELETE deletes nothing. "
    "Their users have names that begin with labgrader-"
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
    """Check that ``DELETE`` returns the status and that the item is gone afterwards, by its id and in the list.

    The status alone earns nothing. A deletion with another status earns half of the points.

    Args:
        function: the function's name.
        path: the path of all items (``/todos``).
        id_field: the field with the item's id.
        item: the fields of the item that is created first.
        status: the right status.
        explanation: added to the message if the function's log shows that it cannot access its table.
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
            still = "the item still exists afterwards"
            wrong = [*wrong, still] if wrong else [f"DELETE {path}/ID returned {status}, but {still}"] * 2
            if is_success(answer):
                calls.evidence.append(_LEFT)
        elif is_success(answer):
            calls.deleted(identity)
        else:  # a function that refuses to delete an item may also refuse to show it
            wrong.append("the item was not deleted")
    return calls.verdict(
        wrong, 2, expected=expected, observed="deleted" if not wrong else "; ".join(dict.fromkeys(wrong)), hint=hint
    )
