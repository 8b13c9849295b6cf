"""Provisioned concurrency is ready on an alias."""

from __future__ import annotations

import shlex

from checks.wording import missing_function
from labgrader.evidence.snapshot import ProvisionedConcurrency, Snapshot
from labgrader.judging import NotGradedError, Verdict, check, failed, partial, passed, quote


@check(
    title="Provisioned concurrency is ready",
    hint="aws lambda put-provisioned-concurrency-config --function-name {function} --qualifier {qualifier} "
    "--provisioned-concurrent-executions {executions}",
)
def provisioned_concurrency_ready(snapshot: Snapshot, *, function: str, qualifier: str, executions: int) -> Verdict:
    """So many executions are provisioned on the alias or version, and AWS says that they are ready.

    What AWS was asked for and the status are judged, not how many are available at this moment.

    Args:
        function: the function.
        qualifier: the alias or version; an alias with the student's prefix before this name is right, too.
        executions: how many.
    """
    expected = f"{executions} on {qualifier}, ready"
    if snapshot.function(function) is None:
        return failed(missing_function(snapshot, function), expected=expected, observed="no such function")
    found = snapshot.provisioned_concurrency_of(function, qualifier)
    if found is None and not qualifier.startswith(snapshot.prefix) and not qualifier.isdecimal():
        found = snapshot.provisioned_concurrency_of(function, f"{snapshot.prefix}{qualifier}")
    if found is None:
        return _elsewhere(snapshot, function, qualifier, executions, expected)
    observed = f"{found.requested} on {qualifier}, {quote(found.status) or 'status unknown'}"
    if found.status == "FAILED":
        reason = f": {quote(found.status_reason)}" if found.status_reason else ""
        return failed(
            f"AWS could not provide the provisioned concurrency on {qualifier}{reason}. "
            "It cannot be more than what the function reserves.",
            expected=expected,
            observed=observed,
        )
    if found.requested != executions:
        return partial(
            0.5,
            f"{qualifier} has {found.requested} provisioned instead of {executions}.",
            expected=expected,
            observed=observed,
        )
    if found.status == "READY":
        return passed(expected=expected, observed=observed)
    if found.status == "IN_PROGRESS":
        raise NotGradedError(
            "lambda:GetProvisionedConcurrencyConfig",
            f"the provisioned concurrency on {qualifier} is still being set up, which takes AWS some minutes: "
            "nothing to change, ask for your grade again later",
        )
    return partial(
        0.5,
        f"The provisioned concurrency on {qualifier} has the status {quote(found.status) or 'unknown'}, not READY.",
        expected=expected,
        observed=observed,
    )


def _elsewhere(snapshot: Snapshot, function: str, qualifier: str, executions: int, expected: str) -> Verdict:
    """Nothing on the alias: say where there is some, so that it can be moved."""
    others = [one for one in _all(snapshot, function, qualifier) if one.requested]
    if not others:
        return failed(
            f"No provisioned concurrency is set on {qualifier}; the lab sets {executions}. "
            "(The option is --provisioned-concurrent-executions.)",
            expected=expected,
            observed="none",
        )
    where = " and ".join(f"{one.requested} on {quote(one.qualifier)}" for one in others)
    return failed(
        f"The provisioned concurrency is on the wrong alias or version: {where}, none on {qualifier}.",
        expected=expected,
        observed=where,
        hint=f"aws lambda delete-provisioned-concurrency-config --function-name {function} "
        f"--qualifier {shlex.quote(quote(others[0].qualifier))}\n"
        f"aws lambda put-provisioned-concurrency-config --function-name {function} --qualifier {qualifier} "
        f"--provisioned-concurrent-executions {executions}",
    )


def _all(snapshot: Snapshot, function: str, without: str) -> list[ProvisionedConcurrency]:
    """All provisioned concurrency; where AWS offers no list, each alias and version is asked for by itself."""
    every = snapshot.provisioned_concurrency(function)
    if every is not None:
        return every
    qualifiers = [alias.name for alias in snapshot.aliases(function)]
    qualifiers += [version.version for version in snapshot.versions(function)]
    found = [snapshot.provisioned_concurrency_of(function, one) for one in qualifiers if one != without]
    return [one for one in found if one is not None]
