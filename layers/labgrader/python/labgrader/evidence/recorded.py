"""Read the recorded answers of a snapshot: every answer to an action, with its arguments."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from labgrader.evidence.coerce import mapping, sequence, text
from labgrader.evidence.question import Answers, Json


class Recorded:
    """The answers of a snapshot by action, without refused ones.

    Args:
        answers: the answers of the snapshot.
    """

    def __init__(self, answers: Answers) -> None:
        self._by_action: dict[str, list[tuple[Mapping[str, Json], Json]]] = {}
        for key, answer in answers.to_dict().items():
            if "error" not in answer:
                action, _, arguments = key.partition(" ")
                asked = json.loads(arguments) if arguments else {}
                self._by_action.setdefault(action, []).append((asked, answer["value"]))

    def __getitem__(self, action: str) -> Iterator[tuple[Mapping[str, Json], Json]]:
        """Yield the arguments and the answer of each question of an action; ``None`` if the resource was missing."""
        yield from self._by_action.get(action, ())

    def api_names(self) -> dict[str, str]:
        """Return the names of the student's REST APIs by id."""
        return {
            text(mapping(api).get("id")): text(name)
            for _, value in self["apigateway:GetRestApis"]
            for name, apis in mapping(value).items()
            for api in sequence(apis)
        }
