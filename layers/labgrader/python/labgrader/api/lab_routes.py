"""The routes for every caller: the list of labs, and the API's OpenAPI document."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from aws_lambda_powertools.event_handler import Response

from labgrader.api.models import Allowance, Hidden, LabEntry, Labs, SelfChecksOfLab
from labgrader.api.problems import bad_input
from labgrader.api.request_validation import OPEN_PATH, STUDENT
from labgrader.api.resolver import Api, Services
from labgrader.errors import Problem
from labgrader.labs.lab import Lab, find_lab, lab_ids
from labgrader.messages import quote
from labgrader.reporting.hidden_checks import hidden_field
from labgrader.runs.self_check import allowance_of

YAML = "application/yaml"


def add_labs(api: Api, services: Services) -> None:
    """Register ``GET /v1/labs``."""

    @api.get(
        "/v1/labs",
        operation_id="listLabs",
        tags=["Labs"],
        summary="List the labs",
        response_description="the labs",
    )
    def list_labs() -> Labs:
        """Returns every lab, with its points and its limits on self-checks. For a student, the response also has the
        student's remaining allowance and the lab's due date in the student's course."""
        caller = api.caller()
        if caller.role != STUDENT:
            return Labs(labs=[_entry(lab, None, None) for lab in known_labs()])
        due = _due_dates(services, caller.subject)
        now = services.now()
        entries = []
        for lab in known_labs():
            left = allowance_of(services.store, caller.subject, lab, now)
            entries.append(_entry(lab, Allowance(**left.to_dict()), due.get(lab.id)))
        return Labs(labs=entries)


def add_document(api: Api) -> None:
    """Register ``GET /v1/openapi.yaml``, which needs no token."""

    @api.get(
        OPEN_PATH,
        operation_id="getDocument",
        tags=["Labs"],
        summary="This document",
        openapi_extensions={"security": []},
        responses={200: {"description": "this document", "content": {YAML: {"schema": {"type": "object"}}}}},
    )
    def get_document() -> Response[str]:
        """The OpenAPI document of this API. It needs no token."""
        from labgrader.api.openapi import written_document  # takes 0.3 s, which other requests must not wait for

        return Response(status_code=200, content_type=YAML, body=written_document(api))


def known_labs() -> list[Lab]:
    """Return every lab, by id. Each is read once: a lab file takes 0.1 s to read and does not change on Lambda."""
    return [_read(lab_id) for lab_id in lab_ids()]


def find_known_lab(lab_id: str) -> Lab:
    """Return the lab that a request names.

    Raises:
        ProblemError: 422: the lab does not exist.
    """
    if lab_id not in lab_ids():
        raise bad_input(
            [Problem(f"there is no lab {quote(lab_id)}; the labs are: {', '.join(lab_ids())}", field="lab")]
        )
    return _read(lab_id)


def hidden_of(lab: Lab) -> Hidden:
    """Return what a student may know about the hidden checks of a lab."""
    shown = lab.for_self_check()
    field = hidden_field(shown.hidden_checks, shown.hidden_points)
    return Hidden(**field) if field else Hidden(checks=0, points=0, message=None)


@cache
def _read(lab_id: str) -> Lab:
    return find_lab(lab_id)


def _entry(lab: Lab, left: Allowance | None, due: str | None) -> LabEntry:
    limits = lab.self_checks
    return LabEntry(
        id=lab.id,
        title=lab.title,
        version=lab.version,
        points=lab.points,
        visible_points=lab.for_self_check().points,
        hidden=hidden_of(lab),
        self_checks=SelfChecksOfLab(per_hour=limits.per_hour, per_day=limits.per_day),
        allowance=left,
        due=due,
    )


def _due_dates(services: Services, username: str) -> dict[str, str]:
    """Return each lab's due date for a student. If two courses have the lab, the one that was pushed last counts."""
    due: dict[str, str] = {}
    for enrolment in services.store.enrolments(username):
        course = services.store.course(enrolment.course) or {}
        for lab in course.get("labs", ()):
            if lab.get("due") and lab["lab"] in enrolment.rows:
                due.setdefault(lab["lab"], _moment(lab["due"], course["time_zone"]))
    return due


def _moment(due: str, time_zone: str) -> str:
    """Return a course's local date and time with its UTC offset."""
    return datetime.fromisoformat(due).replace(tzinfo=ZoneInfo(time_zone)).isoformat()
