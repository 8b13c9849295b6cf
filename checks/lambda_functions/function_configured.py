"""A function exists with the settings that the lab asks for."""

from __future__ import annotations

from checks.iam._commands import BASIC_EXECUTION, create_role
from checks.wording import first_existing, missing_function
from labgrader.evidence.snapshot import Function, Snapshot
from labgrader.judging import Verdict, check, failed, quote, share


@check(
    title="The function is configured as the lab says",
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
    """The function exists, and each setting that is named has the value that is named; each is worth the same.

    A version keeps the settings it was published with, so where a lab changes a setting afterwards, the version is what
    has to be looked at.

    Args:
        function: its name. That it exists is worth as much as one setting.
        runtime: the family its runtime belongs to (``python``); every version of it is right, also one that AWS has
            deprecated since the hand-out was written.
        handler: ``module.function``.
        timeout_s: in seconds.
        memory_mb: in MB.
        later_memory_mb: memory sizes that a later step of the lab sets: right, too, for all but version 1.
        qualifiers: aliases or versions; the settings of the first that exists are judged. ``$LATEST`` where none is
            given.
        role: the role that the command gives a function which is not there; it makes every role but ``LabRole``, which
            is there for the class.
    """
    wanted: list[tuple[str, str, str]] = []  # what it is, the option that sets it, the value
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
            f"{function} is a container image; the lab deploys a zip package.",
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
    """What the first alias or version that exists serves; ``$LATEST`` where none does."""
    qualifier = first_existing(snapshot, deployed.name, qualifiers)
    if not qualifier:
        return deployed
    alias = None if qualifier.isdecimal() else snapshot.alias(deployed.name, qualifier)
    number = alias.version if alias else qualifier
    return next((one for one in snapshot.versions(deployed.name) if one.version == number), deployed)


def _republish(function: str, qualifier: str) -> str:
    """A version never changes: the command that publishes what was mended, and the one that serves it."""
    alias = "ALIAS" if qualifier.isdecimal() else qualifier
    return (
        f"\naws lambda wait function-updated-v2 --function-name {function}"
        f"\naws lambda publish-version --function-name {function}"
        f"\naws lambda update-alias --function-name {function} --name {alias} --function-version N"
        "  # the number that publish-version printed"
    )


def _settings(deployed: Function) -> dict[str, str]:
    """What the function has, as text, by setting."""
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
    """A value that the CLI takes: a family of runtimes needs its version."""
    return {"python": "python3.13", "nodejs": "nodejs22.x"}.get(value, value) if what == "runtime" else value


def _create(function: str, wanted: list[tuple[str, str, str]], role: str) -> str:
    options = " ".join(f"{option} {_value(what, value)}" for what, option, value in wanted)
    if not any(what == "handler" for what, _, _ in wanted):  # a zip package needs one; this is the console's
        options += " --handler lambda_function.lambda_handler"
    before = [] if role == "LabRole" else create_role(role, [BASIC_EXECUTION])
    if before:
        before[0] += "  # unless it is there"
    return "\n".join(
        [
            *before,
            f"aws lambda create-function --function-name {function} {options} "
            f"--role arn:aws:iam::{{account_id}}:role/{role} --zip-file fileb://PACKAGE.zip",
        ]
    )
