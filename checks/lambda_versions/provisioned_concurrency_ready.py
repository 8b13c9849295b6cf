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
    """Check that the alias or version has the provisioned concurrency, with the status ``READY``.

    The check judges the requested number and the status, not how many executions are available at this moment.

    Args:
        function: the function's name.
        qualifier: the alias or version. An alias with the student's prefix before this name is also right.
        executions: the provisioned concurrency.
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
            f"AWS could not allocate the provisioned concurrency on {qualifier}{reason}. "
            "It cannot exceed the function's reserved concurrency.",
            expected=expected,
            observed=observed,
        )
    if found.requested != executions:
        return partial(
            0.5,
            f"The provisioned concurrency on {qualifier} is {found.requested} instead of {executions}.",
            expected=expected,
            observed=observed,
        )
    if found.status == "READY":
        return passed(expected=expected, observed=observed)
    if found.status == "IN_PROGRESS":
        raise NotGradedError(
            "lambda:GetProvisionedConcurrencyConfig",
            f"AWS is still allocating the provisioned concurrency on {qualifier}, which takes a few minutes. "
            "You have nothing to change. Request grading again later",
        )
    return partial(
        0.5,
        f"The provisioned concurrency on {qualifier} has the status {quote(found.status) or 'unknown'}, not READY.",
        expected=expected,
        observed=observed,
    )


def _elsewhere(snapshot: Snapshot, function: str, qualifier: str, executions: int, expected: str) -> Verdict:
    """Return the verdict for a qualifier without provisioned concurrency. It names where there is some."""
    others = [config for config in _all(snapshot, function, qualifier) if config.requested]
    if not others:
        return failed(
            f"{qualifier} has no provisioned concurrency. The lab sets {executions}, "
            "with the option --provisioned-concurrent-executions.",
            expected=expected,
            observed="none",
        )
    where = " and ".join(f"{config.requested} on {quote(config.qualifier)}" for config in others)
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
    """Return all provisioned concurrency. Without a list from AWS, query each alias and version."""
    every = snapshot.provisioned_concurrency(function)
    if every is not None:
        return every
    qualifiers = [alias.name for alias in snapshot.aliases(function)]
    qualifiers += [version.version for version in snapshot.versions(function)]
    found = [snapshot.provisioned_concurrency_of(function, name) for name in qualifiers if name != without]
    return [config for config in found if config is not None]
