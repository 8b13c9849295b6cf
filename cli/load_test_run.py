"""Run a load test or a comparison for `load-test`, with errors that name the options of the command."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from cli.errors import Interrupted, TargetError, UsageError
from cli.output import console
from cli.output.load_progress import line
from labgrader.errors import BadInputError, NotGradedError
from labgrader.evidence.load.load_test import COMPARE
from labgrader.evidence.load.plan import LoadPlan
from labgrader.evidence.load.plan import Target as Called
from labgrader.evidence.question import Answer, Question
from labgrader.load_testing.load_tester import LoadTester
from labgrader.load_testing.progress import LoadProgress

_OPTIONS = {
    "Concurrency": "--concurrency",
    "Requests": "--requests",
    "MostRequests": "--max-requests",
    "Rate": "--rate",
    "DurationSeconds": "--duration",
    "WarmUp": "--warm-up",
    "Milliseconds": "--threshold-ms",
    "CostCapUsd": "--cost-cap",
    "Rounds": "--rounds",
    "MostRounds": "--rounds",
}
"""The option of each argument of the load tester."""


def run_load_test(tester: LoadTester, called: Called, plan: LoadPlan, tell: Callable[[LoadProgress], None]) -> Answer:
    """Run the test. If it is interrupted, print the last progress."""
    last: list[LoadProgress] = []

    def keep(progress: LoadProgress) -> None:
        last[:] = [progress]
        tell(progress)

    try:
        return tester.run(called, plan, keep)
    except Interrupted:
        console.error(f"stopped; no result is kept{': ' + line(last[0]) if last else ''}")
        raise


def compare(tester: LoadTester, baseline: Called, candidate: Called, rounds: int) -> Answer:
    """Run a comparison: requests alternate between the two targets.

    Args:
        tester: the load tester.
        baseline, candidate: the targets.
        rounds: requests to each target.
    """
    arguments = {
        "Baseline": baseline.to_dict(),
        "Candidate": candidate.to_dict(),
        "Rounds": rounds,
        "Factor": 1.0,
        "MostRounds": rounds,
    }
    try:
        return tester.answer(Question(COMPARE, arguments))
    except Interrupted:
        console.error("stopped; no result is kept")
        raise


def measured_value(answer: Answer, target: str) -> Any:
    """Return what a load test measured.

    Raises:
        UsageError: the load test would cost too much.
        TargetError: the target does not exist, or AWS refused a request.
    """
    if answer.error_code == "TooExpensive":
        raise UsageError(f"{target}: {answer.error_message}")
    if answer.error_code:
        raise TargetError(f"{target}: {answer.error_message}")
    if answer.value is None:
        raise TargetError(f"{target} does not exist")
    return answer.value


@contextmanager
def option_names_in_errors() -> Iterator[None]:
    """Replace the argument names of the load tester by option names in its error messages.

    Raises:
        UsageError: the load tester refused the plan.
    """
    try:
        yield
    except NotGradedError as refused:
        raise UsageError(refused.reason) from refused
    except BadInputError as refused:
        messages = [str(problem) for problem in refused.problems]
        for name, option in _OPTIONS.items():
            messages = [re.sub(rf"\b{name}\b", option, message) for message in messages]
        raise UsageError("; ".join(messages)) from refused


def warm_up_requests(in_flight: int, rate: float | None) -> int:
    """Return the number of warm-up requests before a threshold test: those in flight, or those of one second.

    Without a warm-up, each added request lowers the share of cold starts, until any threshold is met.
    """
    return in_flight if rate is None else min(in_flight, math.ceil(rate))


def small_warm_up_note(warm_up: int, in_flight: int) -> tuple[str, ...]:
    """Return a note if the warm-up is smaller than the number of requests in flight."""
    if warm_up >= in_flight:
        return ()
    return (
        f"the warm-up of {warm_up} is smaller than the {in_flight} requests in flight: some measured requests are cold "
        "starts, and their share falls with each added request",
    )
