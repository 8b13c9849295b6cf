"""A simulated class: who is in it, what each one does wrong, building it, and taking it down again."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from cli.simulation.pack import Pack, build_student, load_pack
from cli.simulation.student import Connections
from labgrader.evidence.snapshot import owns

PERFECT_SHARE = 1 / 3
"""The share of a class that makes no mistake."""

CLASSMATE = "classmate"
"""The prefix of what mistakes borrow; it is taken down with the class."""

_WORKERS = 4


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
    """Wait until every function of some students is active and its last update is done."""
    client = connections.client("lambda")
    settings = {"Delay": 1, "MaxAttempts": 60}
    for name in _functions(connections, usernames):
        client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig=settings)
        client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=settings)


def delete_class(connections: Connections, usernames: Iterable[str]) -> None:
    """Delete every function, layer and dashboard of some students, and what their mistakes borrowed.

    On the embedded AWS each function that was called keeps a process of some 50 MB until it is deleted.
    """
    names = [*usernames, CLASSMATE]
    functions, client = _functions(connections, names), connections.client("lambda")
    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        list(pool.map(lambda name: _delete(client.delete_function, FunctionName=name), functions))
    for page in client.get_paginator("list_layers").paginate():
        for layer in page["Layers"]:
            if _owned(names, layer["LayerName"]):
                _delete_layer(client, layer["LayerName"])
    cloudwatch = connections.client("cloudwatch")
    dashboards = [
        entry["DashboardName"]
        for page in cloudwatch.get_paginator("list_dashboards").paginate()
        for entry in page.get("DashboardEntries", ())
        if _owned(names, entry["DashboardName"])
    ]
    for start in range(0, len(dashboards), 100):  # DeleteDashboards takes 100 names
        cloudwatch.delete_dashboards(DashboardNames=dashboards[start : start + 100])


def delete_student(connections: Connections, username: str) -> None:
    """Delete everything of one student."""
    delete_class(connections, [username])


def _build(pack: Pack, one: Enrolled, connections: Connections) -> None:
    mistake = pack.mistake(one.mistakes[0]) if one.mistakes else None
    build_student(pack, one.username, connections, mistake)


def _functions(connections: Connections, usernames: Sequence[str]) -> list[str]:
    pages = connections.client("lambda").get_paginator("list_functions").paginate()
    return [
        function["FunctionName"]
        for page in pages
        for function in page["Functions"]
        if _owned(usernames, function["FunctionName"])
    ]


def _owned(usernames: Sequence[str], name: str) -> bool:
    return any(owns(username, name) for username in usernames)


def _delete_layer(client: Any, layer: str) -> None:
    for page in client.get_paginator("list_layer_versions").paginate(LayerName=layer):
        for version in page["LayerVersions"]:
            client.delete_layer_version(LayerName=layer, VersionNumber=version["Version"])


def _delete(call: Callable[..., Any], **parameters: str) -> None:
    """Delete something that may be gone already."""
    try:
        call(**parameters)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ResourceNotFoundException":
            raise
