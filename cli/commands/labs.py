"""`labs`, `lint`: list, show, create and validate labs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.command_line import HelpGroup
from cli.lab_template import write_pack
from cli.options import Json, Labs, chosen, use_labs
from cli.output import console
from cli.project import DEFAULT_STACK
from labgrader.errors import BadInputError, Problem
from labgrader.judging.check import Kind, find_check
from labgrader.judging.lint import lint as lint_file
from labgrader.labs.lab import Item, find_lab, lab_ids
from labgrader.labs.search_path import LAB_FILE

_labs = typer.Typer(
    help="List the labs, show a lab with its checks and points, or write a new lab.",
    epilog="Example: labgrader labs show lambda-optimization",
    invoke_without_command=True,
)


_KINDS: dict[Kind, str] = {"configuration": "configuration", "behaviour": "behavior", "performance": "performance"}
"""The words for the kinds of checks in the table. In JSON, the kinds stay as they are."""

NEW_LABS = Path("labs")
"""The folder in which `labs new` writes if no folder is given."""


POSITION = 30
"""The position of these commands in their groups of `labgrader --help`."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_labs, name="labs", rich_help_panel=HelpGroup.LABS)
    app.command(rich_help_panel=HelpGroup.LABS, epilog="Example: labgrader lint --labs mylabs mylabs/queues/lab.yaml")(
        lint
    )


@_labs.callback()
def list_labs(context: typer.Context, labs: Labs = None, as_json: Json = False) -> None:
    """List the labs, show a lab with its checks and points, or write a new lab."""
    context.obj = labs  # `new` creates this folder if it does not exist
    if context.invoked_subcommand != "new":
        use_labs(labs)
    if context.invoked_subcommand is not None:
        return
    found = [find_lab(lab_id) for lab_id in lab_ids()]
    if as_json:
        console.output_json(
            [
                {
                    "id": lab.id,
                    "version": lab.version,
                    "title": lab.title,
                    "points": lab.points,
                    "checks": len(lab.checks),
                }
                for lab in found
            ]
        )
        return
    console.output_table(
        ("lab", "version", "checks", "points", "title"),
        [(lab.id, lab.version, len(lab.checks), console.points(lab.points), lab.title) for lab in found],
        numbers=("checks", "points"),
        unbroken=("lab",),
    )


@_labs.command(epilog="Example: labgrader labs show lambda-optimization")
def show(
    lab_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the lab (`labgrader labs`).")],
    labs: Labs = None,
    as_json: Json = False,
) -> None:
    """Print a lab: its checks with their points, its advice, and what no check can see."""
    use_labs(labs)
    lab = find_lab(lab_id)
    if as_json:
        document = lab.to_dict()
        for item in (*document["checks"], *document["advice"]):
            item["kind"] = find_check(item["check"]).kind
        console.output_json(document)
        return
    console.output(f"{lab.title} ({lab.id} {lab.version}), {console.points(lab.points)} points\n")
    console.output_table(
        ("task", "check", "kind", "points", "what must be true"),
        [_row(item) for item in lab.checks],
        numbers=("points",),
        ids=("check",),
    )
    hidden = [item for item in lab.checks if item.visibility != "visible"]
    if hidden:
        many = "1 check is" if len(hidden) == 1 else f"{len(hidden)} checks are"
        worth = console.points(sum(item.points for item in hidden))
        console.output(f"\n{many} hidden from students, worth {worth} of {console.points(lab.points)} points.")
    if lab.advice:
        console.output("\nAdvice, without points:")
        for item in lab.advice:
            console.output(f"  {item.id}: {_title(item)}")
    if lab.unseen:
        console.output("\nNot covered by any check:")
        for unseen in lab.unseen:
            console.output(f"  {unseen.get('promise', '')}: {unseen.get('why', '')}")


@_labs.command(epilog="Example: labgrader labs new queues --labs mylabs")
def new(
    context: typer.Context,
    lab_id: Annotated[
        str, typer.Argument(metavar="ID", help="Id of the new lab: lower-case letters, digits and hyphens.")
    ],
    labs: Labs = None,
) -> None:
    """Write a small lab to start from: a lab file, a check, a solution and two mistakes.

    The files go into the first folder of --labs, or into the folder `labs` of the current folder. Existing files are
    not overwritten. `labgrader verify ID` proves the new lab.
    """
    folders = labs or context.obj
    folder = folders[0] if folders else NEW_LABS
    for file in write_pack(lab_id, folder):
        console.output(str(file))
    console.info(f"prove it with `labgrader verify {lab_id}{chosen(False, DEFAULT_STACK, [folder])}`")


def lint(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="One or more lab files, or folders with lab files.")
    ],
    labs: Labs = None,
    as_json: Json = False,
) -> None:
    """Validate lab files. Each error names the file, the line and the field."""
    use_labs(labs)
    files = [file for path in files for file in _lab_files(path)]
    found = {file: lint_file(file) for file in files}
    problems = [problem for of_file in found.values() for problem in of_file]
    if as_json:
        document: list[dict[str, Any]] = [
            {"file": problem.source, "line": problem.line, "field": problem.field, "message": problem.message}
            for problem in problems
        ]
        console.output_json(document)
    if problems:
        raise BadInputError(problems)
    if not as_json:
        for file in files:
            console.output(f"{file}: valid")


def _lab_files(path: Path) -> list[Path]:
    """Return the lab files of a path: the path itself, or the lab files of a folder.

    Raises:
        BadInputError: the folder has no lab file.
    """
    if not path.is_dir():
        return [path]
    own = path / LAB_FILE
    found = [own] if own.is_file() else sorted(path.glob(f"*/{LAB_FILE}"))
    if not found:
        message = f"this folder has no lab file: it needs {LAB_FILE} or ID/{LAB_FILE}"
        raise BadInputError([Problem(message, str(path))])
    return found


def _row(item: Item) -> tuple[str, str, str, str, str]:
    return item.task, item.id, _KINDS[find_check(item.check).kind], console.points(item.points), _title(item)


def _title(item: Item) -> str:
    """Return the title of a check, marked if it is hidden from students."""
    return item.title if item.visibility == "visible" else f"{item.title} (hidden)"
