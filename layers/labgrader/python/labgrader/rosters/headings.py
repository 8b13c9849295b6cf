"""The headings of class lists in English, German, French and Spanish."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

_GROUPS: Mapping[str, tuple[str, ...]] = {
    "first_name": (
        "First name", "Given name", "Forename", "Student first name",
        "Vorname", "Prénom", "Prénom(s)", "Nombre", "Nombre(s)", "Nombres",
    ),
    "middle_name": ("Middle name", "Middle initial", "MI", "Zweiter Vorname", "Deuxième prénom", "Segundo nombre"),
    "last_name": (
        "Last name", "Surname", "Family name", "Student last name",
        "Nachname", "Familienname", "Nom", "Nom de famille", "Apellido", "Apellidos", "Apellido(s)",
    ),
    "full_name": (
        "Name", "Full name", "Student name", "Display name", "Learner name",
        "Vollständiger Name", "Nom complet", "Nom et prénom", "Nombre completo", "Apellidos y nombre",
        "Nombre y apellidos",
    ),
    "student": ("Student",),
    "login": (
        "Username", "User name", "Login", "Login ID", "Login name", "User ID", "NetID",
        "Benutzername", "Anmeldename", "Benutzerkennung", "Kennung",
        "Nom d'utilisateur", "Identifiant de connexion", "Nombre de usuario", "Usuario",
    ),
    "sis_login_id": ("SIS Login ID",),
    "login_alone": ("Login", "Login ID", "Login name", "SIS Login ID", "NetID", "GitHub username"),
    "student_id": (
        "Student ID", "ID number", "Student number", "Student no", "Student ID number", "SID", "EMPLID", "Campus ID",
        "University ID", "External ID number",
        "ID-Nummer", "Matrikelnummer", "Matrikel-Nr.", "Matrikelnr", "Matr.-Nr.", "Studierenden-ID", "Studenten-ID",
        "Numéro d'identification", "Numéro d'étudiant", "Numéro étudiant", "N° étudiant", "ID étudiant", "Matricule",
        "Número de ID", "Número de identificación", "Número de estudiante", "ID de estudiante", "ID del estudiante",
        "ID de alumno", "ID del alumno", "Matrícula", "NIA",
    ),
    "sis_user_id": ("SIS User ID", "SIS ID"),
    "id": ("ID",),
    "org_defined_id": ("OrgDefinedId", "Org Defined ID"),
    "email": (
        "Email", "Email address", "E-mail", "Mail", "Uni Email", "Student email", "Preferred email",
        "E-Mail-Adresse", "Mailadresse", "Mail-Adresse",
        "Adresse de courriel", "Courriel", "Adresse e-mail", "Adresse électronique", "Adresse mail",
        "Dirección de correo", "Dirección de correo electrónico", "Dirección Email", "Correo electrónico", "Correo",
    ),
    "section": (
        "Section", "Sections", "Section name", "Group", "Groups",
        "Gruppe", "Gruppen", "Abschnitt", "Groupe", "Groupes", "Grupo", "Grupos", "Sección", "Secciones",
    ),
    "identifier": ("Identifier", "Identifiant", "Identificador"),
    "roster_identifier": ("Roster identifier",),
    "github_username": ("GitHub username",),
    "grade": ("Grade", "Bewertung", "Note", "Calificación"),
    "grade_modified": (
        "Last modified (grade)", "Zuletzt geändert (Bewertung)", "Dernière modification (note)",
        "Última modificación (calificación)",
    ),
    "end_of_line": ("End-of-Line Indicator",),
    "last_access": ("Last access", "Letzter Zugriff", "Dernier accès", "Último acceso"),
    "availability": ("Availability", "Verfügbarkeit", "Disponibilité", "Disponibilidad"),
    "total_lateness": ("Total Lateness (H:M:S)",),
    "registration_status": ("Reg Status", "Registration status", "Status"),
    "notify": ("Notify",),
    "units": ("Units",),
    "program_and_plan": ("Program and plan",),
    "grade_basis": ("Grade basis",),
    "username": ("username",),
    "account_id": ("account_id",),
    "region": ("region",),
    "role_arn": ("role_arn",),
    "external_id": ("external_id",),
}  # fmt: skip
"""The headings of each kind of column. Some headings have two meanings: the shape of the file decides."""


_LONGEST = 200
"""Characters of a text that may be a known heading."""


def fold(heading: str) -> str:
    """Return a heading without case, accents, blanks of every kind, hyphens, underscores and apostrophes.

    A text that is longer than any known heading is returned as it is.
    """
    if len(heading) > _LONGEST:
        return heading
    kept = (
        character
        for character in unicodedata.normalize("NFKD", heading)
        if character not in "_'\u2019\u00b4`" and unicodedata.category(character) not in _DROPPED
    )
    return "".join(kept).casefold()


_DROPPED = frozenset({"Mn", "Pd", "Zs", "Zl", "Zp", "Cc", "Cf"})
"""Categories of characters that do not count: accents, dashes, blanks, and what cannot be seen."""

GROUPS: Mapping[str, frozenset[str]] = {
    group: frozenset(fold(heading) for heading in headings) for group, headings in _GROUPS.items()
}
"""The folded headings of each kind of column."""

KNOWN = frozenset[str]().union(*GROUPS.values())
"""All folded headings."""
