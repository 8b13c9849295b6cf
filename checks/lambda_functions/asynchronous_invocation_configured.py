"""A function's asynchronous invocations are configured."""

from __future__ import annotations

from checks.wording import missing_function
from labgrader.evidence.snapshot import EventInvokeConfig, Function, Snapshot
from labgrader.judging import Verdict, check, failed, quote, share

DEFAULT_RETRIES = 2
DEFAULT_AGE_S = 21_600
"""AWS's defaults: retry attempts, and the maximum age of an event in seconds. Source: Lambda Developer Guide,
"Configuring error handling settings for asynchronous invocations"."""


@check(
    title="Asynchronous invocation is configured",
    hint="aws lambda get-function-event-invoke-config --function-name {function}",
)
def asynchronous_invocation_configured(
    snapshot: Snapshot,
    *,
    function: str,
    maximum_age_s: int | None = None,
    retries: int | None = None,
    on_failure: str = "",
    or_dead_letter_queue: bool = False,
    also_set: dict[str, int] | None = None,
) -> Verdict:
    """Check that each given setting has its value. Each setting is worth the same.

    A queue that is the dead-letter queue instead of the on-failure destination earns half of its part. It earns all of
    it with ``or_dead_letter_queue``.

    Args:
        function: the function's name.
        maximum_age_s: the maximum age of an event, in seconds.
        retries: the retry attempts.
        on_failure: the name of the queue, topic or function that receives failed events.
        or_dead_letter_queue: whether the function's dead-letter queue earns all of the points, too.
        also_set: the ``maximum_age_s`` and ``retries`` that another check judges. The command sets them, too, if
            nothing is configured. Without them it would undo the command of the other check.

    Sources:
        By default, Lambda retries a failed asynchronous invocation twice and keeps an event for up to 6 hours:
            https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html
    """
    expected = _expected(maximum_age_s, retries, on_failure)
    deployed = snapshot.function(function)
    if deployed is None:
        return failed(missing_function(snapshot, function), expected=expected, observed="no such function")
    config = snapshot.event_invoke_config(function)
    if config is None and also_set:
        command_age_s = also_set.get("maximum_age_s") if maximum_age_s is None else maximum_age_s
        command_retries = also_set.get("retries") if retries is None else retries
        hint = _command(snapshot, function, command_age_s, command_retries, on_failure)
    else:
        hint = _command(snapshot, function, maximum_age_s, retries, on_failure)
    observed = _observed(config, deployed)
    halves, parts, wrong = 0, 0, []
    if maximum_age_s is not None:
        parts += 1
        age = DEFAULT_AGE_S if config is None or config.maximum_age_s is None else config.maximum_age_s
        if age == maximum_age_s:
            halves += 2
        else:
            wrong.append(f"the maximum event age is {age} s instead of {maximum_age_s} s")
    if retries is not None:
        parts += 1
        tries = DEFAULT_RETRIES if config is None or config.maximum_retries is None else config.maximum_retries
        if tries != retries:
            wrong.append(f"the maximum retry attempts are {tries} instead of {retries}")
        elif config is not None or maximum_age_s is None:  # a default alone earns nothing
            halves += 2
    if on_failure:
        parts += 1
        earned, trouble = _destination(config, deployed, on_failure, or_dead_letter_queue)
        halves += earned
        if trouble:
            wrong.append(trouble)
    settings = maximum_age_s is not None or retries is not None
    nothing = " Nothing is configured, so AWS's defaults apply." if config is None and settings else ""
    return share(
        halves, 2 * parts, f"{function}: {'; '.join(wrong)}.{nothing}", expected=expected, observed=observed, hint=hint
    )


def _destination(
    config: EventInvokeConfig | None, deployed: Function, name: str, or_dead_letter_queue: bool
) -> tuple[int, str]:
    """Return how many halves the destination earns, and what is wrong with it."""
    target = "" if config is None else config.on_failure
    if _name(target) == name or (or_dead_letter_queue and _name(deployed.dead_letter_target) == name):
        return 2, ""
    if target:
        return 0, f"failed events go to {quote(_name(target))} instead of {name}"
    if _name(deployed.dead_letter_target) == name:
        return 1, (
            f"{name} is its dead-letter queue, not its on-failure destination, which also receives the error of the "
            "failed invocation"
        )
    if config is not None and _name(config.on_success) == name:
        return 0, f"{name} is the on-success destination instead of the on-failure destination"
    return 0, f"failed events have no destination, but the lab sends them to {name}"


def _name(arn: str) -> str:
    return arn.rpartition(":")[2]


def _expected(maximum_age_s: int | None, retries: int | None, on_failure: str) -> str:
    parts = []
    if maximum_age_s is not None:
        parts.append(f"maximum age {maximum_age_s} s")
    if retries is not None:
        parts.append(f"{retries} retries")
    if on_failure:
        parts.append(f"on failure to {on_failure}")
    return ", ".join(parts)


def _observed(config: EventInvokeConfig | None, deployed: Function) -> str:
    parts = ["nothing configured"]
    if config is not None:
        retries = "default" if config.maximum_retries is None else config.maximum_retries
        age = "default" if config.maximum_age_s is None else f"{config.maximum_age_s} s"
        parts = [f"maximum age {age}, retries {retries}"]
        if config.on_failure:
            parts.append(f"on failure to {quote(_name(config.on_failure))}")
    if deployed.dead_letter_target:
        parts.append(f"dead-letter queue {quote(_name(deployed.dead_letter_target))}")
    return ", ".join(parts)


def _command(snapshot: Snapshot, function: str, maximum_age_s: int | None, retries: int | None, on_failure: str) -> str:
    """Return the command that sets them. ``update-`` keeps the other settings, ``put-`` removes them."""
    options = []
    if maximum_age_s is not None:
        options.append(f"--maximum-event-age-in-seconds {maximum_age_s}")
    if retries is not None:
        options.append(f"--maximum-retry-attempts {retries}")
    if on_failure:
        arn = f"arn:aws:sqs:{snapshot.region}:{snapshot.account_id}:{on_failure}"
        options.append(f'--destination-config \'{{"OnFailure": {{"Destination": "{arn}"}}}}\'')
    command = f"function-event-invoke-config --function-name {function} {' '.join(options)}"
    verb = "put" if snapshot.event_invoke_config(function) is None else "update"
    needs = "  # the function's role needs sqs:SendMessage" if on_failure else ""
    return f"aws lambda {verb}-{command}{needs}"
