"""The formats that a gradebook can be exported in: one module of this folder for each.

A module's name is the format's name, as in ``labgrader report --format NAME`` and ``?format=NAME``. The module defines
``EXPORT``. The command and the API offer every format of this folder. A module with a name that begins with ``_``
is no format.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from labgrader.reporting.course_gradebook import CourseGradebook
from labgrader.reporting.gradebook import GradebookDocument


@dataclass(frozen=True)
class Export:
    """A format of the gradebook.

    Args:
        media_type: the media type, without parameters (``text/csv``).
        suffix: the suffix of a file in this format (``.csv``).
        description: what the format is for; help texts show it after the name, so it has neither capital nor period.
        render: writes a gradebook in this format, as text in UTF-8. The same gradebook gives the same bytes.
        of_one_student: whether a file with one student only is useful.
        render_one: writes a gradebook with one student, if the format has another shape for it.
        render_course: writes the gradebook of a course, if the format can hold several labs.
    """

    media_type: str
    suffix: str
    description: str
    render: Callable[[GradebookDocument], bytes]
    of_one_student: bool = False
    render_one: Callable[[GradebookDocument], bytes] | None = None
    render_course: Callable[[CourseGradebook], bytes] | None = None

    @property
    def content_type(self) -> str:
        """The value of the header ``Content-Type``; text names its encoding."""
        return f"{self.media_type}; charset=utf-8" if self.media_type.startswith("text/") else self.media_type


@cache
def exports() -> Mapping[str, Export]:
    """Return every format by its name, in alphabetical order.

    Raises:
        TypeError: a module of this folder defines no ``EXPORT``.
    """
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    return MappingProxyType({name: _export_of(name) for name in names})


def _export_of(name: str) -> Export:
    module = importlib.import_module(f"{__name__}.{name}")
    found = getattr(module, "EXPORT", None)
    if not isinstance(found, Export):
        raise TypeError(f"{module.__file__} defines no EXPORT")
    return found
