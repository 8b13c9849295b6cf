"""`destroy`: delete the stack and everything that labgrader created in an account."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.command_line import HelpGroup
from cli.deployment.destroy import destroy as destroy_stack
from cli.deployment.inventory import Inventory, take_inventory
from cli.options import Aws, Stack, chosen
from cli.output import console
from cli.output.questions import confirm, confirm_by_name
from cli.project import DEFAULT_STACK
from cli.target import choose, reached

POSITION = 22
"""The position of this command in its group of `labgrader --help`."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=HelpGroup.OPERATE, epilog="Example: labgrader destroy --aws --delete-data")(destroy)


def destroy(
    delete_data: Annotated[
        bool,
        typer.Option(
            "--delete-data", help="Also delete the bucket and the table with all results. Asks a second time."
        ),
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Delete without a question, also with --delete-data.")
    ] = False,
    aws: Aws = False,
    stack: Stack = DEFAULT_STACK,
) -> None:
    """Delete the stack, the schedules and alarms of courses, the layer versions and the uploaded code.

    The bucket and the table with the results stay unless you give --delete-data. Run the command again with
    --delete-data to delete them later. This cannot be undone.
    """
    target = choose(aws)
    with reached():
        inventory = take_inventory(target, stack)
    for line in _deletions(inventory, delete_data):
        console.error(line)
    if not yes:
        nothing = "nothing is deleted"
        confirm(
            f"Delete this in {target}? This cannot be undone.",
            no_terminal=f"{nothing}: a deletion cannot be undone; add --yes",
            refused=nothing,
        )
        if delete_data and (inventory.bucket or inventory.table):
            confirm_by_name(
                f"All results of all students will be deleted. Type {stack} to confirm",
                stack,
                no_terminal=f"{nothing}: a deletion cannot be undone; add --yes",
                refused=nothing,
            )
    destroy_stack(target, inventory, delete_data=delete_data, tell=console.info)
    console.output(f"the stack {stack} is deleted")
    for line in _left(inventory, delete_data, chosen(aws, stack)):
        console.output(line)


def _deletions(inventory: Inventory, delete_data: bool) -> list[str]:
    """Return the lines that say what will be deleted."""
    lines = []
    if inventory.found is not None:
        lines.append(f"stack: {inventory.stack}, with its functions, logs, alarms, signing key and all tokens")
    for what, names in (
        ("schedules of courses", inventory.schedules),
        ("alarms of courses", inventory.alarms),
        ("layer versions", [f"{layer.name}:{layer.version}" for layer in inventory.layers]),
    ):
        if names:
            lines.append(f"{what}: {', '.join(names)}")
    if inventory.artifacts:
        lines.append(f"uploaded code: {len(inventory.artifacts)} objects")
    if delete_data:
        lines += [f"{what} with all results: {name}" for what, name in _data(inventory)]
    return lines or ["nothing is left to delete"]


def _left(inventory: Inventory, delete_data: bool, options: str) -> list[str]:
    """Return the lines that say what is left in the account."""
    lines = []
    data = _data(inventory)
    if data and not delete_data:
        names = " and ".join(f"the {what} {name}" for what, name in data)
        verb, possessive, pronoun = ("is", "its", "it") if len(data) == 1 else ("are", "their", "them")
        lines.append(
            f"{names} {verb} kept, and {possessive} storage costs money; delete {pronoun} with "
            f"`labgrader destroy --delete-data{options}`"
        )
    if inventory.log_role:
        lines.append(
            f"the role {inventory.log_role} is kept: API Gateway writes the logs of this account with it. It costs "
            "nothing"
        )
    return lines


def _data(inventory: Inventory) -> list[tuple[str, str]]:
    """Return the kind and the name of each resource with results."""
    return [(what, name) for what, name in (("bucket", inventory.bucket), ("table", inventory.table)) if name]
