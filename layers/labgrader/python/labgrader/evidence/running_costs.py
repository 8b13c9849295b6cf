"""Estimate the cost of a student's idle resources from a snapshot. Pure.

It covers the resources that the lab's checks read. Prices are those of us-east-1 in US dollars, without taxes.
Source: https://aws.amazon.com/lambda/pricing/ (Provisioned Concurrency Pricing) and
https://aws.amazon.com/api-gateway/pricing/ (Caching), November 2026.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from labgrader.evidence.coerce import arn_parts, mapping, sequence, text
from labgrader.evidence.question import Json
from labgrader.evidence.recorded import Recorded
from labgrader.evidence.resources import Function, ProvisionedConcurrency
from labgrader.evidence.services.api_gateway import ApiGateway
from labgrader.evidence.snapshot import Snapshot
from labgrader.messages import quote

USD_PER_PROVISIONED_GB_SECOND = {"x86_64": 0.0000041667, "arm64": 0.0000033334}
"""The price of provisioned concurrency by the function's architecture, without invocations."""

USD_PER_CACHE_HOUR = {
    "0.5": 0.020,
    "1.6": 0.038,
    "6.1": 0.200,
    "13.5": 0.250,
    "28.4": 0.500,
    "58.2": 1.000,
    "118": 1.900,
    "237": 3.800,
}
"""The price of a stage's cache cluster, by its size in GB as API Gateway writes it."""

LEAST_MEMORY_MB = 128
"""Lambda's minimum memory, for the estimate if the memory is not known."""

MAX_COMMAND = 300
"""Maximum characters of a command. A longer one is omitted, because a cut command could do anything."""

MAX_RUNNING = 50
"""Maximum resources that are named, the most expensive first."""

_SECONDS_PER_DAY = 24 * 60 * 60
_HOURS_PER_DAY = 24


@dataclass(frozen=True)
class RunningCost:
    """One resource that costs money while it exists.

    Args:
        resource: its name (``user1-x:prod``).
        what: the billed feature and its amount.
        usd_per_day: US dollars in 24 hours.
        stop: the shell command that stops it; empty if a name in it cannot be typed.
    """

    resource: str
    what: str
    usd_per_day: float
    stop: str = ""

    def to_dict(self) -> dict[str, Json]:
        """Return it as JSON, to a hundredth of a cent; ``stop`` only where there is one."""
        cost: dict[str, Json] = {
            "resource": self.resource,
            "what": self.what,
            "usd_per_day": round(self.usd_per_day, 4),
        }
        return {**cost, "stop": self.stop} if self.stop else cost


def running_costs(snapshot: Snapshot) -> list[RunningCost]:
    """Return the resources with hourly costs, the most expensive first: provisioned concurrency, and caches of APIs."""
    recorded = Recorded(snapshot.answers)
    found = [*_provisioned(recorded), *_caches(snapshot, recorded)]
    return sorted(found, key=lambda cost: (-cost.usd_per_day, cost.resource))[:MAX_RUNNING]


def provisioned_usd_per_day(amount: int, memory_mb: int, architecture: str = "x86_64") -> float:
    """Return what provisioned concurrency costs in 24 hours.

    Args:
        amount: executions that are kept ready.
        memory_mb: the memory of the version that they run, in MB.
        architecture: ``x86_64`` or ``arm64``; anything else has the higher price.
    """
    price = USD_PER_PROVISIONED_GB_SECOND.get(architecture, max(USD_PER_PROVISIONED_GB_SECOND.values()))
    return amount * memory_mb / 1024 * _SECONDS_PER_DAY * price


def _provisioned(recorded: Recorded) -> Iterator[RunningCost]:
    configured: dict[tuple[str, str], ProvisionedConcurrency] = {}
    for asked, value in recorded["lambda:GetProvisionedConcurrencyConfig"]:
        function, qualifier = text(asked.get("FunctionName")), text(asked.get("Qualifier"))
        if value is not None:
            configured[function, qualifier] = ProvisionedConcurrency.from_answer(qualifier, mapping(value))
    for asked, value in recorded["lambda:ListProvisionedConcurrencyConfigs"]:
        for config in map(mapping, sequence(value)):
            qualifier = arn_parts(text(config.get("FunctionArn")))[7]
            configured[text(asked.get("FunctionName")), qualifier] = ProvisionedConcurrency.from_answer(
                qualifier, config
            )
    for (function, qualifier), found in configured.items():
        amount = found.available if found.status == "FAILED" else found.requested
        if amount > 0:
            served = _served(recorded, function, qualifier)
            memory = served.memory_mb or LEAST_MEMORY_MB
            unknown = "" if served.memory_mb else " (the minimum, because the memory size is unknown)"
            yield RunningCost(
                quote(f"{function}:{qualifier}"),
                f"provisioned concurrency, {amount:,} × {memory:,} MB{unknown}",
                provisioned_usd_per_day(amount, memory, *served.architectures[:1]),
                _command(
                    "lambda delete-provisioned-concurrency-config",
                    {"function-name": function, "qualifier": qualifier},
                ),
            )


def _served(recorded: Recorded, function: str, qualifier: str) -> Function:
    """Return what a qualifier runs, as far as it is known: from its own answer, the version's or ``$LATEST``'s."""
    version = qualifier
    for asked, value in recorded["lambda:ListAliases"]:
        if asked.get("FunctionName") == function:
            for alias in map(mapping, sequence(value)):
                version = text(alias.get("FunctionVersion")) if alias.get("Name") == qualifier else version
    by_qualifier: dict[str, Function] = {}
    for asked, value in recorded["lambda:GetFunction"]:
        if asked.get("FunctionName") == function and value is not None:
            by_qualifier[text(asked.get("Qualifier"))] = Function.from_answer(function, mapping(value))
    for asked, value in recorded["lambda:ListVersionsByFunction"]:
        if asked.get("FunctionName") == function:
            for configuration in map(mapping, sequence(value)):
                by_qualifier.setdefault(
                    text(configuration.get("Version")), Function.from_configuration(function, configuration)
                )
    candidates = (by_qualifier.get(name) for name in (qualifier, version, ""))
    return next(
        (candidate for candidate in candidates if candidate is not None and candidate.memory_mb), Function(function)
    )


def _caches(snapshot: Snapshot, recorded: Recorded) -> Iterator[RunningCost]:
    names = recorded.api_names()
    for asked, _ in recorded["apigateway:GetStages"]:
        api = text(asked.get("restApiId"))
        for stage in ApiGateway(snapshot.answers).stages(api):
            if stage.cache_enabled:
                known = stage.cache_size in USD_PER_CACHE_HOUR
                size = f"{stage.cache_size} GB" if known else "of the smallest size"
                price = USD_PER_CACHE_HOUR[stage.cache_size if known else "0.5"]
                yield RunningCost(
                    quote(f"{names.get(api) or api}/{stage.name}"),
                    f"API cache, {size}",
                    price * _HOURS_PER_DAY,
                    _command(
                        "apigateway update-stage",
                        {"rest-api-id": api, "stage-name": stage.name},
                        " --patch-operations op=replace,path=/cacheClusterEnabled,value=false",
                    ),
                )


def _command(what: str, names: Mapping[str, str], end: str = "") -> str:
    """Return a command of the AWS CLI. Names are a student's: each is quoted for the shell, and none is an option."""
    if not all(name and name.isprintable() for name in names.values()):
        return ""
    options = (f"--{option}{'=' if name.startswith('-') else ' '}{shlex.quote(name)}" for option, name in names.items())
    command = f"aws {what} {' '.join(options)}{end}"
    return command if len(command) <= MAX_COMMAND else ""
