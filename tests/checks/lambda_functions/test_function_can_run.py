"""function_can_run: the function is active, and its reserved concurrency is not 0."""

from __future__ import annotations

import pytest

from labgrader.errors import NotGradedError
from tests.checks.world import OPTIMIZED, World, perfect


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
