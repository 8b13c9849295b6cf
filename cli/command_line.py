"""What all commands share: the groups in `labgrader --help`, the options `-h` and `--quiet`, and their discovery."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from enum import StrEnum
from functools import cache
from types import ModuleType
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from cli.output import console

LAST = 1_000
"""The position of a module of commands without ``POSITION``."""


class HelpGroup(StrEnum):
    """The groups of commands in `labgrader --help`, in their order there."""

    GET_STARTED = "Get started"
    GRADE = "Grade"
    COURSES = "Courses"
    STUDENTS = "Students"
    LABS = "Labs"
    LOAD_TESTS = "Load tests"
    OPERATE = "Operate"


def command_modules(package: ModuleType) -> list[ModuleType]:
    """Import the modules of a package of commands.

    Args:
        package: the package. A module with a name that begins with ``_`` is not a command.

    Returns:
        The modules sorted by ``POSITION``. Modules with the same position, or without one, are sorted by name.
    """
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__) if not module.name.startswith("_"))
    modules = [importlib.import_module(f"{package.__name__}.{name}") for name in names]
    return sorted(modules, key=lambda module: getattr(module, "POSITION", LAST))


def register_commands(app: typer.Typer, package: ModuleType) -> None:
    """Add the commands of a package to the application, each with the shared options.

    Args:
        app: the application.
        package: the package. ``register(app)`` of each module adds its commands.
    """
    for module in command_modules(package):
        module.register(app)
    _share_options(app)


def _share_options(app: typer.Typer) -> None:
    """Add the shared options to every command of an application and of its groups."""
    for command in app.registered_commands:
        command.cls = Command
    for group in app.registered_groups:
        group.cls = Group
        if group.typer_instance is not None:
            _share_options(group.typer_instance)


class Command(TyperCommand):
    """A command with ``--quiet``. Its help shows no type for a flag or an argument."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.help = _joined_lines(self.help)
        self.params.append(_quiet_option())

    def get_params(self, ctx: Any) -> Any:
        """Return the parameters, with ``--help``."""
        return _without_needless_types(super().get_params(ctx))


class Group(TyperGroup):
    """A group of commands with ``--quiet``. Its help sorts the commands by help group."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.help = _joined_lines(self.help)
        self.params.append(_quiet_option())

    def get_params(self, ctx: Any) -> Any:
        """Return the parameters, with ``--help``."""
        return _without_needless_types(super().get_params(ctx))

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the commands by help group, and in a group in the order of their registration."""
        order = {group.value: index for index, group in enumerate(HelpGroup)}
        names = super().list_commands(ctx)
        return sorted(names, key=lambda name: order.get(_help_group(self.commands[name]), len(order)))


def _joined_lines(text: str | None) -> str | None:
    """Return a help text with each paragraph on one line. Typer would keep the line breaks of the docstring."""
    if text is None:
        return None
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in inspect.cleandoc(text).split("\n\n"))


def _help_group(command: Any) -> str:
    return str(getattr(command, "rich_help_panel", None) or "")


def _without_needless_types(parameters: Any) -> Any:
    """Remove types from the help that say nothing: ``<bool>`` of a flag, ``<list[Path]>`` of an argument ``FILE``."""
    for parameter in parameters:
        if getattr(parameter, "is_flag", False):
            parameter.metavar = ""
        elif parameter.param_type_name == "argument":
            parameter.display_type_rich = _no_type
    return parameters


def _no_type(**_context: Any) -> None:
    """Return no type to display."""


@cache
def _quiet_option() -> Any:
    """Return the option ``--quiet`` as an object of Typer."""
    application = typer.Typer()

    @application.command()
    def _only_quiet(
        _quiet: Annotated[
            bool,
            typer.Option(
                "--quiet",
                "-q",
                callback=_set_quiet,
                expose_value=False,
                is_eager=True,
                help="Print no progress on standard error, only warnings and errors.",
            ),
        ] = False,
    ) -> None:
        """Define the option."""

    command = typer.main.get_command(application)
    return next(parameter for parameter in command.params if "--quiet" in parameter.opts)


def _set_quiet(quiet: bool) -> None:
    if quiet:
        console.show_progress(False)
