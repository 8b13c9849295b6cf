"""Write the gradebook of a course in one of the formats of the gradebook."""

from __future__ import annotations

from labgrader.errors import BadInputError
from labgrader.reporting.course_gradebook import CourseGradebook, gradebook_of_lab
from labgrader.reporting.exports import exports


def render_course(gradebook: CourseGradebook, form: str, lab_option: str) -> bytes:
    """Return the gradebook of a course in a format. Every format can hold a course with one lab.

    Args:
        gradebook: the gradebook.
        form: the name of the format.
        lab_option: how the user chooses a lab, for the message (``--lab ID``).

    Raises:
        BadInputError: the gradebook has several labs, and the format holds one.
    """
    export = exports()[form]
    if export.render_course is not None:
        return export.render_course(gradebook)
    if len(gradebook.labs) == 1:
        return export.render(gradebook_of_lab(gradebook, gradebook.labs[0]))
    several = ", ".join(name for name, other in exports().items() if other.render_course is not None)
    raise BadInputError([f"the format {form} holds one lab: add {lab_option}, or use one of: {several}"])
