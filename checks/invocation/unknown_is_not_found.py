"""A function that stores items returns 404 for unknown ids and paths."""

from __future__ import annotations

from checks.invocation._items import ItemCalls
from checks.wording import invocation_failure, missing_function
from labgrader.judging import Probe, Verdict, check, failed

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
UNKNOWN_PATH = "/labgrader-unknown"


@check(
    title="Unknown ids and paths return 404",
    hint="aws logs tail /aws/lambda/{function} --since 1h",
)
def unknown_is_not_found(
    probe: Probe, *, function: str, path: str, id_field: str, status: int = 404, explanation: str = ""
) -> Verdict:
    """Check that ``GET`` returns the status for an unknown id and for an unknown path. Each is worth half.

    Args:
        function: the function's name.
        path: the path of all items (``/todos``).
        id_field: the field with the item's id.
        status: the right status.
        explanation: added to the message if the function's log shows that it cannot access its table.
    """
    expected = f"{status} for an unknown id and for an unknown path"
    if probe.snapshot.function(function) is None:
        return failed(missing_function(probe.snapshot, function), expected=expected, observed="no such function")
    calls = ItemCalls(probe, function, path, id_field, "unknown_is_not_found", explanation)
    wrong: list[str] = []
    hint = ""
    problem = invocation_failure(calls.send("GET", UNKNOWN_ID), [status], readable=False)
    if problem is not None:
        wrong.append(f"GET of an id that does not exist {problem.what}")
        hint = calls.hint
    problem = invocation_failure(calls.send_to(UNKNOWN_PATH, "GET"), [status], readable=False)
    if problem is not None:
        wrong.append(f"GET of a path that does not exist {problem.what}")
        hint = hint or calls.hint
    return calls.verdict(
        wrong, 2, expected=expected, observed=f"{status} for {2 - len(wrong)} of 2 requests", hint=hint
    )
