"""Reads ``results.json`` as Gradescope does."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NoReturn

from tests.reporting.exports.importers.refusal import RefusedError

VISIBILITIES = {"hidden", "after_due_date", "after_published", "visible"}


@dataclass(frozen=True)
class Shown:
    """A submission: its score, and the names of the tests that the student sees with their points."""

    score: float
    tests: dict[str, tuple[float, float]]


def read_results(document: Any) -> Shown:
    """Read the results of one submission."""
    tests = document.get("tests", [])
    if not tests and "score" not in document:
        raise RefusedError("no score and no tests")
    for part in (document, *tests):
        if part.get("visibility", "visible") not in VISIBILITIES:
            raise RefusedError("unknown visibility")
    for test in tests:
        if test.get("status", "passed") not in ("passed", "failed"):
            raise RefusedError("unknown status")
        if not all(isinstance(test[name], int | float) for name in ("score", "max_score")):
            raise RefusedError("points are numbers")
    total = sum(test["score"] for test in tests)
    score = document.get("score", total)  # a score at the top overrides the sum
    if abs(score - total) > 0.005:
        raise RefusedError("the score and the tests do not agree")
    seen = [test for test in tests if test.get("visibility", "visible") == "visible"]
    return Shown(score, {test["name"]: (test["score"], test["max_score"]) for test in seen})


def parse(content: bytes) -> Any:
    """Parse JSON; only finite numbers are JSON."""
    return json.loads(content, parse_constant=_refuse)


def _refuse(constant: str) -> NoReturn:
    raise RefusedError(f"{constant} is not JSON")
