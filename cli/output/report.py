"""Print a student's report: the score, every check, and the commands that fix what failed."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from cli.output import console
from labgrader.documents.report import Advice, Previous, Report, ReportCheck
from labgrader.reporting.formatting import SYMBOLS, WORDS, counted
from labgrader.reporting.tasks import by_task
from labgrader.reporting.what_to_fix import ToFix, what_to_fix

COLORS = {"passed": "green", "partial": "yellow", "failed": "red", "skipped": "bright_black", "not_graded": "magenta"}
"""The color of each status. It stands beside a symbol, so the report is complete without colors."""

NOTHING_HIDDEN: Mapping[str, Any] = {"checks": 0, "points": 0}
"""The hidden checks of a lab that hides none."""

_INDENT = "   "

MAX_LINE = 110
"""The maximum length, in characters, of an advice on one line."""


def give_report(
    report: Report, hidden: Mapping[str, Any] | None = None, *, all_advice: bool = False, more: str = ""
) -> None:
    """Print a report to standard output: in color on a terminal, in plain lines elsewhere.

    Args:
        report: the report. A student's copy for a student.
        hidden: the hidden checks of the lab: ``checks``, ``points`` and ``message``. By default, as the report says.
        all_advice: whether advice is shown in full, with what to type; otherwise each is one line.
        more: the command that shows advice in full.
    """
    page = _Page()
    score, checks = report["score"], report["checks"]
    page.line((f"{report['lab']['title']}: ", "bold"), (_of(score["points"], score["max_points"]), "bold"))
    if report["status"] != "complete":
        page.line((_open(score["open_points"]), COLORS["not_graded"]))
    if report.get("nothing_found"):
        page.line((_nothing_found(report), COLORS["failed"]))
    _give_checks(page, checks)
    _give_to_fix(page, what_to_fix(checks))
    _give_open(page, [check for check in checks if check["status"] == "not_graded"])
    _give_advice(page, report.get("advice", ()), more="" if all_advice else more)
    _give_changes(page, report.get("previous"), {check["id"]: check["title"] for check in checks})
    page.line()
    left_out = hidden or report.get("hidden") or NOTHING_HIDDEN
    page.line((hidden_sentence(left_out), "bold" if left_out["checks"] else ""))


def hidden_sentence(hidden: Mapping[str, Any]) -> str:
    """Return a sentence about the checks that a self-check does not show."""
    if not hidden["checks"]:
        return "You see the whole lab: it has no hidden checks."
    if hidden.get("message"):
        return str(hidden["message"])
    more = f"{counted(hidden['checks'], 'more check')} worth {_points(hidden['points'])}"
    return f"This lab has {more} that only your instructor sees. The points here are not the whole grade."


class _Page:
    """Prints lines. Text from students or AWS is never read as markup, and stays on its line."""

    def __init__(self) -> None:
        self._console = Console(file=sys.stdout, highlight=False, soft_wrap=True)  # a command is never broken in two

    def line(self, *parts: tuple[str, str]) -> None:
        """Print one line of styled parts."""
        self._console.print(Text.assemble(*((console.printable(text), style) for text, style in parts)))

    def lines(self, text: str, style: str = "", indent: str = _INDENT) -> None:
        """Print a text of several lines."""
        for text_line in str(text).splitlines():
            self.line((indent, ""), (text_line, style))

    def heading(self, text: str) -> None:
        """Print a heading with an empty line above it."""
        self.line()
        self.line((text, "bold underline"))


def _give_checks(page: _Page, checks: Sequence[ReportCheck]) -> None:
    for task, members in by_task(checks):
        page.heading(task)
        _give_task(page, members)


def _give_task(page: _Page, checks: Sequence[ReportCheck]) -> None:
    for check in checks:
        status = check["status"]
        points = "open" if status == "not_graded" else console.points(check["points"])
        page.line(
            (f" {SYMBOLS[status]} ", COLORS[status]),
            (f"{WORDS[status]:<10} ", COLORS[status]),
            (f"{points:>5} / {console.points(check['max_points']):<5} ", ""),
            (check["title"], "bright_black" if status == "skipped" else ""),
        )
        if status == "skipped":
            page.lines(check["message"], "bright_black", " " * 15)


def _give_to_fix(page: _Page, fixes: Sequence[ToFix]) -> None:
    if fixes:
        page.heading("What to fix")
    for number, fix in enumerate(fixes, start=1):
        check = fix.check
        page.line((f"{number}. ", "bold"), (check["title"], "bold"), (f" ({fix.words})", COLORS[check["status"]]))
        page.lines(check["message"])
        for name in ("expected", "observed"):
            if check.get(name) and not _says(check["message"], check[name]):
                page.line((f"{_INDENT}{name}: ", "bright_black"), (check[name], ""))
        _give_next(page, check["hint"])


def _give_open(page: _Page, checks: Sequence[ReportCheck]) -> None:
    if checks:
        page.heading("Not graded, and not your fault")
    for check in checks:
        page.line((f" {SYMBOLS['not_graded']} ", COLORS["not_graded"]), (check["title"], ""))
        page.lines(check["message"])


def _give_advice(page: _Page, advice: Sequence[Advice], more: str) -> None:
    """Print advice in full, or one line of each if a command shows it in full. Advice costs no points."""
    if not advice:
        return
    page.heading("Worth knowing: no points depend on it")
    for advised in advice:
        title = advised.get("title", "")
        if more:
            page.line((" • ", ""), (_line(f"{title}: {advised['message']}" if title else advised["message"]), ""))
            continue
        page.line((" • ", ""), *([(f"{title}: ", "bold")] if title else []), (advised["message"], ""))
        _give_next(page, advised["hint"])
    if more:
        page.line((f"{_INDENT}all advice, with the commands:  ", "bright_black"), (more, "cyan"))


def _line(text: str) -> str:
    """Return a text on one line of at most ``MAX_LINE`` characters."""
    return console.shorten(" ".join(text.split()), MAX_LINE)


def _says(message: str, other: str) -> bool:
    """Return whether a message already contains a text."""
    return " ".join(str(other).split()).rstrip(".") in " ".join(str(message).split())


def _give_changes(page: _Page, previous: Previous | None, titles: Mapping[str, str]) -> None:
    changes = previous["changes"] if previous else ()
    if changes:
        page.heading("Since the last time")
    for change in changes:
        was, now = change["from"], change["to"]
        page.line(
            (f" {titles.get(change['check'], change['check'])}: ", ""),
            (WORDS[was].lower(), COLORS[was]),
            (" → ", ""),
            (WORDS[now].lower(), COLORS[now]),
        )


def _give_next(page: _Page, hint: str) -> None:
    if hint:
        page.line((f"{_INDENT}type next:", "bright_black"))
        page.lines(hint, "cyan", _INDENT * 2)


def _of(points: float, most: float) -> str:
    return f"{console.points(points)} of {_points(most)}"


def _nothing_found(report: Report) -> str:
    return (
        f"There is nothing at all in account {report['account_id']}, Region {report['region']}. "
        f"No resource there has a name that begins with {report['student']['username']}-. "
        "Check the account, the Region and the username."
    )


def _open(points: float) -> str:
    what = "1 point is" if points == 1 else f"{console.points(points)} points are"
    return f"{what} open, and not lost: labgrader could not grade these checks. That is not your fault."


def _points(points: float) -> str:
    return f"{console.points(points)} {'point' if points == 1 else 'points'}"
