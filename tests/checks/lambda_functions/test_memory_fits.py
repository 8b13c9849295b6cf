"""memory_fits: advice on memory, from the REPORT lines of the calls that other checks made."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.evidence.probe import Invocation
from labgrader.evidence.question import Answer, Answers, Question
from labgrader.judging.judge import judge
from labgrader.judging.verdict import Verdict
from tests.checks.two_functions import A, B, two_functions
from tests.checks.world import World, item


def report(size: int, peak: int) -> str:
    return (
        "START RequestId: 1 Version: 1\nREPORT RequestId: 1\tDuration: 2.45 ms\tBilled Duration: 3 ms\t"
        f"Memory Size: {size} MB\tMax Memory Used: {peak} MB\tInit Duration: 101.20 ms\t\n"
    )


def remembered(world: World, *logs: str, target: str = A, **parameters: Any) -> Verdict:
    """Judge memory from the logs of calls that other checks made."""
    answers = Answers()
    for number, log in enumerate(logs):
        question = Question("lambda:InvokeFunction", {"FunctionName": A, "Payload": number})
        answers.record(question, Answer(Invocation(target, "answered", "{}", log_tail=log).to_dict()))
    return judge(item("memory_fits", functions=[A, B, "user1-missing"], **parameters), world.snapshot(), answers)


def test_names_memory_far_above_what_is_used() -> None:
    verdict = remembered(two_functions(MemorySize=512), report(512, 60), report(512, 70), report(512, 65))
    assert (verdict.status, verdict.observed) == ("failed", "70 of 512 MB")
    assert verdict.message == (
        "user1-a used at most 70 of its 512 MB in 3 calls, and all of it is paid for (memory buys speed, too: compare "
        "the durations before you keep less): 1.5 to 2 times of what is typically used is a good size."
    )
    assert verdict.hint == "aws lambda update-function-configuration --function-name user1-a --memory-size 192"


def test_one_call_shows_memory_that_is_almost_used_up() -> None:
    verdict = remembered(two_functions(MemorySize=256), report(256, 240), target=f"{A}:user1-prod")
    assert verdict.message == (
        "user1-a used 240 of its 256 MB in 1 call and is killed when it needs more: 1.5 to 2 times of what is "
        "typically used is a good size."
    )
    assert verdict.hint == "aws lambda update-function-configuration --function-name user1-a --memory-size 512"


@pytest.mark.parametrize(
    ("memory", "peak", "status"),
    [
        (512, 127, "failed"),
        (512, 128, "passed"),
        (1000, 900, "passed"),
        (1000, 901, "failed"),
        (128, 20, "passed"),  # there is no less
        (192, 30, "failed"),
        (192, 47, "failed"),
        (192, 48, "passed"),
    ],
)
def test_bounds_of_the_used_share(memory: int, peak: int, status: str) -> None:
    assert remembered(two_functions(MemorySize=memory), *[report(memory, peak)] * 3).status == status


def test_two_calls_are_too_few_to_call_the_memory_too_large() -> None:
    assert remembered(two_functions(MemorySize=512), *[report(512, 60)] * 2).status == "passed"


def test_a_lab_that_wants_the_memory_for_speed_switches_one_side_off() -> None:
    world = two_functions(MemorySize=512)
    assert remembered(world, *[report(512, 60)] * 3, least_share=0.0).status == "passed"
    assert remembered(world, report(512, 500), least_share=0.0).status == "failed"


@pytest.mark.parametrize(
    "log",
    [
        "",
        "no report",
        report(256, 10),  # a version with other memory
        "REPORT RequestId: 1 Memory Size: many MB\tMax Memory Used: 1 MB",
        "my REPORT RequestId: 1\tMemory Size: 512 MB\tMax Memory Used: 1 MB",
        "REPORT RequestId: 1\tMemory Size: 512 MB\tMax Memory Used: 99999999999 MB",
    ],
)
def test_gives_no_advice_without_a_report_of_the_current_memory(log: str) -> None:
    assert remembered(two_functions(MemorySize=512), log, log, log).status == "passed"


def test_a_report_line_that_the_function_prints_does_not_count() -> None:
    log = report(512, 511) + report(512, 200)
    assert remembered(two_functions(MemorySize=512), *[log] * 3).status == "passed"


def test_calls_of_other_functions_do_not_count() -> None:
    assert remembered(two_functions(MemorySize=512), *[report(512, 500)] * 3, target="user1-other").status == "passed"


@pytest.mark.parametrize("world", [World(), two_functions()], ids=["no function", "memory unknown"])
def test_gives_no_advice_where_nothing_is_known(world: World) -> None:
    assert remembered(world).status == "passed"
    assert remembered(world, *[report(512, 511)] * 3).status == "passed"
