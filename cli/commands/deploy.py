"""`deploy`: the stack, to whatever the target is."""

from __future__ import annotations

import typer

from cli import embedded, screen
from cli.deploy import deploy as deploy_stack
from cli.options import Aws, Json, Stack
from cli.project import DEFAULT_STACK
from cli.target import choose


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: AWS_PROFILE=teaching labgrader deploy --aws")(deploy)


def deploy(aws: Aws = False, stack: Stack = DEFAULT_STACK, as_json: Json = False) -> None:
    """Deploy the stack, or bring it up to date. Prints its outputs."""
    target = choose(aws)
    outputs = deploy_stack(target, stack, tell=screen.say)
    running = None if aws else embedded.running()
    if running is not None:
        embedded.remember(running, outputs)
    if as_json:
        screen.give_json(outputs)
    else:
        screen.give_pairs(outputs)
