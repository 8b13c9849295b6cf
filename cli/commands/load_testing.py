"""`load-test`: load a function or an API's stage, or measure two in turn, and say what came of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Any

import typer
from botocore.exceptions import ClientError

from cli import screen
from cli.errors import TargetError, UsageError
from cli.load_line import load_line
from cli.load_results import PERCENTILES, give_comparison, give_load_result, verdict
from cli.options import Aws, Json
from cli.target import Target, choose, reached
from labgrader.aws import error_code
from labgrader.errors import NotGradedError
from labgrader.evidence.live.admission import Admission
from labgrader.evidence.live.load_tester import LoadTester
from labgrader.evidence.live.ownership import Ownership
from labgrader.evidence.load import COMPARE, Comparison, EndpointTarget, FunctionTarget, LoadResult
from labgrader.evidence.load_plan import COST_CAP_USD, MOST_IN_FLIGHT, LoadPlan, Threshold
from labgrader.evidence.load_plan import Target as Called
from labgrader.evidence.question import Answer, Question
from labgrader.evidence.services.api_gateway import RestApi
from labgrader.evidence.tolerant import sequence, text

_ENDPOINT = re.compile(r"([A-Z]{3,7}) ([^/]+)/([A-Za-z0-9_-]+)(/.*)")


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
        int | None, typer.Option("--concurrency", metavar="N", help="In flight [default: 20; with --rate at most 200].")
    ] = None,
    requests: Annotated[int, typer.Option("--requests", metavar="N", help="Requests in all.")] = 100,
    rate: Annotated[
        float, typer.Option("--rate", metavar="N", help="Open model: arrivals a second, whatever is answered.")
    ] = 0.0,
    duration: Annotated[float, typer.Option("--duration", metavar="S", help="Seconds of arrivals, with --rate.")] = 10,
    warm_up: Annotated[
        int, typer.Option("--warm-up", metavar="N", help="Requests sent before, and reported apart.")
    ] = 0,
    below: Annotated[
        float, typer.Option("--below", metavar="MS", help="Decide whether a percentile is below this bound.")
    ] = 0.0,
    percentile: Annotated[int, typer.Option("--percentile", metavar="P", help="Which one, with --below.")] = 95,
    most: Annotated[
        int, typer.Option("--most", metavar="N", help="Requests that may be spent to decide, with --below.")
    ] = 1000,
    against: Annotated[
        str, typer.Option("--against", metavar="TARGET", help="Compare: is TARGET slower than this one? A B A B.")
    ] = "",
    rounds: Annotated[int, typer.Option("--rounds", metavar="N", help="Requests to each, with --against.")] = 20,
    cost_cap: Annotated[
        float, typer.Option("--cost-cap", metavar="USD", help="Stop when it has cost so much.")
    ] = COST_CAP_USD,
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
    if f"p{percentile}" not in PERCENTILES:
        raise UsageError(f"--percentile is one of {', '.join(name[1:] for name in PERCENTILES)}, not {percentile}")
    content = _content(event)
    account = choose(aws)
    with reached():
        called = _called(account, target, content, api_key)
        other = _called(account, against, content, api_key) if against else None
    client = account.client("lambda")
    tester = LoadTester(client, account.client("apigateway"), OwnResources("", ""), admission=Admission(client))
    try:
        if other is not None:
            answer = _compare(tester, other, called, rounds)
            compared = Comparison.from_dict(_value(answer, target))
            _draw(compared, output)
            if as_json:
                screen.give_json(compared.to_dict())
            else:
                give_comparison(compared)
            return
        plan = LoadPlan(
            "open" if rate else "closed",
            concurrency if concurrency is not None else MOST_IN_FLIGHT if rate else 20,
            requests=requests,
            rate_rps=rate,
            duration_s=duration if rate else 0.0,
            warm_up=warm_up,
            threshold=Threshold(percentile, below, max(most, requests)) if below else None,
            cost_cap_usd=cost_cap,
        )
        with load_line() as tell:
            answer = tester.run(called, plan, tell)
    except NotGradedError as refused:
        raise UsageError(refused.reason) from refused
    result = LoadResult.from_dict(_value(answer, target))
    _draw(result, output)
    if as_json:
        screen.give_json(result.to_dict())
        return
    give_load_result(result)
    if plan.threshold:
        screen.give(verdict(result, plan.threshold))


def _called(account: Target, name: str, content: Any, api_key: str) -> Called:
    """Find what is to be called by how it was named."""
    endpoint = _ENDPOINT.fullmatch(name)
    if endpoint is None:
        if " " in name or "/" in name:
            raise UsageError(f"{name!r} is neither FUNCTION, FUNCTION:ALIAS nor 'POST API/STAGE/PATH'")
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
