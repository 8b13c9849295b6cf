"""log_retention_set: advice on log groups that never expire."""

from __future__ import annotations

import pytest

from tests.checks.two_functions import A, B, advise, two_functions
from tests.checks.world import World


@pytest.mark.parametrize("world", [World(), two_functions()], ids=["nothing", "nothing known"])
def test_gives_no_advice_without_functions_or_log_groups(world: World) -> None:
    verdict = advise(world, "log_retention_set")
    assert (verdict.status, verdict.message) == ("passed", "")


def test_names_logs_that_never_expire() -> None:
    world = two_functions()
    for name in (A, B):
        world.list("logs:DescribeLogGroups", name, {"logGroupName": f"/aws/lambda/{name}"})
    verdict = advise(world, "log_retention_set")
    assert verdict.message == (
        "The logs of user1-a and user1-b never expire, and AWS bills their storage every month. Set a retention."
    )
    assert verdict.hint == (
        "aws logs put-retention-policy --log-group-name /aws/lambda/user1-a --retention-in-days 14\n"
        "aws logs put-retention-policy --log-group-name /aws/lambda/user1-b --retention-in-days 14"
    )


def test_passes_when_logs_expire_or_do_not_exist() -> None:
    world = two_functions().list("logs:DescribeLogGroups", A, {"retentionInDays": 3653})
    assert advise(world, "log_retention_set").status == "passed"
