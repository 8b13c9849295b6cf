"""What an instructor may do: have a class graded, follow the run, and read what came of it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body

from labgrader.api import problems
from labgrader.api.answers import fitting
from labgrader.api.gate import INSTRUCTOR
from labgrader.api.models import FullReport, Gradebook, GradebookRow, Progress, Run, RunRequest, RunStarted, RunStudent
from labgrader.api.parameters import FormatInQuery, IdempotencyKey, RunIdInPath, UsernameInPath
from labgrader.api.problems import ProblemError, bad_input
from labgrader.api.resolving import Api, Services
from labgrader.errors import Problem
from labgrader.reporting.gradebook import COLUMNS
from labgrader.roster import Student
from labgrader.run_request import new_run_id
from labgrader.starting.class_run import read_request, start_class_run
from labgrader.starting.execution import execution_arn, status_of
from labgrader.store import Keys, MissingError, Store

CSV = "text/csv; charset=utf-8"


def add_runs(api: Api, services: Services) -> None:
    """Register what starts a run, and what tells of it."""
    store = services.store

    @api.post(
        "/v1/runs",
        operation_id="startRun",
        tags=["Runs"],
        summary="Grade or audit a class",
        status_code=202,
        response_description="it runs now",
    )
    def start(asked: Annotated[RunRequest, Body()], idempotency_key: IdempotencyKey = None) -> RunStarted:
        """Starts a run for a class. The same request with the same client token again is the same run; another request
        with it is refused."""
        caller = api.caller(INSTRUCTOR)
        token = _client_token(asked.client_token, idempotency_key)
        document = asked.model_dump(exclude={"client_token"})
        identity, digest = f"{caller.subject} {token}", _digest(document)
        run_id = new_run_id(asked.lab, services.now())
        known = store.remembered(identity) if token else None
        if known:
            run_id = _the_same(known[0], known[1] == digest)
        if not (known and _is_there(services, run_id)):
            usable = read_request(store, document, f"instructor {caller.subject}")
            if token:
                run_id = _the_same(*store.remember_request(identity, digest, run_id))
            request = usable.kept(store, run_id)
            start_class_run(store, services.states, services.grade_class_arn, request, run_id)
        return RunStarted(run_id=run_id, status_url=run_url(run_id), gradebook_url=gradebook_url(run_id))

    @api.get(
        "/v1/runs/<run_id>",
        operation_id="getRun",
        tags=["Runs"],
        summary="Follow a run",
        response_description="how it stands",
    )
    def follow(run_id: RunIdInPath) -> Run:
        """How a run stands, with what every student reached who is done."""
        api.caller(INSTRUCTOR)
        record = _run(store, run_id)
        results = store.results(run_id)
        return Run(
            run_id=run_id,
            lab=record["lab"],
            mode=record["mode"],
            status=record["status"],
            started_at=record["started_at"],
            finished_at=record.get("finished_at") or None,
            course=record.get("course", ""),
            requested_by=record.get("requested_by", ""),
            error=record.get("error") or None,
            progress=Progress(done=len(results), total=max(len(results), record["counts"]["students"])),
            students=[_student(run_id, result) for result in results],
            gradebook_url=gradebook_url(run_id),
        )

    @api.get(
        "/v1/runs/<run_id>/gradebook",
        operation_id="getGradebook",
        tags=["Runs"],
        summary="Fetch the gradebook of a run",
        responses={
            200: {
                "description": "the gradebook",
                "content": {"text/csv": {"schema": {"type": "string"}}, "application/json": {"model": Gradebook}},
            }
        },
    )
    def gradebook(run_id: RunIdInPath, format: FormatInQuery = "csv") -> Response[str | Gradebook]:  # noqa: A002
        """The points of every student and check, when the run has ended: as CSV that is safe to open in a spreadsheet,
        or as JSON."""
        api.caller(INSTRUCTOR)
        record = _run(store, run_id)
        try:
            content = store.get(Keys(run_id).gradebook)
        except MissingError:
            said = f"run {run_id} is {record['status']} and has no gradebook; it is written when a run has ended"
            raise ProblemError(problems.NOT_FOUND, said) from None
        if format == "json":
            book = _gradebook(run_id, record["lab"], content, store.students(run_id))
            return Response(status_code=200, content_type="application/json", body=book)
        named = {"Content-Disposition": f'attachment; filename="gradebook-{run_id}.csv"'}
        return Response(status_code=200, content_type=CSV, body=content.decode("utf-8"), headers=named)

    @api.get(
        "/v1/runs/<run_id>/students/<username>",
        operation_id="getStudentReport",
        tags=["Runs"],
        summary="Read one student's report",
        response_description="the report",
    )
    def read_report(run_id: RunIdInPath, username: UsernameInPath) -> FullReport:
        """The whole report of one student in one run, hidden checks included."""
        api.caller(INSTRUCTOR)
        _run(store, run_id)
        try:
            return fitting(store.get_json(Keys(run_id).report(username)))
        except MissingError:
            said = f"run {run_id} has no report of {username}; it is written when the student is done"
            raise ProblemError(problems.NOT_FOUND, said) from None


def run_url(run_id: str) -> str:
    """Where a run is followed."""
    return f"/v1/runs/{run_id}"


def gradebook_url(run_id: str) -> str:
    """Where the gradebook of a run is."""
    return f"/v1/runs/{run_id}/gradebook"


def _run(store: Store, run_id: str) -> Mapping[str, Any]:
    record = store.run(run_id)
    if record is None or record["mode"] == "self-check":
        raise ProblemError(problems.NOT_FOUND, f"there is no run {run_id}")
    return record


def _student(run_id: str, result: Mapping[str, Any]) -> RunStudent:
    named = ("username", "student_id", "status", "points", "max_points", "open_points", "percent", "graded_at")
    url = f"/v1/runs/{run_id}/students/{result['username']}"
    return RunStudent(**{name: result[name] for name in named}, report_url=url)


def _client_token(in_body: str, in_header: str | None) -> str:
    if in_body and in_header and in_body != in_header:
        said = "is not what the header Idempotency-Key says; give one of them, or the same in both"
        raise bad_input([Problem(said, field="client_token")])
    return in_body or in_header or ""


def _digest(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def _the_same(run_id: str, same: bool) -> str:
    """The run that a client token stands for.

    Raises:
        ProblemError: 409: something else was asked for then.
    """
    if not same:
        said = "something else was asked for with this client token before: take another one for another request"
        raise ProblemError(problems.TOKEN_USED, said, run_id=run_id, status_url=run_url(run_id))
    return run_id


def _is_there(services: Services, run_id: str) -> bool:
    """Say whether a run has ended or goes on: it is answered then, also where its class list has gone since."""
    record = services.store.run(run_id)
    if record is None:
        return False
    ended = record["status"] in ("complete", "incomplete")
    return ended or bool(status_of(services.states, execution_arn(services.grade_class_arn, run_id)))


def _gradebook(run_id: str, lab: str, content: bytes, students: Sequence[Student]) -> Gradebook:
    """Read a gradebook that ``render_gradebook`` wrote.

    Args:
        run_id, lab: what it is of.
        content: the CSV. Its words are made safe for a spreadsheet, and so not always what they were.
        students: the run's, whose words they are.
    """
    rows = csv.DictReader(io.StringIO(content.decode("utf-8"), newline=""))
    checks = [name for name in rows.fieldnames or () if name not in COLUMNS]
    known = {student.username: student for student in students}
    return Gradebook(run_id=run_id, lab=lab, checks=checks, students=[_row(row, checks, known) for row in rows])


def _row(row: dict[str, str], checks: Sequence[str], known: dict[str, Student]) -> GradebookRow:
    student = known.get(row["username"]) or Student(row["username"], row["student_id"])
    return GradebookRow(
        student_id=student.student_id,
        username=student.username,
        name=student.name,
        email=student.email,
        section=student.section,
        status="complete" if row["status"] == "complete" else "incomplete",
        points=float(row["points"]),
        max_points=float(row["max_points"]),
        percent=float(row["percent"]),
        open_points=float(row["open_points"]),
        check_points=[float(row[check]) if row[check] else None for check in checks],
    )
