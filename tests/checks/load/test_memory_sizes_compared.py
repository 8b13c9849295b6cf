"""memory_sizes_compared: advice on memory sizes, from recorded comparisons of a function's own versions."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.errors import NotGradedError
from tests.checks.load_results import comparison, loaded, loading, report_line
from tests.checks.world import World

FUNCTION = "user1-function"
EVENT = {"body": "{}"}
CALL: dict[str, Any] = {"function": FUNCTION, "event": EVENT, "sizes_mb": [512, 2048]}


def account(latest_mb: int = 2048, **versions: int) -> World:
    """Return a student with a function that has these memory sizes, all with the same code: ``v1=1024``."""
    world = World().function(FUNCTION, CodeSha256="same", MemorySize=latest_mb, Version="$LATEST")
    for name, memory_mb in versions.items():
        world.version(FUNCTION, int(name[1:]), "same", MemorySize=memory_mb)
    return world


def measured(small: tuple[float, int], large: tuple[float, int], interval: tuple[float, float], **fields: Any) -> Any:
    return comparison(
        (small[0],) * 5,
        (large[0],) * 5,
        interval,
        **{"baseline_report": report_line(*small), "candidate_report": report_line(*large), **fields},
    )


FULL_VCPU = (
    "CPU power grows with the memory, up to one vCPU at 1,769 MB. Above that, only code with several threads becomes "
    "faster."
)


def test_compares_two_sizes_and_bounds_the_third() -> None:
    result = measured((100.0, 1024), (58.0, 2048), (1.6, 1.9), notes=("20 rounds were added",))
    verdict, questions = loading(account(v1=1024), "memory_sizes_compared", [result], **CALL)
    assert (verdict.status, verdict.fraction) == ("partial", 0.5)
    assert verdict.message == (
        f'{FUNCTION}, invoked with {{"body": "{{}}"}}: with 1,024 MB (version 1), an invocation takes 100.0 ms, and a '
        "million invocations cost $1.87. With 2,048 MB ($LATEST), it takes 58.0 ms, and a million cost $2.13. "
        "So 2,048 MB is 1.7 times faster (95% interval 1.60 to 1.90) and costs 14% more. "
        "512 MB was not measured. Estimated from 1,024 MB, an invocation is billed 100 to 200 ms, and a million cost "
        f"$1.03 to $1.87, depending on how much of the time is computation. {FULL_VCPU} 20 rounds were added."
    )
    assert (
        verdict.observed
        == "$1.87 against $2.13 for a million invocations, 1.72 times faster (95% interval 1.60 to 1.90)"
    )
    assert verdict.hint == (
        f"aws lambda update-function-configuration --function-name {FUNCTION} --memory-size 1024  # the cheaper size; "
        "use 2048 if speed is worth the difference"
    )
    question = questions[0].arguments
    assert (question["Baseline"]["Qualifier"], question["Candidate"]["Qualifier"]) == ("1", "")
    assert question["Baseline"]["Payload"] == EVENT
    assert (question["Rounds"], question["MostRounds"], question["Factor"]) == (10, 40, 1.0)


def test_measured_sizes_need_no_bounds() -> None:
    """By hand: 0.2 s · 0.5 GB and 0.05 s · 2 GB are each 0.1 GB-s, $1.67 a million, and $0.20 for requests."""
    result = measured((200.0, 512), (50.0, 2048), (3.9, 4.1))
    verdict, questions = loading(account(1024, v1=2048, v2=512, v3=3008), "memory_sizes_compared", [result], **CALL)
    assert verdict.message == (
        f'{FUNCTION}, invoked with {{"body": "{{}}"}}: with 512 MB (version 2), an invocation takes 200.0 ms, and a '
        "million invocations cost $1.87. With 2,048 MB (version 1), it takes 50.0 ms, and a million cost $1.87. "
        "So 2,048 MB is 4.0 times faster (95% interval 3.90 to 4.10) and costs the same. More memory is worth it "
        f"here. {FULL_VCPU}"
    )
    assert (questions[0].arguments["Baseline"]["Qualifier"], questions[0].arguments["Candidate"]["Qualifier"]) == (
        "2",
        "1",
    )


@pytest.mark.parametrize(
    ("interval", "said"),
    [
        ((1.01, 1.2), "So 2,048 MB is 1.0 times faster (95% interval 1.01 to 1.20) and costs 84% more. "),
        (
            (1.0, 1.2),
            "There is no measurable difference in speed (ratio 1.00, 95% interval 1.00 to 1.20), and 2,048 MB costs "
            "84% more. 1,024 MB is enough for this operation. ",
        ),
        (
            (0.9, 1.0),
            "There is no measurable difference in speed (ratio 1.00, 95% interval 0.90 to 1.00), and 2,048 MB costs "
            "84% more. 1,024 MB is enough for this operation. ",
        ),
        (
            (0.8, 0.99),
            "So 2,048 MB is not faster here (95% interval 0.80 to 0.99) and costs 84% more. 1,024 MB is enough for "
            "this operation. ",
        ),
    ],
)
def test_the_interval_decides_which_size_is_faster(interval: tuple[float, float], said: str) -> None:
    result = measured((63.0, 1024), (63.0, 2048), interval)
    message = loaded(account(v1=1024), "memory_sizes_compared", result, **CALL).message
    assert said in message


def test_more_than_one_vcpu_does_not_help_one_thread() -> None:
    result = measured((100.0, 512), (28.0, 3008), (3.0, 4.0))
    verdict = loaded(account(3008, v1=512), "memory_sizes_compared", result, **CALL)
    assert "2,048 MB was not measured. Estimated from 3,008 MB, an invocation is billed 28 to 28 ms" in verdict.message


def test_the_price_is_that_of_the_architecture() -> None:
    world = World().function(FUNCTION, CodeSha256="same", MemorySize=2048, Architectures=["arm64"])
    world.version(FUNCTION, 1, "same", MemorySize=1024, Architectures=["arm64"])
    world.version(FUNCTION, 2, "same", MemorySize=512, Architectures=["x86_64"])
    verdict = loaded(world, "memory_sizes_compared", measured((100.0, 1024), (58.0, 2048), (1.6, 1.9)), **CALL)
    assert verdict.observed.startswith("$1.53 against $1.75 for a million invocations")


def test_passes_without_report_lines() -> None:
    """The embedded AWS writes none, because memory has no effect there."""
    result = comparison((60.0,), (50.0,), (1.1, 1.3))
    verdict = loaded(account(v1=1024), "memory_sizes_compared", result, **CALL)
    assert (verdict.status, verdict.message) == (
        "passed",
        f"There are no REPORT lines, so the memory sizes of {FUNCTION} cannot be compared.",
    )


def _switched_off(world: World) -> World:
    world.functions[FUNCTION]["Concurrency"] = {"ReservedConcurrentExecutions": 0}
    return world


@pytest.mark.parametrize(
    "world",
    [
        World(),
        account(),
        account(2048, v1=2048),
        account(2048).version(FUNCTION, 1, "other", MemorySize=1024),
        account(2048).version(FUNCTION, 1, "same", MemorySize=1024, Architectures=["arm64"]),
        account(2048).version(FUNCTION, 1, "same"),
        _switched_off(account(2048, v1=1024)),
    ],
)
def test_invokes_nothing_with_only_one_size(world: World) -> None:
    verdict = loaded(world, "memory_sizes_compared", **CALL)
    assert (verdict.status, verdict.message) == ("passed", "")


@pytest.mark.parametrize("result", [comparison((), (1.0,)), comparison((1.0,), ()), None])
def test_is_not_graded_when_a_size_cannot_be_timed(result: Any) -> None:
    with pytest.raises(NotGradedError, match=f"{FUNCTION} could not be timed with both of its memory sizes"):
        loaded(account(v1=1024), "memory_sizes_compared", result, **CALL)
