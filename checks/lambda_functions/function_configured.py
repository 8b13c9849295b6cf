"""A function exists with the lab's settings."""

from __future__ import annotations

from checks.iam._commands import BASIC_EXECUTION, create_role
from checks.wording import first_existing, missing_function
from labgrader.evidence.snapshot import Function, Snapshot
from labgrader.judging import Verdict, check, failed, quote, share


@check(
    title="The function has the lab's settings",
    hint="aws lambda get-function-configuration --function-name {function}",
)
def function_configured(
    snapshot: Snapshot,
    *,
    function: str,
    runtime: str = "",
    handler: str = "",
    timeout_s: int | None = None,
    memory_mb: int | None = None,
    later_memory_mb: list[int] | None = None,
    qualifiers: list[str] | None = None,
    role: str = "LabRole",
) -> Verdict:
    """Check that the function exists and that each given setting has its value.

    Each setting is worth the same, and so is the function's existence. A published version keeps its settings. If the
    lab changes a setting later, name the version in ``qualifiers``.

    Args:
        function: the function's name.
        runtime: the runtime's family (``python``). Every version of it is right, even one that AWS has deprecated.
        handler: ``module.function``.
        timeout_s: the timeout, in seconds.
        memory_mb: the memory size, in MB.
        later_memory_mb: memory sizes that a later step of the lab sets. They are also right, except for version 1.
        qualifiers: aliases or versions. The first that exists is judged. ``$LATEST`` if none is given.
        role: the execution role in the command that creates a missing function. The command also creates the role,
            except for ``LabRole``, which every class has.
    """
    wanted: list[tuple[str, str, str]] = []  # the setting, the option that sets it, the value
    if runtime:
        wanted.append(("runtime", "--runtime", runtime))
    if handler:
        wanted.append(("handler", "--handler", handler))
    if timeout_s is not None:
        wanted.append(("timeout", "--timeout", str(timeout_s)))
    if memory_mb is not None:
        wanted.append(("memory", "--memory-size", str(memory_mb)))
    expected = ", ".join(_shown(what, value) for what, _, value in wanted)
    deployed = snapshot.function(function)
    if deployed is None:
        return failed(
            missing_function(snapshot, function),
            expected=f"function {function} with {expected}" if expected else f"function {function}",
            observed="no such function",
            hint=_create(function, wanted, role),
        )
    if deployed.package_type != "Zip":
        return share(
            1,
            len(wanted) + 1,
            f"{function} is a container image, but the lab deploys a .zip file.",
            expected=expected,
            observed=f"package type {quote(deployed.package_type)}",
            hint=f"aws lambda delete-function --function-name {function}\n{_create(function, wanted, role)}",
        )
    judged = _served(snapshot, deployed, qualifiers)
    seen = _settings(judged)
    also = {str(size) for size in later_memory_mb or () if judged.version != "1"}
    wrong = [
        (what, option, value)
        for what, option, value in wanted
        if not (seen[what].startswith(value) if what == "runtime" else seen[what] == value)
        and not (what == "memory" and seen[what] in also)
    ]
    name = function if judged is deployed else f"{function}, version {judged.version}"
    return share(
        len(wanted) + 1 - len(wrong),
        len(wanted) + 1,
        f"{name}: " + ", ".join(_instead(what, value, seen[what]) for what, _, value in wrong) + ".",
        expected=expected,
        observed=", ".join(_shown(what, quote(seen[what])) for what, _, _ in wanted),
        hint=f"aws lambda update-function-configuration --function-name {function} "
        + " ".join(f"{option} {_value(what, value)}" for what, option, value in wrong)
        + ("" if judged is deployed else _republish(function, first_existing(snapshot, function, qualifiers) or "")),
    )


def _served(snapshot: Snapshot, deployed: Function, qualifiers: list[str] | None) -> Function:
    """Return what the first alias or version that exists serves, or ``$LATEST`` if none exists."""
    qualifier = first_existing(snapshot, deployed.name, qualifiers)
    if not qualifier:
        return deployed
    alias = None if qualifier.isdecimal() else snapshot.alias(deployed.name, qualifier)
    number = alias.version if alias else qualifier
    return next((version for version in snapshot.versions(deployed.name) if version.version == number), deployed)


def _republish(function: str, qualifier: str) -> str:
    """Return the commands that publish the fixed function and move the alias, because a version never changes."""
    alias = "ALIAS" if qualifier.isdecimal() else qualifier
    return (
        f"\naws lambda wait function-updated-v2 --function-name {function}"
        f"\naws lambda publish-version --function-name {function}"
        f"\naws lambda update-alias --function-name {function} --name {alias} --function-version N"
        "  # the number that publish-version printed"
    )


def _settings(deployed: Function) -> dict[str, str]:
    """Return the function's settings as text."""
    return {
        "runtime": deployed.runtime,
        "handler": deployed.handler,
        "timeout": "" if deployed.timeout_s is None else str(deployed.timeout_s),
        "memory": "" if deployed.memory_mb is None else str(deployed.memory_mb),
    }


def _shown(what: str, value: str) -> str:
    units = {"timeout": " s", "memory": " MB"}
    return f"{what} {value}{units.get(what, '')}" if value else f"{what} unknown"


def _instead(what: str, value: str, seen: str) -> str:
    units = {"timeout": " s", "memory": " MB"}
    unit = units.get(what, "")
    if what == "runtime":
        return f"the runtime is {quote(seen) or 'unknown'} instead of a {value.capitalize()} one"
    return f"the {what} is {f'{quote(seen)}{unit}' if seen else 'unknown'} instead of {value}{unit}"


def _value(what: str, value: str) -> str:
    """Return a value that the CLI accepts: it needs the version of a runtime."""
    return {"python": "python3.13", "nodejs": "nodejs22.x"}.get(value, value) if what == "runtime" else value


def _create(function: str, wanted: list[tuple[str, str, str]], role: str) -> str:
    options = " ".join(f"{option} {_value(what, value)}" for what, option, value in wanted)
    if not any(what == "handler" for what, _, _ in wanted):  # a .zip file needs one; this is the console's default
        options += " --handler lambda_function.lambda_handler"
    before = [] if role == "LabRole" else create_role(role, [BASIC_EXECUTION])
    if before:
        before[0] += "  # skip this if the role exists"

    return "\n".join(
        [
            *before,
            f"aws lambda create-function --function-name {function} {options} "
            f"--role arn:aws:iam::{{account_id}}:role/{role} --zip-file fileb://PACKAGE.zip",
        ]
    )
