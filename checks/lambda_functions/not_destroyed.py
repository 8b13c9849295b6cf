"""Everything exists that the student builds and later destroys."""

from __future__ import annotations

from collections.abc import Callable

from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import NotGradedError, Verdict, check, listed, share


@check(title="All resources of the deployment exist", hint="terraform apply")
def not_destroyed(snapshot: Snapshot, *, function: str, api: str, role: str, explanation: str) -> Verdict:
    """Check that the function, its REST API, its role and its log group exist. Each is worth the same.

    A student who destroyed everything at the end looks like one who never built it. If everything is missing, the
    check is not graded, and neither are the failed checks that require it. If something exists, everything is judged.
    A log group alone does not count: Lambda creates it again if the last log lines arrive after its deletion.

    Args:
        function: the function's name. The check also looks for its log group.
        api: the name of the REST API.
        role: the name of the role.
        explanation: what the student must do to be graded.

    Raises:
        NotGradedError: everything is missing, or AWS refused to show what exists.
    """
    logs = f"the log group /aws/lambda/{function}"
    parts: dict[str, Callable[[], object]] = {
        f"the function {function}": lambda: snapshot.function(function),
        f"the REST API {api}": lambda: snapshot.api_gateway.rest_api(api),
        f"the role {role}": lambda: snapshot.iam.role(role),
        logs: lambda: snapshot.monitoring.log_group(function),
    }
    present: list[str] = []
    absent: list[str] = []
    refused: NotGradedError | None = None
    for what, find in parts.items():
        try:
            (absent if find() is None else present).append(what)
        except NotGradedError as error:  # the check of that part reports it
            refused = error
    if present in ([], [logs]):
        raise refused or NotGradedError("", f"{function} and its resources do not exist. {explanation}".rstrip())
    return share(
        len(parts) - len(absent),
        len(parts),
        f"These resources are missing: {listed(absent)}. These exist: {listed(present)}.",
        expected="all four resources",
        observed=listed(present),
    )
