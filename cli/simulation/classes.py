"""A simulated class: who is in it, what each one does wrong, and building it. ``teardown`` takes it down again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from cli.simulation.connections import Connections
from cli.simulation.pack import Pack, build_student, load_pack
from cli.simulation.teardown import event_source_mappings, function_names, table_names

PERFECT_SHARE = 1 / 3
"""The share of a class that makes no mistake."""

READY_SECONDS = 120.0
"""How long AWS may take to let Lambda read a queue; it takes some seconds."""

_WORKERS = 4

_ON_THE_WAY = frozenset({"Creating", "Enabling", "Disabling", "Updating"})


@dataclass(frozen=True)
class Enrolled:
    """One student of a simulated class, and the truth about them.

    Args:
        username: the prefix of what they build.
        mistakes: the ids of what they do wrong; nothing for a perfect student.
        fails: the ids of the checks that must find it.
    """

    username: str
    mistakes: tuple[str, ...] = ()
    fails: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the truth as JSON."""
        return {"username": self.username, "mistakes": list(self.mistakes), "fails": list(self.fails)}


def simulate_class(lab_id: str, students: int, seed: int = 0, *, slow: bool = False) -> list[Enrolled]:
    """Decide who is in a class and what each one does wrong: the same class for the same arguments.

    About a third are perfect, the others make one mistake each, all different as long as there are enough.

    Args:
        lab_id: the lab.
        students: how many; they are called ``user1``, ``user2``, and so on.
        seed: another seed, another class.
        slow: whether mistakes may be in it that take minutes to grade.
    """
    dice = random.Random(f"{lab_id}:{seed}")
    possible = [mistake for mistake in load_pack(lab_id).mistakes if slow or not mistake.slow]
    perfect = set(dice.sample(range(students), k=round(students * PERFECT_SHARE)))
    deck: list[Any] = []
    enrolled = []
    for index in range(students):
        username = f"user{index + 1}"
        if index in perfect or not possible:
            enrolled.append(Enrolled(username))
            continue
        if not deck:
            deck = dice.sample(possible, k=len(possible))
        mistake = deck.pop()
        enrolled.append(Enrolled(username, (mistake.id,), tuple(sorted(mistake.fails))))
    return enrolled


def build_class(
    lab_id: str,
    enrolled: Sequence[Enrolled],
    connections: Connections,
    built: Callable[[Enrolled], None] = lambda _: None,
) -> None:
    """Build what every student of a class has, and wait until AWS has it ready.

    Args:
        lab_id: the lab.
        enrolled: the class.
        connections: where it is built.
        built: told of each student that is done, for a progress display; called from several threads.
    """
    pack = load_pack(lab_id)

    def build(one: Enrolled) -> None:
        _build(pack, one, connections)
        built(one)

    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        list(pool.map(build, enrolled))
    wait_until_ready(connections, [one.username for one in enrolled])


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


def _build(pack: Pack, one: Enrolled, connections: Connections) -> None:
    mistake = pack.mistake(one.mistakes[0]) if one.mistakes else None
    build_student(pack, one.username, connections, mistake)
