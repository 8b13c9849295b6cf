"""A layer is published for the lab's runtime."""

from __future__ import annotations

from checks.wording import missing
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, listed, partial, passed


@check(
    title="The layer is published",
    hint="aws lambda publish-layer-version --layer-name {layer} --zip-file fileb://LAYER.zip "
    "--compatible-runtimes python3.13",
)
def layer_published(snapshot: Snapshot, *, layer: str, runtime: str = "python") -> Verdict:
    """Check that the layer is published and that its newest version is compatible with the runtime.

    A layer without a compatible runtime of the family earns half of the points.

    Args:
        layer: the layer's name.
        runtime: the runtime's family (``python``).
    """
    expected = f"layer {layer} for a {runtime.capitalize()} runtime"
    newest = snapshot.layer(layer)
    if newest is None:
        return failed(missing("layer", layer, snapshot.layer_names()), expected=expected, observed="no such layer")
    runtimes = newest.compatible_runtimes
    observed = f"version {newest.version} for {listed(runtimes) if runtimes else 'no compatible runtime'}"
    if any(compatible.startswith(runtime) for compatible in runtimes):
        return passed(expected=expected, observed=observed)
    declares = f"is for {listed(runtimes)}" if runtimes else "has no compatible runtimes"
    return partial(
        0.5,
        f"Version {newest.version} of {layer} {declares}. The lab publishes it for a {runtime.capitalize()} runtime.",
        expected=expected,
        observed=observed,
    )
