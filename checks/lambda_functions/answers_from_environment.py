"""A function's response contains the values of its environment variables."""

from __future__ import annotations

from typing import Any

from checks.wording import invocation_failure, invoke_command, last_lines, missing_function
from labgrader.evidence.snapshot import REDACTED
from labgrader.judging import NotGradedError, Probe, Verdict, check, failed, listed, quote, share


@check(title="The response uses the environment variables", hint="aws logs tail /aws/lambda/{function} --since 1h")
def answers_from_environment(probe: Probe, *, function: str, event: Any, fields: dict[str, str]) -> Verdict:
    """Check that fields of the response contain the current values of the function's environment variables.

    Each field is worth the same. Variables that are not set are ignored: another check judges the values.

    Args:
        function: the function's name.
        event: the event of the invocation.
        fields: the environment variable that each field of the JSON body must contain.

    Raises:
        NotGradedError: the value of a variable looked secret and was not recorded.
    """
    expected = listed(f"{variable} in {field}" for field, variable in fields.items())
    deployed = probe.snapshot.function(function)
    if deployed is None:
        return failed(missing_function(probe.snapshot, function), expected=expected, observed="no such function")
    has = deployed.environment
    looked_at = {field: variable for field, variable in fields.items() if has.get(variable, "").strip()}
    if not looked_at:
        return failed(
            f"{function} has none of these environment variables: {', '.join(fields.values())}.",
            expected=expected,
            observed="none of the variables",
        )
    if any(has[variable] == REDACTED for variable in looked_at.values()):
        raise NotGradedError("lambda:GetFunction", "the value of a variable looked secret and was not recorded")
    invocation = probe.invoke(function, "", event)
    if invocation is None:
        return failed(f"{function} does not exist.", expected=expected, observed="no such function")
    hint = invoke_command(function, "", event)
    wrong = invocation_failure(invocation, [200])
    content = invocation.response.content
    if wrong is not None or not isinstance(content, dict):
        what = wrong.what if wrong is not None else "did not return a JSON object"
        return failed(
            f"{function} {what}.",
            expected=expected,
            observed=what,
            hint=hint,
            evidence=last_lines(invocation.log_tail),
        )
    troubles = [
        f"{field} {_shown(content, field)}, without the value of {variable} (“{quote(has[variable], 80)}”)"
        for field, variable in looked_at.items()
        if has[variable].strip() not in _text(content.get(field))  # the code may also strip it
    ]
    return share(
        len(looked_at) - len(troubles),
        len(looked_at),
        f"{function}: {'; '.join(troubles)}. Read the variables with os.environ.get in the handler.",
        expected=expected,
        observed=listed(f"{field} {_shown(content, field)}" for field in looked_at),
        hint=hint,
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else quote(value)


def _shown(content: dict[str, Any], field: str) -> str:
    return f"is “{quote(content[field], 80)}”" if field in content else "is missing"
