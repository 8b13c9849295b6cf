"""What the headings of a platform's file say: which columns identify a student, and which cannot have grades."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from labgrader.rosters.headings import GROUPS, fold


class Kind(Enum):
    """The kind of a column."""

    ID = "id"
    LOGIN = "login"
    EMAIL = "e-mail"
    NAME = "name"
    OTHER = "other"
    """Something that is known and no grade: a section, a status."""


IDENTITY = frozenset({Kind.ID, Kind.LOGIN, Kind.EMAIL})
"""The kinds of columns that identify a student."""


_GROUPS: Mapping[str, tuple[Kind, ...]] = {
    **dict.fromkeys(("student_id", "sis_user_id", "id", "org_defined_id"), (Kind.ID,)),
    **dict.fromkeys(("login", "sis_login_id", "login_alone", "github_username", "username"), (Kind.LOGIN,)),
    **dict.fromkeys(("email",), (Kind.EMAIL,)),
    **dict.fromkeys(("roster_identifier", "identifier"), (Kind.ID, Kind.EMAIL)),
    **dict.fromkeys(("first_name", "middle_name", "last_name", "full_name", "student"), (Kind.NAME,)),
    **dict.fromkeys(
        (
            "section", "end_of_line", "last_access", "availability", "total_lateness", "registration_status", "notify",
            "units", "program_and_plan", "grade_basis", "account_id", "region", "role_arn", "external_id",
        ),
        (Kind.OTHER,),
    ),
}  # fmt: skip
"""The kinds of columns by the groups of headings that class lists have."""

_OTHER = (
    "Team", "Marker", "Integration ID", "Root Account", "github_id", "Last downloaded from this course", "Notes",
    "Comments", "Feedback", "Feedback comments", "Grading Notes", "Notes Format", "Feedback to Learner",
    "Feedback Format", "Institution", "Department", "Course total (Real)",
)  # fmt: skip
"""Headings of gradebooks that are no grades."""

_KINDS: Mapping[str, tuple[Kind, ...]] = {
    **{fold(heading): (Kind.OTHER,) for heading in _OTHER},
    **{heading: kinds for group, kinds in reversed(list(_GROUPS.items())) for heading in GROUPS[group]},
}

MOODLE_GRADE = GROUPS["grade"]
"""The column of a Moodle worksheet with the grades."""

MOODLE_MAXIMUM = frozenset(
    map(fold, ("Maximum Grade", "Bestwertung", "Höchste Bewertung", "Note maximale", "Calificación máxima"))
)
"""The column of a Moodle worksheet with the maximum. It marks such a worksheet, with a grade column."""

MOODLE_LOCK = frozenset(
    map(
        fold,
        (
            "Grade can be changed",
            "Bewertung kann geändert werden",
            "La note peut être modifiée",
            "La note peut être changée",
            "La calificación puede ser cambiada",
            "Puede cambiarse la calificación",
            "La calificación puede cambiarse",
        ),
    )
)
"""The column of a Moodle worksheet that says whether a grade is locked."""

NO = frozenset(
    map(
        fold,
        (
            "No", "Nein", "Non", "Não", "Nee", "Nej", "Nei", "Ei", "Nie", "Ne", "Nem", "Nu", "Hayır", "Tidak",
            "Όχι", "Нет", "Ні", "Не", "لا", "לא", "いいえ", "아니오", "아니요", "否",
        ),
    )
)  # fmt: skip
"""What a locked grade has in the column ``MOODLE_LOCK``."""


def kinds_of(heading: str) -> tuple[Kind, ...]:
    """Return what kinds a column may be by its heading; nothing for a heading that is not known."""
    return _KINDS.get(fold(heading), ())
