"""provisioned_concurrency_ready: provisioned concurrency is ready on the alias or version."""

from __future__ import annotations

import pytest

from labgrader.errors import NotGradedError
from labgrader.evidence.question import Answer, Question
from labgrader.judging.judge import judge
from tests.checks.world import OPTIMIZED, World, item, perfect

PROVISIONED = {"function": OPTIMIZED, "qualifier": "user1-prod", "executions": 2}


def _provisioned(*entries: tuple[str, int, str, str]) -> World:
    world = perfect()
    world.provisioned[OPTIMIZED] = []
    for entry in entries:
        world.provision(OPTIMIZED, *entry)
    return world


@pytest.mark.parametrize(
    ("requested", "status", "reason", "wanted", "message"),
    [
        (2, "READY", "", ("passed", 1.0), ""),
        (1, "READY", "", ("partial", 0.5), "The provisioned concurrency on user1-prod is 1 instead of 2."),
        (3, "READY", "", ("partial", 0.5), "The provisioned concurrency on user1-prod is 3 instead of 2."),
        (
            2,
            "FAILED",
            "FUNCTION_ERROR_INIT_FAILURE",
            ("failed", 0.0),
            "AWS could not allocate the provisioned concurrency on user1-prod: FUNCTION_ERROR_INIT_FAILURE. "
            "It cannot exceed the function's reserved concurrency.",
        ),
        (
            2,
            "",
            "",
            ("partial", 0.5),
            "The provisioned concurrency on user1-prod has the status unknown, not READY.",
        ),
    ],
)
def test_each_state_of_provisioned_concurrency(
    requested: int, status: str, reason: str, wanted: tuple[str, float], message: str
) -> None:
    """The check ignores how many executions are available, which is 0 in all of these cases."""
    verdict = _provisioned(("user1-prod", requested, status, reason)).judge(
        "provisioned_concurrency_ready", **PROVISIONED
    )
    assert ((verdict.status, verdict.fraction), verdict.message) == (wanted, message)


def test_is_not_graded_while_aws_allocates_it() -> None:
    world = _provisioned(("user1-prod", 2, "IN_PROGRESS", ""))
    with pytest.raises(NotGradedError) as error:
        world.judge("provisioned_concurrency_ready", **PROVISIONED)
    assert error.value.reason == (
        "AWS is still allocating the provisioned concurrency on user1-prod, which takes a few minutes. "
        "You have nothing to change. Request grading again later"
    )


def test_fails_without_provisioned_concurrency() -> None:
    verdict = _provisioned().judge("provisioned_concurrency_ready", **PROVISIONED)
    assert verdict.message == (
        "user1-prod has no provisioned concurrency. The lab sets 2, "
        "with the option --provisioned-concurrent-executions."
    )
    assert verdict.hint == (
        f"aws lambda put-provisioned-concurrency-config --function-name {OPTIMIZED} --qualifier user1-prod "
        "--provisioned-concurrent-executions 2"
    )


def test_fails_with_provisioned_concurrency_on_another_qualifier() -> None:
    world = _provisioned(("user1-staging", 2, "READY", ""), ("1", 1, "READY", ""))
    verdict = world.judge("provisioned_concurrency_ready", **PROVISIONED)
    assert (verdict.status, verdict.message) == (
        "failed",
        "The provisioned concurrency is on the wrong alias or version: 2 on user1-staging and 1 on 1, "
        "none on user1-prod.",
    )
    assert verdict.hint.splitlines()[0] == (
        f"aws lambda delete-provisioned-concurrency-config --function-name {OPTIMIZED} --qualifier user1-staging"
    )


def test_queries_each_alias_and_version_if_aws_has_no_list() -> None:
    world = perfect()
    world.provisioned[OPTIMIZED] = None
    snapshot = world.snapshot()
    found = {
        "RequestedProvisionedConcurrentExecutions": 2,
        "AvailableProvisionedConcurrentExecutions": 2,
        "Status": "READY",
    }
    for qualifier in ("user1-prod", "user1-dev", "user1-staging", "1", "2"):
        answer = Answer(found if qualifier == "2" else None)
        arguments = {"FunctionName": OPTIMIZED, "Qualifier": qualifier}
        snapshot.answers.record(Question("lambda:GetProvisionedConcurrencyConfig", arguments), answer)
    verdict = judge(item("provisioned_concurrency_ready", **PROVISIONED), snapshot)
    assert verdict.message == (
        "The provisioned concurrency is on the wrong alias or version: 2 on 2, none on user1-prod."
    )


def test_fails_when_the_function_does_not_exist() -> None:
    verdict = World().judge("provisioned_concurrency_ready", **PROVISIONED)
    assert (verdict.status, verdict.message) == ("failed", f"There is no function {OPTIMIZED}.")


def test_an_alias_with_the_prefix_counts() -> None:
    wanted = {"function": OPTIMIZED, "qualifier": "prod", "executions": 2}
    verdict = _provisioned(("user1-prod", 2, "READY", "")).judge("provisioned_concurrency_ready", **wanted)
    assert (verdict.status, verdict.message) == ("passed", "")
    verdict = _provisioned(("user1-prod", 1, "READY", "")).judge("provisioned_concurrency_ready", **wanted)
    assert (verdict.status, verdict.message) == (
        "partial",
        "The provisioned concurrency on prod is 1 instead of 2.",
    )
