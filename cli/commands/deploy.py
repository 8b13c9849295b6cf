"""`deploy`: deploy the stack to the embedded AWS or to an AWS account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from cli.command_line import HelpGroup
from cli.deployment.deploy import deploy as deploy_stack
from cli.deployment.deploy import is_deployed
from cli.deployment.deployed_labs import shown
from cli.embedded_aws import server
from cli.options import Aws, Json, Labs, Stack, use_labs
from cli.output import console
from cli.output.questions import confirm
from cli.project import DEFAULT_STACK
from cli.target import Target, choose
from labgrader.errors import BadInputError

POSITION = 20
"""The position of these commands in their groups of `labgrader --help`."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        rich_help_panel=HelpGroup.OPERATE,
        epilog="Example: AWS_PROFILE=teaching labgrader deploy --aws --set NotifyEmail=me@example.edu",
    )(deploy)


def deploy(
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Set a parameter of the template. Later deployments keep its value. Repeatable.",
        ),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Create the stack in an AWS account without a question.")
    ] = False,
    labs: Labs = None,
    aws: Aws = False,
    stack: Stack = DEFAULT_STACK,
    as_json: Json = False,
) -> None:
    """Deploy the stack, or update it, and print its outputs.

    Without --aws, the target is the embedded AWS that `labgrader up` started. docs/operate.md lists the parameters.

    With --aws, labgrader asks before it creates the stack in an account and Region for the first time.
    """
    use_labs(labs)
    parameters = _parameters(settings or [])
    target = choose(aws)
    if aws and not yes:
        _confirm_first(target, stack)
    outputs = deploy_stack(target, stack, parameters=parameters, tell=console.info)
    running = None if aws else server.running()
    if running is not None:
        server.remember(running, outputs)
    if as_json:
        console.output_json(outputs)
    else:
        console.give_pairs(shown(outputs))


def _confirm_first(target: Target, stack: str) -> None:
    """Ask before the first deployment of a stack into an account and Region. An update asks nothing.

    Raises:
        UsageError: the answer is no, or standard input is not a terminal.
    """
    if not is_deployed(target, stack):
        confirm(
            f"The stack {stack} is not deployed in {target} yet. Create it there?",
            no_terminal=f"the stack {stack} is not deployed in {target} yet; check account and Region, and add --yes "
            "to create it there",
            refused=f"the stack {stack} is not created",
        )


def _parameters(settings: Sequence[str]) -> dict[str, str]:
    """Return the parameters of ``NAME=VALUE`` settings.

    Raises:
        BadInputError: a setting has no name or no ``=``.
    """
    parted = [(setting, *setting.partition("=")) for setting in settings]
    if wrong := [setting for setting, name, equals, _ in parted if not name or not equals]:
        raise BadInputError([f"--set {setting} is not of the form NAME=VALUE" for setting in wrong])
    return {name: value for _, name, _, value in parted}
