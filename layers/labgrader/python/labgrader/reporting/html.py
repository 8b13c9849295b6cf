"""The HTML pages of students, classes and load tests. They have no script, fetch nothing and escape all texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labgrader.documents.report import Report
from labgrader.evidence.load.load_test import Comparison, LoadResult
from labgrader.labs.lab import Lab
from labgrader.labs.points import points_text
from labgrader.reporting import formatting
from labgrader.reporting.class_view import class_view
from labgrader.reporting.comparison_view import comparison_view
from labgrader.reporting.load_report import comparison_entry, load_test_entry
from labgrader.reporting.load_view import load_test_view
from labgrader.reporting.student_view import student_view

if TYPE_CHECKING:
    from jinja2 import Environment

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
)
"""A page can neither run nor fetch anything, because it shows texts that students wrote."""


def render_student(report: Report, class_page: str = "") -> str:
    """Return the page of one student, with hidden checks: it is for instructors.

    Args:
        report: as ``build_report`` made it. The same arguments give the same page.
        class_page: the address that the page links back to, such as ``../class.html``; empty for no link, as on the
            pages that students get.
    """
    return _render("student.html.j2", student_view(report, class_page))


def render_class(run: Mapping[str, Any], reports: Sequence[Report], lab: Lab) -> str:
    """Return the page of a class, with links to ``reports/USERNAME.html`` beside it.

    Args:
        run: as ``build_run`` made it.
        reports: the report of each student of the run, in any order.
        lab: the lab as the run froze it, with ``{username}`` still in its formatting.
    """
    return _render("class.html.j2", class_view(run, reports, lab))


def render_load_test(result: LoadResult | Comparison) -> str:
    """Return the page of one load test or one comparison on which no points depend.

    Args:
        result: what was measured.
    """
    title = f"Load test of {result.target}" if isinstance(result, LoadResult) else "Two targets, measured in turn"
    view: dict[str, Any] = {"title": title, "test": None, "comparison": None}
    if isinstance(result, LoadResult):
        view["test"] = load_test_view(load_test_entry("load-test", "What was measured", "visible", result), {})
    else:
        view["comparison"] = comparison_view(comparison_entry("load-test", "What was measured", "visible", result), {})
    return _render("load.html.j2", view)


def _render(template: str, view: Mapping[str, Any]) -> str:
    page = _environment().get_template(template).render(view)
    return page.encode("utf-8", "replace").decode()  # `formatting.clean` left nothing to replace in a report of ours


@cache
def _environment() -> Environment:
    """Return the templates, loaded for the first page: many functions import this module and draw no page."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "points": points_text,
        "milliseconds": formatting.milliseconds_text,
        "moment": formatting.moment_text,
        "money": formatting.money_text,
        "counted": formatting.counted,
    }
    environment.globals |= {
        "symbols": formatting.SYMBOLS,
        "status_words": formatting.WORDS,
        "content_security_policy": CONTENT_SECURITY_POLICY,
    }
    return environment
