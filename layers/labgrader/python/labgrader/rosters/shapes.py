"""The files that learning platforms and registrars write, each with the headings that identify it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from labgrader.rosters import skipped_rows
from labgrader.rosters.headings import GROUPS, fold
from labgrader.rosters.skipped_rows import Cells
from labgrader.rosters.table import Row

NAMES: Mapping[str, tuple[str, ...]] = {
    "student": ("student",),
    "full_name": ("full_name",),
    "first_name": ("first_name",),
    "middle_name": ("middle_name",),
    "last_name": ("last_name",),
}
"""The columns with a student's name, of every shape."""

CLOUD: Mapping[str, tuple[str, ...]] = {name: (name,) for name in ("account_id", "region", "role_arn", "external_id")}
"""The columns of the cloud, which a teacher may have added to any export."""


def _any_file(_headings: Sequence[str], _rows: Sequence[Row]) -> bool:
    return True


@dataclass(frozen=True)
class Shape:
    """A file of one platform.

    Args:
        id: the ``format`` that `labgrader roster --json` shows.
        title: what messages call such a file, with its article.
        signature: the kinds of headings that such a file has. Of a tuple, it has one.
        columns: for each column of a class list and for ``login``, the kinds of headings with its value. The first one
            with text counts.
        skipped: returns why a row is no student, or an empty text.
        condition: what the headings and the first rows must fulfill besides the signature.
        stripped: characters that the platform adds to the values.
        merges: whether a student may have several rows, one for each assignment.
    """

    id: str
    title: str
    signature: tuple[str | tuple[str, ...], ...]
    columns: Mapping[str, tuple[str, ...]]
    skipped: Callable[[Cells], str] = skipped_rows.none
    condition: Callable[[Sequence[str], Sequence[Row]], bool] = field(default=_any_file)
    stripped: str = ""
    merges: bool = False

    def matches(self, headings: Sequence[str], rows: Sequence[Row]) -> bool:
        """Return whether a file has this shape.

        Args:
            headings: the headings as they are written.
            rows: the rows below them.
        """
        folded = {fold(heading) for heading in headings}
        wanted = ((part,) if isinstance(part, str) else part for part in self.signature)
        found = all(any(folded & GROUPS[group] for group in groups) for groups in wanted)
        return found and self.condition(headings, rows)


