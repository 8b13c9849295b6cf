"""The results of a run: fetched into a folder, and as a table."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.errors import TargetError
from cli.output import console
from labgrader.documents.report import Report
from labgrader.store import Keys, Store

MAX_NAMED = 3
"""How many failed checks a line of the class table names."""

MAX_TITLE = 48
"""Characters of a check's title in the class table."""

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
    """Fetch a run's results.

    Args:
        store: the stack's store.
        run_id: the run.
        folder: where to put them; made when it is not there.

    Raises:
        MissingError: the run has no results (yet).
        TargetError: the run names a student whose name is not one.
    """
    keys = Keys(run_id)
    run: dict[str, Any] = store.get_json(keys.run)
    usernames = [str(student["username"]) for student in run["students"]]
    for username in usernames:
        if not _SAFE.fullmatch(username):
            raise TargetError(f"run {run_id} names a student {console.printable(username)!r}, which is no file name")
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
    """Print a line for each student: points, status, what failed."""
    console.output_table(
        ("student", "points", "of", "status", "what failed"),
        [
            (
                student["username"],
                console.points(student["points"]),
                console.points(student["max_points"]),
                student["status"],
                what_failed(fetched.reports[student["username"]]),
            )
            for student in fetched.run["students"]
        ],
        numbers=("points", "of"),
    )


def what_failed(report: Report) -> str:
    """Name the checks that cost a student points, and how many could not be graded, in one line."""
    lost = [check for check in report["checks"] if check["status"] in ("failed", "partial")]
    named = [console.shorten(str(check["title"]), MAX_TITLE) for check in lost[:MAX_NAMED]]
    if len(lost) > MAX_NAMED:
        named.append(f"and {len(lost) - MAX_NAMED} more")
    unknown = sum(check["status"] == "not_graded" for check in report["checks"])
    if unknown:
        named.append(f"{unknown} not graded")
    return "; ".join(named)


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
