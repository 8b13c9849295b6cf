"""`load-test`: load a function or an API's stage, or compare two in turn, and print the result."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from cli.command_line import HelpGroup
from cli.errors import Interrupted, TargetError, UsageError
from cli.load_targets import OwnAccount, find_target, is_endpoint, read_event
from cli.options import Aws, Json
from cli.output import console
from cli.output.load_progress import line, load_line
from cli.output.load_test import PERCENTILES, give_comparison, give_load_result, verdict
from cli.target import choose, reached
from labgrader.errors import BadInputError, NotGradedError
from labgrader.evidence.load.load_test import COMPARE, Comparison, LoadResult
from labgrader.evidence.load.plan import COST_CAP_USD, MOST_IN_FLIGHT, LoadPlan, Threshold
from labgrader.evidence.load.plan import Target as Called
from labgrader.evidence.question import Answer, Question
from labgrader.load_testing.admission import Admission
from labgrader.load_testing.load_tester import LoadTester
from labgrader.load_testing.progress import LoadProgress

IN_FLIGHT, REQUESTS, DURATION_S, ROUNDS = 20, 100, 10.0, 20
PERCENTILE, MAX_REQUESTS = 95, 1_000
"""The defaults of the options."""

_OLD_NAMES = {"--below": "--threshold-ms", "--most": "--max-requests", "--against": "--compare-with"}
"""The old names of options, accepted for one more release, and the new ones."""

Value = TypeVar("Value")

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


POSITION = 120
"""Where these commands stand within their groups of `labgrader --help`."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "load-test",
        rich_help_panel=HelpGroup.LOAD_TESTS,
        epilog="Example: labgrader load-test user1-optimized-function:user1-prod --requests 200 --warm-up 20",
    )(load_test)


def load_test(
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="FUNCTION, FUNCTION:ALIAS, or 'POST API/STAGE/PATH' of a REST API.")
    ],
    event: Annotated[
        str, typer.Option("--event", metavar="JSON", help="The event, or the body for an API; @FILE reads a file.")
    ] = "{}",
    api_key: Annotated[str, typer.Option("--api-key", metavar="NAME", help="The API key to send along.")] = "",
    concurrency: Annotated[
        int | None,
        typer.Option(
            "--concurrency", metavar="N", help="In flight: 20 and at most 200; with --rate 200, at most 1000."
        ),
    ] = None,
    requests: Annotated[
        int | None, typer.Option("--requests", metavar="N", help="Requests in all: 100, and at most 100000.")
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option("--rate", metavar="N", help="Open model: arrivals a second, whatever is answered; at most 5000."),
    ] = None,
    duration: Annotated[
        float | None, typer.Option("--duration", metavar="S", help="Seconds of arrivals, with --rate: 10, at most 60.")
    ] = None,
    warm_up: Annotated[
        int | None,
        typer.Option(
            "--warm-up",
            metavar="N",
            help="Sent before, and reported apart: with --threshold-ms as many as are in flight, else 0.",
        ),
    ] = None,
    threshold_ms: Annotated[
        float | None,
        typer.Option("--threshold-ms", metavar="MS", help="Decide whether a percentile is below this bound."),
    ] = None,
    percentile: Annotated[
        int | None,
        typer.Option("--percentile", metavar="P", help="Which one, with --threshold-ms: 50, 90, 95 or 99; 95."),
    ] = None,
    max_requests: Annotated[
        int | None,
        typer.Option("--max-requests", metavar="N", help="Requests to spend at most, with --threshold-ms: 1000."),
    ] = None,
    compare_with: Annotated[
        str | None,
        typer.Option("--compare-with", metavar="TARGET", help="Compare with TARGET: called in turn, A B A B."),
    ] = None,
    rounds: Annotated[
        int | None, typer.Option("--rounds", metavar="N", help="Requests to each, with --compare-with: 20.")
    ] = None,
    cost_cap: Annotated[
        float | None,
        typer.Option("--cost-cap", metavar="USD", help="Send nothing more when it has cost so much: 0.05."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Draw it: a page of HTML.")
    ] = None,
    below: Annotated[float | None, typer.Option("--below", hidden=True)] = None,
    most: Annotated[int | None, typer.Option("--most", hidden=True)] = None,
    against: Annotated[str | None, typer.Option("--against", hidden=True)] = None,
    aws: Aws = False,
    as_json: Json = False,
) -> None:
    """Load a function or an API's stage and say how fast it answered, how sure that is, and what failed.

    Closed model: --concurrency requests in flight until --requests were sent. Open model (--rate): arrivals on
    schedule, each latency counted from the moment the request was due, so that a freeze is felt by everybody who would
    have called. Nothing is repeated behind your back. With --compare-with two functions are called in turn, and the
    ratio of their medians is given with its 95% interval.
    """
    threshold_ms = _renamed("--below", below, threshold_ms)
    max_requests = _renamed("--most", most, max_requests)
    compare_with = _renamed("--against", against, compare_with)
    _refuse_unused(
        "--compare-with",
        compare_with is not None,
        {"--rounds": rounds},
        {
            "--threshold-ms": threshold_ms,
            "--rate": rate,
            "--requests": requests,
            "--concurrency": concurrency,
            "--warm-up": warm_up,
            "--cost-cap": cost_cap,
        },
    )
    _refuse_unused("--rate", rate is not None, {"--duration": duration}, {"--requests": requests})
    _refuse_unused(
        "--threshold-ms", threshold_ms is not None, {"--percentile": percentile, "--max-requests": max_requests}, {}
    )
    if percentile is not None and f"p{percentile}" not in PERCENTILES:
        raise UsageError(f"--percentile is one of {', '.join(name[1:] for name in PERCENTILES)}, not {percentile}")
    if max_requests is not None and max_requests < (requests or REQUESTS):
        raise UsageError(f"--max-requests is at least --requests, {requests or REQUESTS}, not {max_requests}")
    if output is not None and (output.is_dir() or not output.resolve().parent.is_dir()):
        raise UsageError(f"{output} cannot be written")
    if api_key and not any(is_endpoint(name) for name in (target, compare_with or "")):
        raise UsageError("--api-key does nothing with a function")
    content = read_event(event)
    account = choose(aws)
    with reached():
        called = find_target(account, target, content, api_key)
        other = find_target(account, compare_with, content, api_key) if compare_with is not None else None
    client = account.client("lambda")
    tester = LoadTester(client, account.client("apigateway"), OwnAccount("", ""), admission=Admission(client))
    with _in_the_words_of_the_command():
        if other is not None:
            answer = _compare(tester, other, called, ROUNDS if rounds is None else rounds)
            compared = Comparison.from_dict(_value(answer, target))
            _draw(compared, output)
            if as_json:
                console.output_json(compared.to_dict())
            else:
                give_comparison(compared)
            return
        in_flight = concurrency if concurrency is not None else IN_FLIGHT if rate is None else MOST_IN_FLIGHT
        warmed = warm_up if warm_up is not None else _warm_up(in_flight, rate) if threshold_ms is not None else 0
        plan = LoadPlan(
            "closed" if rate is None else "open",
            in_flight,
            requests=REQUESTS if requests is None else requests,
            rate_rps=rate or 0.0,
            duration_s=0.0 if rate is None else DURATION_S if duration is None else duration,
            warm_up=warmed,
            notes=_thinned(warmed, in_flight) if threshold_ms is not None and rate is None else (),
            threshold=None
            if threshold_ms is None
            else Threshold(
                PERCENTILE if percentile is None else percentile,
                threshold_ms,
                MAX_REQUESTS if max_requests is None else max_requests,
            ),
            cost_cap_usd=COST_CAP_USD if cost_cap is None else cost_cap,
        )
        with load_line() as tell:
            answer = _run(tester, called, plan, tell)
    result = LoadResult.from_dict(_value(answer, target))
    if plan.threshold:
        result = replace(result, notes=(*result.notes, verdict(result, plan.threshold)))
    _draw(result, output)
    if as_json:
        console.output_json(result.to_dict())
    else:
        give_load_result(result)


