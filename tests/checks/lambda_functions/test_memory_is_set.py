"""memory_is_set: $LATEST has exactly the memory size of the lab."""

from __future__ import annotations

import pytest

from tests.checks.world import OPTIMIZED, World, perfect


@pytest.mark.parametrize(("memory", "status"), [(511, "failed"), (512, "passed"), (513, "failed")])
def test_passes_only_with_the_exact_memory(memory: int, status: str) -> None:
    verdict = (
        perfect().configure(OPTIMIZED, MemorySize=memory).judge("memory_is_set", function=OPTIMIZED, memory_mb=512)
    )
    assert verdict.status == status
    if status == "failed":
        assert verdict.message == f"The memory size of {OPTIMIZED} is {memory} MB instead of 512 MB."
        assert verdict.hint == f"aws lambda update-function-configuration --function-name {OPTIMIZED} --memory-size 512"


def test_fails_when_the_function_does_not_exist() -> None:
    verdict = World().judge("memory_is_set", function=OPTIMIZED, memory_mb=512)
    assert verdict.message == f"There is no function {OPTIMIZED}."
