"""What a lab builds and then tells to destroy is there to be judged, all of it."""

from __future__ import annotations

from collections.abc import Callable

from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import NotGradedError, Verdict, check, listed, share


@check(title="Everything that belongs together is there", hint="terraform apply")
def not_destroyed(snapshot: Snapshot, *, function: str, api: str, role: str, explanation: str) -> Verdict:
    """The function, its REST API, its role and its log group are all there; each is worth the same.

    A lab that ends with destroying what it built leaves the same behind as one that was never done. So where all of it
    is gone the points stay open: what requires this check and fails is not graded, and neither earned nor lost. Where
    some of it is there, all is judged. A log group alone is nothing: Lambda makes it again when the last lines arrive
    after it was deleted.

    Args:
        function: the function's name; its log group is looked for as well.
        api: the name of the REST API.
        role: the name of the role.
        explanation: what to do so that it can be graded.

    Raises:
        NotGradedError: all of it is gone, or what is left cannot be seen.
    """
    logs = f"the log group /aws/lambda/{function}"
    parts: dict[str, Callable[[], object]] = {
        f"the function {function}": lambda: snapshot.function(function),
        f"the REST API {api}": lambda: snapshot.api_gateway.rest_api(api),
        f"the role {role}": lambda: snapshot.iam.role(role),
        logs: lambda: snapshot.monitoring.log_group(function),
    }
    there: list[str] = []
    gone: list[str] = []
    refused: NotGradedError | None = None
    for what, find in parts.items():
        try:
            (gone if find() is None else there).append(what)
        except NotGradedError as error:  # the check of that part says so
            refused = error
    if there in ([], [logs]):
        raise refused or NotGradedError("", f"nothing of {function} is there. {explanation}".rstrip())
    return share(
        len(parts) - len(gone),
        len(parts),
        f"There is {listed(there)}, but not {listed(gone)}.",
        expected="all of it",
        observed=listed(there),
    )
