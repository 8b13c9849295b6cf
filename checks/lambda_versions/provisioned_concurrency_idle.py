"""No provisioned concurrency is left running after the lab."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from checks.wording.advice import argument, existing
from labgrader.evidence.snapshot import Function, ProvisionedConcurrency, Snapshot
from labgrader.judging import Verdict, check, failed, listed, passed, quote

USD_PER_GB_SECOND = {"x86_64": 0.0000041667, "arm64": 0.0000033334}
"""Price of provisioned concurrency. Source: AWS Lambda Pricing, Provisioned Concurrency, us-east-1."""

SECONDS_A_DAY = 86_400
DAYS_A_MONTH = 30


@check(
    title="Provisioned concurrency is deleted when it is no longer needed",
    hint="aws lambda delete-provisioned-concurrency-config --function-name NAME --qualifier QUALIFIER",
)
def provisioned_concurrency_idle(snapshot: Snapshot, *, functions: list[str]) -> Verdict:
    """Check that none of the functions has provisioned concurrency, which costs money even without invocations.

    Args:
        functions: the functions' names. Missing functions are ignored.

    Sources:
        Provisioned concurrency costs money from the time when it is enabled, even without invocations:
            https://aws.amazon.com/lambda/pricing/
    """
    found = [config for deployed in existing(snapshot, functions) for config in _configured(snapshot, deployed)]
    if not found:
        return passed()
    usd_a_day = sum(config.usd_a_day for config in found)
    each = [f"{config.executions} on {config.function}:{quote(config.qualifier)}" for config in found]
    return failed(
        f"Provisioned concurrency ({listed(each)}) costs about ${usd_a_day:,.2f} a day, "
        f"${usd_a_day * DAYS_A_MONTH:,.0f} a month, even without invocations (us-east-1 prices). "
        "Delete it after the lab is graded.",
        expected="none after the lab",
        observed=listed(each),
        hint="\n".join(
            f"aws lambda delete-provisioned-concurrency-config --function-name {config.function} "
            f"--qualifier {argument(config.qualifier)}  # after you have been graded"
            for config in found
        ),
    )


@dataclass(frozen=True)
class _Configured:
    """The provisioned concurrency of one alias or version, with its price."""

    function: str
    qualifier: str
    executions: int
    usd_a_day: float


def _configured(snapshot: Snapshot, function: Function) -> Iterator[_Configured]:
    for provisioned in _provisioned(snapshot, function.name):
        if not provisioned.requested or provisioned.status == "FAILED":
            continue
        served = _served(snapshot, function, provisioned.qualifier)
        if served.memory_mb is None:
            continue
        price = USD_PER_GB_SECOND["arm64" if "arm64" in served.architectures else "x86_64"]
        usd_a_day = provisioned.requested * served.memory_mb / 1024 * SECONDS_A_DAY * price
        yield _Configured(function.name, provisioned.qualifier, provisioned.requested, usd_a_day)


def _provisioned(snapshot: Snapshot, function: str) -> list[ProvisionedConcurrency]:
    """Return all provisioned concurrency of a function. Without a list from AWS, query each alias."""
    every = snapshot.provisioned_concurrency(function)
    if every is not None:
        return every
    found = [snapshot.provisioned_concurrency_of(function, alias.name) for alias in snapshot.aliases(function)]
    return [config for config in found if config is not None]


def _served(snapshot: Snapshot, function: Function, qualifier: str) -> Function:
    """Return the version that the qualifier names, or ``$LATEST`` if it is not known."""
    alias = snapshot.alias(function.name, qualifier)
    number = alias.version if alias else qualifier
    return next((version for version in snapshot.versions(function.name) if version.version == number), function)
