"""A function's package holds its own code and no dependencies."""

from __future__ import annotations

from checks.wording import missing_function, source_of
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import NotGradedError, Verdict, check, failed, listed, passed

_METADATA = (".dist-info", ".egg-info")


@check(
    title="The package holds no dependencies",
    hint="aws lambda update-function-code --function-name {function} --zip-file fileb://PACKAGE.zip",
)
def package_is_slim(snapshot: Snapshot, *, function: str, modules: list[str], max_kb: int = 250) -> Verdict:
    """None of the modules lies in the deployed package of ``$LATEST``, nor anything else that pip installed.

    Args:
        function: its name.
        modules: names of modules that belong in a layer.
        max_kb: where the package is too large to look into, it is judged by its zipped size, in KB of 1,024 bytes.
    """
    expected = "its own code only"
    deployed = snapshot.function(function)
    if deployed is None:
        return failed(missing_function(snapshot, function), expected=expected, observed="no such function")
    if deployed.package_type != "Zip":
        return failed(
            f"{function} is a container image, which holds everything it needs; the lab deploys a zip package.",
            expected=expected,
            observed="a container image",
        )
    hint = (
        f"zip slim.zip {source_of(deployed.handler)}\n"
        f"aws lambda update-function-code --function-name {function} --zip-file fileb://slim.zip"
    )
    package = snapshot.package(function)
    if package is None:
        raise NotGradedError("lambda:GetFunction", f"AWS gave no package to look into for {function}")
    size = f"{package.size / 1024:,.0f} KB"
    if package.paths is None:
        if package.size <= max_kb * 1024:
            return passed(expected=expected, observed=size)
        return failed(
            f"The package of {function} has {size}, too much to be its own code: the dependencies belong in layers.",
            expected=f"at most {max_kb} KB",
            observed=size,
            hint=hint,
        )
    vendored = sorted({name for path in package.paths for name in _installed(path, modules)})
    if not vendored:
        return passed(expected=expected, observed=f"{len(package.paths)} files, {size}")
    return failed(
        f"The package of {function} holds {listed(vendored[:8])}{' and more' if len(vendored) > 8 else ''}: "
        "what a layer provides does not belong in the package.",
        expected=expected,
        observed=f"{len(package.paths)} files, {size}",
        hint=hint,
    )


def _installed(path: str, modules: list[str]) -> set[str]:
    """The names of dependencies that a path of the package belongs to."""
    parts = path.split("/")
    found = {part.removesuffix(".py") for part in parts} & set(modules)
    return found | {part.rsplit(".", 1)[0] for part in parts if part.endswith(_METADATA)}
