"""A folder with the results of runs: nothing in it is replaced by less."""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.errors import UsageError
from cli.output import console
from labgrader.documents.report import Report
from labgrader.labs.lab import Lab
from labgrader.messages import listed
from labgrader.reporting.exports.csv import render_csv
from labgrader.reporting.gradebook import StudentRow, build_gradebook, build_row
from labgrader.reporting.run_summary import build_run
from labgrader.rosters import Student
from labgrader.store import Keys, Store

_SAFE = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
"""Usernames that are file names."""


@dataclass(frozen=True)
class Earlier:
    """The results that a folder has.

    Args:
        run: its ``run.json``.
        reports: the report of each student, by username.
        cells: the cells of each student in ``gradebook.csv``, by username.
    """

    run: Mapping[str, Any]
    reports: Mapping[str, Report]
    cells: Mapping[str, Mapping[str, str]]

    def only_of(self, run_id: str) -> bool:
        """Return whether all results are of one run."""
        return self.run["run_id"] == run_id and all(report["run_id"] == run_id for report in self.reports.values())

    def row(self, username: str, report: Report) -> StudentRow:
        """Return the row of a student in a gradebook."""
        cells = self.cells.get(username, {})
        email = re.sub(
            r"^'(?=[=+\-@|%])", "", cells.get("email", "")
        )  # the apostrophe is of the CSV, not of the address
        row = build_row(_student(report, email), report)
        return {**row, "run_id": report["run_id"], "run_finished_at": cells.get("run_finished_at", "")}


