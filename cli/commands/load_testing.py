"""`load-test`: load a function or a stage of a REST API, or compare two of them, and print the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from cli.command_line import HelpGroup
from cli.errors import UsageError
from cli.load_targets import OwnAccount, find_target, is_endpoint, read_event
from cli.load_test_run import (
    compare,
    measured_value,
    option_names_in_errors,
    run_load_test,
    small_warm_up_note,
    warm_up_requests,
)
from cli.options import Aws, Json, limits
from cli.output import console
from cli.output.load_progress import load_line
from cli.output.load_test import PERCENTILES, print_comparison, print_load_result, verdict
from cli.target import choose, reached
from labgrader.evidence.load.load_test import Comparison, LoadResult
from labgrader.evidence.load.plan import COST_CAP_USD, MOST_IN_FLIGHT, LoadPlan, Threshold
from labgrader.load_testing.admission import Admission
from labgrader.load_testing.load_tester import LoadTester

IN_FLIGHT, REQUESTS, DURATION_S, ROUNDS = 20, 100, 10.0, 20
PERCENTILE, MAX_REQUESTS = 95, 1_000
"""The defaults of the options: requests, requests, seconds, requests to each target, percent, requests."""

_OLD_NAMES = {"--below": "--threshold-ms", "--most": "--max-requests", "--against": "--compare-with"}
"""The old names of options, accepted for one more release, and the new ones."""

Value = TypeVar("Value")

POSITION = 120
"""The position of these commands in their groups of `labgrader --help`."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "load-test",
        rich_help_panel=HelpGroup.LOAD_TESTS,
        epilog="Example: labgrader load-test user1-optimized-function:user1-prod --requests 200 --warm-up 20",
    )(load_test)


