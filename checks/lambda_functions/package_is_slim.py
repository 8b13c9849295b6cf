"""A function's package contains no dependencies."""

from __future__ import annotations

from checks.wording import missing_function, source_of
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import NotGradedError, Verdict, check, failed, listed, passed

_METADATA = (".dist-info", ".egg-info")


@check(
    title="The package contains no dependencies",
    hint="aws lambda update-function-code --function-name {function} --zip-file fileb://PACKAGE.zip",
)
def package_is_slim(snapshot: Snapshot, *, function: str, modules: list[str], max_kb: int = 250) -> Verdict:
    """Check that the deployed package of ``$LATEST`` contains none of the modules and nothing that pip installed.

    Args:
        function: the function's name.
        modules: modules that belong in a layer.
        max_kb: the largest zipped size, in KB of 1,024 bytes. It decides if the package is too large to read.

    Raises:
        NotGradedError: AWS returned no package.
    """
    expected = "only the function's code"
    deployed = snapshot.function(function)
    if deployed is None:
        return failed(missing_function(snapshot, function), expected=expected, observed="no such function")
    if deployed.package_type != "Zip":
        return failed(
            f"{function} is a container image, which contains its dependencies. The lab deploys a .zip file.",
            expected=expected,
            observed="a container image",
        )
    hint = (
        f"zip slim.zip {source_of(deployed.handler)}\n"
        f"aws lambda update-function-code --function-name {function} --zip-file fileb://slim.zip"
    )
    package = snapshot.package(function)
    if package is None:
        raise NotGradedError("lambda:GetFunction", f"AWS returned no deployment package for {function}")
    size = f"{package.size / 1024:,.0f} KB"
    if package.paths is None:
        if package.size <= max_kb * 1024:
            return passed(expected=expected, observed=size)
        return failed(
            f"The package of {function} has {size}, so it contains dependencies. Dependencies belong in layers.",
            expected=f"at most {max_kb} KB",
            observed=size,
            hint=hint,
        )
    vendored = sorted({name for path in package.paths for name in _installed(path, modules)})
    if not vendored:
        return passed(expected=expected, observed=f"{len(package.paths)} files, {size}")
    return failed(
        f"The package of {function} contains dependencies: {listed(vendored[:8])}"
        f"{' and more' if len(vendored) > 8 else ''}. Dependencies belong in a layer.",
        expected=expected,
        observed=f"{len(package.paths)} files, {size}",
        hint=hint,
    )


def _installed(path: str, modules: list[str]) -> set[str]:
    """Return the names of the dependencies that a path of the package belongs to."""
    parts = path.split("/")
    found = {part.removesuffix(".py") for part in parts} & set(modules)
    return found | {part.rsplit(".", 1)[0] for part in parts if part.endswith(_METADATA)}
