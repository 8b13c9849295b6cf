"""`roster`: what labgrader reads of a class list."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.class_lists import accounts_file, show_notices
from cli.command_line import HelpGroup
from cli.errors import BAD_INPUT
from cli.options import Accounts, Json, UsernameFrom
from cli.output import console
from labgrader.rosters import COLUMNS
from labgrader.rosters.reader import ClassList, read_class_list

POSITION = 55
"""Where this command stands within its group of `labgrader --help`."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=HelpGroup.GRADE, epilog="Example: labgrader roster canvas.csv --username-from login")(
        roster
    )


def roster(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The class list: CSV, JSON, .xlsx, or an export of a platform.")
    ],
    username_from: UsernameFrom = None,
    accounts: Accounts = None,
    as_json: Json = False,
) -> None:
    """Show what is read of a class list: its students, what was passed over, what was changed, and every problem.

    Nothing is started. Exit status 2 says that a run would refuse the class list.
    """
    class_list = read_class_list(
        file.read_bytes(), str(file), username_from=username_from, accounts=accounts_file(accounts)
    )
    if as_json:
        console.output_json(class_list.to_dict())
        if class_list.problems:
            raise typer.Exit(BAD_INPUT)
        return
    _give_students(class_list)
    class_list.checked()
    show_notices(class_list.notices)


def _give_students(class_list: ClassList) -> None:
    """Print the students as a table, without the columns that all leave empty."""
    rows = [student.to_dict() for student in class_list.students]
    columns = [column for column in COLUMNS if any(row[column] for row in rows)]
    if columns:
        console.output_table(columns, [[row[column] for column in columns] for row in rows])
        console.output("")
    console.output(f"{len(rows):,} students, format {class_list.format}, encoding {class_list.encoding}")
