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
    """Check that the log groups of the functions have a retention. Without one, CloudWatch stores and bills the logs
    forever.

    Args:
        functions: the functions. Those that do not exist or have no log group yet are skipped.
        days: the suggested retention in days, one that CloudWatch Logs accepts (1, 3, 5, 7, 14, 30, …).
    """
    groups = [(function, snapshot.monitoring.log_group(function.name)) for function in existing(snapshot, functions)]
    kept = [function for function, group in groups if group is not None and group.retention_days is None]
    if not kept:
        return passed()
    return failed(
        f"The logs of {names_of(kept)} never expire, and AWS bills their storage every month. Set a retention.",
        expected=f"{days} days",
        observed="never expire",
        hint="\n".join(
            f"aws logs put-retention-policy --log-group-name /aws/lambda/{function.name} --retention-in-days {days}"
            for function in kept
        ),
    )
