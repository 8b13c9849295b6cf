"""memory_fits: advice on the memory size, from the REPORT lines of recorded invocations."""

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
    """Judge the memory size from the logs of recorded invocations."""
    answers = Answers()
    for number, log in enumerate(logs):
        question = Question("lambda:InvokeFunction", {"FunctionName": A, "Payload": number})
        answers.record(question, Answer(Invocation(target, "answered", "{}", log_tail=log).to_dict()))
    return judge(item("memory_fits", functions=[A, B, "user1-missing"], **parameters), world.snapshot(), answers)


def test_names_memory_far_above_the_used_memory() -> None:
    verdict = remembered(two_functions(MemorySize=512), report(512, 60), report(512, 70), report(512, 65))
    assert (verdict.status, verdict.observed) == ("failed", "70 of 512 MB")
    assert verdict.message == (
        "user1-a used at most 70 of its 512 MB in 3 invocations, but you pay for all of it. "
        "(More memory also makes a function faster: compare the durations before you reduce it.) "
        "A good size is 1.5 to 2 times the memory that is typically used."
    )
    assert verdict.hint == "aws lambda update-function-configuration --function-name user1-a --memory-size 192"


def test_one_invocation_shows_too_little_memory() -> None:
    verdict = remembered(two_functions(MemorySize=256), report(256, 240), target=f"{A}:user1-prod")
    assert verdict.message == (
        "user1-a used 240 of its 256 MB in 1 invocation. Lambda stops it if it needs more. "
        "A good size is 1.5 to 2 times the memory that is typically used."
    )
    assert verdict.hint == "aws lambda update-function-configuration --function-name user1-a --memory-size 512"


@pytest.mark.parametrize(
    ("memory", "peak", "status"),
    [
        (512, 127, "failed"),
        (512, 128, "passed"),
        (1000, 900, "passed"),
        (1000, 901, "failed"),
        (128, 20, "passed"),  # the smallest memory size
        (192, 30, "failed"),
        (192, 47, "failed"),
        (192, 48, "passed"),
    ],
)
def test_bounds_of_the_used_share(memory: int, peak: int, status: str) -> None:
    assert remembered(two_functions(MemorySize=memory), *[report(memory, peak)] * 3).status == status


def test_two_invocations_do_not_show_too_much_memory() -> None:
    assert remembered(two_functions(MemorySize=512), *[report(512, 60)] * 2).status == "passed"


def test_a_lab_may_allow_any_amount_of_memory() -> None:
    world = two_functions(MemorySize=512)
    assert remembered(world, *[report(512, 60)] * 3, least_share=0.0).status == "passed"
    assert remembered(world, report(512, 500), least_share=0.0).status == "failed"


@pytest.mark.parametrize(
    "log",
    [
        "",
        "no report",
        report(256, 10),  # a version with another memory size
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


def test_invocations_of_other_functions_do_not_count() -> None:
    assert remembered(two_functions(MemorySize=512), *[report(512, 500)] * 3, target="user1-other").status == "passed"


@pytest.mark.parametrize("world", [World(), two_functions()], ids=["no function", "memory unknown"])
def test_gives_no_advice_if_nothing_is_known(world: World) -> None:
    assert remembered(world).status == "passed"
    assert remembered(world, *[report(512, 511)] * 3).status == "passed"
