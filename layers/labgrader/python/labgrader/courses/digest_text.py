"""The digest as text: a summary, then for each lab what needs attention, and for which students."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from labgrader.documents.audit import AuditedStudent
from labgrader.documents.digest import Digest, DigestRun
from labgrader.documents.report import Difference
from labgrader.labs.points import points_text
from labgrader.messages import listed, quote
from labgrader.reporting.formatting import waiting_words

MAX_STUDENTS = 20
"""The most students that one paragraph names. The rest are counted."""

MAX_ENTRIES = 5
"""The most checks or resources that a paragraph names of one student."""

MAX_RESOURCE = 100
"""The most characters of the name of a resource. The command that stops it has the full name."""

MAX_BYTES = 250_000
"""The most bytes of a message. SNS takes 262,144 (SNS API, Publish)."""

NO_GRADE_CHANGES = "An audit changes no grades. The points below count only if a graded run finds the same."
"""Printed once, in a digest that names points."""

STOP_LATER = "the lab may need them: stop them after the last graded run"
"""Printed above resources that cost money: a check of the lab may require them."""

NEEDS_GRADED_RUN = "Some checks need an invocation. An audit makes none, and no graded run has covered them yet."
"""Printed for students without results that the audit could carry over."""

_STATUS = {"passed": "passed", "partial": "partly", "failed": "failed", "skipped": "skipped"}


def subject(digest: Digest) -> str:
    """Return the subject of the mail: ASCII, and fewer than 100 characters (SNS API, Publish)."""
    counts = digest["counts"]
    numbers = (
        (counts["failed"], "not audited"),
        (counts["drifted"], "drifted"),
        (counts["gone"], "with missing resources"),
    )
    said = [f"{number} {words}" for number, words in numbers if number]
    return f"labgrader: {digest['course']}: {', '.join(said) or 'nothing got worse'}"[:99]


def headline(digest: Digest) -> str:
    """Return the result of the audit in a few sentences. What needs attention comes first."""
    counts = digest["counts"]
    failed = [run["lab"] for run in digest["runs"] if run["status"] == "failed"]
    first = sum(run.get("first", 0) for run in digest["runs"])
    compared = sum(run["students"] for run in digest["runs"]) > first
    said = []
    if failed:
        said.append(f"{listed(failed)} could not be audited: see below.")
    worse = []
    if counts["drifted"]:
        worse.append(f"{_students(counts['drifted'])} would earn fewer points than before")
    if counts["gone"]:
        lack = "lacks" if counts["gone"] == 1 else "lack"
        worse.append(f"{_students(counts['gone'])} {lack} resources that existed before")
    if worse:
        said.append(f"{listed(worse)}.")
    if counts["incomplete"]:
        said.append(f"{_students(counts['incomplete'])} could not be graded in full.")
    if not worse and compared:
        said.append("Nothing got worse since the previous run.")
    if first:
        has = "has" if first == 1 else "have"
        said.append(f"{_students(first)} {has} no previous run to compare with.")
    if counts["mended"]:
        said.append(f"{_students(counts['mended'])} fixed something.")
    if digest["usd_per_day"]:
        said.append(f"Running resources cost about ${digest['usd_per_day']:,.2f} a day.")
    elif len(failed) < counts["labs"]:
        said.append("The audit found no resources that are billed by the hour.")
    return " ".join(said)


def digest_text(digest: Digest, options: str = "") -> str:
    """Return the digest as plain text.

    Args:
        digest: the digest.
        options: further options of the commands in it (`` --aws``).
    """
    zone = ZoneInfo(digest["time_zone"])
    at = datetime.fromisoformat(digest["started_at"]).astimezone(zone)
    lines = [
        f"{quote(digest['title'])} ({digest['course']}), audit of {_day(at)}, {at:%H:%M} ({digest['time_zone']})",
        "",
        headline(digest),
    ]
    if digest["counts"]["drifted"] or digest["counts"]["mended"]:
        lines.append(NO_GRADE_CHANGES)
    for run in digest["runs"]:
        lines += ["", *_lab(run, digest["course"], at, options)]
    text = "\n".join(lines) + "\n"
    if len(text.encode()) > MAX_BYTES:  # cut between two lines: half a command may do anything
        kept = text.encode()[:MAX_BYTES].decode("utf-8", "ignore")
        text = kept[: kept.rindex("\n")] + "\n… This message is cut here. The class reports have the rest.\n"
    return text


def _lab(run: DigestRun, course: str, at: datetime, options: str) -> Iterator[str]:
    """Yield the lines of one lab."""
    yield f"== {quote(run['title'])} ({run['lab']}){_due(run['due'], at)} =="
    if run["status"] == "failed":
        yield f"This lab was not audited: {quote(run['error'], 1000)}"
        yield f"  Try again:  labgrader audit --course {course}{options}"
        return
    graded = f"{run['incomplete']} not graded in full" if run["incomplete"] else "every check has a result"
    yield f"{_students(run['students'])}, {graded}; run {run['run_id']}"
    yield from _not_graded(run, course, options)
    yield from _paragraph("Drifted: would earn fewer points than in the previous run", run["found"], _drifted)
    yield from _paragraph("Missing since the previous run", run["found"], _gone)
    yield from _paragraph(
        f"Running and billed by the hour, about ${run['usd_per_day']:,.2f} a day ({STOP_LATER})", run["found"], _running
    )
    yield from _paragraph("Fixed", run["found"], _fixed)
    if run["more_students"]:
        more = "student has" if run["more_students"] == 1 else "students have"
        yield f"  {run['more_students']:,} more {more} findings that are not listed here."
    yield from _carried_over(run, at)
    first = next((student["username"] for student in run["found"] if student["drifted"] or student["gone"]), "")
    if first:
        yield f"  See {first}:  labgrader report {run['run_id']} --student {first} -o {first}.html{options}"
    yield f"  See the class:  labgrader report {run['run_id']} -o class.html{options}"


def _carried_over(run: DigestRun, at: datetime) -> Iterator[str]:
    """Yield a line about results that the audit carries over from graded runs. Without such results, yield nothing."""
    carried = run.get("carried_over")
    if not carried:
        return
    first, last = (
        datetime.fromisoformat(moment).astimezone(at.tzinfo) for moment in (carried["first"], carried["last"])
    )
    when = f"the graded run of {_moment(last, at)}"
    if carried["runs"] > 1:
        when = f"{carried['runs']:,} graded runs, {_moment(first, at)} to {_moment(last, at)}"
    results = f"{carried['results']:,} result{'' if carried['results'] == 1 else 's'}"
    yield (
        f"  Carried over from {when}: {results} of {_students(carried['students'])}. "
        "These checks need an invocation, and an audit makes none."
    )


def _not_graded(run: DigestRun, course: str, options: str) -> Iterator[str]:
    """Yield the reasons why students are not graded in full, each with the command to type."""
    explained = 0
    for group in run.get("not_graded", ()):
        names = group["students"]
        many = len(names) + group["more_students"]
        explained += many
        who = f"{', '.join(names)} and {group['more_students']:,} more" if group["more_students"] else listed(names)
        if group["needs_graded_run"]:
            yield f"  Not graded in full: {who}. {NEEDS_GRADED_RUN}"
            whom = "them" if many > 1 else "this student"
            roster = shlex.quote(run.get("roster") or "ROSTER")
            chosen = "" if many == run["students"] else "".join(f" --student {name}" for name in names)
            asked = f"--lab {run['lab']} --roster {roster} --course {course}{chosen}{options}"
            yield f"  Grade {whom}:  labgrader grade {asked}"
        else:
            yield f"  Not graded in full: {who}. {quote(group['reason'], 400)}"
            yield f"  See why:  labgrader report {run['run_id']} --student {names[0]} -o {names[0]}.html{options}"
    if explained < run["incomplete"]:
        others = f"{run['incomplete'] - explained:,} {'more' if explained else 'of them'}"
        yield f"  Not graded in full: {others}. Their reports say why."


def _paragraph(
    title: str, found: Sequence[AuditedStudent], say: Callable[[AuditedStudent], list[str]]
) -> Iterator[str]:
    """Yield a heading and the lines of each student who has some. If no student has any, yield nothing."""
    entries = [(student, lines) for student in found if (lines := say(student))]
    if not entries:
        return
    yield f"  {title}"
    for student, lines in entries[:MAX_STUDENTS]:
        yield f"    {student['username']}"
        yield from ("      - " + line.replace("\n", "\n        ") for line in lines)
    more = len(entries) - MAX_STUDENTS
    if more > 0:
        yield f"    and {more:,} more {'student' if more == 1 else 'students'}"


def _drifted(student: AuditedStudent) -> list[str]:
    """Return the checks that are worse than before. Skipped checks are counted: they must not hide their cause."""
    skipped = [change for change in student["drifted"] if change["to"] == "skipped"]
    named = _cut(
        _change(change, "at stake") + (f"\n{quote(change['message'])}" if change["message"] else "")
        for change in student["drifted"]
        if change["to"] != "skipped"
    )
    if not skipped:
        return named
    least = "at least " if student["not_shown"] else ""
    points = round(sum(change["points"] for change in skipped), 2)
    return [*named, f"{waiting_words(len(skipped), len(named), least)}{_points(points, 'at stake')}"]


def _fixed(student: AuditedStudent) -> list[str]:
    return _cut(_change(change, "more") for change in student["mended"])


def _gone(student: AuditedStudent) -> list[str]:
    return _cut(quote(name) for name in student["gone"])


def _running(student: AuditedStudent) -> list[str]:
    return _cut(
        f"{quote(resource['resource'], MAX_RESOURCE)}: {quote(resource['what'])}, ${resource['usd_per_day']:,.2f} a day"
        + (f"\nstop it:  {quote(resource['stop'], 600)}" if resource.get("stop") else "")
        for resource in student["running"]
    )


def _cut(entries: Iterable[str]) -> list[str]:
    whole = list(entries)
    more = len(whole) - MAX_ENTRIES
    return [*whole[:MAX_ENTRIES], f"and {more} more"] if more > 0 else whole


def _change(change: Difference, what: str) -> str:
    """Return one check with its statuses before and now, and the points of the difference."""
    statuses = f"{_STATUS[change['from']]} → {_STATUS[change['to']]}"
    return f"{quote(change['title'])}: {statuses}{_points(change['points'], what)}"


def _points(points: float, what: str) -> str:
    """Return how many points a difference is worth; empty for none."""
    return f", {points_text(points)} point{'' if points == 1 else 's'} {what}" if points else ""


def _due(due: str, at: datetime) -> str:
    """Return when a lab is due, as seen from the time of the audit; empty without a due date."""
    if not due:
        return ""
    moment = datetime.fromisoformat(due).replace(tzinfo=at.tzinfo)
    days = (moment.date() - at.date()).days
    if moment < at:
        away = "earlier today" if days == 0 else "yesterday" if days == -1 else f"{-days} days ago"
        return f", was due {away} ({due})"
    away = "today" if days == 0 else "tomorrow" if days == 1 else f"in {days} days"
    return f", due {away} ({due})"


def _moment(moment: datetime, at: datetime) -> str:
    """Return a time as text: ``21 November, 19:13``, with the year if it is another year than that of the audit."""
    day = _day(moment) if moment.year != at.year else f"{moment.day} {moment:%B}"
    return f"{day}, {moment:%H:%M}"


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def _students(number: int) -> str:
    return f"{number:,} student{'' if number == 1 else 's'}"
