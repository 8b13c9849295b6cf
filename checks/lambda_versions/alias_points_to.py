"""An alias points to the version that the lab names."""

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
    """Check that the alias sends every invocation to the version.

    An alias earns half of the points in three cases: it points to another version, it splits its traffic, or it has
    the student's prefix before a name that the lab gives without it.

    An alias to a version that does not exist earns nothing, with and without split traffic.

    Args:
        function: the function's name.
        alias: the alias's name.
        version: the version's number, or ``$LATEST``.
        or_newest: whether the newest published version is also right, if it is newer. A version never changes, so a
            student who fixes one publishes another.

    Sources:
        AWS deletes no version that an alias references, so an alias always has an existing version:
            https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html
    """
    expected = f"{alias} → {version}" + (" or the newest version" if or_newest else "")
    if snapshot.function(function) is None:
        return failed(missing_function(snapshot, function), expected=expected, observed="no such function")
    found = snapshot.alias(function, alias)
    prefixed = snapshot.alias(function, f"{snapshot.prefix}{alias}") if found is None else None
    if prefixed is not None and not prefixed.weights and _right(snapshot, function, prefixed, version, or_newest):
        return partial(
            0.5,
            f"There is no alias {alias}, but there is {prefixed.name}. The name must be {alias}, without your prefix.",
            expected=expected,
            observed=f"{prefixed.name} → {_shares(prefixed)}",
            hint=f"aws lambda create-alias --function-name {function} --name {alias} --function-version "
            f"'{prefixed.version}'",
        )
    if found is None:
        names = [other.name for other in snapshot.aliases(function)]
        return failed(
            _no_alias(snapshot, alias, names),
            expected=expected,
            observed=f"aliases {listed(names)}" if names else "no aliases",
            hint=f"aws lambda create-alias --function-name {function} --name {alias} --function-version '{version}'",
        )
    observed = f"{alias} → {_shares(found)}"
    if found.version != _LATEST and found.version not in _published(snapshot, function, found):
        return failed(
            f"{alias} points to version {quote(found.version)}, which is not published.",
            expected=expected,
            observed=observed,
        )
    if found.weights:
        return partial(
            0.5,
            f"{alias} splits its traffic: {_shares(found)}. The lab sends every invocation to {_named(version)}.",
            expected=expected,
            observed=observed,
            hint=f"aws lambda update-alias --function-name {function} --name {alias} --function-version '{version}' "
            "--routing-config AdditionalVersionWeights={}",
        )
    if _right(snapshot, function, found, version, or_newest):
        return passed(expected=expected, observed=observed)
    return partial(
        0.5,
        f"{alias} points to {_named(found.version)} instead of {_named(version)}.",
        expected=expected,
        observed=observed,
    )


def _published(snapshot: Snapshot, function: str, alias: Alias) -> list[str]:
    """Return the published versions, or nothing for an alias that points to ``$LATEST``, which always exists.

    In the embedded AWS, an alias can point to a version that does not exist.
    """
    return [version.version for version in snapshot.versions(function)] if alias.version != _LATEST else []


def _right(snapshot: Snapshot, function: str, alias: Alias, version: str, or_newest: bool) -> bool:
    """Return whether an alias points to the version, or to the newest one if that is also right."""
    published = _published(snapshot, function, alias)
    if alias.version != _LATEST and alias.version not in published:
        return False
    newest = published[-1] if or_newest and published else ""
    return alias.version == version or (alias.version == newest and int(newest) > int(version))


def _no_alias(snapshot: Snapshot, alias: str, names: list[str]) -> str:
    bare = alias.removeprefix(snapshot.prefix)
    if bare != alias and bare in names:
        return f"There is no alias {alias}, but there is {bare}. The name must begin with your prefix."
    return missing("alias", alias, names)


def _named(version: str) -> str:
    return version if version == _LATEST else f"version {quote(version)}"


def _shares(alias: Alias) -> str:
    """Return ``version 1``, or ``90% to version 1, 10% to version 2``."""
    if not alias.weights:
        return _named(alias.version)
    rest = 1 - sum(alias.weights.values())
    shares = [(alias.version, rest), *alias.weights.items()]
    return ", ".join(f"{weight:.0%} to {_named(version)}" for version, weight in shares)
