"""Proving a lab: its solution scores full points, and every mistake fails exactly the checks it names."""

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
from labgrader.rosters import read_roster
from labgrader.store import Keys, Store

BATCH = 6
"""Students graded in one run: each leaves half a dozen worker processes of 50 MB, which go when it is deleted."""


@dataclass(frozen=True)
class Case:
    """One student of the proof.

    Args:
        id: ``perfect``, or the id of the mistake.
        username: the student; short, because a function's name has 64 characters. All have the same length and are
            unlike any word in a lab's code, so that a record can be given another student's name.
        mistake: what goes wrong, or ``None``.
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
        problems: what should have come out otherwise; empty where the proof holds.
    """

    case: Case
    report: Mapping[str, Any]
    problems: tuple[str, ...]


def cases(pack: Pack, only: Sequence[str] = (), *, slow: bool = True) -> list[Case]:
    """Return the perfect student and one for each mistake.

    Args:
        pack: the lab.
        only: ids of mistakes; empty for all.
        slow: whether to include those that take minutes.

    Raises:
        BadInputError: there is no such mistake.
    """
    chosen = [pack.mistake(name) for name in only] or list(pack.mistakes)
    numbered = {mistake.id: f"student{number:02}" for number, mistake in enumerate(pack.mistakes, start=1)}
    some = [Case(mistake.id, numbered[mistake.id], mistake) for mistake in chosen if slow or not mistake.slow or only]
    return [Case(PERFECT, USERNAME), *some]


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
    """Build the students, grade them through the deployed workflow, and yield whether the proof holds for each.

    Args:
        target, outputs: an embedded AWS that holds none of these students, and its stack's outputs.
        lab, pack: the lab.
        wanted: the students.
        record: a folder that gets what each student was judged from, as ``ProofRecords`` keeps it, or ``None``.
        tell: is told what is being done.

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
    """Yield the differences between a report and what it must say.

    Args:
        lab: the lab, for its prerequisites.
        mistake: what the student did wrong, or ``None`` for nothing.
        report: the student's report.
    """
    fails = mistake.fails if mistake is not None else frozenset[str]()
    not_graded = mistake.not_graded if mistake is not None else frozenset[str]()
    known = {item.id for item in lab.checks}
    yield from (f"names the check {name}, which the lab does not have" for name in sorted((fails | not_graded) - known))
    for check in report["checks"]:
        status, name = check["status"], check["id"]
        if name in fails:
            if status not in ("failed", "partial"):
                yield f"{name} {_was(status)}, and should have found it"
        elif name in not_graded or prerequisites(lab, name) & not_graded:
            if status != "not_graded":
                yield f"{name} {_was(status)}, and cannot be graded"
        elif status == "skipped":
            if not fails & prerequisites(lab, name):
                yield f"{name} was skipped without one of the named checks before it"
        elif status != "passed":
            yield f"{name} {_was(status)}: {check['message']}"
    score = report["score"]
    if mistake is None and score["points"] != score["max_points"]:
        yield f"{score['points']:g} of {score['max_points']:g} points"


def prerequisites(lab: Lab, check_id: str) -> set[str]:
    """Return the prerequisites of a check, and their prerequisites."""
    found: set[str] = set()
    open_ = [check_id]
    while open_:
        new = set(lab.item(open_.pop()).requires) - found
        found |= new
        open_ += new
    return found


def _was(status: str) -> str:
    return {"not_graded": "was not graded", "skipped": "was skipped"}.get(status, status)


def _record(records: ProofRecords, lab: Lab, store: Store, run_id: str, case: Case) -> Iterator[str]:
    """Keep what a student was judged from; yield what the record, read again, says otherwise than it must."""
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
    yield from (f"the record says: {problem}" for problem in differences(lab, case.mistake, as_report(result)))
