"""The labs, read once: a lab file takes a tenth of a second to read, and a function has the same ones always."""

from __future__ import annotations

from functools import cache

from labgrader.api.models import Hidden
from labgrader.api.problems import bad_input
from labgrader.errors import Problem
from labgrader.lab import Lab, find_lab, lab_ids
from labgrader.messages import quote
from labgrader.reporting.hidden import hidden_field


def known_labs() -> list[Lab]:
    """Every lab there is, by id."""
    return [_read(lab_id) for lab_id in lab_ids()]


def find_known_lab(lab_id: str) -> Lab:
    """Return the lab that a request names.

    Raises:
        ProblemError: 422: there is none.
    """
    if lab_id not in lab_ids():
        raise bad_input(
            [Problem(f"there is no lab {quote(lab_id)}; the labs are: {', '.join(lab_ids())}", field="lab")]
        )
    return _read(lab_id)


def hidden_of(lab: Lab) -> Hidden:
    """What a student is told of the checks of a lab that are not shown."""
    shown = lab.for_self_check()
    field = hidden_field(shown.hidden_checks, shown.hidden_points)
    return Hidden(**field) if field else Hidden(checks=0, points=0, message=None)


@cache
def _read(lab_id: str) -> Lab:
    return find_lab(lab_id)
