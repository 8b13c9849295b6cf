"""A layer is published for the runtime that the lab uses."""

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
    """The layer has a published version, and its newest one says that it is for a runtime of the family.

    Args:
        layer: its name.
        runtime: the family that one of its compatible runtimes belongs to; without one, half of the points.
    """
    expected = f"layer {layer} for a {runtime.capitalize()} runtime"
    newest = snapshot.layer(layer)
    if newest is None:
        return failed(missing("layer", layer, snapshot.layer_names()), expected=expected, observed="no such layer")
    runtimes = newest.compatible_runtimes
    observed = f"version {newest.version} for {listed(runtimes) if runtimes else 'no runtime in particular'}"
    if any(one.startswith(runtime) for one in runtimes):
        return passed(expected=expected, observed=observed)
    says = f"says it is for {listed(runtimes)}" if runtimes else "does not say which runtimes it is for"
    return partial(
        0.5,
        f"Version {newest.version} of {layer} {says}; the lab publishes it for a {runtime.capitalize()} runtime.",
        expected=expected,
        observed=observed,
    )
