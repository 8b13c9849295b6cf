"""A function uses the student's own layers."""

from __future__ import annotations

from checks.wording import missing_function
from labgrader.evidence.snapshot import Function, LayerReference, Snapshot, closest
from labgrader.judging import Verdict, check, failed, listed, quote, share


@check(
    title="The layers are attached",
    hint="aws lambda get-function-configuration --function-name {function} --query Layers",
)
def layers_attached(snapshot: Snapshot, *, function: str, layers: list[str], newest: bool = True) -> Verdict:
    """Check that the function uses every layer: the student's layer, from the student's account.

    Args:
        function: the function's name.
        layers: the layers' names.
        newest: whether the newest version is required. Then an older layer version earns half of its share.
    """
    expected = listed(f"{layer} (newest version)" if newest else layer for layer in layers)
    deployed = snapshot.function(function)
    if deployed is None:
        return failed(missing_function(snapshot, function), expected=expected, observed="no such function")
    halves, wrong = 0, []
    for layer in layers:
        attached = _attached(snapshot, deployed, layer)
        published = snapshot.layer(layer)
        if attached is None:
            wrong.append(_why_not(snapshot, deployed, layer))
            continue
        halves += 1
        if newest and published is not None and (attached.version or 0) < published.version:
            wrong.append(f"version {attached.version} of {layer} is attached, but version {published.version} is newer")
        else:
            halves += 1
    return share(
        halves,
        2 * len(layers),
        f"{function}: {'; '.join(wrong)}.",
        expected=expected,
        observed=listed(f"{layer.name}:{layer.version}" for layer in deployed.layers)
        if deployed.layers
        else "no layers",
        hint=_command(snapshot, function, layers),
    )


def _attached(snapshot: Snapshot, deployed: Function, layer: str) -> LayerReference | None:
    """Return the attached layer version, if the layer is the student's."""
    own = (used for used in deployed.layers if used.name == layer and used.account_id == snapshot.account_id)
    return next(own, None)


def _why_not(snapshot: Snapshot, deployed: Function, layer: str) -> str:
    """Return why a layer does not count, and what is attached instead."""
    foreign = next((used for used in deployed.layers if used.name == layer), None)
    if foreign is not None:
        return f"the attached {layer} is from account {quote(foreign.account_id)}, which is not yours"
    suffix = layer.removeprefix(snapshot.prefix)
    others = [used.name for used in deployed.layers]
    near = next((name for name in others if name.endswith(f"-{suffix}") or name == suffix), "") or closest(
        layer, others
    )
    if near:
        return f"{quote(near)} is attached instead of {layer}"
    if snapshot.layer(layer) is None:
        return f"{layer} is neither published nor attached"
    return f"{layer} is not attached"


def _command(snapshot: Snapshot, function: str, layers: list[str]) -> str:
    """Return the command that attaches the newest version of every layer, because ``--layers`` replaces all."""
    arns = []
    for layer in layers:
        published = snapshot.layer(layer)
        version = published.version if published is not None else 1
        arns.append(f"arn:aws:lambda:{snapshot.region}:{snapshot.account_id}:layer:{layer}:{version}")
    return f"aws lambda update-function-configuration --function-name {function} --layers {' '.join(arns)}"
