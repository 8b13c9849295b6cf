"""`up`, `down`, `status`: the embedded AWS."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from cli import health
from cli.command_line import HelpGroup
from cli.deployment.deploy import deploy
from cli.deployment.deployed_labs import shown
from cli.embedded_aws import server
from cli.errors import INCOMPLETE, UNREACHABLE, TargetError, UsageError
from cli.options import Aws, Json, Labs, Stack, use_labs
from cli.output import console
from cli.project import DEFAULT_STACK
from cli.target import Target, choose, embedded_target, stack_outputs
from labgrader.reporting.formatting import counted

PROBLEM, FINE = "bold red", "bold green"
"""Styles of the verdict on a terminal."""

POSITION = 10
"""Where these commands stand within their groups of `labgrader --help`."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(rich_help_panel=HelpGroup.GET_STARTED, epilog="Example: labgrader up --port 4566")(up)
    app.command(rich_help_panel=HelpGroup.GET_STARTED, epilog="Example: labgrader down")(down)
    app.command(rich_help_panel=HelpGroup.OPERATE, epilog="Example: labgrader status --json")(status)


def up(
    port: Annotated[
        int | None, typer.Option("--port", metavar="N", help="The port. By default, 4566 or a free one.")
    ] = None,
    enforce_iam: Annotated[bool, typer.Option("--enforce-iam", help="Enforce roles and policies.")] = False,
    export: Annotated[
        bool, typer.Option("--export", help="Print `export AWS_ENDPOINT_URL=…` lines for a shell to evaluate.")
    ] = False,
    labs: Labs = None,
    stack: Stack = DEFAULT_STACK,
) -> None:
    """Start the embedded AWS and deploy the stack there. A second call deploys what has changed.

    Student code runs on this machine without a sandbox. Use it for simulated classes and for code that you trust.
    """
    use_labs(labs)
    with server.startup_lock():
        running = server.running()
        began = running is None
        if running is None:
            running = server.start(port, enforce_iam=enforce_iam, lasting=True)
    if not began and (port not in (None, running.port) or (enforce_iam and not running.enforce_iam)):
        how = "with" if running.enforce_iam else "without"
        raise UsageError(
            f"an embedded AWS already runs at {running.endpoint}, {how} --enforce-iam; "
            "stop it first with `labgrader down`"
        )
    target = embedded_target(running)
    console.info(str(target))
    try:
        outputs = deploy(target, stack, tell=console.info)
        server.remember(running, outputs)
    except BaseException:
        if began:
            server.stop(running)
        raise
    console.info("ready; stop it with `labgrader down`")
    if export:
        for name, value in {**running.environment, "LABGRADER_API_URL": outputs["ApiUrl"]}.items():
            console.output(f"export {name}={shlex.quote(value)}")


def down() -> None:
    """Stop the embedded AWS and everything that it started. Its data is deleted."""
    stopped = server.stop_running()
    console.info(
        "no embedded AWS was running" if stopped is None else f"stopped the embedded AWS at {stopped.endpoint}"
    )


def status(
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Exit with 1 if there is an alarm or a dead letter, and with 3 if nothing runs or the stack is not "
            "deployed.",
        ),
    ] = False,
    aws: Aws = False,
    stack: Stack = DEFAULT_STACK,
    as_json: Json = False,
) -> None:
    """Show whether labgrader works: alarms first, then the last 24 hours, then the addresses of the stack.

    Without --check, the exit status is 0 also if there is a problem.
    """
    target = choose(True) if aws else _running()
    document: dict[str, Any] = {"running": target is not None, "stack": stack}
    done = None
    if target is not None:
        document |= {
            "target": str(target),
            "endpoint": target.endpoint,
            "account_id": target.account_id,
            "region": target.region,
        }
        try:
            outputs = stack_outputs(target, stack)
            runs = Counter(run.status for run in target.store(outputs).runs())
            document |= {"deployed": True, "outputs": outputs, "runs": dict(sorted(runs.items()))}
            done = health.last_day(target, outputs, stack, datetime.now(UTC))
            document |= {"verdict": done.verdict, "last_24_hours": done.to_dict()}
        except TargetError as error:
            document = {"deployed": False, **document, "problem": str(error)}
    if as_json:
        console.output_json(document)
    elif target is None:
        console.output("no embedded AWS is running; start it with `labgrader up`")
    else:
        _show(document, {} if aws else {"log": server.log_file()}, done)
    if check and (done is None or done.has_problem):
        raise typer.Exit(UNREACHABLE if done is None else INCOMPLETE)


def _show(document: Mapping[str, Any], lines: Mapping[str, object], done: health.Operations | None) -> None:
    """Print the verdict, the last 24 hours, and the addresses."""
    if done is None:
        console.styled(document["problem"], PROBLEM)
    else:
        console.styled(done.verdict, PROBLEM if done.has_problem else FINE)
        console.output("")
        console.output_table(("last 24 hours", *health.MODES), health.rows(done), numbers=health.MODES)
        console.output("")
        no_data = f" ({counted(done.unevaluated, 'alarm has', 'alarms have')} no data yet)" if done.unevaluated else ""
        console.give_pairs(
            {
                "alarms": (", ".join(done.alarms) or "none") + no_data,
                "dead letters": done.dead_letters,
                "errors logged": done.errors,
                "throttles": done.throttles,
            }
        )
    console.output("")
    deployed = {"stack": document["stack"], **shown(document["outputs"])} if document["deployed"] else {}
    console.give_pairs({"target": document["target"], **lines, **deployed})


def _running() -> Target | None:
    running = server.running()
    if running is None:
        return None
    target = embedded_target(running)
    console.info(str(target))
    return target
