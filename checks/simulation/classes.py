"""A simulated class: its students, their mistakes, and how to build it. ``teardown`` deletes it again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from checks.simulation.connections import Connections
from checks.simulation.mistake import Mistake
from checks.simulation.pack import build_student, load_pack
from checks.simulation.teardown import event_source_mappings, function_names, table_names

PERFECT_SHARE = 1 / 4
"""Share of the students who make no mistake."""

NOTHING_BUILT = "nothing-built"
"""Id of the mistake of a student who built nothing, in labs that have one."""

READY_SECONDS = 120.0
"""Longest time until an event source mapping is ready, in seconds. AWS usually takes a few seconds."""

_WORKERS = 4

_IN_TRANSITION = frozenset({"Creating", "Enabling", "Disabling", "Updating"})


class Kind(StrEnum):
    """Kind of a simulated student."""

    PERFECT = "perfect"
    ONE_MISTAKE = "one mistake"
    HALF_DONE = "half done"
    NOTHING_BUILT = "nothing built"
    ACCESS_DENIED = "access denied"


@dataclass(frozen=True)
class Enrolled:
    """One student of a simulated class, with the expected results.

    Args:
        username: the prefix of the student's resources.
        mistakes: the ids of the student's mistakes. Empty for a perfect student.
        fails: the ids of the checks that must find the mistakes.
        not_graded: the ids of the checks that cannot be graded. Checks that require one of them are not listed.
        kind: the kind of student. With ``ACCESS_DENIED``, the account denies access, so nothing can be graded.
    """

    username: str
    mistakes: tuple[str, ...] = ()
    fails: tuple[str, ...] = ()
    not_graded: tuple[str, ...] = ()
    kind: Kind = Kind.PERFECT

    def to_dict(self) -> dict[str, Any]:
        """Return the student as JSON."""
        return {
            "username": self.username,
            "kind": self.kind.value,
            "mistakes": list(self.mistakes),
            "fails": list(self.fails),
            "not_graded": list(self.not_graded),
        }


def simulate_class(
    lab_id: str, students: int, seed: int = 0, *, slow: bool = False, ungraded: bool = False, first: int = 1
) -> list[Enrolled]:
    """Return the students of a class and their mistakes. Equal arguments return the same class.

    A quarter of the students is perfect. With at least 3, 4 and 5 students, one student did about half of the lab, one
    built nothing, and one account denies access. Every other student makes one mistake. The mistakes differ as long as
    the lab has enough of them.

    Args:
        lab_id: the lab.
        students: the number of students.
        seed: the seed of the random choice.
        slow: whether to include mistakes that take minutes to grade.
        ungraded: whether to include students who cannot be graded in full. Only an AWS that enforces IAM can deny
            access. Without it, other students take their place.
        first: the number of the first student. The names are ``user1``, ``user2``, and so on.
    """
    dice = random.Random(f"{lab_id}:{seed}")
    pack = load_pack(lab_id)
    single = [mistake for mistake in pack.mistakes if mistake.id != NOTHING_BUILT and (slow or not mistake.slow)]
    nothing = [
        mistake for mistake in pack.mistakes if mistake.id == NOTHING_BUILT and (ungraded or not mistake.not_graded)
    ]
    special = [
        *([Kind.HALF_DONE] if pack.half_done and students >= 3 else []),
        *([Kind.NOTHING_BUILT] if nothing and students >= 4 else []),
        *([Kind.ACCESS_DENIED if ungraded else Kind.PERFECT] if students >= 5 else []),
    ]
    others = students - len(special)
    perfect = min(others, max(1, int(students * PERFECT_SHARE))) if single else others
    kinds = [*special, *[Kind.PERFECT] * perfect, *[Kind.ONE_MISTAKE] * (others - perfect)]
    dice.shuffle(kinds)
    deck: list[Mistake] = []
    enrolled = []
    for number, kind in enumerate(kinds, start=first):
        made: list[Mistake] = []
        if kind is Kind.ONE_MISTAKE:
            deck = deck or dice.sample(single, k=len(single))
            made = [deck.pop()]
        elif kind is Kind.HALF_DONE:
            made = [pack.mistake(mistake_id) for mistake_id in pack.half_done]
        elif kind is Kind.NOTHING_BUILT:
            made = nothing
        enrolled.append(enroll(f"user{number}", kind, made))
    return enrolled


def enroll(username: str, kind: Kind, mistakes: Sequence[Mistake] = ()) -> Enrolled:
    """Return a student of a kind with some mistakes."""
    return Enrolled(
        username,
        tuple(mistake.id for mistake in mistakes),
        tuple(sorted(frozenset().union(*(mistake.fails for mistake in mistakes)))),
        tuple(sorted(frozenset().union(*(mistake.not_graded for mistake in mistakes)))),
        kind,
    )


def build_class(
    lab_id: str,
    enrolled: Sequence[Enrolled],
    connections: Connections,
    built: Callable[[Enrolled], None] = lambda _: None,
) -> None:
    """Build the resources of every student of a class, and wait until they are ready.

    Nothing is built for a student with an account that denies access, because the grader cannot see it.

    Args:
        lab_id: the lab.
        enrolled: the class.
        connections: the AWS to build in.
        built: called after each student, for a progress display. Several threads call it.
    """
    pack = load_pack(lab_id)
    building = [student for student in enrolled if student.kind is not Kind.ACCESS_DENIED]

    def build(student: Enrolled) -> None:
        build_student(pack, student.username, connections, *map(pack.mistake, student.mistakes))
        built(student)

    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        list(pool.map(build, building))
    wait_until_ready(connections, [student.username for student in building])


def wait_until_ready(connections: Connections, usernames: Sequence[str]) -> None:
    """Wait until the functions, tables and event source mappings of some students are ready.

    Raises:
        WaiterError: a function or a table did not become ready in time.
        TimeoutError: an event source mapping did not become ready in time.
    """
    client = connections.client("lambda")
    settings = {"Delay": 1, "MaxAttempts": 60}
    for name in function_names(connections, usernames):
        client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig=settings)
        client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=settings)
    exists = connections.client("dynamodb").get_waiter("table_exists")
    for name in table_names(connections, usernames):
        exists.wait(TableName=name, WaiterConfig=settings)
    deadline = time.monotonic() + READY_SECONDS
    while busy := [
        mapping for mapping in event_source_mappings(connections, usernames) if mapping["State"] in _IN_TRANSITION
    ]:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{busy[0]['EventSourceArn']} is still {busy[0]['State']} for {busy[0]['FunctionArn']}")
        time.sleep(1)
