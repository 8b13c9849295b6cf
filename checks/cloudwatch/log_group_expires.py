"""The logs of a function expire."""

from __future__ import annotations

from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, partial, passed


@check(
    title="The logs expire",
    hint="aws logs put-retention-policy --log-group-name /aws/lambda/{function} --retention-in-days {days}",
)
def log_group_expires(snapshot: Snapshot, *, function: str, days: int) -> Verdict:
    """Check that the function's log group has the retention. Another retention earns half.

    Args:
        function: the function's name; the log group is ``/aws/lambda/NAME``.
        days: the retention in days.
    """
    name = f"/aws/lambda/{function}"
    expected = f"{name} with {days} days"
    group = snapshot.monitoring.log_group(function)
    if group is None:
        return failed(
            f"There is no log group {name}.",
            expected=expected,
            observed="no such log group",
            hint=f"aws logs create-log-group --log-group-name {name}\n"
            f"aws logs put-retention-policy --log-group-name {name} --retention-in-days {days}",
        )
    if group.retention_days is None:
        return failed(
            f"The logs in {name} never expire. The lab requires a retention of {days} days.",
            expected=expected,
            observed="never expire",
        )
    observed = f"{group.retention_days} days"
    if group.retention_days == days:
        return passed(expected=expected, observed=observed)
    return partial(
        0.5,
        f"The logs in {name} expire after {group.retention_days} days instead of {days}.",
        expected=expected,
        observed=observed,
    )
