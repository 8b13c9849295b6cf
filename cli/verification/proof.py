"""Prove a lab: its solution scores full points, and each mistake fails exactly the checks that it names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checks.simulation.classes import wait_until_ready
from checks.simulation.connections import Connections
from checks.simulation.mistake import Mistake
from checks.simulation.pack import Pack, build_student
from checks.simulation.teardown import delete_class
from cli.class_run import follow, start_run
from cli.target import Target, reached
from cli.verification.record import PERFECT, USERNAME, ProofRecords, as_report, judged
from labgrader.labs.lab import Lab
from labgrader.labs.points import points_text
from labgrader.rosters.reader import read_roster
from labgrader.store import Keys, Store

BATCH = 6
"""Students in one run. Each has about six worker processes of 50 MB, which end when the student is deleted."""


@dataclass(frozen=True)
class Case:
    """One student of the proof.

    Args:
        id: ``perfect``, or the id of the mistake.
        username: the student. It is short, because the name of a function has at most 64 characters. All usernames have
            the same length and are unlike any word in a lab's code, so that a record can replace them.
        mistake: the mistake of the student, or ``None``.
    """

    id: str
    username: str
    mistake: Mistake | None = None


@dataclass(frozen=True)
class Outcome:
    """The result of grading a case.

    Args:
        case: the student.
        report: the student's report.
        problems: a sentence for each wrong result; empty if the proof holds.
    """

    case: Case
    report: Mapping[str, Any]
    problems: tuple[str, ...]


def cases(pack: Pack, only: Sequence[str] = (), *, slow: bool = True) -> list[Case]:
    """Return the perfect student and one student for each mistake.

    Args:
        pack: the lab.
        only: ids of mistakes; empty for all.
        slow: whether to include mistakes that take minutes.

    Raises:
        BadInputError: a mistake does not exist.
    """
    chosen = [pack.mistake(name) for name in only] or list(pack.mistakes)
    numbered = {mistake.id: f"student{number:02}" for number, mistake in enumerate(pack.mistakes, start=1)}
    mistaken = [
        Case(mistake.id, numbered[mistake.id], mistake) for mistake in chosen if slow or not mistake.slow or only
    ]
    return [Case(PERFECT, USERNAME), *mistaken]


def prove(
    target: Target,
    outputs: dict[str, str],
    lab: Lab,
    pack: Pack,
    wanted: Sequence[Case],
    *,
    record: Path | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[Outcome]:
    """Build the students, grade them with the deployed workflow, and yield the result of each.

    Args:
        target: an embedded AWS without these students.
        outputs: the outputs of its stack.
        lab, pack: the lab.
        wanted: the students.
        record: a folder for the records of the proof (``ProofRecords``), or ``None``.
        tell: prints a line of progress.

    Raises:
        TargetError: the embedded AWS failed.
    """
    connections = Connections(target.client, target.account_id, target.region)
    store = target.store(outputs)
    records = ProofRecords(record, lab) if record is not None else None
    for start in range(0, len(wanted), BATCH):
        batch = wanted[start : start + BATCH]
        tell(f"building and grading {start + 1} to {start + len(batch)} of {len(wanted)}")
        with reached():
            for case in batch:
                build_student(pack, case.username, connections, case.mistake)
            wait_until_ready(connections, [case.username for case in batch])
        roster = "\n".join(["username", *(case.username for case in batch), ""]).encode()
        listed = read_roster(roster, "roster.csv")
        run = start_run(target, outputs, lab_id=lab.id, roster=roster, suffix=".csv", listed=listed)
        follow(target, outputs, run, lambda _: None)
        for case in batch:
            report = store.get_json(Keys(run.run_id).report(case.username))
            problems = list(differences(lab, case.mistake, report))
            if records is not None:
                problems += _record(records, lab, store, run.run_id, case)
            yield Outcome(case, report, tuple(problems))
        with reached():
            delete_class(connections, [case.username for case in batch])


def differences(lab: Lab, mistake: Mistake | None, report: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each wrong result in a report.

    Args:
        lab: the lab, for the prerequisites of its checks.
        mistake: the mistake of the student, or ``None``.
        report: the student's report.
    """
    fails = mistake.fails if mistake is not None else frozenset[str]()
    not_graded = mistake.not_graded if mistake is not None else frozenset[str]()
    known = {item.id for item in lab.checks}
    yield from (
        f"the mistake names the check {name}, which the lab does not have"
        for name in sorted((fails | not_graded) - known)
    )
    for check in report["checks"]:
        status, name = check["status"], check["id"]
        if name in fails:
            if status not in ("failed", "partial"):
                yield f"{name} {_was(status)}, but it must fail"
        elif name in not_graded or prerequisites(lab, name) & not_graded:
            if status != "not_graded":
                yield f"{name} {_was(status)}, but it must not be graded"
        elif status == "skipped":
            if not fails & prerequisites(lab, name):
                yield f"{name} was skipped, but the mistake names none of its prerequisites"
        elif status != "passed":
            yield f"{name} {_was(status)}, but it must pass: {check['message']}"
    score = report["score"]
    if mistake is None and score["points"] != score["max_points"]:
        points, most = points_text(score["points"]), points_text(score["max_points"])
        yield f"the solution scored {points} of {most} points"


def prerequisites(lab: Lab, check_id: str) -> set[str]:
    """Return the ids of the prerequisites of a check, and of their prerequisites."""
    found: set[str] = set()
    to_visit = [check_id]
    while to_visit:
        new = set(lab.item(to_visit.pop()).requires) - found
        found |= new
        to_visit += new
    return found


def _was(status: str) -> str:
    return {"not_graded": "was not graded", "skipped": "was skipped"}.get(status, status)


def _record(records: ProofRecords, lab: Lab, store: Store, run_id: str, case: Case) -> Iterator[str]:
    """Record the data from which a student was judged. Judge the record, and yield a sentence for each wrong result."""
    keys = Keys(run_id)
    prefix = keys.evidence(case.username)
    evidence = store.get_all_json(store.keys(prefix))
    records.write(
        {
            "case": case.id,
            "fails": sorted(case.mistake.fails) if case.mistake else [],
            "username": case.username,
            "snapshot": store.get_json(keys.snapshot(case.username)),
            "evidence": {
                key.removeprefix(prefix).removesuffix(".json"): value
                for key, value in sorted(evidence.items())
                if value["answers"]  # the other checks were judged from the snapshot
            },
        }
    )
    _, result = judged(lab, records.read(case.id))
    yield from (f"in the record, {problem}" for problem in differences(lab, case.mistake, as_report(result)))
