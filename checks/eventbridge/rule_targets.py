"""An EventBridge rule invokes a function."""

from __future__ import annotations

from checks.wording import missing, missing_function
from checks.wording.examples import EXAMPLE_ACCOUNT, names_example_account
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, listed, passed, quote


@check(title="The rule invokes the function", hint="aws events list-targets-by-rule --rule {rule}")
def rule_targets(snapshot: Snapshot, *, rule: str, function: str) -> Verdict:
    """Check that one of the rule's targets is the function, or one of its aliases or versions.

    Args:
        rule: the rule's name, on the default event bus.
        function: the function's name.
    """
    arn = f"arn:aws:lambda:{snapshot.region}:{snapshot.account_id}:function:{function}"
    expected = f"the target {function}"
    command = f"aws events put-targets --rule {rule} --targets Id=1,Arn={arn}"
    if snapshot.events.rule(rule) is None:
        others = [other.name for other in snapshot.events.rules()]
        return failed(missing("rule", rule, others), expected=expected, observed="no such rule", hint=command)
    targets = snapshot.events.targets(rule)
    ours = arn.partition(":lambda:")[2]  # in every partition: aws, aws-cn, aws-us-gov
    if any(f"{target}:".partition(":lambda:")[2].startswith(f"{ours}:") for target in targets):
        if snapshot.function(function) is None:
            return failed(
                f"The target of {rule} does not exist. {missing_function(snapshot, function)}",
                expected=expected,
                observed="no such function",
                hint=f"aws lambda get-function --function-name {function}",
            )
        return passed(expected=expected, observed=function)
    message = f"{rule} invokes {listed(targets)} instead of {function}." if targets else f"{rule} has no target."
    if any(names_example_account(target, snapshot.account_id) for target in targets):
        message += (
            f" {EXAMPLE_ACCOUNT} is the example account of the handout. Replace it with your account, "
            f"{snapshot.account_id}."
        )
    return failed(message, expected=expected, observed=quote(listed(targets)), hint=command)
