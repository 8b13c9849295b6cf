"""A function that keeps items creates one."""

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
    """``POST`` answers the status with the new item: its id, what was sent, and what the function adds by itself.

    The function is invoked directly, with the event that API Gateway sends for a user whom an authorizer has let in.
    The item is deleted again. Where nothing is created, the message says what in the function's settings or the table
    explains it. A body that is no text earns nothing, as API Gateway answers 502 to it; one that was made into JSON
    twice earns at most half.

    Args:
        function: the function.
        path: the path of all items (``/todos``).
        id_field: the field with the item's id.
        item: what is sent.
        defaults: fields that the function sets, with their values; ``…`` for one that only has to be there.
        status: the status that is right.
        handler: the handler that the lab asks for.
        table: the table whose items they are; its keys are texts.
        variable: the environment variable that names the table.
        explanation: added to the message where the function's log says that its table is out of reach.
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
        wrong.insert(0, f"there is no {id_field}")
    if answer.response.status_code != status:
        wrong.insert(0, f"the status is {answer.response.status_code} instead of {status}")
    if dumped_twice(answer):
        wrong.insert(0, "the body is JSON within JSON: json.dumps ran twice on it, and once is right")
        return partial(
            max(1, min(len(wanted) + 2 - len(wrong), (len(wanted) + 2) // 2)) / (len(wanted) + 2),
            sentence(function, [f"{call} created the item, but in the answer {', '.join(wrong)}"], calls.note),
            expected=expected,
            observed="JSON within JSON",
            hint=hint,
            evidence=calls.evidence,
        )
    return share(
        len(wanted) + 2 - len(wrong),
        len(wanted) + 2,
        sentence(function, [f"{call} created the item, but in the answer {', '.join(wrong)}"], calls.note),
        expected=expected,
        observed=f"{answer.response.status_code} with {id_field} {quote(identity, 60)}",
        hint=hint,
        evidence=calls.evidence,
    )


def _wrong_settings(snapshot: Snapshot, deployed: Function, handler: str, table: str, variable: str) -> dict[str, str]:
    """What keeps the function from working, as sentences by what is wrong: other checks say it too."""
    wrong = {}
    if handler and deployed.handler != handler:
        wrong["handler"] = f"Its handler is {quote(deployed.handler) or 'empty'} instead of {handler}: mend that first."
    value = deployed.environment.get(variable) if variable else None
    if variable and value is None:
        wrong["variable"] = f"Its environment variable {variable} is not set: set it to {table} first."
    elif value is not None and value not in (table, REDACTED):
        wrong["variable"] = f"Its environment variable {variable} is “{quote(value, 80)}” instead of “{table}”."
    if table:
        found = snapshot.dynamodb.table(table)
        if found is None:
            wrong["table"] = f"{missing('table', table, snapshot.dynamodb.table_names())} Mend that first."
        else:
            keys = {"partition key": found.partition_key, "sort key": found.sort_key}
            numbers = [(what, name) for what, name in keys.items() if name and found.key_types.get(name, "S") != "S"]
            for what, name in numbers:
                wrong["keys"] = (
                    f"The {what} {quote(name)} of its table {table} is of type {quote(found.key_types[name])} instead "
                    "of S, so the table refuses a text there: mend the table first."
                )
    return wrong


def _cause(settings: dict[str, str], trouble: InvocationFailure, note: str) -> str:
    """The setting that explains the trouble, else the lab's explanation where the log calls for it."""
    if "cannot be loaded" in trouble.what or "HandlerNotFound" in trouble.what:
        return settings.get("handler", "")
    if note:
        return settings.get("variable") or settings.get("table") or note
    return settings.get("keys", "")
