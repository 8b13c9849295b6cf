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
from cli.errors import TargetError, UsageError
from cli.options import Aws, Json, Labs, Stack, use_labs
from cli.output import console
from cli.project import DEFAULT_STACK
from cli.target import Target, choose, embedded_target, stack_outputs

POSITION = 10
"""Where these commands stand within their groups of `labgrader --help`."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(rich_help_panel=HelpGroup.GET_STARTED, epilog="Example: labgrader up --port 4566")(up)
    app.command(rich_help_panel=HelpGroup.GET_STARTED, epilog="Example: labgrader down")(down)
    app.command(rich_help_panel=HelpGroup.OPERATE, epilog="Example: labgrader status --json")(status)


def up(
    port: Annotated[
        int | None, typer.Option("--port", metavar="N", help="The port to listen on (default: 4566, or a free one).")
    ] = None,
    enforce_iam: Annotated[bool, typer.Option("--enforce-iam", help="Enforce roles and policies.")] = False,
    export: Annotated[
        bool, typer.Option("--export", help="Print `export AWS_ENDPOINT_URL=…` lines for a shell to evaluate.")
    ] = False,
    labs: Labs = None,
    stack: Stack = DEFAULT_STACK,
) -> None:
    """Start the embedded AWS and deploy the stack there. Again is harmless: what changed is deployed.

    Student code runs unsandboxed on this machine: use it for simulated classes and for code you trust.
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
    """Stop the embedded AWS and everything it started. What was stored there is gone."""
    stopped = server.stop_running()
    console.info(
        "no embedded AWS was running" if stopped is None else f"stopped the embedded AWS at {stopped.endpoint}"
    )


def status(aws: Aws = False, stack: Stack = DEFAULT_STACK, as_json: Json = False) -> None:
    """Say what runs, and how the last 24 hours were: runs, students, durations, dead letters, alarms, errors."""
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
            document["last_24_hours"] = done.to_dict()
        except TargetError as error:
            document = {"deployed": False, **document, "problem": str(error)}
    if as_json:
        console.output_json(document)
    elif target is None:
        console.output("no embedded AWS is running; start it with `labgrader up`")
    else:
        _show(document, {} if aws else {"log": server.log_file()}, done)


def _show(document: Mapping[str, Any], lines: Mapping[str, object], done: health.Operations | None) -> None:
    stack = document["stack"] if document["deployed"] else document["problem"]
    console.give_pairs({"target": document["target"], **lines, "stack": stack, **shown(document.get("outputs", {}))})
    if done is None:
        if document["deployed"]:
            console.error(f"error: {document['problem']}")
        return
    console.output("")
    console.output_table(("last 24 hours", *health.MODES), health.rows(done), numbers=health.MODES)
    console.output("")
    alarms = ", ".join(done.alarms) or "none"
    if done.unevaluated:
        alarms = f"{alarms} ({done.unevaluated} without data yet: nobody knows)"
    console.give_pairs(
        {
            "dead letters": done.dead_letters,
            "alarms": alarms,
            "errors logged": done.errors,
            "throttles met": done.throttles,
        }
    )


def _running() -> Target | None:
    running = server.running()
    if running is None:
        return None
    target = embedded_target(running)
    console.info(str(target))
    return target
