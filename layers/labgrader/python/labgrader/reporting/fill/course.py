"""Write the grades of a course into the grade columns of a platform's file: one column for each lab."""

from __future__ import annotations

from collections.abc import Sequence

from labgrader.errors import BadInputError
from labgrader.messages import quote
from labgrader.reporting.course_gradebook import CourseGradebook, LabColumn, gradebook_of_lab
from labgrader.reporting.fill.cells import read_csv
from labgrader.reporting.fill.gradebook import Filled, fill_gradebook
from labgrader.reporting.fill.layout import bare_title, find_layout
from labgrader.rosters.headings import fold


def fill_course(
    content: bytes, gradebook: CourseGradebook, column: str | None = None, *, scale: bool = False
) -> list[tuple[str, Filled]]:
    """Write the grades of a course into a file that a platform exported. Every other byte stays as it was.

    Args:
        content: the file.
        gradebook: the gradebook of the course.
        column: the heading of the column of one lab, or None for the columns with the title or the id of a lab.
        scale: scale the points of a lab to the points of its column.

    Returns:
        The lab and the file for each column that was filled. The last file has the grades of all of them.

    Raises:
        BadInputError: the file cannot be filled, or it is not plain which column has which lab.
    """
    labs = [lab for lab in gradebook.labs if lab.newest]
    if not labs:
        raise BadInputError([f"no student of the course {gradebook.course} is graded in {_ids(gradebook.labs)}"])
    if column is not None:
        pairs: list[tuple[LabColumn, str | None]] = [(_lab_of(column, gradebook.labs), column)]
    elif len(gradebook.labs) == 1:
        pairs = [(labs[0], None)]
    else:
        pairs = _columns(content, labs)
    filled: list[tuple[str, Filled]] = []
    for lab, heading in pairs:
        if lab.newest is None:
            raise BadInputError([f"no student of the course {gradebook.course} is graded in {lab.id}"])
        book = gradebook_of_lab(gradebook, lab, with_ungraded=True)
        filled.append(
            (lab.id, fill_gradebook(filled[-1][1].content if filled else content, book, heading, scale=scale))
        )
    return filled


def _columns(content: bytes, labs: Sequence[LabColumn]) -> list[tuple[LabColumn, str | None]]:
    """Return each lab that has a column with its title or its id, with the heading of the column."""
    layout = find_layout(read_csv(content))
    pairs: list[tuple[LabColumn, str | None]] = []
    for lab in labs:
        of_lab = [
            layout.headings[column]
            for column in layout.candidates
            if fold(bare_title(layout.headings[column])) in _names(lab)
        ]
        if len(of_lab) > 1:
            listed = ", ".join(f"“{quote(heading)}”" for heading in of_lab)
            raise BadInputError(
                [
                    f"{len(of_lab)} columns can take the grades of {lab.id}; choose one with --lab {lab.id} --column: "
                    f"{listed}"
                ]
            )
        pairs += [(lab, heading) for heading in of_lab]
    if not pairs:
        raise BadInputError(
            [
                "no column has the title or the id of a lab of the course; add --column HEADING and --lab, which is "
                f"one of: {_ids(labs)}"
            ]
        )
    return pairs


def _lab_of(column: str, labs: Sequence[LabColumn]) -> LabColumn:
    """Return the lab that a column is for: the only lab, or the one with the title or the id in the heading."""
    found = labs if len(labs) == 1 else [lab for lab in labs if fold(bare_title(column)) in _names(lab)]
    if len(found) != 1:
        raise BadInputError(
            [f"it is not plain which lab the column {quote(column)} is for; add --lab, which is one of: {_ids(labs)}"]
        )
    return found[0]


def _names(lab: LabColumn) -> set[str]:
    return {fold(lab.id), fold(lab.title)}


def _ids(labs: Sequence[LabColumn]) -> str:
    return ", ".join(lab.id for lab in labs)