def load_test(
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET",
            help="FUNCTION, FUNCTION:ALIAS, FUNCTION:VERSION, or 'POST API/STAGE/PATH' for a REST API.",
        ),
    ],
    event: Annotated[
        str,
        typer.Option(
            "--event", metavar="JSON", help="Event for the function, or body for the API, as JSON. @FILE reads a file."
        ),
    ] = "{}",
    api_key: Annotated[
        str, typer.Option("--api-key", metavar="NAME", help="Name of the API key to send with each request to an API.")
    ] = "",
    concurrency: Annotated[
        int | None,
        typer.Option(
            "--concurrency",
            metavar="N",
            help=(
                "Maximum requests in flight at the same time. "
                + limits("default: 20, or 200 with --rate", "max: 200, or 1000 with --rate")
            ),
        ),
    ] = None,
    requests: Annotated[
        int | None,
        typer.Option(
            "--requests", metavar="N", help=f"Number of requests to send. {limits('default: 100', 'max: 100000')}"
        ),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(
            "--rate",
            metavar="N",
            help=f"Use the open model: start this many requests per second. {limits('max: 5000')}",
        ),
    ] = None,
    duration: Annotated[
        float | None,
        typer.Option(
            "--duration",
            metavar="S",
            help=f"Seconds to start requests for, with --rate. {limits('default: 10', 'max: 60')}",
        ),
    ] = None,
    warm_up: Annotated[
        int | None,
        typer.Option(
            "--warm-up",
            metavar="N",
            help=(
                "Requests to send first, reported separately. "
                + limits("default: 0, or as many as in flight with --threshold-ms", "max: 100000")
            ),
        ),
    ] = None,
    threshold_ms: Annotated[
        float | None,
        typer.Option(
            "--threshold-ms",
            metavar="MS",
            help=f"Test whether a latency percentile is below this many milliseconds. {limits('max: 900000')}",
        ),
    ] = None,
    percentile: Annotated[
        int | None,
        typer.Option(
            "--percentile",
            metavar="P",
            help=f"Percentile to test with --threshold-ms: 50, 90, 95 or 99. {limits('default: 95')}",
        ),
    ] = None,
    max_requests: Annotated[
        int | None,
        typer.Option(
            "--max-requests",
            metavar="N",
            help=(
                "Maximum requests to send until --threshold-ms is decided. "
                + limits("default: 1000", "min: --requests", "max: 100000")
            ),
        ),
    ] = None,
    compare_with: Annotated[
        str | None,
        typer.Option(
            "--compare-with", metavar="TARGET", help="Compare with a second target. Requests alternate: A B A B."
        ),
    ] = None,
    rounds: Annotated[
        int | None,
        typer.Option(
            "--rounds",
            metavar="N",
            help=f"Requests to each target, with --compare-with. {limits('default: 20', 'max: 1000')}",
        ),
    ] = None,
    cost_cap: Annotated[
        float | None,
        typer.Option(
            "--cost-cap",
            metavar="USD",
            help=f"Stop when the test has cost this many US dollars. {limits('default: 0.05', 'max: 1000')}",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write the result with charts to this HTML file."),
    ] = None,
    below: Annotated[float | None, typer.Option("--below", hidden=True)] = None,
    most: Annotated[int | None, typer.Option("--most", hidden=True)] = None,
    against: Annotated[str | None, typer.Option("--against", hidden=True)] = None,
    aws: Aws = False,
    as_json: Json = False,
) -> None:
    """Send requests to a function or a REST API, and print latencies, failures and cost.

    Closed model (default): --concurrency requests are in flight until --requests are sent. The next request starts
    when one ends.

    Open model (--rate): requests start on a schedule, also while earlier ones are still running. Each latency counts
    from the time at which the request was due.

    With --compare-with, requests alternate between two targets. The result is the ratio of their median latencies,
    with a 95% confidence interval.

    Throttled and failed requests are counted and not retried. docs/load-tests.md explains the results.
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
        raise UsageError(
            f"--max-requests is {max_requests}, less than the {requests or REQUESTS} of --requests; raise it, or "
            "lower --requests"
        )
    if output is not None and output.is_dir():
        raise UsageError(f"{output} cannot be written: it is a folder; give the name of a file")
    if output is not None and not output.resolve().parent.is_dir():
        raise UsageError(f"{output} cannot be written: its folder does not exist; create the folder first")
    if api_key and not any(is_endpoint(name) for name in (target, compare_with or "")):
        raise UsageError("--api-key has no effect on a function; omit it, or give 'POST API/STAGE/PATH' as target")
    content = read_event(event)
    account = choose(aws)
    with reached():
        called = find_target(account, target, content, api_key)
        other = find_target(account, compare_with, content, api_key) if compare_with is not None else None
    client = account.client("lambda")
    tester = LoadTester(client, account.client("apigateway"), OwnAccount("", ""), admission=Admission(client))
    with option_names_in_errors():
        if other is not None:
            answer = compare(tester, other, called, ROUNDS if rounds is None else rounds)
            compared = Comparison.from_dict(measured_value(answer, target))
            _draw(compared, output)
            if as_json:
                console.output_json(compared.to_dict())
            else:
                print_comparison(compared)
            return
        in_flight = concurrency if concurrency is not None else IN_FLIGHT if rate is None else MOST_IN_FLIGHT
        if warm_up is None:
            warm_up = 0 if threshold_ms is None else warm_up_requests(in_flight, rate)
        plan = LoadPlan(
            "closed" if rate is None else "open",
            in_flight,
            requests=REQUESTS if requests is None else requests,
            rate_rps=rate or 0.0,
            duration_s=0.0 if rate is None else DURATION_S if duration is None else duration,
            warm_up=warm_up,
            notes=small_warm_up_note(warm_up, in_flight) if threshold_ms is not None and rate is None else (),
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
            answer = run_load_test(tester, called, plan, tell)
    result = LoadResult.from_dict(measured_value(answer, target))
    if plan.threshold:
        result = replace(result, notes=(*result.notes, verdict(result, plan.threshold)))
    _draw(result, output)
    if as_json:
        console.output_json(result.to_dict())
    else:
        print_load_result(result)


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
            raise UsageError(
                f"{name} has no effect with {option}; omit one of them" if given else f"{name} needs {option}"
            )


def _draw(result: LoadResult | Comparison, output: Path | None) -> None:
    if output is not None:
        from labgrader.reporting.html import render_load_test  # imports Jinja2, which takes long

        output.write_text(render_load_test(result), encoding="utf-8")
        console.info(f"wrote {output}")