def prepare_folder(folder: Path, lab_id: str, mode: str) -> None:
    """Create a folder, and refuse it before a run starts if it cannot have the results.

    Args:
        folder: the folder.
        lab_id, mode: the lab and the mode of the run.

    Raises:
        UsageError: the folder has results that the new ones cannot be merged with.
        OSError: no file can be written there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "reports").mkdir(exist_ok=True)
    for place in (folder, folder / "reports"):
        try:
            with tempfile.NamedTemporaryFile(dir=place):
                pass
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(place)) from None
    earlier = read_earlier(folder)
    if earlier is not None:
        _refuse_others(folder, earlier, lab_id, mode)


def read_earlier(folder: Path) -> Earlier | None:
    """Return the results that a folder has, or None if it has none.

    Raises:
        UsageError: its ``run.json`` is not of labgrader.
    """
    try:
        run = json.loads((folder / "run.json").read_bytes())
        usernames = [student["username"] for student in run["students"] if _SAFE.fullmatch(student["username"])]
        if not isinstance(run["run_id"], str) or not isinstance(run["lab"], str) or not isinstance(run["mode"], str):
            raise TypeError
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"{folder / 'run.json'} is not a run of labgrader: use another --out") from None
    reports: dict[str, Report] = {}
    for username in usernames:
        file = folder / "reports" / f"{username}.json"
        if file.is_file():
            reports[username] = json.loads(file.read_bytes())
    book = folder / "gradebook.csv"
    text = book.read_text("utf-8-sig") if book.is_file() else ""
    cells = {row["username"]: row for row in csv.DictReader(io.StringIO(text)) if row.get("username")}
    return Earlier(run, reports, cells)


def _refuse_others(folder: Path, earlier: Earlier, lab_id: str, mode: str, run_id: str = "") -> None:
    """Refuse results of another lab or mode, and of another audit."""
    found = earlier.run
    if run_id and found["run_id"] == run_id and earlier.only_of(run_id):
        return
    if found["lab"] != lab_id:
        raise UsageError(f"{folder} has results of the lab {found['lab']}, not of {lab_id}: use another --out")
    if found["mode"] != mode:
        raise UsageError(f"{folder} has results of a run in mode {found['mode']}, not {mode}: use another --out")
    if mode != "grade":
        raise UsageError(f"{folder} has the results of run {found['run_id']}: use another --out")


def forget_demo(folder: Path) -> None:
    """Delete the results of an earlier demo from a folder: its class does not exist any more.

    A folder without ``truth.json`` and ``roster.csv`` has no demo, and stays as it is.
    """
    demo = [folder / name for name in ("truth.json", "roster.csv")]
    earlier = read_earlier(folder) if all(file.is_file() for file in demo) else None
    if earlier is None:
        return
    reports = [
        folder / "reports" / f"{username}{suffix}" for username in earlier.reports for suffix in (".json", ".html")
    ]
    for file in (*reports, *(folder / name for name in ("gradebook.csv", "class.html", "run.json")), *demo):
        file.unlink(missing_ok=True)


def merge_results(store: Store, run: Mapping[str, Any], folder: Path) -> bool:
    """Write the results of a run into a folder with results of other runs, if it has such results.

    Each student has the newest graded result: a result that is not fully graded replaces no graded one.

    Args:
        store: the store of the stack.
        run: the ``run.json`` of the run.
        folder: the folder.

    Returns:
        Whether the folder keeps results of other runs. If not, nothing is written.

    Raises:
        UsageError: the folder has results that these cannot be merged with.
    """
    earlier = read_earlier(folder)
    run_id = run["run_id"]
    if earlier is None or earlier.only_of(run_id):
        return False
    _refuse_others(folder, earlier, run["lab"], run["mode"], run_id)
    keys = Keys(run_id)
    usernames = [student["username"] for student in run["students"]]
    stored = store.get_all_json([keys.report(username) for username in usernames])
    reports = {username: stored[keys.report(username)] for username in usernames}
    taken = [
        username
        for username, report in reports.items()
        if username not in earlier.reports or _rank(report) >= _rank(earlier.reports[username])
    ]
    if not earlier.reports.keys() - set(taken):
        return False  # all results are of this run
    (folder / "reports").mkdir(exist_ok=True)
    for username in taken:
        for suffix in (".json", ".html"):
            (folder / "reports" / f"{username}{suffix}").write_bytes(store.get(keys.report(username, suffix)))
    merged = {**earlier.reports, **{username: reports[username] for username in taken}}
    _write(folder, earlier, run, store.lab(run_id), merged, store.students(run_id))
    _say(folder, run_id, merged, [username for username in usernames if username not in taken])
    return True


def _rank(report: Report) -> tuple[bool, str]:
    """Return what decides between two results: whether it is graded, and when."""
    return report["status"] == "complete", report["graded_at"]


def _write(
    folder: Path,
    earlier: Earlier,
    run: Mapping[str, Any],
    lab: Lab,
    reports: Mapping[str, Report],
    students: Sequence[Student],
) -> None:
    """Write the gradebook, the class page and ``run.json`` of results of several runs."""
    emails = {student.username: student.email for student in students}
    rows: list[StudentRow] = []
    for username, report in reports.items():
        if report["run_id"] == run["run_id"] and username in emails:
            row = build_row(_student(report, emails[username]), report)
            rows.append({**row, "run_id": run["run_id"], "run_finished_at": run["finished_at"]})
        else:
            rows.append(earlier.row(username, report))
    incomplete = any(report["status"] == "incomplete" for report in reports.values())
    newest = max(run, earlier.run, key=lambda candidate: str(candidate["started_at"]))
    merged = build_run(
        run_id=newest["run_id"],
        lab=lab,
        mode=run["mode"],
        status="incomplete" if incomplete else "complete",
        started_at=newest["started_at"],
        finished_at=newest["finished_at"],
        reports=[
            (_student(report), report, Keys(report["run_id"]).report(username)) for username, report in reports.items()
        ],
    )
    merged["runs"] = [{"run_id": run_id, "students": count} for run_id, count in sorted(_counts(reports).items())]
    from labgrader.reporting.html import render_class  # Jinja2: most commands draw no page

    gradebook = build_gradebook(run["run_id"], lab, rows, mode=run["mode"], finished_at=run["finished_at"])
    (folder / "gradebook.csv").write_bytes(render_csv(gradebook))
    (folder / "class.html").write_bytes(render_class(merged, list(reports.values()), lab).encode())
    (folder / "run.json").write_text(json.dumps(merged, indent=1) + "\n")


def _student(report: Report, email: str = "") -> Student:
    """Return the student of a report."""
    student = report["student"]
    return Student(student["username"], student["student_id"], student["name"], email, student["section"])


def _counts(reports: Mapping[str, Report]) -> Counter[str]:
    return Counter(report["run_id"] for report in reports.values())


def _say(folder: Path, run_id: str, reports: Mapping[str, Report], kept: Sequence[str]) -> None:
    """Say which runs the results of a folder are of."""
    counts = sorted(_counts(reports).items())
    parts = ", ".join(f"{count} of run {name}" for name, count in counts)
    console.error(f"{folder} has the newest graded result of each student: {parts}")
    if kept:
        console.error(
            f"{folder} keeps its results of {listed(kept)}: those of run {run_id} are older or not fully graded"
        )
