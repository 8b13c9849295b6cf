"""An alias exists and points to the version that the lab names."""

from __future__ import annotations

from checks.wording import missing, missing_function
from labgrader.evidence.snapshot import Alias, Snapshot
from labgrader.judging import Verdict, check, failed, listed, partial, passed, quote

_LATEST = "$LATEST"


@check(
    title="The alias points to its version",
    hint="aws lambda update-alias --function-name {function} --name {alias} --function-version '{version}'",
)
def alias_points_to(snapshot: Snapshot, *, function: str, alias: str, version: str, or_newest: bool = False) -> Verdict:
    """The alias sends every call to the version; one that points elsewhere, or is split, earns half.

    Args:
        function: the function.
        alias: the alias's name.
        version: a number, or ``$LATEST``.
        or_newest: whether the newest published version is right too, if it is newer: versions never change, so who
            repairs one publishes another.
    """
    expected = f"{alias} → {version}" + (" or the newest version" if or_newest else "")
    if snapshot.function(function) is None:
        return failed(missing_function(snapshot, function), expected=expected, observed="no such function")
    found = snapshot.alias(function, alias)
    if found is None:
        names = [one.name for one in snapshot.aliases(function)]
        return failed(
            _no_alias(snapshot, alias, names),
            expected=expected,
            observed=f"aliases {listed(names)}" if names else "no aliases",
            hint=f"aws lambda create-alias --function-name {function} --name {alias} --function-version '{version}'",
        )
    right = {version}
    # $LATEST is always there; numbers are looked up, as an alias of the embedded AWS can point to none
    published = [one.version for one in snapshot.versions(function)] if found.version != _LATEST else []
    if or_newest and published and int(published[-1]) > int(version):
        right.add(published[-1])
    observed = f"{alias} → {_shares(found)}"
    if found.weights:
        return partial(
            0.5,
            f"{alias} is split: {_shares(found)}. The lab sends every call to version {version}.",
            expected=expected,
            observed=observed,
            hint=f"aws lambda update-alias --function-name {function} --name {alias} --function-version '{version}' "
            "--routing-config AdditionalVersionWeights={}",
        )
    if found.version != _LATEST and found.version not in published:
        return failed(
            f"{alias} points to version {quote(found.version)}, which is not published.",
            expected=expected,
            observed=observed,
        )
    if found.version in right:
        return passed(expected=expected, observed=observed)
    return partial(
        0.5,
        f"{alias} points to {_named(found.version)} instead of {_named(version)}.",
        expected=expected,
        observed=observed,
    )


def _no_alias(snapshot: Snapshot, alias: str, names: list[str]) -> str:
    bare = alias.removeprefix(snapshot.prefix)
    if bare != alias and bare in names:
        return f"There is no alias {alias}, but there is {bare}: the lab wants your prefix before it."
    return missing("alias", alias, names)


def _named(version: str) -> str:
    return version if version == _LATEST else f"version {quote(version)}"


def _shares(alias: Alias) -> str:
    """``version 1``, or ``90% to version 1, 10% to version 2``."""
    if not alias.weights:
        return _named(alias.version)
    rest = 1 - sum(alias.weights.values())
    shares = [(alias.version, rest), *alias.weights.items()]
    return ", ".join(f"{weight:.0%} to {_named(version)}" for version, weight in shares)
