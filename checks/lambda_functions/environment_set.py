"""A function's environment variables are set."""

from __future__ import annotations

import json
import shlex

from checks.wording import missing_function
from labgrader.evidence.snapshot import REDACTED, Snapshot, closest
from labgrader.judging import NotGradedError, Verdict, check, failed, quote, share


@check(
    title="The environment variables are set",
    hint="aws lambda get-function-configuration --function-name {function} --query Environment",
)
def environment_set(
    snapshot: Snapshot, *, function: str, variables: dict[str, str], example: str = "…", exact: bool = False
) -> Verdict:
    """Every variable is set, to a value that begins with the text that is named, or is that text.

    Args:
        function: its name.
        variables: by name, what the value begins with; an empty text takes every value that is not empty.
        example: a value to show in the command, for the variables whose value is not known.
        exact: whether the text is the whole value; ``true`` and ``false`` are right in any case then.
    """
    more = "" if exact else "…"
    expected = ", ".join(f"{name}={start}{more}" if start else name for name, start in variables.items())
    deployed = snapshot.function(function)
    if deployed is None:
        return failed(missing_function(snapshot, function), expected=expected, observed="no such function")
    has = deployed.environment
    wrong: list[str] = []
    misspelt: set[str] = set()
    for name, start in variables.items():
        if start and has.get(name) == REDACTED:
            raise NotGradedError("lambda:GetFunction", f"the value of {name} looked secret and was not recorded")
        if name not in has:
            near = closest(name, (other for other in has if other not in variables))
            misspelt.add(near)
            wrong.append(f"{name} is not set" + (f" (there is {quote(near)})" if near else ""))
        elif has[name] != REDACTED and not _right(has[name], start, exact):
            instead = f" instead of “{start}”" if exact else f", which does not begin with {start}"
            wrong.append(f"{name} is “{quote(has[name], 80)}”" + (instead if start else ""))
    # --environment replaces all variables, so the command names those that are there as well, but for the misspelt ones
    kept = {name: "KEEP-ITS-VALUE" for name in has if name not in variables and name not in misspelt}
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


def _right(value: str, wanted: str, exact: bool) -> bool:
    if not exact or not wanted:
        return bool(value.strip()) and value.startswith(wanted)
    return value == wanted or (wanted in ("true", "false") and value.lower() == wanted)
