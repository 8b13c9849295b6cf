"""The results of a run: fetched into a folder, and as a table."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.errors import TargetError
from cli.output import console
from cli.output.results_folder import merge_results
from labgrader.documents.report import Report
from labgrader.reporting.class_totals import class_totals
from labgrader.reporting.nothing_found import nothing_found
from labgrader.reporting.what_to_fix import what_to_fix
from labgrader.store import Keys, Store

MAX_NAMED = 3
"""How many checks to fix a line of the class table names."""

MAX_TITLE = 48
"""Characters of a check's title in the class table."""

MAX_LINES = 3
"""Lines that a student takes on a terminal, unless one check alone needs more."""

MAX_NAME = 24
"""Characters of a name on one line of a terminal; longer names wrap."""

MAX_STUDENTS = 12
"""How many students a sentence names; it counts the others."""

_SAFE = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")


@dataclass(frozen=True)
class Fetched:
    """The results of a run on this machine.

    Args:
        folder: where the files are: ``run.json``, ``gradebook.csv``, ``class.html`` and ``reports/``, named as in the
            bucket (docs/architecture.md, "Stored data").
        run: what ``run.json`` says.
        reports: each student's report, by username.
    """

    folder: Path
    run: dict[str, Any]
    reports: dict[str, Report]

    @property
    def incomplete(self) -> int:
        """Return how many students are not fully graded."""
        return sum(student["status"] != "complete" for student in self.run["students"])


def fetch(store: Store, run_id: str, folder: Path) -> Fetched:
    """Fetch a run's results. A folder with results of other runs keeps the newest graded result of each student.

    Args:
        store: the stack's store.
        run_id: the run.
        folder: where to put them; it is created if it is missing.

    Raises:
        MissingError: the run has no results (yet).
        TargetError: the run has a username that is no file name.
        UsageError: the folder has results that these cannot be merged with.
    """
    keys = Keys(run_id)
    run: dict[str, Any] = store.get_json(keys.run)
    usernames = [str(student["username"]) for student in run["students"]]
    for username in usernames:
        if not _SAFE.fullmatch(username):
            raise TargetError(f"run {run_id} names a student {console.printable(username)!r}, which is no file name")
    if merge_results(store, run, folder):
        reports = store.get_all_json([keys.report(username) for username in usernames])
        return Fetched(folder, run, {username: reports[keys.report(username)] for username in usernames})
    wanted = {"run.json": keys.run, "gradebook.csv": keys.gradebook, "class.html": keys.class_page}
    if run["mode"] == "audit" and store.keys(keys.audit):
        wanted["audit.json"] = keys.audit
    for username in usernames:
        for suffix in (".json", ".html"):
            wanted[f"reports/{username}{suffix}"] = keys.report(username, suffix)
    (folder / "reports").mkdir(parents=True, exist_ok=True)

    def save(name: str) -> None:
        (folder / name).write_bytes(store.get(wanted[name]))

    with ThreadPoolExecutor(max_workers=16) as pool:
        list(pool.map(save, wanted))
    reports = {name: json.loads((folder / "reports" / f"{name}.json").read_bytes()) for name in usernames}
    return Fetched(folder, run, reports)


def give_class_table(fetched: Fetched) -> None:
    """Print a line for each student: name, points, status, what to fix. Then print the totals of the class."""
    reports = [fetched.reports[student["username"]] for student in fetched.run["students"]]
    named = any(report["student"]["name"] for report in reports)
    columns = ("student", *(("name",) if named else ()), "points", "of", "status", "what to fix")
    cells = [
        [
            report["student"]["username"],
            *([report["student"]["name"]] if named else []),
            console.points(report["score"]["points"]),
            console.points(report["score"]["max_points"]),
            report["status"],
        ]
        for report in reports
    ]
    room = _room([columns[:-1], *cells], named=named)
    console.output_table(
        columns,
        [[*row, what_to_fix_words(report, room)] for row, report in zip(cells, reports, strict=True)],
        numbers=("points", "of"),
        unbroken=("student", "status"),
        expand=True,
    )
    console.output(f"\n{class_totals(reports).words}")
    give_nothing_found(fetched, console.output)


def give_nothing_found(fetched: Fetched, tell: Callable[[str], None]) -> None:
    """Say which students have nothing at all in their account and Region: the class list may be wrong.

    Args:
        fetched: the results.
        tell: prints a line.
    """
    for found in nothing_found(fetched.reports[student["username"]] for student in fetched.run["students"]):
        more = len(found.usernames) - MAX_STUDENTS
        listed = ", ".join(found.usernames[:MAX_STUDENTS])
        tell(f"{found.sentence} ({listed}{f' and {more} more' if more > 0 else ''})")


def _room(rows: Sequence[Sequence[str]], *, named: bool) -> int:
    """Return the characters that the last column has on ``MAX_LINES`` lines of a terminal; 0 without a terminal."""
    width = console.terminal_width()
    if not width:
        return 0
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    if named:
        widths[1] = min(widths[1], MAX_NAME)
    borders = 3 * (len(widths) + 1) + 1  # a space on both sides of each cell, and a line
    return max(1, width - sum(widths) - borders) * MAX_LINES


def what_to_fix_words(report: Report, room: int = 0) -> str:
    """Name the checks to fix with their points, and say how many checks are not graded, in one line.

    Args:
        report: the report of a student.
        room: how many characters there are. The line names at least one check and counts those that do not fit.
            0 for no bound.
    """
    fixes = sorted(what_to_fix(report["checks"]), key=lambda fix: -(fix.points + fix.waiting_points))
    words = [f"{console.shorten(str(fix.check['title']), MAX_TITLE)} ({fix.words})" for fix in fixes]
    not_graded = sum(check["status"] == "not_graded" for check in report["checks"])
    named = min(MAX_NAMED, len(words))
    while named > 1 and room and len(_line(words, named, not_graded)) > room:
        named -= 1
    return _line(words, named, not_graded)


def _line(words: Sequence[str], named: int, not_graded: int) -> str:
    more = len(words) - named
    parts = [*words[:named], f"and {more} more" if more else "", f"{not_graded} not graded" if not_graded else ""]
    return "; ".join(part for part in parts if part)


def give_paths(fetched: Fetched, tell: Callable[[str], None], options: str = "") -> None:
    """Print the paths of the results, and which of them are not for students.

    Args:
        fetched: the results.
        tell: prints a line.
        options: what the commands in it need besides (`` --aws``).
    """
    folder = fetched.folder
    tell(f"\nclass report   {folder / 'class.html'}")
    tell(f"gradebook      {folder / 'gradebook.csv'}")
    tell(f"students       {folder / 'reports'}/USERNAME.html and .json")
    hidden = max((_hidden(report) for report in fetched.reports.values()), default=0)
    if hidden:
        holds = "1 hidden check" if hidden == 1 else f"{hidden} hidden checks"
        tell(f"\nThese are the instructor's copies: each holds {holds}. A student's copy, without:")
        run_id = fetched.run["run_id"]
        tell(f"  labgrader report {run_id} --student USERNAME --for-student -o USERNAME.html{options}")


def _hidden(report: Report) -> int:
    """Return how many checks of a report are hidden from the student."""
    return sum(check.get("visibility", "visible") != "visible" for check in report["checks"])