def _run(tester: LoadTester, called: Called, plan: LoadPlan, tell: Callable[[LoadProgress], None]) -> Answer:
    """Run the test. Print how far it came if it is interrupted."""
    last: list[LoadProgress] = []

    def keep(progress: LoadProgress) -> None:
        last[:] = [progress]
        tell(progress)

    try:
        return tester.run(called, plan, keep)
    except Interrupted:
        console.error(f"stopped; nothing is kept{': ' + line(last[0]) if last else ''}")
        raise


def _warm_up(in_flight: int, rate: float | None) -> int:
    """Return the number of warm-up requests before a threshold is tested: those in flight, or those of one second.

    Without a warm-up, each added request would lower the share of cold starts, until any threshold is met.
    """
    return in_flight if rate is None else min(in_flight, math.ceil(rate))


def _thinned(warm_up: int, in_flight: int) -> tuple[str, ...]:
    if warm_up >= in_flight:
        return ()
    return (
        f"a warm-up of {warm_up} with {in_flight} in flight leaves cold starts among the requests: the more are added "
        "to decide, the fewer they seem",
    )


def _renamed(old: str, value: Value | None, new_value: Value | None) -> Value | None:
    """Return the value of a renamed option, and print a warning if it was given by its old name."""
    if value is None:
        return new_value
    console.error(f"warning: {old} is now called {_OLD_NAMES[old]}; the next release no longer accepts {old}")
    return value if new_value is None else new_value


def _refuse_unused(option: str, given: bool, with_it: Mapping[str, object], without_it: Mapping[str, object]) -> None:
    """Refuse options that would have no effect.

    Raises:
        UsageError: an option needs ``option``, or has no effect together with it.
    """
    for name, value in (without_it if given else with_it).items():
        if value is not None:
            raise UsageError(f"{name} does nothing with {option}" if given else f"{name} needs {option}")


@contextmanager
def _in_the_words_of_the_command() -> Iterator[None]:
    """Replace the engine's argument names by the names of the options in its error messages."""
    try:
        yield
    except NotGradedError as refused:
        raise UsageError(refused.reason) from refused
    except BadInputError as refused:
        said = [str(problem) for problem in refused.problems]
        for name, option in _OPTIONS.items():
            said = [re.sub(rf"\b{name}\b", option, problem) for problem in said]
        raise UsageError("; ".join(said)) from refused


def _compare(tester: LoadTester, baseline: Called, candidate: Called, rounds: int) -> Answer:
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
        console.error("stopped; nothing is kept")
        raise


def _value(answer: Answer, target: str) -> Any:
    if answer.error_code == "TooExpensive":
        raise UsageError(f"{target}: {answer.error_message}")
    if answer.error_code:
        raise TargetError(f"{target}: {answer.error_message}")
    if answer.value is None:
        raise TargetError(f"there is no {target}")
    return answer.value


def _draw(result: LoadResult | Comparison, output: Path | None) -> None:
    if output is not None:
        from labgrader.reporting.html import render_load_test  # Jinja2, where a page is wanted

        output.write_text(render_load_test(result), encoding="utf-8")
        console.info(f"wrote {output}")
