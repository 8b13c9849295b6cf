"""What the headings of a platform's file say: which columns identify a student, and which cannot have grades."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from enum import Enum


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


_DROPPED = frozenset({"Mn", "Pd", "Zs", "Zl", "Zp", "Cc", "Cf"})
"""Categories of characters that do not count: accents, dashes, blanks, and what cannot be seen."""


def fold(heading: str) -> str:
    """Return a heading without case, accents, blanks of every kind, dashes, underscores and apostrophes."""
    return "".join(
        character
        for character in unicodedata.normalize("NFKD", heading[:400])
        if character not in "_'\u2019" and unicodedata.category(character) not in _DROPPED
    ).casefold()


_HEADINGS: Mapping[tuple[Kind, ...], tuple[str, ...]] = {
    (Kind.ID,): (
        "ID", "SIS User ID", "SIS ID", "Student ID", "Student number", "Student no", "Student ID number", "ID number",
        "SID", "EMPLID", "Campus ID", "University ID", "OrgDefinedId", "Org Defined ID", "External ID number",
        "ID-Nummer", "Matrikelnummer", "Matrikel-Nr.", "Matrikelnr", "Matr.-Nr.", "Studierenden-ID", "Studenten-ID",
        "Numéro d'identification", "Numéro d'étudiant", "Numéro étudiant", "N° étudiant", "ID étudiant", "Matricule",
        "Número de ID", "Número de identificación", "Número de estudiante", "ID de estudiante", "ID del estudiante",
        "ID de alumno", "ID del alumno", "Matrícula", "NIA",
    ),
    (Kind.LOGIN,): (
        "Username", "User name", "Login", "Login ID", "Login name", "SIS Login ID", "User ID", "NetID",
        "GitHub username", "Benutzername", "Anmeldename", "Benutzerkennung", "Kennung", "Nom d'utilisateur",
        "Identifiant de connexion", "Nombre de usuario", "Usuario",
    ),
    (Kind.EMAIL,): (
        "Email", "Email address", "E-mail", "Mail", "Uni Email", "Student email", "Preferred email", "E-Mail-Adresse",
        "Mailadresse", "Adresse de courriel", "Courriel", "Adresse e-mail", "Adresse électronique", "Adresse mail",
        "Dirección de correo", "Dirección de correo electrónico", "Dirección Email", "Correo electrónico", "Correo",
    ),
    (Kind.ID, Kind.EMAIL): ("Roster identifier", "Identifier"),
    (Kind.NAME,): (
        "Student", "Name", "Full name", "Student name", "Display name", "First name", "Given name", "Last name",
        "Surname", "Family name", "Middle name", "Middle initial", "Vorname", "Nachname", "Familienname",
        "Vollständiger Name", "Prénom", "Nom", "Nom de famille", "Nom complet", "Nombre", "Nombres", "Apellido",
        "Apellidos", "Apellido(s)", "Nombre completo",
    ),
    (Kind.OTHER,): (
        "Section", "Sections", "Section name", "Group", "Groups",
        "Gruppe", "Gruppen", "Groupe", "Groupes", "Grupo", "Grupos", "Team", "Marker", "Status", "Integration ID",
        "Root Account", "Last Access", "Availability", "Letzter Zugriff", "Verfügbarkeit", "End-of-Line Indicator",
        "Total Lateness (H:M:S)", "github_id", "account_id", "region", "role_arn", "external_id",
        "Last downloaded from this course", "Notes", "Comments", "Feedback", "Feedback comments", "Grading Notes",
        "Notes Format", "Feedback to Learner", "Feedback Format", "Institution", "Department", "Course total (Real)",
    ),
}  # fmt: skip
"""Headings in English, German, French and Spanish."""

_KINDS: Mapping[str, tuple[Kind, ...]] = {
    fold(heading): kinds for kinds, headings in _HEADINGS.items() for heading in headings
}

MOODLE_GRADE = frozenset(map(fold, ("Grade", "Bewertung", "Note", "Calificación")))
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
