"""The route for instructors that returns the gradebook of a course."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response

from labgrader.api import problems
from labgrader.api.models import CourseGradebook
from labgrader.api.parameters import CourseFormatInQuery, CourseIdInPath, OnlyLabInQuery, PolicyInQuery
from labgrader.api.problems import ProblemError, bad_input
from labgrader.api.request_validation import INSTRUCTOR
from labgrader.api.resolver import Api, Services
from labgrader.errors import BadInputError, Problem
from labgrader.messages import quote
from labgrader.reporting.course_export import render_course
from labgrader.reporting.course_gradebook import Policy
from labgrader.reporting.exports import exports
from labgrader.runs.course_gradebook import load_course_gradebook

JSON = "application/json"


def add_courses(api: Api, services: Services) -> None:
    """Register the route that returns the gradebook of a course."""
    store = services.store

    @api.get(
        "/v1/courses/<course_id>/gradebook",
        operation_id="getCourseGradebook",
        tags=["Courses"],
        summary="Fetch the gradebook of a course",
        responses={200: {"description": "the gradebook", "content": _content()}},
    )
    def gradebook(
        course_id: CourseIdInPath,
        policy: PolicyInQuery = "latest",
        format: CourseFormatInQuery = "csv",  # noqa: A002
        lab: OnlyLabInQuery = None,
    ) -> Response[str]:
        """Returns all students of a course with their result in each lab and the run that it comes from. Class runs of
        the course in mode grade count, private ones, too. Audits and self-checks do not. The file for Canvas has only
        the students with a grade in each lab that it has, because an empty cell deletes a grade in Canvas."""
        api.caller(INSTRUCTOR)
        if store.course(course_id) is None:
            raise ProblemError(problems.NOT_FOUND, f"there is no course {quote(course_id)}")
        try:
            found = load_course_gradebook(store, course_id, Policy(policy), lab or "")
        except BadInputError as error:
            raise bad_input([Problem(problem.message, field="lab") for problem in error.problems]) from None
        try:
            content = render_course(found, format, "the parameter lab")
        except BadInputError as error:
            raise bad_input([Problem(problem.message, field="format") for problem in error.problems]) from None
        export = exports()[format]
        file = {"Content-Disposition": f'attachment; filename="gradebook-{course_id}{export.suffix}"'}
        return Response(
            status_code=200,
            content_type=export.content_type,
            body=content.decode("utf-8"),
            headers={} if export.media_type == JSON else file,
        )


def _content() -> dict[str, Any]:
    """Return what the document says of each format: ``json`` has a model, other JSON is any, and the rest is text."""
    text, other_json = {"type": "string"}, {"type": ["array", "object"]}
    media_types = [export.media_type for export in exports().values()]
    content = {name: {"schema": other_json if name.endswith("+json") else text} for name in media_types}
    return {**content, JSON: {"model": CourseGradebook}}
