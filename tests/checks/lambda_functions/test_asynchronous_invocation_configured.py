"""asynchronous_invocation_configured: maximum event age, retries and on-failure destination."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.world import ACCOUNT, REGION, World

FUNCTION = "user1-async"
QUEUE = "user1-dlq"
QUEUE_ARN = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{QUEUE}"
SETTINGS: dict[str, Any] = {"function": FUNCTION, "maximum_age_s": 3600, "retries": 2}
DESTINATION: dict[str, Any] = {"function": FUNCTION, "on_failure": QUEUE}
BOTH: dict[str, Any] = {**SETTINGS, **DESTINATION}


def configured(dead_letter: str = "", **settings: Any) -> World:
    """Return a function with these settings for asynchronous invocation, or without any configuration."""
    target: dict[str, Any] = {"DeadLetterConfig": {"TargetArn": dead_letter}} if dead_letter else {}
    world = World().function(FUNCTION, **target)
    return world.say("lambda:GetFunctionEventInvokeConfig", settings or None, FunctionName=FUNCTION)


def to(arn: str, when: str = "OnFailure") -> dict[str, Any]:
    return {when: {"Destination": arn}}


RIGHT: dict[str, Any] = {
    "MaximumEventAgeInSeconds": 3600,
    "MaximumRetryAttempts": 2,
    "DestinationConfig": to(QUEUE_ARN),
}


@pytest.mark.parametrize("wanted", [SETTINGS, DESTINATION, BOTH])
def test_passes_with_the_right_settings(wanted: dict[str, Any]) -> None:
    verdict = configured(**RIGHT).judge("asynchronous_invocation_configured", **wanted)
    assert (verdict.status, verdict.message) == ("passed", "")
    assert verdict.observed == f"maximum age 3600 s, retries 2, on failure to {QUEUE}"


def test_the_default_number_of_retries_is_two() -> None:
    verdict = configured(MaximumEventAgeInSeconds=3600).judge("asynchronous_invocation_configured", **SETTINGS)
    assert (verdict.status, verdict.observed) == ("passed", "maximum age 3600 s, retries default")


@pytest.mark.parametrize(
    ("settings", "fraction", "says"),
    [
        ({"MaximumRetryAttempts": 2}, 0.5, "the maximum event age is 21600 s instead of 3600 s."),
        (
            {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 3599},
            0.5,
            "the maximum event age is 3599 s instead of 3600 s.",
        ),
        (
            {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 3600},
            0.5,
            "the maximum retry attempts are 0 instead of 2.",
        ),
        (
            {"MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 3600},
            0.5,
            "the maximum retry attempts are 1 instead of 2.",
        ),
        (
            {"MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 60},
            0.0,
            "the maximum event age is 60 s instead of 3600 s; the maximum retry attempts are 1 instead of 2.",
        ),
        (
            {},
            0.0,
            "the maximum event age is 21600 s instead of 3600 s. Nothing is configured, so AWS's defaults apply.",
        ),
    ],
)
def test_each_wrong_setting_costs_its_share(settings: dict[str, Any], fraction: float, says: str) -> None:
    verdict = configured(**settings).judge("asynchronous_invocation_configured", **SETTINGS)
    assert (verdict.fraction, verdict.message) == (fraction, f"{FUNCTION}: {says}")


@pytest.mark.parametrize(
    ("world", "fraction", "says"),
    [
        (
            configured(MaximumRetryAttempts=2),
            0.0,
            f"failed events have no destination, but the lab sends them to {QUEUE}",
        ),
        (configured(), 0.0, f"failed events have no destination, but the lab sends them to {QUEUE}"),
        (
            configured(DestinationConfig=to(f"arn:aws:sqs:{REGION}:{ACCOUNT}:user1-other")),
            0.0,
            f"failed events go to user1-other instead of {QUEUE}",
        ),
        (
            configured(DestinationConfig=to(QUEUE_ARN, "OnSuccess")),
            0.0,
            f"{QUEUE} is the on-success destination instead of the on-failure destination",
        ),
        (
            configured(QUEUE_ARN),
            0.5,
            f"{QUEUE} is its dead-letter queue, not its on-failure destination, which also receives the error of the "
            "failed invocation",
        ),
        (
            configured(f"{QUEUE_ARN}2", MaximumRetryAttempts=2),
            0.0,
            f"failed events have no destination, but the lab sends them to {QUEUE}",
        ),
    ],
)
def test_names_the_actual_destination_of_failed_events(world: World, fraction: float, says: str) -> None:
    verdict = world.judge("asynchronous_invocation_configured", **DESTINATION)
    assert (verdict.fraction, verdict.message) == (fraction, f"{FUNCTION}: {says}.")


def test_a_dead_letter_queue_passes_if_the_lab_allows_it() -> None:
    both = {**DESTINATION, "or_dead_letter_queue": True}
    assert configured(QUEUE_ARN).judge("asynchronous_invocation_configured", **both).status == "passed"
    verdict = configured(f"{QUEUE_ARN}2").judge("asynchronous_invocation_configured", **both)
    assert (verdict.fraction, verdict.message) == (
        0.0,
        f"{FUNCTION}: failed events have no destination, but the lab sends them to {QUEUE}.",
    )


def test_the_command_updates_an_existing_configuration() -> None:
    verdict = configured(MaximumRetryAttempts=1).judge("asynchronous_invocation_configured", **BOTH)
    assert verdict.hint == (
        f"aws lambda update-function-event-invoke-config --function-name {FUNCTION} "
        "--maximum-event-age-in-seconds 3600 --maximum-retry-attempts 2 --destination-config "
        f'\'{{"OnFailure": {{"Destination": "{QUEUE_ARN}"}}}}\'  # the function\'s role needs sqs:SendMessage'
    )


def test_the_command_creates_a_missing_configuration() -> None:
    verdict = configured().judge("asynchronous_invocation_configured", **SETTINGS)
    assert verdict.hint == (
        f"aws lambda put-function-event-invoke-config --function-name {FUNCTION} "
        "--maximum-event-age-in-seconds 3600 --maximum-retry-attempts 2"
    )


def test_the_command_keeps_what_another_item_of_the_lab_sets() -> None:
    together = {**DESTINATION, "also_set": {"maximum_age_s": 3600, "retries": 2}}
    destination = f'--destination-config \'{{"OnFailure": {{"Destination": "{QUEUE_ARN}"}}}}\'  # '
    needs = "the function's role needs sqs:SendMessage"
    verdict = configured().judge("asynchronous_invocation_configured", **together)
    assert verdict.message == f"{FUNCTION}: failed events have no destination, but the lab sends them to {QUEUE}."
    assert verdict.hint == (
        f"aws lambda put-function-event-invoke-config --function-name {FUNCTION} --maximum-event-age-in-seconds 3600 "
        f"--maximum-retry-attempts 2 {destination}{needs}"
    )
    verdict = configured(MaximumRetryAttempts=2).judge("asynchronous_invocation_configured", **together)
    assert verdict.hint == (
        f"aws lambda update-function-event-invoke-config --function-name {FUNCTION} {destination}{needs}"
    )


def test_fails_when_the_function_does_not_exist() -> None:
    verdict = World().function("user1-Async").judge("asynchronous_invocation_configured", **BOTH)
    assert (verdict.status, verdict.expected) == (
        "failed",
        f"maximum age 3600 s, 2 retries, on failure to {QUEUE}",
    )
    assert verdict.message == ("There is no function user1-async, but there is user1-Async: a name must match exactly.")


def test_observed_names_the_dead_letter_queue() -> None:
    verdict = configured(QUEUE_ARN, MaximumRetryAttempts=0).judge("asynchronous_invocation_configured", **DESTINATION)
    assert verdict.observed == f"maximum age default, retries 0, dead-letter queue {QUEUE}"
