"""A function that keeps items creates one."""

from __future__ import annotations

from typing import Any

from checks.wording import missing_function
from checks.wording.item_calls import ItemCalls, differing, sentence
from labgrader.judging import Probe, Verdict, check, failed, quote, share


@check(
    title="An item is created",
    hint="aws logs tail /aws/lambda/{function} --since 1h",
)
def item_created(
    probe: Probe,
    *,
    function: str,
    path: str,
    id_field: str,
    item: dict[str, Any],
    defaults: dict[str, Any] | None = None,
    status: int = 201,
    explanation: str = "",
) -> Verdict:
    """``POST`` answers the status with the new item: its id, what was sent, and what the function adds by itself.

    The function is invoked directly, with the event that API Gateway sends for a user whom an authorizer has let in.
    The item is deleted again.

    Args:
        function: the function.
        path: the path of all items (``/todos``).
        id_field: the field with the item's id.
        item: what is sent.
        defaults: fields that the function sets, with their values; ``…`` for one that only has to be there.
        status: the status that is right.
        explanation: added to the message where the function's log says that its table is out of reach.
    """
    expected = f"{status} with the item and its {id_field}"
    if probe.snapshot.function(function) is None:
        return failed(missing_function(probe.snapshot, function), expected=expected, observed="no such function")
    calls = ItemCalls(probe, function, path, id_field, "item_created", explanation)
    answer, identity = calls.create(item, status)
    call, hint = calls.call, calls.hint
    calls.clean_up()
    if calls.trouble is not None:
        return failed(
            sentence(function, [f"{call} {calls.trouble.what}"], calls.note),
            expected=expected,
            observed=calls.trouble.what,
            hint=hint,
            evidence=calls.evidence,
        )
    wanted = {**item, **(defaults or {})}
    created = calls.item_in(answer)
    wrong = differing(created, wanted)
    if id_field not in created:
        wrong.insert(0, f"there is no {id_field}")
    if answer.response.status_code != status:
        wrong.insert(0, f"the status is {answer.response.status_code} instead of {status}")
    return share(
        len(wanted) + 2 - len(wrong),
        len(wanted) + 2,
        sentence(function, [f"{call} created the item, but in the answer {', '.join(wrong)}"], calls.note),
        expected=expected,
        observed=f"{answer.response.status_code} with {id_field} {quote(identity, 60)}",
        hint=hint,
        evidence=calls.evidence,
    )
