"""What several checks say or ask in the same way: what is missing, how a call went wrong, which qualifier to call."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labgrader.evidence.snapshot import Function, Snapshot, closest
from labgrader.judging import Invocation, listed, quote
from labgrader.judging import lacks_internet as lacks_internet

_NO_MODULE = re.compile(r"No module named ['\"]([\w.]+)['\"]|Cannot find module ['\"]([^'\"]+)['\"]")
_TIMED_OUT = re.compile(r"Task timed out after ([\d.]+) seconds")


def missing(kind: str, name: str, others: Iterable[str]) -> str:
    """Say that something does not exist, and which name comes near it.

    Args:
        kind: what it is (``function``).
        name: its exact name.
        others: the names there are; students type names in many ways.
    """
    near = closest(name, others)
    if near:
        return f"There is no {kind} {name}, but there is {quote(near)}: a name must match exactly."
    return f"There is no {kind} {name}."


def missing_function(snapshot: Snapshot, function: str) -> str:
    """Say that a function does not exist, and which name comes near it."""
    return missing("function", function, snapshot.function_names())


def no_qualifier(function: str, qualifiers: Sequence[str] | None) -> str:
    """Say that a function has none of its aliases and versions; where none is named, the function itself is gone."""
    if not qualifiers:
        return f"{function} does not exist."
    return f"{function} has no alias or version {listed(qualifiers)}."


def plural(count: int, noun: str) -> str:
    """``1 request`` or ``3 requests``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def target_name(function: str, qualifier: str) -> str:
    """``function:qualifier`` as the CLI shows it, or the function's name alone."""
    return f"{function}:{qualifier}" if qualifier else function


def first_existing(snapshot: Snapshot, function: str, qualifiers: Sequence[str] | None) -> str | None:
    """Return the first alias or version that exists, so that a missing alias costs its own points only.

    Args:
        qualifiers: aliases and versions in order of preference; an empty string is ``$LATEST``, which always exists,
            and no list at all means the same.

    Returns:
        The qualifier, or ``None`` where none of them exists.
    """
    for qualifier in qualifiers or [""]:
        if qualifier in ("", "$LATEST"):
            return ""
        if qualifier.isdecimal():
            if qualifier in [version.version for version in snapshot.versions(function)]:
                return qualifier
        elif snapshot.alias(function, qualifier) is not None:
            return qualifier
    return None


def event_for(operation: str) -> dict[str, Any]:
    """The event that asks a function of the labs for one operation, as API Gateway would send it."""
    return {"body": json.dumps({"operation": operation})}


def invoke_command(function: str, qualifier: str, event: Mapping[str, Any]) -> str:
    """The command with which a student sees the same answer."""
    at = f" --qualifier {qualifier}" if qualifier else ""
    return (
        f"aws lambda invoke --function-name {function}{at} --cli-binary-format raw-in-base64-out "
        f"--payload '{json.dumps(event)}' --log-type Tail answer.json && cat answer.json"
    )


def module_of(handler: str) -> str:
    """The module that a handler names: ``optimized_function`` of ``optimized_function.lambda_handler``."""
    return handler.rpartition(".")[0].replace("/", ".")


def source_of(handler: str) -> str:
    """The file of a handler's module, for a command that somebody will paste into a shell: plain names only."""
    module = module_of(handler).replace(".", "/")
    return f"{module}.py" if re.fullmatch(r"[A-Za-z0-9_/-]+", module) else "FUNCTION.py"


@dataclass(frozen=True)
class InvocationFailure:
    """What was wrong with one answer.

    Args:
        what: a phrase that follows the name of what was called (``crashed: …``).
        module: the module that could not be imported, else empty.
        fatal: whether the next call of the same function would only cost its timeout again.
    """

    what: str
    module: str = ""
    fatal: bool = False


def invocation_failure(
    invocation: Invocation, statuses: Sequence[int], *, readable: bool = True
) -> InvocationFailure | None:
    """Say what is wrong with an answer, or ``None`` when it has one of the statuses that were wanted.

    Args:
        readable: whether the body must be JSON too; an answer that refuses may say so in plain words.
    """
    if invocation.outcome == "throttled":
        return InvocationFailure(
            "could not be run: the reserved concurrency of the function is 0, which switches it off", fatal=True
        )
    if invocation.outcome == "timeout":
        return InvocationFailure("did not answer before the grader stopped waiting", fatal=True)
    if invocation.outcome == "function_error":
        return _died(invocation)
    response = invocation.response
    if response.status_code is None:
        return InvocationFailure(f"answered what cannot be read: {response.problem}")
    if response.status_code not in statuses:
        wanted = " or ".join(str(status) for status in statuses)
        said = f" ({quote(response.body)})" if response.body not in (None, "") else ""
        return InvocationFailure(f"answered {quote(response.status_code, 20)} instead of {wanted}{said}")
    if response.problem and readable:
        return InvocationFailure(f"answered {response.status_code}, but {response.problem}")
    return None


def in_words(troubles: Mapping[str, InvocationFailure], noun: str) -> str:
    """Join what went wrong, with the same trouble said once: ``the operations heavy and memory crashed: …``."""
    groups: dict[str, list[str]] = {}
    for name, one in troubles.items():
        groups.setdefault(one.what, []).append(name)
    return "; ".join(
        f"the {noun}{'s' if len(names) > 1 else ''} {listed(names)} {what}" for what, names in groups.items()
    )


def repair(function: Function, alias: str, module: str) -> str:
    """The commands that mend a module that cannot be imported; versions never change, so a new one is published.

    Args:
        function: the function as it is now.
        alias: the alias that is to serve the new version, or empty.
        module: the module that is missing.
    """
    name = function.name
    if not re.fullmatch(r"[A-Za-z0-9_./][A-Za-z0-9_./-]*", module):  # a student's text has no place in a command
        module = "MODULE"
    if module == module_of(function.handler):
        package = f"{module.split('.')[0]}.zip"
        commands = [
            f"zip {package} {module.replace('.', '/')}.py",
            f"aws lambda update-function-code --function-name {name} --zip-file fileb://{package}",
        ]
    else:
        commands = [
            f"aws lambda update-function-configuration --function-name {name} "
            f"--layers ARN-OF-EVERY-LAYER-IT-NEEDS  # one of them must hold {quote(module)}",
        ]
    if alias:
        commands += [
            f"aws lambda wait function-updated-v2 --function-name {name}",
            f"aws lambda publish-version --function-name {name}",
            f"aws lambda update-alias --function-name {name} --name {alias} "
            "--function-version N  # the number that publish-version printed",
        ]
    return "\n".join(commands)


def last_lines(log_tail: str, count: int = 3) -> list[str]:
    """The last lines of a log, safe to show."""
    return [quote(line) for line in log_tail.splitlines() if line.strip()][-count:]


def _died(invocation: Invocation) -> InvocationFailure:
    """What a function died of, in words."""
    message, kind = invocation.error_message, invocation.error_type
    module = _NO_MODULE.search(message)
    if module:
        name = module.group(1) or module.group(2)
        served = invocation.executed_version
        version = f"version {served}" if served.isdecimal() else served or "what is deployed"
        return InvocationFailure(
            f"cannot be loaded: {version} has no module {quote(name)} in its package or layers", name
        )
    timed_out = _TIMED_OUT.search(message)
    if timed_out:
        return InvocationFailure(
            f"did not finish: it ran into its timeout of {float(timed_out.group(1)):g} seconds", fatal=True
        )
    said = ": ".join(part for part in (quote(kind), quote(message)) if part)
    return InvocationFailure(f"crashed: {said}" if said else "crashed without a message")
