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
    """Every layer is attached: the student's own, from the student's account, and where asked its newest version.

    A layer that is attached at an old version earns half of its share.

    Args:
        function: its name.
        layers: the layers' names.
        newest: whether an older version than the newest one counts for half only.
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
            wrong.append(f"{layer} is attached at version {attached.version}, but version {published.version} is newer")
        else:
            halves += 1
    return share(
        halves,
        2 * len(layers),
        f"{function}: {'; '.join(wrong)}.",
        expected=expected,
        observed=listed(f"{one.name}:{one.version}" for one in deployed.layers) if deployed.layers else "no layers",
        hint=_command(snapshot, function, layers),
    )


def _attached(snapshot: Snapshot, deployed: Function, layer: str) -> LayerReference | None:
    """The layer as it is attached, if it is the student's own."""
    own = (one for one in deployed.layers if one.name == layer and one.account_id == snapshot.account_id)
    return next(own, None)


def _why_not(snapshot: Snapshot, deployed: Function, layer: str) -> str:
    """Say what is attached in the place of a layer, or that nothing is."""
    foreign = next((one for one in deployed.layers if one.name == layer), None)
    if foreign is not None:
        return f"{layer} is attached from account {quote(foreign.account_id)}, which is not yours"
    suffix = layer.removeprefix(snapshot.prefix)
    others = [one.name for one in deployed.layers]
    near = next((name for name in others if name.endswith(f"-{suffix}") or name == suffix), "") or closest(
        layer, others
    )
    if near:
        return f"{quote(near)} is attached instead of {layer}"
    if snapshot.layer(layer) is None:
        return f"{layer} is not attached, and not published either"
    return f"{layer} is not attached"


def _command(snapshot: Snapshot, function: str, layers: list[str]) -> str:
    """--layers replaces all of them, so the command names every one, at its newest version."""
    arns = []
    for layer in layers:
        published = snapshot.layer(layer)
        version = published.version if published is not None else 1
        arns.append(f"arn:aws:lambda:{snapshot.region}:{snapshot.account_id}:layer:{layer}:{version}")
    return f"aws lambda update-function-configuration --function-name {function} --layers {' '.join(arns)}"
