"""A function's package contains the module of its handler."""

from __future__ import annotations

from collections.abc import Sequence

from checks.wording import missing_function, module_of, source_of
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, listed, passed, quote

_PYTHON_MODULES = (".py", ".pyc", ".so")
"""How the name of a file ends that Python can import."""


@check(
    title="The package contains the handler's module",
    hint="aws lambda update-function-code --function-name {function} --zip-file fileb://PACKAGE.zip",
)
def package_holds_handler(
    snapshot: Snapshot, *, function: str, alias: str = "", must_exist: bool = False, explanation: str = ""
) -> Verdict:
    """Check that the package of ``$LATEST`` contains the file that its handler names.

    The file must be at the place that the handler names, and a Python module, if the runtime is Python.

    Args:
        function: the function's name.
        alias: an alias for a version that was published from the same package, or empty.
        must_exist: whether a missing function fails the check.
        explanation: the cause, added to the message.

    Sources:
        The file of the handler must be at the place in the zip file that the handler names, at the root for
            ``module.function``:
            https://docs.aws.amazon.com/lambda/latest/dg/python-package.html
    """
    deployed = snapshot.function(function)
    if deployed is None and must_exist:
        return failed(missing_function(snapshot, function), observed="no such function")
    if deployed is None or deployed.package_type != "Zip":
        return passed()
    package = snapshot.package(function)
    module = module_of(deployed.handler).replace(".", "/")
    if package is None or package.paths is None or not module:
        return passed()
    endings = _PYTHON_MODULES if deployed.runtime.startswith("python") else ("",)
    if any(
        path.startswith(f"{module}/") or (path.startswith(f"{module}.") and path.endswith(endings))
        for path in package.paths
    ):
        return passed(observed=f"{quote(module)}.py in the package")
    source = source_of(deployed.handler)
    name = source.removesuffix(".py").rpartition("/")[2]
    move = ""
    if alias:
        move = (
            f"\naws lambda wait function-updated-v2 --function-name {function}"
            f"\naws lambda publish-version --function-name {function}"
            f"\naws lambda update-alias --function-name {function} --name {alias} --function-version N"
            "  # the number that publish-version printed"
        )
    return failed(
        f"The package of {function} does not contain {quote(module)}.py, which its handler {quote(deployed.handler)} "
        f"needs. Every invocation of $LATEST fails with an import error. "
        f"The package contains {listed(package.paths[:5])}. {_elsewhere(package.paths, module)}{explanation}".rstrip(),
        expected=f"{quote(module)}.py in the package",
        observed=listed(package.paths[:5]),
        hint=f"zip {name}.zip {source}\n"
        f"aws lambda update-function-code --function-name {function} --zip-file fileb://{name}.zip{move}",
    )


def _elsewhere(paths: Sequence[str], module: str) -> str:
    """Return a sentence about the handler's file in a folder of the package, or an empty text."""
    found = next((path for path in paths if path.endswith(f"/{module}.py")), "")
    if not found:
        return ""
    folder = found.removesuffix(f"{module}.py").rstrip("/")
    return f"{quote(module)}.py is in the folder {quote(folder)}. Zip the files of this folder, not the folder. "
