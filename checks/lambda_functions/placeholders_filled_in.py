"""No example value of a handout is left in the student's resources."""

from __future__ import annotations

from checks.wording.advice import and_why
from checks.wording.examples import names_example_account, names_variable
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, listed, passed, quote


@check(title="No example value is left", hint="aws sts get-caller-identity --query Account")
def placeholders_filled_in(snapshot: Snapshot, *, rules: list[str] | None = None, explanation: str = "") -> Verdict:
    """Check that no notification, integration or target names a shell variable or the example account.

    Args:
        rules: the rules with targets to judge.
        explanation: added to the message, for a handout with commands that leave an example value.
    """
    named = {
        f"the notification of {bucket}": [
            notification.function_arn for notification in snapshot.s3.notifications(bucket)
        ]
        for bucket in snapshot.s3.bucket_names()
    }
    for api in snapshot.api_gateway.rest_apis():
        for route in snapshot.api_gateway.routes(api.id):
            named.setdefault(f"{route.method} {route.path} of {api.name}", []).append(route.uri)
    for rule in rules or ():
        if snapshot.events.rule(rule) is not None:
            named[f"the rule {rule}"] = snapshot.events.targets(rule)
    left = [
        f"{quote(what)} invokes {quote(arn)}"
        for what, arns in named.items()
        for arn in arns
        if names_variable(arn) or names_example_account(arn, snapshot.account_id)
    ]
    if not left:
        return passed()
    return failed(
        f"An example value is left: {listed(left)}, which is not your function. "
        f"Your account is {snapshot.account_id}.{and_why(explanation)}",
        expected=f"arn:aws:lambda:{snapshot.region}:{snapshot.account_id}:function:…",
        observed=f"{len(left)} left",
    )
