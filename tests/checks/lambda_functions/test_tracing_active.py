"""tracing_active: advice on functions without active tracing."""

from __future__ import annotations

import pytest

from tests.checks.two_functions import B, advise, two_functions
from tests.checks.world import World


@pytest.mark.parametrize("world", [World(), two_functions()], ids=["nothing", "nothing known"])
def test_gives_no_advice_if_nothing_is_known(world: World) -> None:
    verdict = advise(world, "tracing_active")
    assert (verdict.status, verdict.message) == ("passed", "")


def test_names_functions_that_are_not_traced() -> None:
    world = two_functions(TracingConfig={"Mode": "PassThrough"}).configure(B, TracingConfig={"Mode": "Active"})
    verdict = advise(world, "tracing_active")
    assert verdict.message == (
        "user1-a has no active tracing. With it, X-Ray shows whether a slow invocation spent its time in the cold "
        "start, in your code or in another service."
    )
    assert verdict.hint == (
        "aws lambda update-function-configuration --function-name user1-a --tracing-config Mode=Active"
        "  # its role needs AWSXRayDaemonWriteAccess"
    )
