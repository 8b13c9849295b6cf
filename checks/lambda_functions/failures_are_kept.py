"""What fails in an asynchronous call is kept."""

from __future__ import annotations

from checks.wording.advice import existing, json_argument, names_of, pluralize
from labgrader.evidence.snapshot import EventInvokeConfig, Function, Snapshot
from labgrader.judging import Verdict, check, failed, passed


@check(
    title="Failed asynchronous calls are kept",
    hint="aws lambda put-function-event-invoke-config --function-name NAME --maximum-retry-attempts 1 "
    "--maximum-event-age-in-seconds 3600 --destination-config "
    '\'{"OnFailure": {"Destination": "arn:aws:sqs:{region}:{account_id}:QUEUE"}}\'',
)
def failures_are_kept(snapshot: Snapshot, *, functions: list[str]) -> Verdict:
    """Functions that are called asynchronously say how often to retry, and where to keep what fails all the same.

    Args:
        functions: the functions that a bucket, a rule, a topic or an ``Event`` invocation calls; those that do not
            exist are passed over.
    """
    deployed = existing(snapshot, functions)
    configured = {one.name: snapshot.event_invoke_config(one.name) for one in deployed}
    lost = [one for one in deployed if not one.dead_letter_target and not _keeps(configured[one.name])]
    unlimited = [one for one in deployed if _has_no_limit(configured[one.name])]
    concerned = [one for one in deployed if one in lost or one in unlimited]
    if not concerned:
        return passed()
    seen = []
    if lost:
        seen.append(
            f"{names_of(lost)} {pluralize(lost, 'is', 'are')} called asynchronously and "
            f"{pluralize(lost, 'has', 'have')} neither an on-failure destination nor a dead-letter "
            "queue, so that an event that fails to the end is lost"
        )
    if unlimited:
        seen.append(
            f"{'nobody' if lost else 'Nobody'} has said how often {names_of(unlimited)} may be retried, so that "
            "whatever a failed call had done already is done up to three times"
        )
    return failed(
        f"{'; '.join(seen)}.",
        expected="a retry limit and a destination for failures",
        observed="a retry limit" if not unlimited else "a destination for failures" if not lost else "neither",
        hint="\n".join(_commands(snapshot, concerned, lost, configured)),
    )


def _keeps(config: EventInvokeConfig | None) -> bool:
    return config is not None and bool(config.on_failure)


def _has_no_limit(config: EventInvokeConfig | None) -> bool:
    return config is None or config.maximum_retries is None


def _commands(
    snapshot: Snapshot,
    concerned: list[Function],
    lost: list[Function],
    configured: dict[str, EventInvokeConfig | None],
) -> list[str]:
    queue = f"{snapshot.prefix}failures"
    commands = [f"aws sqs create-queue --queue-name {queue}"] if lost else []
    for one in concerned:
        config = configured[one.name]
        # put replaces all that was configured, update leaves what it is not given
        verb = "put" if config is None else "update"
        command = f"aws lambda {verb}-function-event-invoke-config --function-name {one.name}"
        if _has_no_limit(config):
            command += " --maximum-retry-attempts 1"
        if config is None or config.maximum_age_s is None:
            command += " --maximum-event-age-in-seconds 3600"
        if one in lost:
            destinations = {"OnSuccess": {"Destination": config.on_success}} if config and config.on_success else {}
            arn = f"arn:aws:sqs:{snapshot.region}:{snapshot.account_id}:{queue}"
            document = json_argument({**destinations, "OnFailure": {"Destination": arn}})
            command += f" --destination-config {document}  # the function's role needs sqs:SendMessage on the queue"
        commands.append(command)
    return commands
