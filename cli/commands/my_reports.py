"""`my-reports`: a student's own reports, through the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from cli.command_line import HelpGroup
from cli.errors import UsageError
from cli.options import Json, Stack
from cli.output import console
from cli.output.report import give_report
from cli.output.times import time_text
from cli.project import DEFAULT_STACK
from cli.student_api import LATEST, Page, Token, Url, open_api, same_api, write_page

POSITION = 95
"""Where this command stands within its group of `labgrader --help`."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "my-reports", rich_help_panel=HelpGroup.STUDENTS, epilog="Example: labgrader my-reports latest -o report.html"
    )(my_reports)


def my_reports(
    run_id: Annotated[
        str, typer.Argument(metavar="[RUN_ID]", help="The run of one report, or `latest`.", show_default=False)
    ] = "",
    lab: Annotated[str, typer.Option("--lab", metavar="ID", help="List only the reports of this lab.")] = "",
    output: Page = None,
    token: Token = "",
    url: Url = "",
    stack: Stack = DEFAULT_STACK,
    as_json: Json = False,
) -> None:
    """List your reports, newest first, or show one: of graded runs, audits and self-checks.

    A report is missing while your instructor keeps the results of a run private.
    """
    if output is not None and not run_id:
        raise UsageError("-o writes one report: name its run, or `latest`")
    if lab and run_id and run_id != LATEST:
        raise UsageError("--lab goes with the list or with `latest`; a run has one lab")
    api = open_api(url, token, stack)
    console.info(f"reports at {api.url}")
    if run_id and run_id != LATEST:
        found = run_id
    else:
        reports = api.my_reports(lab)
        if not run_id:
            _give_list(reports, f"labgrader my-reports RUN_ID{same_api(url, stack)}", as_json=as_json)
            return
        if not reports:
            raise UsageError("you have no report yet")
        found = str(reports[0]["run_id"])
    report = api.my_report(found)
    if as_json:
        console.output_json(report)
    else:
        give_report(report, all_advice=True)
    if output is not None:
        write_page(report, output)


def _give_list(reports: Sequence[Mapping[str, Any]], more: str, *, as_json: bool) -> None:
    if as_json:
        console.output_json({"reports": reports})
        return
    if not reports:
        console.info("you have no report yet")
        return
    console.output_table(
        ("run", "lab", "mode", "points", "of", "status", "graded"),
        [
            (
                report["run_id"],
                report["lab"],
                report["mode"],
                console.points(report["points"]),
                console.points(report["max_points"]),
                report["status"],
                time_text(report["graded_at"]),
            )
            for report in reports
        ],
        numbers=("points", "of"),
        ids=("run",),
        optional=("lab", "graded", "status", "mode"),
    )
    console.info(f"show one with `{more}`")
