"""A function that stores items returns them."""

from __future__ import annotations

from typing import Any

from checks.invocation._items import ItemCalls, differing, no_text
from checks.wording import invocation_failure, missing_function
from labgrader.judging import Probe, Verdict, check, failed


@check(
    title="An item is returned by its id and in the list",
    hint="aws logs tail /aws/lambda/{function} --since 1h",
)
def item_read_back(
    probe: Probe, *, function: str, path: str, id_field: str, item: dict[str, Any], explanation: str = ""
) -> Verdict:
    """Check that ``GET`` returns a new item with 200, by its id and in the list of all items. Each is worth half.

    Args:
        function: the function's name.
        path: the path of all items (``/todos``).
        id_field: the field with the item's id.
        item: the fields of the item that is created. It is deleted again.
        explanation: added to the message if the function's log shows that it cannot access its table.
    """
    expected = "200 with the item, by its id and in the list"
    if probe.snapshot.function(function) is None:
        return failed(missing_function(probe.snapshot, function), expected=expected, observed="no such function")
    calls = ItemCalls(probe, function, path, id_field, "item_read_back", explanation)
    _, identity = calls.create(item)
    wrong: list[str] = []
    hint = calls.hint
    if calls.trouble is not None:
        wrong = [f"{calls.call} {calls.trouble.what}"] * 2
    else:
        alone = calls.send("GET", identity)
        problem = invocation_failure(alone, [200]) or no_text(alone)
        unlike = differing(calls.item_in(alone), {id_field: identity, **item})
        if problem is not None or unlike:
            what = problem.what if problem else f"returned 200, but {', '.join(unlike)}"
            wrong, hint = [f"GET {path}/ID {what}"], calls.hint
        everything = calls.send("GET", "")
        problem = invocation_failure(everything, [200]) or no_text(everything)
        found = calls.items_in(everything)
        if problem is not None or found is None or identity not in found:
            what = "returned 200, but the new item is not in the list"
            what = problem.what if problem else what if found is not None else "returned 200, but without a list"
            wrong.append(f"GET {path} {what}")
            hint = hint if len(wrong) > 1 else calls.hint
    return calls.verdict(
        wrong, 2, expected=expected, observed=f"{2 - len(wrong)} of 2 requests return the item", hint=hint
    )
