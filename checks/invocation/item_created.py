"""A function that stores items creates one."""

from __future__ import annotations

from typing import Any

from checks.invocation._items import ItemCalls, differing, dumped_twice, sentence
from checks.wording import InvocationFailure, missing, missing_function
from labgrader.evidence.snapshot import REDACTED, Function, Snapshot
from labgrader.judging import Probe, Verdict, check, failed, partial, quote, share


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
    handler: str = "",
    table: str = "",
    variable: str = "",
    explanation: str = "",
) -> Verdict:
    """Check that ``POST`` returns the status with the new item: its id, the sent fields and the function's defaults.

    The function is invoked directly, with the event that API Gateway sends for an authorized user. The item is deleted
    again. If nothing is created, the message names the wrong setting of the function or table. A body that is not text
    earns nothing, because API Gateway returns 502. A body that was encoded as JSON twice earns at most half.

    Args:
        function: the function's name.
        path: the path of all items (``/todos``).
        id_field: the field with the item's id.
        item: the fields that are sent.
        defaults: fields that the function sets, with their values. ``…`` accepts any value.
        status: the right status.
        handler: the lab's handler.
        table: the table of the items. Its keys must be of type S.
        variable: the environment variable with the table's name.
        explanation: added to the message if the function's log shows that it cannot access its table.
    """
    expected = f"{status} with the item and its {id_field}"
    deployed = probe.snapshot.function(function)
    if deployed is None:
        return failed(missing_function(probe.snapshot, function), expected=expected, observed="no such function")
    settings = _wrong_settings(probe.snapshot, deployed, handler, table, variable)
    calls = ItemCalls(probe, function, path, id_field, "item_created", explanation)
    answer, identity = calls.create(item, status)
    call, hint = calls.call, calls.hint
    calls.clean_up()
    if calls.trouble is not None:
        return failed(
            sentence(function, [f"{call} {calls.trouble.what}"], _cause(settings, calls.trouble, calls.note)),
            expected=expected,
            observed=calls.trouble.what,
            hint=hint,
            evidence=calls.evidence,
        )
    wanted = {**item, **(defaults or {})}
    created = calls.item_in(answer)
    wrong = differing(created, wanted)
    if id_field not in created:
        wrong.insert(0, f"{id_field} is missing")
    if answer.response.status_code != status:
        wrong.insert(0, f"the status is {answer.response.status_code} instead of {status}")
    if dumped_twice(answer):
        wrong.insert(0, "the body is JSON within JSON (call json.dumps once, not twice)")
        return partial(
            max(1, min(len(wanted) + 2 - len(wrong), (len(wanted) + 2) // 2)) / (len(wanted) + 2),
            sentence(function, [f"{call} created the item, but in the response {', '.join(wrong)}"], calls.note),
            expected=expected,
            observed="JSON within JSON",
            hint=hint,
            evidence=calls.evidence,
        )
    return share(
        len(wanted) + 2 - len(wrong),
        len(wanted) + 2,
        sentence(function, [f"{call} created the item, but in the response {', '.join(wrong)}"], calls.note),
        expected=expected,
        observed=f"{answer.response.status_code} with {id_field} {quote(identity, 60)}",
        hint=hint,
        evidence=calls.evidence,
    )


def _wrong_settings(snapshot: Snapshot, deployed: Function, handler: str, table: str, variable: str) -> dict[str, str]:
    """Return a sentence for each wrong setting that keeps the function from working. Other checks also report them."""
    wrong = {}
    if handler and deployed.handler != handler:
        wrong["handler"] = f"First fix its handler: it is {quote(deployed.handler) or 'empty'} instead of {handler}."
    known = variable and deployed.environment_is_known
    value = deployed.environment.get(variable) if known else None
    if known and value is None:
        wrong["variable"] = f"First set its environment variable {variable} to {table}."
    elif value is not None and value not in (table, REDACTED):
        wrong["variable"] = f"Its environment variable {variable} is “{quote(value, 80)}” instead of “{table}”."
    if table:
        found = snapshot.dynamodb.table(table)
        if found is None:
            wrong["table"] = f"{missing('table', table, snapshot.dynamodb.table_names())} Fix that first."
        else:
            keys = {"partition key": found.partition_key, "sort key": found.sort_key}
            numbers = [(what, name) for what, name in keys.items() if name and found.key_types.get(name, "S") != "S"]
            for what, name in numbers:
                wrong["keys"] = (
                    f"First fix its table {table}: the {what} {quote(name)} is of type {quote(found.key_types[name])} "
                    "instead of S, so DynamoDB rejects text."
                )
    return wrong


def _cause(settings: dict[str, str], trouble: InvocationFailure, note: str) -> str:
    """Return the setting that explains the failure, or the lab's explanation if the log shows an access problem."""
    if "cannot be loaded" in trouble.what or "HandlerNotFound" in trouble.what:
        return settings.get("handler", "")
    if note:
        return settings.get("variable") or settings.get("table") or note
    return settings.get("keys", "")
