"""What a student is told about checks that are not shown: that they exist, and what they hold. Said here and nowhere
else, for the report, the page, the API and the terminal."""

from __future__ import annotations

from labgrader.documents.report import Hidden
from labgrader.labs.points import points_text
from labgrader.reporting.formatting import counted, rounded


def hidden_field(checks: int, points: float) -> Hidden | None:
    """Return the ``hidden`` field of a report, or ``None`` where nothing is hidden and nothing is said.

    Args:
        checks: how many checks of the lab are not shown.
        points: what they are worth together.
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
        f"{counted(checks, 'more check')}, worth {worth}, {are} not shown to you: "
        "passing all of these is not yet full marks."
    )
