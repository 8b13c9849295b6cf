"""What everybody may see: the labs there are, and the document of this API."""

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
        """Every lab, with what it is worth and how often a student may check it alone. A student is also told what is
        left of the own allowance, and when the own course wants the lab."""
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
        from labgrader.api.openapi import written_document  # made when it is asked for: 0.3 s that no other answer pays

        return Response(status_code=200, content_type=YAML, body=written_document(api))


def known_labs() -> list[Lab]:
    """Every lab there is, by id. They are read once: a lab file takes a tenth of a second, and never changes here."""
    return [_read(lab_id) for lab_id in lab_ids()]


def find_known_lab(lab_id: str) -> Lab:
    """Return the lab that a request names.

    Raises:
        ProblemError: 422: there is none.
    """
    if lab_id not in lab_ids():
        raise bad_input(
            [Problem(f"there is no lab {quote(lab_id)}; the labs are: {', '.join(lab_ids())}", field="lab")]
        )
    return _read(lab_id)


def hidden_of(lab: Lab) -> Hidden:
    """What a student is told of the checks of a lab that are not shown."""
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
    """When the student's courses want each lab; where two do, the one that was pushed last."""
    due: dict[str, str] = {}
    for enrolment in services.store.enrolments(username):
        course = services.store.course(enrolment.course) or {}
        for lab in course.get("labs", ()):
            if lab.get("due") and lab["lab"] in enrolment.rows:
                due.setdefault(lab["lab"], _moment(lab["due"], course["time_zone"]))
    return due


def _moment(due: str, time_zone: str) -> str:
    """A course's date and time of day as one moment, for every clock."""
    return datetime.fromisoformat(due).replace(tzinfo=ZoneInfo(time_zone)).isoformat()
