"""Events of failed asynchronous invocations are kept."""

from __future__ import annotations

from checks.wording.advice import existing, json_argument, names_of, pluralize
from labgrader.evidence.snapshot import EventInvokeConfig, Function, Snapshot
from labgrader.judging import Verdict, check, failed, passed


@check(
    title="Failed asynchronous invocations are kept",
    hint="aws lambda put-function-event-invoke-config --function-name NAME --maximum-retry-attempts 1 "
    "--maximum-event-age-in-seconds 3600 --destination-config "
    '\'{"OnFailure": {"Destination": "arn:aws:sqs:{region}:{account_id}:QUEUE"}}\'',
)
def failures_are_kept(snapshot: Snapshot, *, functions: list[str]) -> Verdict:
    """Check that asynchronously invoked functions set the number of retries and have a destination for failed events.

    Args:
        functions: the functions that a bucket, a rule, a topic or an ``Event`` invocation invokes. Missing functions
            are ignored.
    """
    deployed = existing(snapshot, functions)
    configured = {function.name: snapshot.event_invoke_config(function.name) for function in deployed}
    lost = [
        function for function in deployed if not function.dead_letter_target and not _keeps(configured[function.name])
    ]
    by_default = [function for function in deployed if _retries_by_default(configured[function.name])]
    concerned = [function for function in deployed if function in lost or function in by_default]
    if not concerned:
        return passed()
    seen = []
    if lost:
        seen.append(
            f"{names_of(lost)} {pluralize(lost, 'is', 'are')} invoked asynchronously and "
            f"{pluralize(lost, 'has', 'have')} neither an on-failure destination nor a dead-letter queue. "
            "If all attempts fail, the event is lost."
        )
    if by_default:
        seen.append(
            f"{names_of(by_default)} {pluralize(by_default, 'does', 'do')} not set the number of retries, so AWS "
            "retries a failed event twice. If an invocation fails halfway, its first half can run three times."
        )
    return failed(
        " ".join(seen),
        expected="a number of retries and a destination for failures",
        observed="a number of retries" if not by_default else "a destination for failures" if not lost else "neither",
        hint="\n".join(_commands(snapshot, concerned, lost, configured)),
    )


def _keeps(config: EventInvokeConfig | None) -> bool:
    return config is not None and bool(config.on_failure)


def _retries_by_default(config: EventInvokeConfig | None) -> bool:
    return config is None or config.maximum_retries is None


def _commands(
    snapshot: Snapshot,
    concerned: list[Function],
    lost: list[Function],
    configured: dict[str, EventInvokeConfig | None],
) -> list[str]:
    queue = f"{snapshot.prefix}failures"
    commands = [f"aws sqs create-queue --queue-name {queue}"] if lost else []
    for function in concerned:
        config = configured[function.name]
        # put replaces the whole configuration, update keeps the settings that it does not name
        verb = "put" if config is None else "update"
        command = f"aws lambda {verb}-function-event-invoke-config --function-name {function.name}"
        if _retries_by_default(config):
            command += " --maximum-retry-attempts 1"
        if config is None or config.maximum_age_s is None:
            command += " --maximum-event-age-in-seconds 3600"
        if function in lost:
            destinations = {"OnSuccess": {"Destination": config.on_success}} if config and config.on_success else {}
            arn = f"arn:aws:sqs:{snapshot.region}:{snapshot.account_id}:{queue}"
            document = json_argument({**destinations, "OnFailure": {"Destination": arn}})
            command += f" --destination-config {document}  # the function's role needs sqs:SendMessage on the queue"
        commands.append(command)
    return commands
