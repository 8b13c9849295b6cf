"""`simulate`: a class of students, good and bad, on the embedded AWS."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from checks.simulation import denied_account
from checks.simulation.classes import Enrolled, Kind, build_class, simulate_class
from checks.simulation.connections import Connections
from checks.simulation.teardown import delete_class
from cli.command_line import HelpGroup
from cli.embedded_aws.simulated_classes import place_class, remember_class, simulated_classes
from cli.errors import UsageError
from cli.options import Labs, use_labs
from cli.output import console
from cli.target import Target, embedded_account, embedded_target, reached, running_embedded
from labgrader.labs.lab import find_lab

MAX_SIMULATED = 500
"""The maximum number of students in a simulated class: grading takes about 300 MB for each."""


POSITION = 50
"""Where these commands stand within their groups of `labgrader --help`."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        rich_help_panel=HelpGroup.GET_STARTED,
        epilog="Example: labgrader simulate --lab lambda-optimization --students 12 --truth truth.json > class.csv",
    )(simulate)


def simulate(
    lab: Annotated[str, typer.Option("--lab", metavar="ID", help="The lab, as `labgrader labs` lists it.")],
    students: Annotated[int, typer.Option("--students", metavar="N", help="The number of students.")],
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="Another seed makes other mistakes.")] = 0,
    truth: Annotated[
        Path | None,
        typer.Option("--truth", metavar="FILE", help="Write the mistakes of each student to this file, as JSON."),
    ] = None,
    labs: Labs = None,
) -> None:
    """Build a class of students, good and bad, on the embedded AWS. Print the class list as CSV.

    A quarter of the students is perfect. Most others make one mistake, one did half of the lab, and one built nothing.
    After `labgrader up --enforce-iam`, the account of one student denies access, so that nothing can be graded.

    Each lab has a class of its own. A second class of the same lab replaces the first. The class of another lab gets
    other usernames, and the earlier classes stay. Everything with a name that begins with a new username (user1-) is
    deleted first.
    """
    use_labs(labs)
    found = find_lab(lab)
    check_size(students)
    running = running_embedded()
    target = embedded_target(running)
    console.info(str(target))
    work = Path(running.work)
    classes = simulated_classes(work)
    members = place_class(classes, found.id, students)
    enrolled = simulate_class(found.id, students, seed, ungraded=target.enforces_iam, first=members.first)
    others = sorted(set(classes) - {found.id})
    if others:
        console.info(f"the simulated students of {', '.join(others)} stay; these begin with {members.usernames[0]}")
    replaced = classes[found.id].usernames if found.id in classes else []
    remember_class(work, found.id, members)
    build(target, found.id, enrolled, console.info, replaced=replaced, alone=not others)
    if truth is not None:
        write_truth(truth, found.id, seed, enrolled)
        console.info(f"the mistakes of each student: {truth}")
    console.output(roster(enrolled, members.first).rstrip("\n"))


def check_size(students: int) -> None:
    """Check the size of a class.

    Raises:
        UsageError: there are no students, or too many for one machine.
    """
    if not 1 <= students <= MAX_SIMULATED:
        raise UsageError(f"a simulated class has 1 to {MAX_SIMULATED} students, not {students}")


def build(
    target: Target,
    lab_id: str,
    enrolled: Sequence[Enrolled],
    tell: Callable[[str], None],
    *,
    replaced: Sequence[str] = (),
    alone: bool = True,
) -> None:
    """Build a class, and replace students of the same names.

    Args:
        target: an embedded AWS.
        lab_id: the lab.
        enrolled: the class.
        tell: prints what is being done.
        replaced: the usernames of the class that this one replaces.
        alone: whether no class of another lab is there.

    Raises:
        TargetError: the embedded AWS refused.
    """
    tell(f"building {len(enrolled)} student{'' if len(enrolled) == 1 else 's'}: {composition(enrolled)}")
    connections = Connections(target.client, target.account_id, target.region)
    with reached():
        usernames = [*replaced, *(student.username for student in enrolled)]
        delete_class(connections, list(dict.fromkeys(usernames)), last=alone)
        build_class(lab_id, enrolled, connections)
        if any(student.kind is Kind.ACCESS_DENIED for student in enrolled):
            other = embedded_account(target, denied_account.ACCOUNT_ID)
            denied_account.build(Connections(other.client, other.account_id, other.region), target.account_id)


def composition(enrolled: Sequence[Enrolled]) -> str:
    """Return how many students of each kind are in a class: ``2 perfect, 1 half done (4 mistakes)``."""
    counted = Counter(student.kind for student in enrolled)
    words = {Kind.ONE_MISTAKE: "with one mistake", Kind.ACCESS_DENIED: "with an account that denies access"}
    several = [len(student.mistakes) for student in enrolled if student.kind is Kind.HALF_DONE]
    if several:
        words[Kind.HALF_DONE] = f"{Kind.HALF_DONE.value} ({several[0]} mistakes{'' if len(several) == 1 else ' each'})"
    return ", ".join(f"{counted[kind]} {words.get(kind, kind.value)}" for kind in Kind if counted[kind])


def roster(enrolled: Sequence[Enrolled], first: int = 1) -> str:
    """Return a class as a roster in CSV. It has columns for a role only if a student has another account.

    Args:
        enrolled: the class.
        first: the number of the first student.
    """
    denied = {"role_arn": denied_account.ROLE_ARN, "external_id": denied_account.ROSTER_EXTERNAL_ID}
    has_denied = any(student.kind is Kind.ACCESS_DENIED for student in enrolled)
    text = io.StringIO()
    columns = ["student_id", "username", "name", *(denied if has_denied else ())]
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    for number, student in enumerate(enrolled, start=first):
        role = denied if student.kind is Kind.ACCESS_DENIED else {}
        writer.writerow(
            {"student_id": f"s-{number:03}", "username": student.username, "name": f"Student {number}", **role}
        )
    return text.getvalue()


def write_truth(file: Path, lab_id: str, seed: int, enrolled: Sequence[Enrolled]) -> None:
    """Write the mistakes of each student of a class, and the checks that must find them."""
    file.parent.mkdir(parents=True, exist_ok=True)
    document = {"lab": lab_id, "seed": seed, "students": [student.to_dict() for student in enrolled]}
    file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