def _columns(**columns: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    return {**NAMES, **CLOUD, "email": ("email",), "section": ("section",), **columns}


def _has_sid(headings: Sequence[str], _rows: Sequence[Row]) -> bool:
    return "sid" in {fold(heading) for heading in headings}


def _begins_with_date_or_points(_headings: Sequence[str], rows: Sequence[Row]) -> bool:
    first = next((cell for row in rows[:1] for cell in row.cells if cell.strip()), "")
    return fold(first) in ("date", "points")


def _is_canvas_header(headings: Sequence[str], _rows: Sequence[Row]) -> bool:
    folded = [fold(heading) for heading in headings]
    return "student" in folded or ("lastname" in folded and "firstname" in folded)


def _has_item_ids(headings: Sequence[str], _rows: Sequence[Row]) -> bool:
    folded = {fold(heading) for heading in headings}
    items = any(heading.rpartition("|")[2].strip().isdigit() for heading in headings if "|" in heading)
    return items or bool(folded & (GROUPS["last_access"] | GROUPS["availability"]))


def _only_id_and_grade(headings: Sequence[str], _rows: Sequence[Row]) -> bool:
    return [fold(heading) for heading in headings if heading.strip()] == ["id", "grade"]


def _names_with_underscores(headings: Sequence[str], _rows: Sequence[Row]) -> bool:
    return {"username", "first_name", "last_name"} <= {heading.strip() for heading in headings}


SHAPES = (
    Shape(
        "banner",
        "a class list of Banner",
        ("last_name", "first_name", "id", "registration_status"),
        _columns(student_id=("id",), registration_status=("registration_status",)),
        skipped=skipped_rows.not_registered,
    ),
    Shape(
        "canvas",
        "a gradebook of Canvas",
        ("id", "section"),
        _columns(student_id=("sis_user_id", "id"), login=("sis_login_id",)),
        skipped=skipped_rows.of_canvas,
        condition=_is_canvas_header,
    ),
    Shape(
        "moodle-worksheet",
        "a grading worksheet of Moodle",
        (("identifier", "id"), "grade_modified"),
        _columns(student_id=("student_id",), login=("login", "username")),
    ),
    Shape(
        "brightspace",
        "a grade export of Brightspace",
        ("org_defined_id",),
        _columns(student_id=("org_defined_id",), login=("login", "username")),
        stripped="#",
    ),
    Shape(
        "classroom50",
        "a class list of Classroom 50",
        ("username", "first_name", "last_name", "email", "section"),
        _columns(student_id=("student_id",), login=("username",)),
        condition=_names_with_underscores,
    ),
    Shape(
        "blackboard",
        "a grade export of Blackboard",
        ("last_name", "first_name", ("login", "username")),
        _columns(student_id=("student_id",), login=("login", "username")),
        skipped=skipped_rows.of_blackboard,
        condition=_has_item_ids,
    ),
    Shape(
        "github-classroom-roster",
        "a roster of GitHub Classroom",
        ("identifier", "github_username"),
        _columns(student_id=("student_id", "identifier"), login=("github_username",), identifier=("identifier",)),
    ),
    Shape(
        "github-classroom-grades",
        "a grade export of GitHub Classroom",
        ("roster_identifier", "github_username"),
        _columns(
            student_id=("student_id", "roster_identifier"),
            login=("github_username",),
            identifier=("roster_identifier",),
        ),
        merges=True,
    ),
    Shape(
        "gradescope",
        "a grade export of Gradescope",
        ("student_id", "email"),
        _columns(student_id=("student_id",)),
        condition=_has_sid,
    ),
    Shape(
        "google-classroom",
        "a grade export of Google Classroom",
        ("last_name", "first_name", "email"),
        _columns(),
        skipped=skipped_rows.of_google,
        condition=_begins_with_date_or_points,
    ),
    Shape(
        "peoplesoft",
        "a class list of PeopleSoft",
        ("id", "full_name", ("notify", "units", "program_and_plan", "grade_basis")),
        _columns(student_id=("id",)),
    ),
    Shape(
        "peoplesoft-grades",
        "a grade roster of PeopleSoft",
        ("id", "grade"),
        _columns(student_id=("id",)),
        condition=_only_id_and_grade,
    ),
    Shape(
        "moodle-participants",
        "a list of participants of Moodle",
        ("last_name", "first_name", ("email", "student_id", "login", "username")),
        _columns(student_id=("student_id",), login=("login", "username")),
    ),
    Shape(
        "moodle-participants",
        "a list of participants of Moodle",
        ("first_name", "full_name", ("email", "student_id", "login")),
        _columns(student_id=("student_id",), login=("login",)),
    ),
)
"""The shapes, the more particular ones first."""

UNNAMED = Shape(
    "list",
    "a class list without usernames",
    (("email", "student_id", "login", "sis_login_id", "sis_user_id", "github_username", "id"),),
    _columns(
        student_id=("student_id", "sis_user_id", "org_defined_id", "id"),
        login=("login", "sis_login_id", "github_username"),
    ),
)
"""Any other table with a heading that tells students apart."""

ACCOUNTS = Shape(
    "accounts",
    "an accounts file",
    (("student_id", "sis_user_id", "org_defined_id", "login_alone", "email"),),
    {
        **CLOUD,
        "student_id": ("student_id", "sis_user_id", "org_defined_id"),
        "login": ("login_alone",),
        "email": ("email",),
        "username": ("username",),
    },
)
"""The second file, with the cloud half of a class. ``Username`` is the cloud name there, never the login."""
