"""function_can_run: the function is active, and its reserved concurrency is not 0."""

from __future__ import annotations

import botocore.session
import pytest

from labgrader.errors import NotGradedError
from tests.checks.world import OPTIMIZED, World, perfect

STATUS_OF_STATE = {
    "Active": "passed",
    "Inactive": "passed",
    "Pending": "not graded",
    "Failed": "failed",
    "Deleting": "failed",
    "Deactivating": "failed",
    "Deactivated": "failed",
    "ActiveNonInvocable": "failed",
}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"State": "Failed", "StateReason": "The role cannot be assumed"},
            f"AWS could not create {OPTIMIZED}: The role cannot be assumed.",
        ),
        ({"LastUpdateStatus": "Failed"}, f"The last update of {OPTIMIZED} failed."),
    ],
)
def test_fails_when_the_function_cannot_run(settings: dict[str, str], message: str) -> None:
    verdict = perfect().configure(OPTIMIZED, **settings).judge("function_can_run", function=OPTIMIZED)
    assert (verdict.status, verdict.message) == ("failed", message)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ("Deleting", f"AWS is deleting {OPTIMIZED}, so it cannot be invoked."),
        ("Deactivating", f"AWS is deactivating {OPTIMIZED}, so it cannot be invoked."),
        ("Deactivated", f"{OPTIMIZED} is deactivated, so it cannot be invoked."),
        (
            "ActiveNonInvocable",
            f"The version $LATEST of {OPTIMIZED} cannot be invoked, because the function runs on Lambda Managed "
            "Instances.",
        ),
    ],
)
def test_fails_in_a_state_in_which_lambda_refuses_invocations(state: str, message: str) -> None:
    verdict = perfect().configure(OPTIMIZED, State=state).judge("function_can_run", function=OPTIMIZED)
    assert (verdict.status, verdict.message) == ("failed", message)
    assert (verdict.expected, verdict.observed) == ("an active function", f"state {state}")


def test_the_hint_publishes_a_version_when_latest_cannot_be_invoked() -> None:
    verdict = perfect().configure(OPTIMIZED, State="ActiveNonInvocable").judge("function_can_run", function=OPTIMIZED)
    assert verdict.hint == f"aws lambda publish-version --function-name {OPTIMIZED} --publish-to LATEST_PUBLISHED"


def test_judges_every_state_of_the_service_model() -> None:
    """A new botocore with a new state fails this test: judge the state, and add it to the table."""
    model = botocore.session.get_session().get_service_model("lambda")
    assert set(model.shape_for("State").metadata["enum"]) == set(STATUS_OF_STATE)


@pytest.mark.parametrize(("state", "status"), STATUS_OF_STATE.items())
def test_has_one_verdict_for_each_state(state: str, status: str) -> None:
    world = perfect().configure(OPTIMIZED, State=state)
    if status == "not graded":
        with pytest.raises(NotGradedError):
            world.judge("function_can_run", function=OPTIMIZED)
    else:
        assert world.judge("function_can_run", function=OPTIMIZED).status == status


def test_is_not_graded_in_a_state_that_labgrader_does_not_know() -> None:
    world = perfect().configure(OPTIMIZED, State="Hibernating", StateReason="A new feature")
    with pytest.raises(NotGradedError) as error:
        world.judge("function_can_run", function=OPTIMIZED)
    assert error.value.reason == f"labgrader does not know the state Hibernating of {OPTIMIZED}: A new feature"


def test_is_not_graded_while_the_function_is_created() -> None:
    world = perfect().configure(OPTIMIZED, State="Pending", StateReason="The function is being created.")
    with pytest.raises(NotGradedError) as error:
        world.judge("function_can_run", function=OPTIMIZED)
    assert error.value.reason == (
        f"AWS was still creating {OPTIMIZED} during grading (state Pending: The function is being created.). "
        "Request grading again in a few minutes"
    )


def test_passes_when_the_function_is_inactive() -> None:
    verdict = perfect().configure(OPTIMIZED, State="Inactive").judge("function_can_run", function=OPTIMIZED)
    assert (verdict.status, verdict.message) == (
        "passed",
        "The function is idle (state Inactive) after weeks without invocations. The next invocation activates it.",
    )


@pytest.mark.parametrize(("reserved", "status"), [(0, "failed"), (1, "passed"), (None, "passed")])
def test_fails_when_the_reserved_concurrency_is_0(reserved: int | None, status: str) -> None:
    verdict = World().function(OPTIMIZED, reserved=reserved).judge("function_can_run", function=OPTIMIZED)
    assert verdict.status == status
    if reserved == 0:
        assert verdict.message == (
            f"The reserved concurrency of {OPTIMIZED} is 0, so Lambda throttles every invocation."
        )


def test_passes_without_a_state_and_fails_without_a_function() -> None:
    assert World().function(OPTIMIZED, State="").judge("function_can_run", function=OPTIMIZED).status == "passed"
    assert World().judge("function_can_run", function=OPTIMIZED).message == f"There is no function {OPTIMIZED}."
