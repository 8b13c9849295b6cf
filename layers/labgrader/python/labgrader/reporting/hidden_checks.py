"""The sentence about hidden checks: how many there are, and their points.

The report, the page, the API and the terminal all show this sentence.
"""

from __future__ import annotations

from labgrader.documents.report import Hidden
from labgrader.labs.points import points_text
from labgrader.reporting.formatting import counted, rounded


def hidden_field(checks: int, points: float) -> Hidden | None:
    """Return the ``hidden`` field of a report, or ``None`` without hidden checks.

    Args:
        checks: the number of hidden checks.
        points: the sum of their points.
    """
    if checks <= 0:
        return None
    return {"checks": checks, "points": rounded(points), "message": _sentence(checks, points)}


def _sentence(checks: int, points: float) -> str:
    are = "is" if checks == 1 else "are"
    if points_text(points) == "0":
        return f"{counted(checks, 'more check')}, worth no points, {are} not shown to you."
    worth = f"{points_text(points)} {'point' if points_text(points) == '1' else 'points'}"
    return (
        f"{counted(checks, 'more check')}, worth {worth}, {are} not shown to you. "
        "Full marks need more than the checks shown."
    )
