"""No provisioned concurrency waits, and costs, unused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from checks.wording.advice import argument, existing
from labgrader.evidence.snapshot import Function, ProvisionedConcurrency, Snapshot
from labgrader.judging import Verdict, check, failed, listed, passed, quote

USD_PER_GB_SECOND = {"x86_64": 0.0000041667, "arm64": 0.0000033334}
"""What an execution that stands ready costs. Source: AWS Lambda Pricing, Provisioned Concurrency, us-east-1."""

SECONDS_A_DAY = 86_400
DAYS_A_MONTH = 30


@check(
    title="Provisioned concurrency is deleted when it is no longer needed",
    hint="aws lambda delete-provisioned-concurrency-config --function-name NAME --qualifier QUALIFIER",
)
def provisioned_concurrency_idle(snapshot: Snapshot, *, functions: list[str]) -> Verdict:
    """None of the functions has provisioned concurrency, which costs the same whether anybody calls or not.

    Args:
        functions: the functions; those that do not exist are passed over.
    """
    found = [one for deployed in existing(snapshot, functions) for one in _standing_by(snapshot, deployed)]
    if not found:
        return passed()
    usd_a_day = sum(one.usd_a_day for one in found)
    each = [f"{one.executions} on {one.function}:{quote(one.qualifier)}" for one in found]
    return failed(
        f"Provisioned concurrency ({listed(each)}) costs about ${usd_a_day:,.2f} a day, "
        f"${usd_a_day * DAYS_A_MONTH:,.0f} a month, also when nobody calls (us-east-1): delete it when the lab is "
        "graded.",
        expected="none after the lab",
        observed=listed(each),
        hint="\n".join(
            f"aws lambda delete-provisioned-concurrency-config --function-name {one.function} "
            f"--qualifier {argument(one.qualifier)}  # after you have been graded"
            for one in found
        ),
    )


@dataclass(frozen=True)
class _StandingBy:
    """Executions that stand ready on an alias or version, and what they cost."""

    function: str
    qualifier: str
    executions: int
    usd_a_day: float


def _standing_by(snapshot: Snapshot, function: Function) -> Iterator[_StandingBy]:
    for one in _provisioned(snapshot, function.name):
        if not one.requested or one.status == "FAILED":
            continue
        served = _served(snapshot, function, one.qualifier)
        if served.memory_mb is None:
            continue
        price = USD_PER_GB_SECOND["arm64" if "arm64" in served.architectures else "x86_64"]
        usd_a_day = one.requested * served.memory_mb / 1024 * SECONDS_A_DAY * price
        yield _StandingBy(function.name, one.qualifier, one.requested, usd_a_day)


def _provisioned(snapshot: Snapshot, function: str) -> list[ProvisionedConcurrency]:
    """All of a function's; where AWS offers no list, each alias is asked for by itself."""
    every = snapshot.provisioned_concurrency(function)
    if every is not None:
        return every
    found = [snapshot.provisioned_concurrency_of(function, alias.name) for alias in snapshot.aliases(function)]
    return [one for one in found if one is not None]


def _served(snapshot: Snapshot, function: Function, qualifier: str) -> Function:
    """The version whose memory is kept ready; ``$LATEST`` where it cannot be told."""
    alias = snapshot.alias(function.name, qualifier)
    number = alias.version if alias else qualifier
    return next((one for one in snapshot.versions(function.name) if one.version == number), function)
