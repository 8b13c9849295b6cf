"""`load-test`: load a function or an API's stage, or measure two in turn, and say what came of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from botocore.exceptions import ClientError

from cli import screen
from cli.errors import Interrupted, TargetError, UsageError
from cli.load_line import line, load_line
from cli.load_results import PERCENTILES, give_comparison, give_load_result, verdict
from cli.options import Aws, Json
from cli.target import Target, choose, reached
from labgrader.aws import error_code
from labgrader.errors import BadInputError, NotGradedError
from labgrader.evidence.live.admission import Admission
from labgrader.evidence.live.load_tester import LoadTester
from labgrader.evidence.live.ownership import Ownership
from labgrader.evidence.live.progress import Progress
from labgrader.evidence.load import COMPARE, Comparison, EndpointTarget, FunctionTarget, LoadResult
from labgrader.evidence.load_plan import COST_CAP_USD, MOST_IN_FLIGHT, LoadPlan, Threshold
from labgrader.evidence.load_plan import Target as Called
from labgrader.evidence.question import Answer, Question
from labgrader.evidence.services.api_gateway import RestApi
from labgrader.evidence.tolerant import sequence, text

_ENDPOINT = re.compile(r"(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) ([^/]+)/([A-Za-z0-9_-]+)(/.*)")


IN_FLIGHT, REQUESTS, DURATION_S, ROUNDS = 20, 100, 10.0, 20
PERCENTILE, MOST = 95, 1_000
"""What holds where the command does not say."""

_OPTIONS = {
    "Concurrency": "--concurrency",
    "Requests": "--requests",
    "MostRequests": "--most",
    "Rate": "--rate",
    "DurationSeconds": "--duration",
    "WarmUp": "--warm-up",
    "Milliseconds": "--below",
    "CostCapUsd": "--cost-cap",
    "Rounds": "--rounds",
    "MostRounds": "--rounds",
}


class OwnResources(Ownership):
    """Whatever the person at the terminal names: it is their account, and their decision."""

    def owns(self, name: str) -> bool:  # noqa: ARG002
        return True


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "load-test",
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
        typer.Option("--warm-up", metavar="N", help="Sent before, and reported apart; best as many as are in flight."),
    ] = None,
    below: Annotated[
        float | None, typer.Option("--below", metavar="MS", help="Decide whether a percentile is below this bound.")
    ] = None,
    percentile: Annotated[
        int | None, typer.Option("--percentile", metavar="P", help="Which one, with --below: 50, 90, 95 or 99; 95.")
    ] = None,
    most: Annotated[
        int | None, typer.Option("--most", metavar="N", help="Requests to spend at most, with --below: 1000.")
    ] = None,
    against: Annotated[
        str | None, typer.Option("--against", metavar="TARGET", help="Compare with TARGET: called in turn, A B A B.")
    ] = None,
    rounds: Annotated[
        int | None, typer.Option("--rounds", metavar="N", help="Requests to each, with --against: 20.")
    ] = None,
    cost_cap: Annotated[
        float | None,
        typer.Option("--cost-cap", metavar="USD", help="Send nothing more when it has cost so much: 0.05."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Draw it: a page of HTML.")
    ] = None,
    aws: Aws = False,
    as_json: Json = False,
) -> None:
    """Load a function or an API's stage and say how fast it answered, how sure that is, and what failed.

    Closed model: --concurrency requests in flight until --requests were sent. Open model (--rate): arrivals on
    schedule, each latency counted from the moment the request was due, so that a freeze is felt by everybody who would
    have called. Nothing is repeated behind your back. With --against two functions are called in turn, and the ratio of
    their medians is given with its 95% interval.
    """
    _refuse_unused(
        "--against",
        against is not None,
        {"--rounds": rounds},
        {
            "--below": below,
            "--rate": rate,
            "--requests": requests,
            "--concurrency": concurrency,
            "--warm-up": warm_up,
            "--cost-cap": cost_cap,
        },
    )
    _refuse_unused("--rate", rate is not None, {"--duration": duration}, {"--requests": requests})
    _refuse_unused("--below", below is not None, {"--percentile": percentile, "--most": most}, {})
    if percentile is not None and f"p{percentile}" not in PERCENTILES:
        raise UsageError(f"--percentile is one of {', '.join(name[1:] for name in PERCENTILES)}, not {percentile}")
    if most is not None and most < (requests or REQUESTS):
        raise UsageError(f"--most is at least --requests, {requests or REQUESTS}, not {most}")
    if output is not None and (output.is_dir() or not output.resolve().parent.is_dir()):
        raise UsageError(f"{output} cannot be written")
    content = _content(event)
    account = choose(aws)
    with reached():
        called = _called(account, target, content, api_key)
        other = _called(account, against, content, api_key) if against is not None else None
    client = account.client("lambda")
    tester = LoadTester(client, account.client("apigateway"), OwnResources("", ""), admission=Admission(client))
    with _in_the_words_of_the_command():
        if other is not None:
            answer = _compare(tester, other, called, ROUNDS if rounds is None else rounds)
            compared = Comparison.from_dict(_value(answer, target))
            _draw(compared, output)
            if as_json:
                screen.give_json(compared.to_dict())
            else:
                give_comparison(compared)
            return
        plan = LoadPlan(
            "closed" if rate is None else "open",
            concurrency if concurrency is not None else IN_FLIGHT if rate is None else MOST_IN_FLIGHT,
            requests=REQUESTS if requests is None else requests,
            rate_rps=rate or 0.0,
            duration_s=0.0 if rate is None else DURATION_S if duration is None else duration,
            warm_up=warm_up or 0,
            threshold=None
            if below is None
            else Threshold(PERCENTILE if percentile is None else percentile, below, MOST if most is None else most),
            cost_cap_usd=COST_CAP_USD if cost_cap is None else cost_cap,
        )
        with load_line() as tell:
            answer = _run(tester, called, plan, tell)
    result = LoadResult.from_dict(_value(answer, target))
    if plan.threshold:
        result = replace(result, notes=(*result.notes, verdict(result, plan.threshold)))
    _draw(result, output)
    if as_json:
        screen.give_json(result.to_dict())
    else:
        give_load_result(result)


def _run(tester: LoadTester, called: Called, plan: LoadPlan, tell: Callable[[Progress], None]) -> Answer:
    """Carry the test out; whoever stops it is told how far it came."""
    last: list[Progress] = []

    def keep(progress: Progress) -> None:
        last[:] = [progress]
        tell(progress)

    try:
        return tester.run(called, plan, keep)
    except Interrupted:
        screen.say(f"stopped; nothing is kept{': ' + line(last[0]) if last else ''}")
        raise


def _refuse_unused(option: str, given: bool, with_it: Mapping[str, object], without_it: Mapping[str, object]) -> None:
    """Refuse options that would do nothing.

    Raises:
        UsageError: one that needs ``option`` came without it, or one that it has no use for came with it.
    """
    for name, value in (without_it if given else with_it).items():
        if value is not None:
            raise UsageError(f"{name} does nothing with {option}" if given else f"{name} needs {option}")


@contextmanager
def _in_the_words_of_the_command() -> Iterator[None]:
    """Name options instead of arguments of the engine, in what it refuses."""
    try:
        yield
    except NotGradedError as refused:
        raise UsageError(refused.reason) from refused
    except BadInputError as refused:
        said = [str(problem) for problem in refused.problems]
        for name, option in _OPTIONS.items():
            said = [re.sub(rf"\b{name}\b", option, one) for one in said]
        raise UsageError("; ".join(said)) from refused


def _called(account: Target, name: str, content: Any, api_key: str) -> Called:
    """Find what is to be called by how it was named."""
    endpoint = _ENDPOINT.fullmatch(name)
    if endpoint is None:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}(:[A-Za-z0-9_$-]{1,128})?", name):
            raise UsageError(f"{name!r} is neither FUNCTION, FUNCTION:ALIAS nor 'POST API/STAGE/PATH'")
        if api_key:
            raise UsageError("--api-key does nothing with a function")
        function, _, qualifier = name.partition(":")
        try:
            found = account.client("lambda").get_function_configuration(FunctionName=function)
        except ClientError as error:
            if error_code(error) != "ResourceNotFoundException":
                raise
            raise TargetError(f"there is no function {function}") from None
        return FunctionTarget(
            function, qualifier, content, found.get("MemorySize", 0), *found.get("Architectures", ["x86_64"])[:1]
        )
    method, api, stage, path = endpoint.groups()
    gateway = account.client("apigateway")
    apis = _named(gateway.get_paginator("get_rest_apis"), api, "REST API")
    key_id = _named(gateway.get_paginator("get_api_keys"), api_key, "API key") if api_key else ""
    body = json.dumps(content) if method in ("POST", "PUT", "PATCH") else None
    return EndpointTarget(RestApi(apis, api), stage, method, path, body=body, api_key_id=key_id)


def _named(pages: Any, name: str, kind: str) -> str:
    """The id of the one entry with a name."""
    found = [
        text(entry.get("id"))
        for page in pages.paginate()
        for entry in sequence(page.get("items"))
        if entry.get("name") == name
    ]
    if len(found) != 1:
        raise TargetError(f"there is no {kind} {name}" if not found else f"{len(found)} {kind}s are called {name}")
    return found[0]


def _content(event: str) -> Any:
    said = Path(event[1:]).read_text(encoding="utf-8") if event.startswith("@") else event
    try:
        return json.loads(said)
    except ValueError as error:
        raise UsageError(f"--event is not JSON: {error}") from None


def _compare(tester: LoadTester, baseline: Called, candidate: Called, rounds: int) -> Answer:
    arguments = {
        "Baseline": baseline.to_dict(),
        "Candidate": candidate.to_dict(),
        "Rounds": rounds,
        "Factor": 1.0,
        "MostRounds": rounds,
    }
    return tester.answer(Question(COMPARE, arguments))


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
        from labgrader.reporting.html import render_load_test  # Jinja2 and pygal, where a page is wanted

        output.write_text(render_load_test(result), encoding="utf-8")
        screen.say(f"wrote {output}")
