"""A function's environment variables are set."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping

from checks.wording import missing_function
from labgrader.evidence.snapshot import REDACTED, Snapshot, closest
from labgrader.judging import NotGradedError, Verdict, check, failed, quote, share

MAX_ENVIRONMENT_BYTES = 4096
"""The size of all environment variables together. Source: Lambda Developer Guide, "Lambda quotas"."""


@check(
    title="The environment variables are set",
    hint="aws lambda get-function-configuration --function-name {function} --query Environment",
)
def environment_set(
    snapshot: Snapshot, *, function: str, variables: dict[str, str], example: str = "…", exact: bool = False
) -> Verdict:
    """Check that every variable is set to a value that begins with the given text, or is exactly that text.

    An environment of more than 4 KB fails, because AWS refuses all of it.

    Args:
        function: the function's name.
        variables: the beginning of each variable's value. An empty text accepts every value that is not empty.
        example: a value for the command, for variables without a given value.
        exact: whether the text is the whole value. Then upper and lower case of ``true`` and ``false`` are the same.

    Raises:
        NotGradedError: the value of a variable looked secret and was not recorded.

    Sources:
        The environment variables of a function are at most 4 KB together:
            https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    """
    more = "" if exact else "…"
    expected = ", ".join(f"{name}={start}{more}" if start else name for name, start in variables.items())
    deployed = snapshot.function(function)
    if deployed is None:
        return failed(missing_function(snapshot, function), expected=expected, observed="no such function")
    has = deployed.environment
    if (size := _size(has)) > MAX_ENVIRONMENT_BYTES:
        return failed(
            f"The environment variables of {function} are {size} bytes together. AWS accepts at most "
            f"{MAX_ENVIRONMENT_BYTES} bytes.",
            expected=expected,
            observed=f"{size} bytes",
        )
    wrong: list[str] = []
    misspelled: set[str] = set()
    for name, start in variables.items():
        if start and has.get(name) == REDACTED:
            raise NotGradedError("lambda:GetFunction", f"the value of {name} looked secret and was not recorded")
        if name not in has:
            near = closest(name, (other for other in has if other not in variables))
            misspelled.add(near)
            wrong.append(f"{name} is not set" + (f" (but {quote(near)} is)" if near else ""))
        elif has[name] != REDACTED and not _right(has[name], start, exact):
            instead = f" instead of “{start}”" if exact else f", but must begin with {start}"
            wrong.append(f"{name} is “{quote(has[name], 80)}”" + (instead if start else ""))
    # --environment replaces all variables, so the command names the others, too, except misspelled ones
    kept = {name: "KEEP-ITS-VALUE" for name in has if name not in variables and name not in misspelled}
    values = {name: start if exact and start else example for name, start in variables.items()}
    after = json.dumps({"Variables": {**values, **kept}})
    return share(
        len(variables) - len(wrong),
        len(variables),
        f"{function}: {'; '.join(wrong)}.",
        expected=expected,
        observed=", ".join(f"{name}={quote(has[name], 80)}" for name in variables if name in has) or "none of them",
        hint=f"aws lambda update-function-configuration --function-name {function} "
        f"--environment {shlex.quote(quote(after, 600))}",
    )


def _size(variables: Mapping[str, str]) -> int:
    """Return the least size of environment variables in bytes: names and values, without values that look secret."""
    return sum(len(f"{name}{'' if value == REDACTED else value}".encode()) for name, value in variables.items())


def _right(value: str, wanted: str, exact: bool) -> bool:
    if not exact or not wanted:
        return bool(value.strip()) and value.startswith(wanted)
    return value == wanted or (wanted in ("true", "false") and value.lower() == wanted)
