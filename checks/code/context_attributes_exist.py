"""Functions use only attributes that the context object has."""

from __future__ import annotations

import re

from labgrader.judging import Probe, Verdict, check, failed, listed, passed, quote

_NO_ATTRIBUTE = re.compile(r"'\w*Context\w*' object has no attribute '(\w+)'")
_RIGHT = {
    "request_id": "aws_request_id",
    "requestId": "aws_request_id",
    "awsRequestId": "aws_request_id",
    "name": "function_name",
    "version": "function_version",
    "memory_limit": "memory_limit_in_mb",
    "remaining_time_in_millis": "get_remaining_time_in_millis()",
}
"""Source: Lambda Developer Guide, "Using the Lambda context object to retrieve Python function information"."""


@check(
    title="The code uses only attributes that the context object has",
    hint="https://docs.aws.amazon.com/lambda/latest/dg/python-context.html",
)
def context_attributes_exist(probe: Probe, *, functions: list[str], explanation: str = "") -> Verdict:
    """Check that no recorded invocation of the functions failed because the context object lacks an attribute.

    Args:
        functions: the functions to check.
        explanation: added to the message if the handout has this mistake.

    Sources:
        The context object has a fixed set of attributes, such as ``aws_request_id``:
            https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
    """
    used: dict[str, set[str]] = {}
    for invocation in probe.invocations():
        name = invocation.target.partition(":")[0]
        if name in functions:
            for attribute in _NO_ATTRIBUTE.findall(f"{invocation.payload}\n{invocation.log_tail}"):
                used.setdefault(attribute, set()).add(name)
    if not used:
        return passed()
    sentences = [_sentence(attribute, sorted(names)) for attribute, names in sorted(used.items())]
    files = "\n".join(
        f"sed -i 's/context\\.{attribute}\\b/context.{_RIGHT[attribute]}/g' lambda_function.py"
        for attribute in sorted(used)
        if attribute in _RIGHT
    )
    names = sorted(set().union(*used.values()))
    deploy = "\n".join(
        f"zip function.zip lambda_function.py && aws lambda update-function-code --function-name {name} "
        "--zip-file fileb://function.zip"
        for name in names
    )
    return failed(
        f"{'; '.join(sentences)}. {explanation}".rstrip(),
        expected="attributes that the context object has",
        observed=listed(f"context.{attribute}" for attribute in sorted(used)),
        hint=f"{files}\n{deploy}".strip(),
    )


def _sentence(attribute: str, names: list[str]) -> str:
    right = f" (use context.{_RIGHT[attribute]})" if attribute in _RIGHT else ""
    uses = "uses" if len(names) == 1 else "use"
    return f"{listed(names)} {uses} context.{quote(attribute)}, which does not exist{right}"
