"""A function's logs expire."""

from __future__ import annotations

from checks.wording.advice import existing, names_of
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, passed


@check(
    title="Logs expire",
    hint="aws logs put-retention-policy --log-group-name /aws/lambda/NAME --retention-in-days {days}",
)
def log_retention_set(snapshot: Snapshot, *, functions: list[str], days: int = 14) -> Verdict:
    """The log groups of the functions have a retention; without one CloudWatch keeps logs, and bills them, for ever.

    Args:
        functions: the functions; those that do not exist, or have not logged yet, are passed over.
        days: the retention that is proposed, in days; one of those that CloudWatch Logs knows (1, 3, 5, 7, 14, 30, …).
    """
    groups = [(one, snapshot.monitoring.log_group(one.name)) for one in existing(snapshot, functions)]
    kept = [one for one, group in groups if group is not None and group.retention_days is None]
    if not kept:
        return passed()
    return failed(
        f"The logs of {names_of(kept)} are kept, and paid for, for ever: nobody has set how many days they are wanted.",
        expected=f"{days} days",
        observed="never expire",
        hint="\n".join(
            f"aws logs put-retention-policy --log-group-name /aws/lambda/{one.name} --retention-in-days {days}"
            for one in kept
        ),
    )
