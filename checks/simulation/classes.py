"""A simulated class: who is in it, what each one does wrong, and building it. ``teardown`` takes it down again."""

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
"""The share of a class that makes no mistake."""

NOTHING_BUILT = "nothing-built"
"""The mistake of a student who did not begin, in every lab that has one."""

READY_SECONDS = 120.0
"""How long AWS may take to let Lambda read a queue; it takes some seconds."""

_WORKERS = 4

_ON_THE_WAY = frozenset({"Creating", "Enabling", "Disabling", "Updating"})


class Kind(StrEnum):
    """What kind of student somebody in a simulated class is."""

    PERFECT = "perfect"
    ONE_MISTAKE = "one mistake"
    HALF_DONE = "half done"
    NOTHING_BUILT = "nothing built"
    ACCESS_DENIED = "access denied"


@dataclass(frozen=True)
class Enrolled:
    """One student of a simulated class, and the truth about them.

    Args:
        username: the prefix of what they build.
        mistakes: the ids of what they do wrong; nothing for a perfect student.
        fails: the ids of the checks that must find it.
        not_graded: the ids of the checks that cannot be graded, besides those that require one of them.
        kind: what kind of student it is. The account of one with ``ACCESS_DENIED`` refuses labgrader, so that nothing
            about them can be graded.
    """

    username: str
    mistakes: tuple[str, ...] = ()
    fails: tuple[str, ...] = ()
    not_graded: tuple[str, ...] = ()
    kind: Kind = Kind.PERFECT

    def to_dict(self) -> dict[str, Any]:
        """Return the truth as JSON."""
        return {
            "username": self.username,
            "kind": self.kind.value,
            "mistakes": list(self.mistakes),
            "fails": list(self.fails),
            "not_graded": list(self.not_graded),
        }


def simulate_class(
    lab_id: str, students: int, seed: int = 0, *, slow: bool = False, ungraded: bool = False
) -> list[Enrolled]:
    """Decide who is in a class and what each one does wrong: the same class for the same arguments.

    A quarter is perfect. From 3, 4 and 5 students on, one did about half of the lab, one built nothing, and the account
    of one denies access. All others make one mistake each, all different as long as there are enough.

    Args:
        lab_id: the lab.
        students: how many; they are called ``user1``, ``user2``, and so on.
        seed: another seed, another class.
        slow: whether mistakes may be in it that take minutes to grade.
        ungraded: whether students may be in it who cannot be graded in full; only an AWS that enforces IAM can deny
            access. Otherwise their places are taken by students who can be.
    """
    dice = random.Random(f"{lab_id}:{seed}")
    pack = load_pack(lab_id)
    single = [one for one in pack.mistakes if one.id != NOTHING_BUILT and (slow or not one.slow)]
    nothing = [one for one in pack.mistakes if one.id == NOTHING_BUILT and (ungraded or not one.not_graded)]
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
    for number, kind in enumerate(kinds, start=1):
        made: list[Mistake] = []
        if kind is Kind.ONE_MISTAKE:
            deck = deck or dice.sample(single, k=len(single))
            made = [deck.pop()]
        elif kind is Kind.HALF_DONE:
            made = [pack.mistake(one) for one in pack.half_done]
        elif kind is Kind.NOTHING_BUILT:
            made = nothing
        enrolled.append(enroll(f"user{number}", kind, made))
    return enrolled


def enroll(username: str, kind: Kind, mistakes: Sequence[Mistake] = ()) -> Enrolled:
    """Return a student of a kind who makes some mistakes."""
    return Enrolled(
        username,
        tuple(one.id for one in mistakes),
        tuple(sorted(frozenset().union(*(one.fails for one in mistakes)))),
        tuple(sorted(frozenset().union(*(one.not_graded for one in mistakes)))),
        kind,
    )


def build_class(
    lab_id: str,
    enrolled: Sequence[Enrolled],
    connections: Connections,
    built: Callable[[Enrolled], None] = lambda _: None,
) -> None:
    """Build what every student of a class has, and wait until AWS has it ready.

    Nothing is built for a student whose account denies access: nobody can see into it.

    Args:
        lab_id: the lab.
        enrolled: the class.
        connections: where it is built.
        built: told of each student that is done, for a progress display; called from several threads.
    """
    pack = load_pack(lab_id)
    building = [one for one in enrolled if one.kind is not Kind.ACCESS_DENIED]

    def build(one: Enrolled) -> None:
        build_student(pack, one.username, connections, *map(pack.mistake, one.mistakes))
        built(one)

    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        list(pool.map(build, building))
    wait_until_ready(connections, [one.username for one in building])


def wait_until_ready(connections: Connections, usernames: Sequence[str]) -> None:
    """Wait until every function of some students is active and its last update is done, and their tables and queues
    can be used.

    Raises:
        WaiterError: a function or a table does not become so.
        TimeoutError: Lambda does not come to read a queue.
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
    while busy := [one for one in event_source_mappings(connections, usernames) if one["State"] in _ON_THE_WAY]:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{busy[0]['EventSourceArn']} is still {busy[0]['State']} for {busy[0]['FunctionArn']}")
        time.sleep(1)
