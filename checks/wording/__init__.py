"""Sentences and commands that several checks share: missing resources, failed invocations, qualifiers."""

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
    """Return the sentence that a resource does not exist, with the closest existing name.

    Args:
        kind: the kind of resource (``function``).
        name: its exact name.
        others: the names that exist. Students often mistype a name, so a similar one explains the failure.
    """
    similar = closest(name, others)
    if similar:
        return f"There is no {kind} {name}, but there is {quote(similar)}: a name must match exactly."
    return f"There is no {kind} {name}."


def missing_function(snapshot: Snapshot, function: str) -> str:
    """Return the sentence that a function does not exist, with the closest existing name."""
    return missing("function", function, snapshot.function_names())


def no_qualifier(function: str, qualifiers: Sequence[str] | None) -> str:
    """Return the sentence that a function has none of the aliases and versions.

    Args:
        function: the function's name.
        qualifiers: the aliases and versions. If there are none, the function itself does not exist.
    """
    if not qualifiers:
        return f"{function} does not exist."
    if len(qualifiers) == 1:
        return f"{function} has no alias or version {quote(qualifiers[0])}."
    return f"{function} has none of these aliases and versions: {', '.join(map(quote, qualifiers))}."


def plural(count: int, noun: str) -> str:
    """Return a count with its noun: ``1 request``, ``3 requests``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def target_name(function: str, qualifier: str) -> str:
    """Return ``function:qualifier`` as the AWS CLI shows it, or the function's name alone."""
    return f"{function}:{qualifier}" if qualifier else function


def first_existing(snapshot: Snapshot, function: str, qualifiers: Sequence[str] | None) -> str | None:
    """Return the first alias or version that exists.

    A check that uses it does not lose points because of a missing alias, which has its own check.

    Args:
        snapshot: the student's account.
        function: the function's name.
        qualifiers: aliases and versions in order of preference. An empty string means ``$LATEST``, which always
            exists; so does no list at all.

    Returns:
        The qualifier, or ``None`` if none of them exists.
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
    """Return the event that requests one operation from a lab's function, in the form that API Gateway sends."""
    return {"body": json.dumps({"operation": operation})}


def invoke_command(function: str, qualifier: str, event: Mapping[str, Any]) -> str:
    """Return the command that shows a student the same response."""
    at = f" --qualifier {qualifier}" if qualifier else ""
    return (
        f"aws lambda invoke --function-name {function}{at} --cli-binary-format raw-in-base64-out "
        f"--payload '{json.dumps(event)}' --log-type Tail answer.json && cat answer.json"
    )


def module_of(handler: str) -> str:
    """Return the module of a handler: ``optimized_function`` of ``optimized_function.lambda_handler``."""
    return handler.rpartition(".")[0].replace("/", ".")


def source_of(handler: str) -> str:
    """Return the file of a handler's module for a shell command; ``FUNCTION.py`` if the name has special characters."""
    module = module_of(handler).replace(".", "/")
    return f"{module}.py" if re.fullmatch(r"[A-Za-z0-9_/-]+", module) else "FUNCTION.py"


@dataclass(frozen=True)
class InvocationFailure:
    """The reason why one invocation failed.

    Args:
        what: a phrase that follows the name of the invoked function (``crashed: …``).
        module: the module that could not be imported; empty for every other failure.
        fatal: whether every further invocation of the function would fail the same way, after its full timeout.
    """

    what: str
    module: str = ""
    fatal: bool = False


def invocation_failure(
    invocation: Invocation, statuses: Sequence[int], *, readable: bool = True
) -> InvocationFailure | None:
    """Return why an invocation failed, or ``None`` if its response has one of the expected statuses.

    Args:
        invocation: the recorded invocation.
        statuses: the expected status codes.
        readable: whether the body must be JSON, too. A response that refuses a request may be plain text.
    """
    if invocation.outcome == "throttled":
        return InvocationFailure(
            "could not run: the function's reserved concurrency is 0, so Lambda throttles every invocation", fatal=True
        )
    if invocation.outcome == "timeout":
        return InvocationFailure("did not respond before labgrader stopped waiting", fatal=True)
    if invocation.outcome == "function_error":
        return _function_error(invocation)
    response = invocation.response
    if response.status_code is None:
        return InvocationFailure(f"returned a response that cannot be read: {response.problem}")
    if response.status_code not in statuses:
        wanted = " or ".join(str(status) for status in statuses)
        said = f" ({quote(response.body)})" if response.body not in (None, "") else ""
        return InvocationFailure(f"returned {quote(response.status_code, 20)} instead of {wanted}{said}")
    if response.problem and readable:
        return InvocationFailure(f"returned {response.status_code}, but {response.problem}")
    return None


def in_words(troubles: Mapping[str, InvocationFailure], noun: str) -> str:
    """Join failures in one phrase that names each reason once: ``the operations heavy and memory crashed: …``."""
    groups: dict[str, list[str]] = {}
    for name, failure in troubles.items():
        what = failure.what.replace("cannot be loaded:", "cannot run:")  # a function is loaded, an operation runs
        groups.setdefault(what, []).append(name)
    return "; ".join(
        f"the {noun}{'s' if len(names) > 1 else ''} {listed(names)} {what}" for what, names in groups.items()
    )


def repair(function: Function, alias: str, module: str) -> str:
    """Return the commands that fix a module that cannot be imported.

    A published version never changes, so the commands publish a new version and move the alias to it.

    Args:
        function: the function as it is deployed.
        alias: the alias that must point to the new version, or empty.
        module: the missing module.
    """
    name = function.name
    if not re.fullmatch(r"[A-Za-z0-9_./][A-Za-z0-9_./-]*", module):  # never put a student's text into a command
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
    """Return the last lines of a log, quoted for safe display."""
    return [quote(line) for line in log_tail.splitlines() if line.strip()][-count:]


def _function_error(invocation: Invocation) -> InvocationFailure:
    """Return why a function ended with an error."""
    message, kind = invocation.error_message, invocation.error_type
    module = _NO_MODULE.search(message)
    if module:
        name = module.group(1) or module.group(2)
        served = invocation.executed_version
        version = f"version {served}" if served.isdecimal() else served or "the deployed code"
        return InvocationFailure(
            f"cannot be loaded: {version} has no module {quote(name)} in its package or layers", name
        )
    timed_out = _TIMED_OUT.search(message)
    if timed_out:
        return InvocationFailure(
            f"did not finish within its timeout of {float(timed_out.group(1)):g} seconds", fatal=True
        )
    said = ": ".join(part for part in (quote(kind), quote(message)) if part)
    return InvocationFailure(f"crashed: {said}" if said else "crashed without a message")
