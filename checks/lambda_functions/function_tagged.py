"""A function has its tags."""

from __future__ import annotations

import shlex

from checks.wording import missing_function
from labgrader.evidence.snapshot import Snapshot, closest
from labgrader.judging import Verdict, check, failed, quote, share


@check(title="The function has its tags", hint="aws lambda get-function --function-name {function} --query Tags")
def function_tagged(snapshot: Snapshot, *, function: str, tags: dict[str, str]) -> Verdict:
    """Check that the function has every tag with its value. Each tag is worth the same. Other tags are ignored.

    Args:
        function: the function's name.
        tags: the value of each key. Keys and values are case-sensitive, as in AWS.
    """
    expected = ", ".join(f"{key}={value}" for key, value in tags.items())
    deployed = snapshot.function(function)
    if deployed is None:
        return failed(missing_function(snapshot, function), expected=expected, observed="no such function")
    wrong = []
    for key, value in tags.items():
        if key not in deployed.tags:
            near = closest(key, deployed.tags)
            wrong.append(f"the tag {key} is missing" + (f" (but there is {quote(near)})" if near else ""))
        elif deployed.tags[key] != value:
            wrong.append(f"the tag {key} is “{quote(deployed.tags[key], 80)}” instead of “{value}”")
    arn = f"arn:aws:lambda:{snapshot.region}:{snapshot.account_id}:function:{function}"
    pairs = ",".join(f"{key}={value}" for key, value in tags.items())
    return share(
        len(tags) - len(wrong),
        len(tags),
        f"{function}: {'; '.join(wrong)}.",
        expected=expected,
        observed=", ".join(f"{key}={quote(deployed.tags[key], 80)}" for key in tags if key in deployed.tags) or "none",
        hint=f"aws lambda tag-resource --resource {arn} --tags {shlex.quote(pairs)}",
    )
