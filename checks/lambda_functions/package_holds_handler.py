"""A function's package holds the module that its handler names."""

from __future__ import annotations

from checks.wording import missing_function, module_of, source_of
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, listed, passed, quote


@check(
    title="The package holds the handler's module",
    hint="aws lambda update-function-code --function-name {function} --zip-file fileb://PACKAGE.zip",
)
def package_holds_handler(
    snapshot: Snapshot, *, function: str, alias: str = "", must_exist: bool = False, explanation: str = ""
) -> Verdict:
    """The file that the handler of ``$LATEST`` names lies in its package.

    Args:
        function: the function.
        alias: an alias that serves a version published from the same package, or empty.
        must_exist: whether a function that does not exist fails, as where there are points for it.
        explanation: how this comes about, for the message.
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
    if any(path.startswith((f"{module}.", f"{module}/")) for path in package.paths):
        return passed(observed=f"{quote(module)}.py is there")
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
        f"The package of {function} holds {listed(package.paths[:5])}, but no {quote(module)}.py, which its handler "
        f"{quote(deployed.handler)} needs: every call of $LATEST fails with an import error. {explanation}".rstrip(),
        expected=f"{quote(module)}.py in the package",
        observed=listed(package.paths[:5]),
        hint=f"zip {name}.zip {source}\n"
        f"aws lambda update-function-code --function-name {function} --zip-file fileb://{name}.zip{move}",
    )
